package report

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// callFields are the columns of the call log, under the names of the records
// that the law asks for (16 CFR 310.5(a)(2), 47 CFR 64.1200; see the notes on
// compliance, section 2), as far as the ledger has them.
var callFields = []field{
	{"attempt_id", text, str(func(r *row) string { return r.call.ID })},
	{"seq", number, integer(func(r *row) int64 { return r.call.Seq })},
	{"hash", text, str(func(r *row) string { return r.call.Hash })},
	{"prev_hash", text, str(func(r *row) string { return r.call.PrevHash })},
	{"campaign", text, str(func(r *row) string { return r.call.CampaignName })},
	{"list", text, str(func(r *row) string { return r.call.ListName })},
	{"contact_id", number, integer(func(r *row) int64 { return r.call.Contact })},
	{"external_id", text, str(func(r *row) string { return r.call.External })},
	{"contact_name", text, str(func(r *row) string { return r.call.ContactName })},
	{"telemarketer_name", text, str(func(r *row) string { return r.campaign.Telemarketer })},
	{"seller_name", text, str(func(r *row) string { return r.campaign.Seller })},
	{"purpose", text, str(func(r *row) string { return r.campaign.Purpose })},
	{"goods_or_service", text, str(func(r *row) string { return r.campaign.Goods })},
	{"message_language", text, str(func(r *row) string { return r.campaign.Language })},
	{"settings_version", number, integer(func(r *row) int64 { return r.call.Attempt.Settings })},
	{"subject_key", text, str(func(r *row) string { return r.campaign.Subject })},
	{"direction", text, str(func(*row) string { return "outbound" })},
	{"mode", text, str(func(r *row) string { return string(r.call.Mode) })},
	{"manual_single_dial", truth, yes(func(r *row) bool { return r.call.Manual })},
	{"used_prerecorded", truth, yes(func(r *row) bool { return !r.call.MessageAt.IsZero() })},
	{"calling_number", text, str(func(r *row) string { return r.call.CallerID })},
	{"cli_number", text, str(func(r *row) string { return r.call.CallerID })},
	{"called_number", text, str(func(r *row) string { return r.call.Number })},
	{"script_version", text, str(func(r *row) string { return r.call.ScriptVer })},
	{"attempt_no", number, integer(func(r *row) int64 { return int64(r.call.Try) })},
	{"attempt_no_24h", number, integer(func(r *row) int64 { return int64(r.call.DayNo) })},
	{"retry_of", text, str(func(r *row) string { return r.call.RetryOf })},
	{"callback_id", number, integer(func(r *row) int64 { return r.call.Callback })},

	{"outcome", text, str(func(r *row) string { return string(r.call.Outcome) })},
	{"live_answered", truth, yes(func(r *row) bool { return r.call.Outcome.Live() })},
	{"abandoned", truth, yes(func(r *row) bool { return r.call.Outcome.Abandoned() })},
	{"late_connect", truth, yes(func(r *row) bool { return r.call.Late || r.call.Outcome == campaigns.LateConnected })},
	{"abandon_reason", text, str(abandonReason)},

	{"intent_at", text, at(func(r *row) time.Time { return r.call.IntentAt })},
	{"started_at", text, at(dialed)},
	{"dialed_at", text, at(func(r *row) time.Time { return r.call.SentAt })},
	{"ring_started_at", text, at(func(r *row) time.Time { return r.call.RingingAt })},
	{"ring_ms", number, between(rang)},
	{"answered_at", text, at(func(r *row) time.Time { return r.call.AnsweredAt })},
	{"greeting_start_at", text, at(func(r *row) time.Time { return r.call.GreetingStart })},
	{"greeting_end_at", text, at(greetingEnd)},
	{"greeting_source", text, str(greetingSource)},
	{"agent_bridged_at", text, at(func(r *row) time.Time { return r.call.BridgedAt })},
	{"connect_delay_ms", number, connectDelay},
	{"abandon_msg_started_at", text, at(func(r *row) time.Time { return r.call.MessageAt })},
	{"abandon_msg_ended_at", text, at(func(r *row) time.Time { return r.call.MessageEndAt })},
	{"opt_out_key", truth, yes(func(r *row) bool { return r.call.OptOut })},
	{"ended_at", text, at(func(r *row) time.Time { return r.call.EndedAt })},
	{"duration_ms", number, between(func(r *row) (from, to time.Time) { return r.call.AnsweredAt, r.call.EndedAt })},
	{"talk_ms", number, between(func(r *row) (from, to time.Time) { return r.call.BridgedAt, r.call.EndedAt })},
	{"contact_zones", text, zones},
	{"local_time_at_dial", text, localTimes},

	{"trunk", text, str(func(r *row) string { return r.call.Trunk })},
	{"sip_call_id", text, func(b []byte, r *row) []byte { return append(append(b, r.call.ID...), "@forecall"...) }},
	{"sip_final_code", number, integer(func(r *row) int64 { return int64(r.call.Code) })},
	{"q850", number, integer(func(r *row) int64 { return int64(r.call.Q850) })},
	{"carrier_reason", text, str(func(r *row) string { return r.call.Reason })},
	{"ended_by", text, str(func(r *row) string { return r.call.EndedBy })},
	{"error", text, str(func(r *row) string { return r.call.Error })},
	{"rtp_in", number, integer(func(r *row) int64 { return int64(r.call.PacketsIn) })},
	{"rtp_out", number, integer(func(r *row) int64 { return int64(r.call.PacketsOut) })},
	{"rtp_loss", number, decimal(func(r *row) float64 { return r.call.LossShare }, 4)},
	{"rtp_jitter_ms", number, decimal(func(r *row) float64 { return r.call.JitterMS }, 2)},
	{"mos", number, decimal(func(r *row) float64 { return r.call.MOS }, 2)},

	{"agent_id", number, integer(func(r *row) int64 { return r.call.Agent })},
	{"agent", text, str(func(r *row) string { return r.call.AgentLogin })},
	{"second_agent_id", number, integer(func(r *row) int64 { return r.call.SecondAgent })},
	{"second_agent", text, str(func(r *row) string { return r.call.SecondLogin })},
	{"second_agent_at", text, at(func(r *row) time.Time { return r.call.SecondAt })},
	{"agent_rtp_loss", number, decimal(func(r *row) float64 { return r.call.AgentLoss }, 4)},
	{"agent_rtp_jitter_ms", number, decimal(func(r *row) float64 { return r.call.AgentJitterMS }, 2)},
	{"agent_mos", number, decimal(func(r *row) float64 { return r.call.AgentMOS }, 2)},
	{"disposition", text, said(func(b []byte, d *campaigns.Disposition) []byte { return append(b, d.Code...) })},
	{"disposition_at", text, said(func(b []byte, d *campaigns.Disposition) []byte { return appendTime(b, d.At) })},
	{"note", text, said(func(b []byte, d *campaigns.Disposition) []byte { return append(b, d.Note...) })},
	{"sale_currency", text, sold(func(b []byte, s *campaigns.Sale) []byte { return append(b, s.Currency...) })},
	{"sale_total", number, sold(func(b []byte, s *campaigns.Sale) []byte { return appendMoney(b, s.Total(), s.Currency) })},
	{"sale_lines", text, sold(saleLines)},
	{"appointment_at", text, agreed(func(b []byte, a *campaigns.Appointment) []byte { return appendTime(b, a.At) })},
	{"appointment_local", text, agreed(func(b []byte, a *campaigns.Appointment) []byte { return appendLocal(b, a.At, a.Zone) })},
	{"appointment_zone", text, agreed(func(b []byte, a *campaigns.Appointment) []byte { return append(b, a.Zone...) })},
	{"appointment_place", text, agreed(func(b []byte, a *campaigns.Appointment) []byte { return append(b, a.Place...) })},
	{"appointment_person", text, agreed(func(b []byte, a *campaigns.Appointment) []byte { return append(b, a.Person...) })},
	{"appointment_note", text, agreed(func(b []byte, a *campaigns.Appointment) []byte { return append(b, a.Note...) })},
	{"answers", text, said(answers)},
	{"callback_at", text, said(callbackAt)},
	{"reason", text, said(func(b []byte, d *campaigns.Disposition) []byte { return append(b, d.Reason...) })},
	{"complaint", text, complained(func(b []byte, c *campaigns.Complaint) []byte { return append(b, c.Text...) })},
	{"complaint_department", text, complained(func(b []byte, c *campaigns.Complaint) []byte { return append(b, c.Department...) })},
	{"sale_value", number, sold(func(b []byte, s *campaigns.Sale) []byte { return appendMoney(b, s.Value(), s.Currency) })},
	{"sale_read_back", text, sold(func(b []byte, s *campaigns.Sale) []byte { return append(b, s.ReadBack...) })},
	{"attempt_no_30d", number, integer(func(r *row) int64 { return int64(r.call.MonthNo) })},
	{"zone_source", text, str(func(r *row) string { return r.call.ZoneSource })},
	{"jurisdictions", text, str(func(r *row) string { return strings.Join(r.call.Jurisdictions, " ") })},
	{"called_party_kind", text, str(func(r *row) string { return r.call.PartyKind })},
	{"decision_id", text, str(decisionID)},
	{"decision_sha256", text, str(func(r *row) string { return r.call.Decision.String() })},
	{"ruleset_sha256", text, str(func(r *row) string { return r.call.Ruleset.String() })},
	{"dnc_lists", text, dncLists},
	{"consent_id", text, str(func(r *row) string { return r.call.Consent })},
	{"cli_authorization_id", text, str(func(r *row) string { return r.call.CLIAuthorization })},
	{"reserved_agent", truth, yes(func(r *row) bool { return r.call.Reserved })},
	{"amd_result", text, str(func(r *row) string { return r.call.AMD })},
	{"stir_attest", text, str(func(r *row) string { return r.call.Attestation })},
	{"stir_verstat", text, str(func(r *row) string { return r.call.Verstat })},
	{"audio_sha256", text, str(func(r *row) string { return r.call.MessageSHA256.String() })},
	{loosenedColumn, text, loosened},
	{"dnc_checks", object, dncChecks},
	{"details", object, details}, // sale, appointment, answers and callback as they are
}

// greetingEnd is when the person had said who they are. When nobody heard it, it
// is taken to end with the answer: the two seconds until an agent or the message
// (47 CFR 64.1200(a)(7)) begin earlier than they have to, never later.
func greetingEnd(r *row) time.Time {
	if r.call.GreetingEnd.IsZero() {
		return r.call.AnsweredAt
	}
	return r.call.GreetingEnd
}

// greetingSource says where the end of the greeting is known from.
func greetingSource(r *row) string {
	switch {
	case r.call.AnsweredAt.IsZero():
		return ""
	case r.call.GreetingSource == "":
		return "none"
	}
	return r.call.GreetingSource
}

// decisionID names the decision that allowed the call: it has the id of the
// attempt.
func decisionID(r *row) string {
	if len(r.call.Decision) == 0 {
		return ""
	}
	return r.call.ID
}

// dncLists are the do-not-call lists that were asked, each with its version:
// internal us-national@7.
func dncLists(b []byte, r *row) []byte {
	for i, c := range r.call.Checks {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, c.List...)
		if c.Version != "" {
			b = append(append(b, '@'), c.Version...)
		}
		if c.Listed {
			b = append(b, "=listed"...)
		}
	}
	return b
}

// loosenedColumn stands in every file once rules were loosened.
const loosenedColumn = "rules_loosened"

// loosened names what of the rules had been loosened when the call was begun.
func loosened(b []byte, r *row) []byte {
	first := len(b)
	for _, l := range r.loosened {
		if !l.Holds(r.call.IntentAt) {
			continue
		}
		if len(b) > first {
			b = append(b, "; "...)
		}
		b = append(b, l.String()...)
	}
	return b
}

// dncChecks are the same with hash, date of access and result (16 CFR
// 310.5(a)(11)).
func dncChecks(b []byte, r *row) []byte {
	if len(r.call.Checks) == 0 {
		return b
	}
	encoded, err := json.Marshal(r.call.Checks)
	if err != nil { // a time beyond the year 9999
		return b
	}
	return append(b, encoded...)
}

// connectDelay is blank only when no agent was connected: under a millisecond
// is 0.
func connectDelay(b []byte, r *row) []byte {
	if r.call.BridgedAt.IsZero() {
		return b
	}
	return appendInt(b, r.call.ConnectDelay.Milliseconds())
}

// Columns are the names of the call log's columns, in order.
func Columns() []string { return names(callFields) }

func names(fields []field) []string {
	out := make([]string, 0, len(fields))
	for _, f := range fields {
		if f.kind != object {
			out = append(out, f.name)
		}
	}
	return out
}

// dialed is when the call began: the first INVITE, or the intent of one that
// never left.
func dialed(r *row) time.Time {
	if r.call.SentAt.IsZero() {
		return r.call.IntentAt
	}
	return r.call.SentAt
}

// rang is the time the callee's phone rang: until the answer, or the end.
func rang(r *row) (from, to time.Time) {
	if !r.call.AnsweredAt.IsZero() {
		return r.call.RingingAt, r.call.AnsweredAt
	}
	return r.call.RingingAt, r.call.EndedAt
}

func abandonReason(r *row) string {
	switch r.call.Outcome {
	case campaigns.AbandonedMsg:
		return "no agent free, message played"
	case campaigns.AbandonedSilent:
		return "silence"
	case campaigns.LateConnected:
		return "agent connected too late"
	}
	return ""
}

// zones and localTimes are parallel lists, parted by "; ".
func zones(b []byte, r *row) []byte {
	for i, zone := range r.call.Zones {
		if i > 0 {
			b = append(b, "; "...)
		}
		b = append(b, zone...)
	}
	return b
}

func localTimes(b []byte, r *row) []byte {
	for i, zone := range r.call.Zones {
		if i > 0 {
			b = append(b, "; "...)
		}
		b = appendLocal(b, dialed(r), zone)
	}
	return b
}

func decimal(f func(r *row) float64, digits int) func([]byte, *row) []byte {
	return func(b []byte, r *row) []byte {
		if x := f(r); x != 0 {
			return strconv.AppendFloat(b, x, 'f', digits, 64)
		}
		return b
	}
}
