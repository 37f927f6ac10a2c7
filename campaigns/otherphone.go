package campaigns

import (
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// This file is what becomes of a contact with several phones when one of them may
// not be called.
//
//	the number keeps it out (a register, no consent for it, its
//	kind, where it is)                                    --> the next phone is judged
//	the person does (internal list, tries, a call going on),
//	or the time (hours, caps, cooldowns)                  --> the contact waits, or is done
//
// Who has said to us that they want no calls has not said it of one number (GDPR
// article 21(3)): the internal list ends the contact with all its phones. And the
// hour, or the rest after the last call, is the person's as well: no other phone is
// a way around it.

// JudgePhones judges a contact by the phone whose turn it is and, as far as the
// numbers themselves keep these out, by the others that are not known to be dead,
// round about. A callback was agreed for one phone, and no other is tried. Decide
// decides a call to the phone with an index; its answer is not kept.
func JudgePhones(p Contact, now time.Time, decide func(phone int) (*rules.Decision, error)) (Judgement, error) {
	var best Judgement
	for n, i := range p.phonesInTurn() {
		d, err := decide(i)
		if err != nil {
			return Judgement{}, err
		}
		j := JudgementOf(d, now)
		j.Phone = i
		if j.Allowed || p.Callback != 0 || !KeepsNumberOut(d) {
			return j, nil
		}
		if n == 0 || sooner(j.Until, best.Until) {
			best = j
		}
	}
	return best, nil
}

// sooner compares times of which zero is never.
func sooner(a, b time.Time) bool { return !a.IsZero() && (b.IsZero() || a.Before(b)) }

// phonesInTurn are the indexes of the phone whose turn it is and of those after
// it, round about, that are not known to be dead.
func (c Contact) phonesInTurn() []int {
	turns := []int{c.Phone}
	for i := 1; i < len(c.Phones); i++ {
		if j := (c.Phone + i) % len(c.Phones); !c.Phones[j].Dead {
			turns = append(turns, j)
		}
	}
	return turns
}

// KeepsNumberOut tells whether what a decision refuses by is, at least in part,
// about the number alone, and in no part that the person wants no calls, has had as
// many as the campaign tries, or is in one.
func KeepsNumberOut(d *rules.Decision) bool {
	number := false
	for _, v := range d.Verdicts() {
		if v.OK || v.Advisory {
			continue
		}
		switch v.Rule {
		case rules.DNC, rules.Attempts, rules.Live:
			return false
		case rules.Number, rules.Zone, rules.Known:
			number = true
		}
		switch v.Type {
		case rules.TypeList, rules.TypeConsent, rules.TypeLineType, rules.TypeExternal, rules.TypeZone:
			number = true
		}
	}
	return number
}
