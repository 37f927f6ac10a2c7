package evidence

import (
	"fmt"
	"regexp"
	"strings"
)

// The kinds of records.
const (
	KindAttempt     = "attempt"
	KindOutcome     = "outcome"
	KindDisposition = "disposition"
	KindDoNotCall   = "do_not_call"
	KindAudit       = "audit"
	KindConsent     = "consent"
	KindRecording   = "recording"
	KindEvents      = "events"
	KindErasure     = "erasure"
	KindRebase      = "rebase" // what remains of rows of format 1 that were erased
)

// batched tells whether several rows may share a link of this kind.
func batched(kind string) bool {
	return kind == KindDoNotCall || kind == KindConsent || kind == KindEvents
}

// Columns is what rows of a kind are made of: their names in the order in which
// they are digested. A name is not part of a digest; so it is part of the
// format.
type Columns struct{ Old, Public, Personal []string }

func columns(old, public, personal string) Columns {
	return Columns{strings.Fields(old), strings.Fields(public), strings.Fields(personal)}
}

const (
	attemptOld = `seq id campaign list contact phone e164 caller_id mode agent callback try zones script_ver intent_at manual settings
		retry_of day_no`
	attemptPublic = `seq id campaign list phone caller_id mode agent callback try zones script_ver intent_at manual settings retry_of day_no
		decision ruleset jurisdictions zone_source reserved consent cli_authorization party_kind month_no`
	outcomeOld = `seq campaign intent_at outcome agent trunk code q850 reason ended_by error sent_at ringing_at answered_at bridged_at
		message_at message_end_at ended_at connect_delay opt_out packets_in packets_out loss jitter_ms mos second_agent second_at agent_loss
		agent_jitter agent_mos next_state next_at next_phone recorded_at`
	outcomePublic = outcomeOld + ` greeting_start greeting_end greeting_source attest verstat late amd message_sha`
	changeOld     = `seq e164 removed at recorded_at channel by name seller goods reason reference attempt campaign batch`
	changePublic  = `seq e164 removed at recorded_at channel by seller goods campaign batch`
	consentPublic = `seq batch consent id event at recorded_at kind level seller purpose goods channels until source wording campaign attempt
		load by`
	consentPersonal = `e164 name reference ip note`
	auditAll        = `seq at kind by subject detail`
)

// ColumnsOf is how rows of a kind are made; ok is false for a kind whose rows
// differ in shape (disposition) or that is not known.
func ColumnsOf(kind string) (c Columns, ok bool) {
	switch kind {
	case KindAttempt:
		return columns(attemptOld, attemptPublic, `contact e164`), true
	case KindOutcome:
		return columns(outcomeOld, outcomePublic, ``), true
	case KindDoNotCall:
		return columns(changeOld, changePublic, `name reason reference attempt`), true
	case KindAudit:
		return columns(auditAll, auditAll, ``), true // format 1: nothing of it is personal
	case KindRecording:
		return columns(``, `attempt began_at duration octets sha256 gaps repaired`, ``), true
	case KindEvents:
		return columns(``, `id attempt at kind by batch`, `detail`), true
	case KindErasure:
		return columns(``, `seq at by basis kind counts`, ``), true
	case KindConsent:
		return columns(``, consentPublic, consentPersonal), true
	}
	return Columns{}, false
}

// Dispositions have parts, each none, one or several times; their names say so.
var (
	dispositionOld = regexp.MustCompile(`^seq key agent code note at effect effect_at currency total extras ` +
		`(order_lines\.seq order_lines\.line order_lines\.product order_lines\.quantity order_lines\.unit_price )*` +
		`(appointments\.seq appointments\.at appointments\.zone appointments\.place appointments\.person appointments\.note )?` +
		`(answers\.seq answers\.line answers\.question answers\.value )*(callbacks\.at callbacks\.agent callbacks\.note )*` +
		`(disposition_more\.seq disposition_more\.body )?$`)
	dispositionPublic = regexp.MustCompile(`^seq key agent code at effect effect_at currency total extras ` +
		`(order_lines\.seq order_lines\.line order_lines\.product order_lines\.quantity order_lines\.unit_price )*` +
		`(appointments\.seq appointments\.at appointments\.zone )?(answers\.seq answers\.line answers\.question )*` +
		`(callbacks\.at callbacks\.agent )*$`)
	dispositionPersonal = regexp.MustCompile(`^note (appointments\.place appointments\.person appointments\.note )?(answers\.value )*` +
		`(callbacks\.note )*(disposition_more\.body )?$`)
)

func checkNames(kind string, format int, public, personal []Field) error {
	if kind == KindDisposition {
		return checkDisposition(format, public, personal)
	}
	c, ok := ColumnsOf(kind)
	if !ok {
		return fmt.Errorf("a record of the unknown kind %q", kind)
	}
	want := c.Public
	if format == 1 {
		want = c.Old
	}
	if !named(public, want) || format != 1 && !named(personal, c.Personal) || format != 1 && format != 2 {
		return fmt.Errorf("%s: its columns are not those of format %d", kind, format)
	}
	return nil
}

func named(fields []Field, want []string) bool {
	if len(fields) != len(want) || len(want) == 0 && len(fields) > 0 {
		return false
	}
	for i, f := range fields {
		if f.Name != want[i] {
			return false
		}
	}
	return true
}

func checkDisposition(format int, public, personal []Field) error {
	ok := false
	switch format {
	case 1:
		ok = dispositionOld.MatchString(joined(public))
	case 2:
		ok = dispositionPublic.MatchString(joined(public)) && (dispositionPersonal.MatchString(joined(personal)) || len(personal) == 0)
	}
	if !ok {
		return fmt.Errorf("disposition: its columns are not those of format %d", format)
	}
	return nil
}

func joined(fields []Field) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(f.Name)
		b.WriteByte(' ')
	}
	return b.String()
}
