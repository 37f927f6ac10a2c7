package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/robot"
)

// stock gives a campaign what its agents work with: products, reasons,
// departments for complaints and a rule of commission.
func (r *run) stock(ctx context.Context, campaign int64) error {
	change := map[string]any{
		"products": robot.Products(), "reasons": robot.Reasons(), "complaints": []string{"Billing", "Line and router", "Our calls"},
		"commission": api.Commission{
			Currency: "EUR", PerSale: 500, PerAppointment: 300, PerSurvey: 50, ShareOfSales: 0.01,
			DayTarget: api.DayTarget{Sales: 8, Appointments: 5, Calls: 120},
		},
	}
	if err := r.manager.Change(ctx, fmt.Sprintf("/v1/campaigns/%d", campaign), change, nil); err != nil {
		return fmt.Errorf("furnish the campaign: %w", err)
	}
	return nil
}

// furnish stocks the campaign and gives the house advisers to meet.
func (r *run) furnish(ctx context.Context, campaign int64) error {
	if err := r.stock(ctx, campaign); err != nil {
		return err
	}
	for _, s := range []api.Salesperson{
		{Name: "Eva Ortiz", Zone: "Europe/Madrid", Place: "Calle Mayor 1, Madrid", Hours: map[string][]string{"mon-fri": {"09:00-14:00", "16:00-19:00"}}},
		{Name: "Jon Reyes", Zone: "America/New_York", Hours: map[string][]string{"mon-fri": {"09:00-17:00"}, "sat": {"10:00-13:00"}}},
	} {
		s.Slot, s.Buffer, s.Notice = api.Duration(time.Hour), api.Duration(15*time.Minute), api.Duration(2*time.Hour)
		s.Phone, s.Active = true, true
		if err := r.manager.Post(ctx, "/v1/salespeople", s, nil); err != nil {
			return fmt.Errorf("furnish the calendars: %w", err)
		}
	}
	return nil
}
