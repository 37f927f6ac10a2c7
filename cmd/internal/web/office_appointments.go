package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// appointmentView is one appointment.
type appointmentView struct {
	officeView
	Booking  campaigns.Booking
	Campaign string
	Zone     string           // of the salesperson, else the contact's
	Free     []campaigns.Slot // where it can be moved to
	Reason   string           // typed, of a form that was refused
	Booked   bool
}

// Local writes an instant by the salesperson's clock.
func (v appointmentView) Local(t time.Time) string { return localMinute(t, v.Zone) }

// Theirs writes an instant by the contact's clock.
func (v appointmentView) Theirs(t time.Time) string { return localMinute(t, v.Booking.Zone) }

// Stamp is how a slot is named in the form.
func (appointmentView) Stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (p *Pages) appointment(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showAppointment(w, r, u, appointmentView{officeView: officeIn(r, p.frame(r, "Appointment"))}, http.StatusOK)
}

func (p *Pages) showAppointment(w http.ResponseWriter, r *http.Request, u campaigns.User, v appointmentView, status int) error {
	b, err := p.Meetings.Booking(r.Context(), u, pathNumber(r, "id"))
	if err != nil {
		return err
	}
	v.Booking, v.Zone, v.Booked = b, b.Zone, b.State == campaigns.BookingBooked
	if b.Salesperson != 0 {
		s, err := p.Meetings.Salesperson(r.Context(), u, b.Salesperson)
		if err != nil {
			return err
		}
		v.Zone = s.Zone
		if v.Free, err = p.freeOf(r, u, b.Salesperson, b.Campaign); err != nil {
			return err
		}
	}
	all, err := p.campaignsByName(r, u)
	if err != nil {
		return err
	}
	v.Campaign = campaignName(all, b.Campaign)
	return p.render(w, status, "office-appointment.html", v)
}

func (p *Pages) cancelAppointment(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	id, reason := pathNumber(r, "id"), cut(typed(r, "reason"), 500)
	err := refusal("reason_missing", "Say why the appointment is cancelled.", nil)
	if reason != "" {
		_, err = p.Meetings.Cancel(r.Context(), u, id, reason)
	}
	return p.appointmentLed(w, r, u, err, "cancelled", reason)
}

func (p *Pages) moveAppointment(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	at, err := time.Parse(time.RFC3339, typed(r, "at"))
	if err != nil {
		at, err = p.typedFor(r, u)
	}
	if err == nil {
		_, err = p.Meetings.Move(r.Context(), u, pathNumber(r, "id"), 0, at)
	}
	return p.appointmentLed(w, r, u, err, "moved", "")
}

// typedFor reads a time by the contact's clock: nobody's calendar has slots to
// choose from.
func (p *Pages) typedFor(r *http.Request, u campaigns.User) (time.Time, error) {
	b, err := p.Meetings.Booking(r.Context(), u, pathNumber(r, "id"))
	if err != nil {
		return time.Time{}, err
	}
	at, err := typedMinute(typed(r, "at"), b.Zone)
	if err != nil {
		return at, refusal("time_missing", "Say to when the appointment is moved.", err)
	}
	return at, nil
}

func (p *Pages) appointmentLed(w http.ResponseWriter, r *http.Request, u campaigns.User, err error, done, reason string) error {
	return p.led(w, r, err, fmt.Sprintf("/office/appointments/%d", pathNumber(r, "id")), done, func(status int, wrong string) error {
		v := appointmentView{officeView: officeIn(r, p.frame(r, "Appointment")), Reason: reason}
		v.Wrong = wrong
		return p.showAppointment(w, r, u, v, status)
	})
}
