package records

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"strings"

	"github.com/forecall/forecall/campaigns"
)

// callReader reads one page and keeps what repeats in it.
type callReader struct {
	db     *DB
	zones  map[string][]string
	lists  map[int64]string
	logins map[int64]string

	campaign, version int64 // of the last call
	name              string
	settings          *campaigns.Campaign
}

func newCallReader(db *DB) *callReader {
	return &callReader{db: db, zones: make(map[string][]string), lists: make(map[int64]string), logins: make(map[int64]string)}
}

const callColumns = `a.seq, a.id, a.campaign, a.list, a.contact, a.phone, a.e164, a.caller_id, a.mode, a.agent, a.callback, a.try, a.zones,
	a.script_ver, a.intent_at, a.manual, a.settings, a.retry_of, a.day_no,
	a.decision, a.ruleset, a.jurisdictions, a.zone_source, a.reserved, a.consent, a.cli_authorization, a.party_kind, a.month_no, a.prev, a.hash,
	o.outcome, o.agent, o.trunk, o.code, o.q850, o.reason, o.ended_by, o.error,
	o.sent_at, o.ringing_at, o.answered_at, o.bridged_at, o.message_at, o.message_end_at, o.ended_at, o.connect_delay, o.opt_out,
	o.packets_in, o.packets_out, o.loss, o.jitter_ms, o.mos, o.second_agent, o.second_at, o.agent_loss, o.agent_jitter, o.agent_mos,
	o.next_state, o.next_at, o.next_phone, o.greeting_start, o.greeting_end, o.greeting_source, o.attest, o.verstat, o.late, o.amd,
	o.message_sha, o.prev, o.hash,
	c.name, c.external,
	d.key, d.agent, d.code, d.note, d.at, d.currency, d.extras`

const callTables = ` FROM attempts a LEFT JOIN outcomes o ON o.seq = a.seq LEFT JOIN contacts c ON c.id = a.contact
	LEFT JOIN dispositions d ON d.seq = a.seq`

func callQuery(f campaigns.CallFilter, lo, hi int64) (query string, args []any) {
	var w where
	// The plus keeps the planner from starting anywhere but at the ledger's
	// own order, except for what few calls have.
	w.add("a.seq BETWEEN ? AND ?", lo, hi)
	if f.Contact != 0 {
		w.add("a.contact = ?", f.Contact)
	}
	if f.Number != "" {
		w.add("a.e164 = ?", e164(f.Number))
	}
	if f.Campaign != 0 {
		w.add("+a.campaign = ?", f.Campaign)
	}
	if f.Agent != 0 {
		w.add("(COALESCE(o.agent, a.agent) = ? OR o.second_agent = ?)", f.Agent, f.Agent)
	}
	if len(f.Outcomes) > 0 {
		args := make([]any, len(f.Outcomes))
		for i, o := range f.Outcomes {
			args[i] = string(o)
		}
		w.add("COALESCE(o.outcome, '') IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
	}
	if f.Disposition != "" {
		w.add("COALESCE(d.code, '') = ?", f.Disposition)
	}
	if f.Sold {
		w.add("COALESCE(d.currency, '') <> ''")
	}
	if f.Recorded != nil {
		there := "EXISTS"
		if !*f.Recorded {
			there = "NOT EXISTS"
		}
		w.add(there + " (SELECT 1 FROM recordings r WHERE r.attempt = a.seq)")
	}
	order := " ORDER BY a.seq"
	if f.Newest {
		order = " ORDER BY a.seq DESC"
	}
	if f.Limit > 0 {
		order += " LIMIT ?"
		w.args = append(w.args, f.Limit)
	}
	return `SELECT ` + callColumns + callTables + w.text() + order, w.args
}

func (db *DB) readCalls(ctx context.Context, f campaigns.CallFilter, lo, hi int64) ([]campaigns.Call, error) {
	query, args := callQuery(f, lo, hi)
	r := newCallReader(db)
	room, chosen := 0, len(args)-2
	if f.Limit > 0 {
		chosen--
	}
	if chosen == 0 && f.Recorded == nil && hi-lo < callPage { // nothing but the places chooses
		room = int(hi - lo + 1)
	}
	if f.Limit > 0 {
		room = min(room, f.Limit)
	}
	calls, err := r.query(ctx, room, query, args)
	if err == nil && f.Checks {
		err = db.addChecks(ctx, calls)
	}
	return calls, err
}

// query reads the calls of a query; room is how many to expect.
func (r *callReader) query(ctx context.Context, room int, query string, args []any) ([]campaigns.Call, error) {
	calls := make([]campaigns.Call, 0, room)
	err := r.db.withDriver(ctx, func(q driver.QueryerContext) error {
		more := make(map[int64]extraOf)
		err := each(q, query, args, func(c *cells) error {
			call, bits := r.call(c)
			if err := r.names(q, &call); err != nil {
				return err
			}
			if bits != 0 {
				more[call.Seq] = extraOf{bits, call.Disposition}
			}
			calls = append(calls, call)
			if len(calls)%100 == 0 {
				return ctx.Err()
			}
			return nil
		})
		if err != nil || len(more) == 0 {
			return err
		}
		return readExtras(q, more)
	})
	return calls, err
}

// call reads a row of callColumns; bits is what its disposition has beside.
func (r *callReader) call(c *cells) (call campaigns.Call, bits int64) {
	a := &call.Attempt
	a.Seq, a.ID, a.Campaign, a.List, a.Contact = c.integer(), c.text(), c.integer(), c.integer(), c.integer()
	a.Phone, a.Number, a.CallerID, a.Mode = c.small(), number(c.integer()), c.text(), campaigns.Mode(c.text())
	a.Agent, a.Callback, a.Try, a.Zones = c.integer(), c.integer(), c.small(), r.split(c.text())
	a.ScriptVer, a.IntentAt, a.Manual = c.text(), c.instant(), c.truth()
	a.Settings, a.RetryOf, a.DayNo = c.integer(), c.text(), c.small()
	readAttemptExtra(c, a)
	prev, hash := c.blob(), c.blob()
	if c.null() {
		c.skip(32 + outcomeMoreWidth)
	} else {
		prev, hash = readOutcome(c, a)
	}
	call.PrevHash, call.Hash = hex.EncodeToString(prev), hex.EncodeToString(hash)
	call.ContactName, call.External = c.text(), c.text()
	if !c.null() {
		call.Disposition, bits = readDisposition(c, a.ID)
	}
	return call, bits
}

// names puts words in place of numbers, and the settings that were in force.
func (r *callReader) names(q driver.QueryerContext, call *campaigns.Call) (err error) {
	if r.settings == nil || r.campaign != call.Attempt.Campaign || r.version != call.Attempt.Settings {
		c, _ := r.db.known.campaign(call.Attempt.Campaign)
		r.campaign, r.version, r.name = call.Attempt.Campaign, call.Attempt.Settings, c.Name
		if r.settings, err = r.db.settingsAt(q, r.version); err != nil {
			return err
		}
	}
	call.CampaignName, call.Settings = r.name, r.settings
	call.ListName = repeated(r.lists, call.List, r.db.known.listName)
	call.AgentLogin = repeated(r.logins, call.Agent, r.db.known.login)
	if call.SecondAgent != 0 {
		call.SecondLogin = repeated(r.logins, call.SecondAgent, r.db.known.login)
	}
	return nil
}

// repeated looks a name up once for all the calls of a page.
func repeated(have map[int64]string, id int64, find func(int64) string) string {
	name, ok := have[id]
	if !ok {
		name = find(id)
		have[id] = name
	}
	return name
}

func readOutcome(c *cells, a *campaigns.Attempt) (prev, hash []byte) {
	a.Outcome = campaigns.Outcome(c.text())
	if agent := c.integer(); agent != 0 {
		a.Agent = agent
	}
	a.Trunk, a.Code, a.Q850, a.Reason, a.EndedBy, a.Error = c.text(), c.small(), c.small(), c.text(), c.text(), c.text()
	a.SentAt, a.RingingAt, a.AnsweredAt, a.BridgedAt = c.instant(), c.instant(), c.instant(), c.instant()
	a.MessageAt, a.MessageEndAt, a.EndedAt, a.ConnectDelay = c.instant(), c.instant(), c.instant(), c.span()
	a.OptOut, a.PacketsIn, a.PacketsOut = c.truth(), uint64(c.integer()), uint64(c.integer())
	a.LossShare, a.JitterMS, a.MOS = c.real(), c.real(), c.real()
	a.SecondAgent, a.SecondAt = c.integer(), c.instant()
	a.AgentLoss, a.AgentJitterMS, a.AgentMOS = c.real(), c.real(), c.real()
	a.Next = campaigns.Next{State: campaigns.ContactState(c.text()), At: c.instant(), Phone: c.small()}
	readOutcomeExtra(c, a)
	return c.blob(), c.blob()
}

func (r *callReader) split(zones string) []string {
	if s, ok := r.zones[zones]; ok {
		return s
	}
	s := splitZones(zones)
	r.zones[zones] = s
	return s
}
