package campaigns

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func person(phones int) Contact {
	c := Contact{ID: 1, List: 2, State: ContactLive}
	for i := range phones {
		c.Phones = append(c.Phones, Phone{Number: "+3460011122" + string(rune('0'+i)), Zones: []string{"Europe/Madrid"}})
	}
	return c
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestWhereAContactGoesAfterEachOutcome(t *testing.T) {
	waits := func(d time.Duration, phone int) Next {
		return Next{State: ContactWaiting, At: noon.Add(d), Phone: phone}
	}
	done := Next{State: ContactDone}
	at := func(phone int, phones int) Contact { c := person(phones); c.Phone = phone; return c }
	for _, c := range []struct {
		name        string
		outcome     Outcome
		contact     Contact
		tries, same int
		want        Next
	}{
		{"no answer on the only phone", NoAnswer, person(1), 1, 1, waits(4*time.Hour, 0)},
		{"no answer goes to the next phone", NoAnswer, person(2), 1, 1, waits(4*time.Hour, 1)},
		{"no answer comes round", NoAnswer, at(1, 2), 2, 2, waits(4*time.Hour, 0)},
		{"busy stays on the phone", Busy, person(2), 1, 1, waits(15*time.Minute, 0)},
		{"the last try", NoAnswer, person(1), 6, 6, done},
		{"the last but one", NoAnswer, person(1), 5, 5, waits(4*time.Hour, 0)},
		{"invalid on the only phone", Invalid, person(1), 1, 1, done},
		{"invalid goes to the next phone at once", Invalid, person(2), 1, 1, waits(0, 1)},
		{"invalid on both phones", Invalid, at(1, 2), 2, 2, Next{State: ContactDone, Phone: 1}},
		{"invalid on the second after no answer on the first", Invalid, at(1, 2), 2, 1, waits(0, 0)},
		{"blocked once", Blocked, person(1), 1, 1, waits(24*time.Hour, 0)},
		{"blocked twice", Blocked, person(1), 2, 2, done},
		{"route failed counts no try", RouteFailed, person(1), 6, 50, waits(5*time.Minute, 0)},
		{"cancelled counts no try", Cancelled, person(1), 6, 9, waits(30*time.Minute, 0)},
		{"abandoned", AbandonedMsg, person(1), 1, 1, done},
		{"connected", Connected, person(1), 1, 1, done},
		{"refused", Refused, person(1), 0, 1, done},
	} {
		t.Run(c.name, func(t *testing.T) {
			campaign := NewCampaign("x")
			if got := campaign.After(c.outcome, c.contact, c.tries, c.same, noon); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestADeadPhoneIsNotTriedAgain(t *testing.T) {
	campaign := NewCampaign("x")
	p := person(3)
	p.Phones[1].Dead = true
	if next := campaign.After(NoAnswer, p, 1, 1, noon); next.Phone != 2 {
		t.Errorf("%+v", next)
	}
	p.Phones[2].Dead = true
	if next := campaign.After(NoAnswer, p, 1, 1, noon); next.Phone != 0 || next.State != ContactWaiting {
		t.Errorf("the only live phone is tried again: %+v", next)
	}
	if next := campaign.After(Invalid, p, 3, 1, noon); next.State != ContactDone {
		t.Errorf("no phone is left: %+v", next)
	}
}

func TestEveryContactIsDoneAtLastWhateverHappens(t *testing.T) {
	campaign := NewCampaign("x")
	for _, o := range Outcomes() {
		p, tries, same := person(3), 0, 0
		for round := 0; ; round++ {
			if round > 50 {
				if !o.Counts() {
					break // what did not reach the contact may go on
				}
				t.Fatalf("%s goes on for ever", o)
			}
			if same++; o.Counts() {
				tries++
			}
			if o == Invalid {
				p.Phones[p.Phone].Dead = true
			}
			next := campaign.After(o, p, tries, same, noon)
			if next.State == ContactDone {
				break
			}
			if next.Phone < 0 || next.Phone >= len(p.Phones) || next.At.Before(noon) {
				t.Fatalf("%s: %+v", o, next)
			}
			p.Phone = next.Phone
		}
		if tries > campaign.MaxAttempts {
			t.Errorf("%s: %d tries", o, tries)
		}
	}
}

func TestAnAttemptIsDrawnFromTheContactsNextPhone(t *testing.T) {
	c := NewCampaign("x")
	c.ID, c.ScriptVer = 7, "v2"
	p := person(2)
	p.Phone, p.Tries, p.Agent, p.Callback = 1, 3, 9, 4
	a := NewAttempt(c, p, "+34910000000", noon)
	if a.Number != p.Phones[1].Number || a.Phone != 1 || a.Try != 4 || a.Campaign != 7 || a.List != 2 || a.Contact != 1 || a.Agent != 9 || a.Callback != 4 ||
		a.CallerID != "+34910000000" || a.ScriptVer != "v2" || !a.IntentAt.Equal(noon) || !slices.Equal(a.Zones, []string{"Europe/Madrid"}) {
		t.Errorf("%+v", a)
	}
	id, err := uuid.Parse(a.ID)
	if err != nil || id.Version() != 7 || a.CallID() != a.ID+"@forecall" || strings.ContainsAny(a.CallID(), " \r\n;<>") {
		t.Errorf("%s %s %v", a.ID, a.CallID(), err)
	}
	p.Zones = []string{"Atlantic/Canary"}
	if a := NewAttempt(c, p, "", noon); !slices.Equal(a.Zones, p.Zones) {
		t.Errorf("the contact's own zone goes before the phone's: %v", a.Zones)
	}
}

func TestAContactWithoutAPhoneIsNotDialed(t *testing.T) {
	phone, zones := Contact{Phone: 3}.Dial()
	if phone.Number != "" || zones != nil {
		t.Errorf("%+v %v", phone, zones)
	}
	if phone, _ := (Contact{Phone: 5, Phones: person(2).Phones}).Dial(); phone.Number != person(2).Phones[1].Number {
		t.Errorf("an index beyond the phones: %+v", phone)
	}
}

func TestOutcomesSayOnceWhatTheyMean(t *testing.T) {
	seen := map[Outcome]bool{}
	for _, o := range Outcomes() {
		if seen[o] || !o.Known() {
			t.Errorf("%s stands there twice or is not known", o)
		}
		seen[o] = true
		if o.Abandoned() && !o.Live() {
			t.Errorf("%s is abandoned without a person", o)
		}
		if o.Live() && !o.Counts() {
			t.Errorf("%s reached a person and counts no try", o)
		}
	}
	if len(seen) != 20 || Outcome("odd").Known() || Outcome("").Known() {
		t.Errorf("%d outcomes", len(seen))
	}
	for o := range DefaultRetry() {
		if !o.Known() {
			t.Errorf("%s is retried", o)
		}
	}
}
