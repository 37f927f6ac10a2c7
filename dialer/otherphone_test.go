package dialer

import (
	"context"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// pickyJudge lets nobody be called by their first phone, and never by the one
// that is barred.
type pickyJudge struct{ barred string }

func (j pickyJudge) Judge(_ context.Context, _ int64, people []campaigns.Contact, _ time.Time) ([]campaigns.Judgement, error) {
	out := make([]campaigns.Judgement, len(people))
	for i, p := range people {
		for k, phone := range p.Phones {
			if phone.Number != j.barred {
				out[i] = campaigns.Judgement{Allowed: true, Phone: k}
				break
			}
		}
	}
	return out, nil
}

func (j pickyJudge) PutBack(context.Context, []campaigns.Back) error { return nil }

func TestTheNextPhoneOfAContactIsCalledWhenTheNumberOfTheFirstIsKeptOut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(2*time.Second, 5*time.Second) })
		h.engine.settings.Hopper.Judge = pickyJudge{barred: "+15550000001"}
		h.store.load(1, 1)
		h.store.set(func() {
			p := h.store.contacts[1]
			second := p.Phones[0]
			second.Number = "+15550000002"
			p.Phones = append(p.Phones, second)
		})
		h.run()
		h.agent(1, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Progressive, nil }))
		h.until(20*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
		if call, _ := h.engine.Current(1); call.Contact.Phone != 1 || call.Number != "+15550000002" {
			t.Errorf("the card is of phone %d, %s", call.Contact.Phone, call.Number)
		}
		h.until(time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		h.stop()
		if a := h.only(); a.Number != "+15550000002" || a.Phone != 1 {
			t.Errorf("row: %+v", a)
		}
	})
}
