package records

import (
	"strings"

	"github.com/forecall/forecall/campaigns"
)

// Columns that rows have since format 2, after those of format 1.
const (
	attemptMore = `decision, ruleset, jurisdictions, zone_source, reserved, consent, cli_authorization, party_kind, month_no`
	outcomeMore = `greeting_start, greeting_end, greeting_source, attest, verstat, late, amd, message_sha`
)

// How many columns rows have: of format 1, and of those that came with format 2.
const (
	attemptWidth, attemptMoreWidth = 19, 9
	outcomeWidth, outcomeMoreWidth = 34, 8
	dispositionWidth               = 11
	changeWidth                    = 15
)

// attemptExtra is the row of attemptMore.
func attemptExtra(a *campaigns.Attempt) []any {
	return sparse([]any{
		blob(a.Decision), blob(a.Ruleset), strings.Join(a.Jurisdictions, " "), a.ZoneSource, flag(a.Reserved), a.Consent,
		a.CLIAuthorization, a.PartyKind, int64(a.MonthNo),
	})
}

// readAttemptExtra reads attemptMore.
func readAttemptExtra(c *cells, a *campaigns.Attempt) {
	a.Decision, a.Ruleset = c.hash(), c.hash()
	a.Jurisdictions, a.ZoneSource = strings.Fields(c.text()), c.text()
	a.Reserved, a.Consent, a.CLIAuthorization, a.PartyKind, a.MonthNo = c.truth(), c.text(), c.text(), c.text(), c.small()
}

// outcomeExtra is the row of outcomeMore.
func outcomeExtra(a *campaigns.Attempt) []any {
	return sparse([]any{
		micros(a.GreetingStart), micros(a.GreetingEnd), a.GreetingSource, a.Attestation, a.Verstat, flag(a.Late), a.AMD,
		blob(a.MessageSHA256),
	})
}

// readOutcomeExtra reads outcomeMore.
func readOutcomeExtra(c *cells, a *campaigns.Attempt) {
	a.GreetingStart, a.GreetingEnd, a.GreetingSource = c.instant(), c.instant(), c.text()
	a.Attestation, a.Verstat, a.Late, a.AMD, a.MessageSHA256 = c.text(), c.text(), c.truth(), c.text(), c.hash()
}

// hash copies a digest out of a row, whose memory is the driver's.
func (c *cells) hash() campaigns.Hash {
	if b := c.blob(); len(b) > 0 {
		return append(campaigns.Hash(nil), b...)
	}
	return nil
}

// blob is what is bound for octets: null for none.
func blob(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// split parts a row into what is public and what is personal, by the places of
// the personal columns in rising order.
func split(row []any, personal ...int) (public, own []any) {
	public = make([]any, 0, len(row))
	for i, v := range row {
		if len(personal) > 0 && personal[0] == i {
			own, personal = append(own, v), personal[1:]
			continue
		}
		public = append(public, v)
	}
	return public, own
}

// attemptParts parts the row of attemptColumns and attemptMore: contact and
// number are personal.
func attemptParts(row []any) (public, personal []any) { return split(row, 4, 6) }

// changeParts parts the row of changeColumns: name, reason, reference and
// attempt are personal. The number is not: when all else is forgotten, that it
// must not be called is still known.
func changeParts(row []any) (public, personal []any) { return split(row, 7, 10, 11, 12) }

// dispositionDigest parts a disposition with all that belongs to it: note,
// answers, whom to meet and where, what was agreed of a callback and what
// stands in JSON are personal; lines of the order and times are not.
func dispositionDigest(row []any, parts []part, callback *campaigns.Callback, more string) (public, personal []any) {
	public, personal = split(row, 4)
	for _, p := range parts {
		own, their := p.row, []any(nil)
		switch p.insert {
		case insertAppointment:
			own, their = split(p.row, 3, 4, 5)
		case insertAnswer:
			own, their = split(p.row, 3)
		}
		public, personal = append(public, own...), append(personal, their...)
	}
	if callback != nil {
		public, personal = append(public, micros(callback.At), callback.Agent), append(personal, callback.Note)
	}
	if more != "" {
		personal = append(personal, more)
	}
	return public, personal
}
