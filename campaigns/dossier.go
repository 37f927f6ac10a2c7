package campaigns

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// Dossier is everything that is known of one call, in one document that can be
// handed over.
type Dossier struct {
	At   time.Time `json:"drawn_up_at"`
	By   string    `json:"drawn_up_by"`
	Call Call      `json:"call"`

	Clocks  []CallClock `json:"clocks"` // every instant by every clock of the person
	Spans   []CallSpan  `json:"spans"`  // how long what lasted, against what is allowed
	Events  []CallEvent `json:"events"`
	Talks   []AgentTalk `json:"talks"`
	Sides   []SideLeg   `json:"outside_legs"`
	Earlier []Call      `json:"earlier_calls"` // to the same contact, the newest first

	// Decision is why the call was allowed, as it was kept then; Verdicts are its
	// words, drawn from the record by the rules of that time. Doubt says what does
	// not agree between the two, or why there are no words; empty = they agree.
	Decision *DecisionRecord `json:"decision,omitempty"`
	Verdicts []rules.Verdict `json:"verdicts"`
	Doubt    string          `json:"doubt,omitempty"`

	Consents  []ConsentFile `json:"consents"` // that the call stood on
	Right     *CallerRight  `json:"caller_id_right,omitempty"`
	Recording *Recording    `json:"recording,omitempty"`
	Heard     []AuditEntry  `json:"recording_heard"` // by whom and when
	Links     []ChainLink   `json:"chain"`
	Erased    bool          `json:"erased,omitempty"` // the person was forgotten
}

// ChainLink is where a record of a call stands in the chain.
type ChainLink struct {
	Seq  int64  `json:"seq"`
	Kind string `json:"kind"`
	Hash string `json:"hash"` // hexadecimal
	// The first signed checkpoint after it: from then on nobody can change the
	// record without breaking the signature. Zero = there is none yet.
	Checkpoint   int64     `json:"checkpoint_size,omitempty"`
	CheckpointAt time.Time `json:"checkpoint_at,omitzero"`
	Key          string    `json:"checkpoint_key,omitempty"`
}

// CallClock is one instant of a call, by UTC and by each of the person's zones.
type CallClock struct {
	What  string    `json:"what"` // a code: decided, dialed, ringing ...
	At    time.Time `json:"at"`
	Local []string  `json:"local"` // as Clocks.Zones has them: 2026-11-22 10:30:00.123 +01:00
}

// CallSpan is how long something lasted.
type CallSpan struct {
	What  string        `json:"what"` // a code: ring, to_agent, to_message, talk
	From  string        `json:"from"` // the instant it is counted from: a code
	Took  time.Duration `json:"took_ns"`
	Limit time.Duration `json:"limit_ns,omitempty"` // 0 = none
	Least bool          `json:"least,omitempty"`    // the limit is the least, not the most
	OK    bool          `json:"ok"`
}

// DossierStore is where the parts stand.
type DossierStore interface {
	DecisionReader
	Decision(ctx context.Context, id string) (DecisionRecord, error)
	ConsentFile(ctx context.Context, id string) (ConsentFile, error)
	CallerRights(ctx context.Context, number string) ([]CallerRight, error)
	History(ctx context.Context, contact int64, limit int) ([]Call, error)
	Heard(ctx context.Context, attempt string) ([]AuditEntry, error)
	LinksOf(ctx context.Context, seq int64) ([]ChainLink, error)
}

// Dossiers draws up dossiers.
type Dossiers struct {
	calls *Recordings
	store DossierStore
	audit Auditor
}

// NewDossiers returns the service.
func NewDossiers(calls *Recordings, store DossierStore, audit Auditor) *Dossiers {
	return &Dossiers{calls: calls, store: store, audit: audit}
}

// earlierCalls is how many calls to the same contact a dossier has.
const earlierCalls = 20

// Of draws up the dossier of a call. That it was drawn up is written down.
func (d *Dossiers) Of(ctx context.Context, by User, attempt string) (Dossier, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return Dossier{}, err
	}
	detail, err := d.calls.Call(ctx, by, attempt)
	if err != nil {
		return Dossier{}, err
	}
	out := Dossier{
		At: time.Now().UTC(), By: by.Login, Call: detail.Call, Events: notNil(detail.Events), Talks: notNil(detail.Talks), Sides: notNil(detail.Sides),
		Recording: detail.Recording, Erased: detail.Number == "",
	}
	out.Clocks, out.Spans = clocksOf(detail.Attempt), spansOf(detail.Attempt)
	for _, part := range []func(context.Context, *Dossier) error{d.decision, d.consents, d.right, d.earlier, d.proof} {
		if err := part(ctx, &out); err != nil {
			return Dossier{}, fmt.Errorf("dossier of attempt %s: %w", attempt, err)
		}
	}
	if by.Allow(ExportCalls) != nil {
		out.mask()
	}
	err = d.audit.AddAudit(ctx, AuditEntry{Kind: "call.dossier", By: by.Login, Subject: "attempt " + attempt})
	if err != nil {
		return Dossier{}, fmt.Errorf("write a dossier down: %w", err)
	}
	return out, nil
}

func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// mask hides numbers from who may not take them away; the parts of the call
// itself came masked.
func (d *Dossier) mask() {
	if d.Decision != nil {
		d.Decision.Number = Mask(d.Decision.Number)
	}
	for i := range d.Earlier {
		d.Earlier[i].Number = Mask(d.Earlier[i].Number)
	}
	for i := range d.Consents {
		d.Consents[i].Number = Mask(d.Consents[i].Number)
	}
}

// decision reads the record and takes the decision again by the rules of that
// time, which gives its words and shows that it comes out the same.
func (d *Dossiers) decision(ctx context.Context, out *Dossier) error {
	out.Verdicts = []rules.Verdict{}
	record, err := d.store.Decision(ctx, out.Call.ID)
	if errors.Is(err, ErrNotFound) {
		out.Doubt = "No decision was kept of this call: it is older than the records of decisions, or somebody else placed it."
		return nil
	}
	if err != nil {
		return err
	}
	out.Decision = &record
	words, again, err := newBooks(d.store).again(ctx, record)
	switch {
	case err != nil:
		out.Doubt = "The decision cannot be taken again: " + err.Error() + "."
		return nil
	case len(record.Chained) > 0 && !bytes.Equal(record.Chained, record.Digest()):
		out.Doubt = "The record of the decision is not the one that the chain holds."
	case !bytes.Equal(again, record.Record):
		out.Doubt = "Taken again by the rules of that time, the decision comes out differently."
	}
	out.Verdicts = words.Verdicts()
	return nil
}

func (d *Dossiers) consents(ctx context.Context, out *Dossier) error {
	out.Consents = []ConsentFile{}
	for id := range strings.FieldsSeq(out.Call.Consent) {
		file, err := d.store.ConsentFile(ctx, id)
		if errors.Is(err, ErrNotFound) {
			continue // erased with the person
		}
		if err != nil {
			return err
		}
		out.Consents = append(out.Consents, file)
	}
	return nil
}

func (d *Dossiers) right(ctx context.Context, out *Dossier) error {
	if out.Call.CallerID == "" {
		return nil
	}
	rights, err := d.store.CallerRights(ctx, out.Call.CallerID)
	if err != nil {
		return err
	}
	for _, r := range rights {
		if r.ID == out.Call.CLIAuthorization || out.Call.CLIAuthorization == "" && r.Holds(out.Call.IntentAt) {
			out.Right = &r
			return nil
		}
	}
	return nil
}

func (d *Dossiers) earlier(ctx context.Context, out *Dossier) error {
	out.Earlier = []Call{}
	if out.Call.Contact == 0 {
		return nil
	}
	calls, err := d.store.History(ctx, out.Call.Contact, 0)
	if err != nil {
		return err
	}
	calls = slices.DeleteFunc(calls, func(c Call) bool { return c.Seq >= out.Call.Seq })
	out.Earlier = calls[:min(len(calls), earlierCalls)]
	return nil
}

func (d *Dossiers) proof(ctx context.Context, out *Dossier) (err error) {
	if out.Heard, err = d.store.Heard(ctx, out.Call.ID); err != nil {
		return err
	}
	out.Heard = notNil(out.Heard)
	out.Links, err = d.store.LinksOf(ctx, out.Call.Seq)
	out.Links = notNil(out.Links)
	return err
}

// clocksOf are the instants of a call by all clocks.
func clocksOf(a Attempt) (out []CallClock) {
	for _, m := range []struct {
		what string
		at   time.Time
	}{
		{"decided", a.IntentAt}, {"dialed", a.SentAt}, {"ringing", a.RingingAt}, {"answered", a.AnsweredAt}, {"greeting_begun", a.GreetingStart},
		{"greeting_ended", a.GreetingEnd}, {"bridged", a.BridgedAt}, {"message_begun", a.MessageAt}, {"message_ended", a.MessageEndAt}, {"ended", a.EndedAt},
	} {
		if m.at.IsZero() {
			continue
		}
		c := CallClock{What: m.what, At: m.at.UTC(), Local: []string{}}
		for _, zone := range a.Zones {
			text := "unknown zone"
			if loc, err := rules.Location(zone); err == nil {
				text = m.at.In(loc).Format("2006-01-02 15:04:05.000 -07:00")
			}
			c.Local = append(c.Local, text)
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b CallClock) int { return a.At.Compare(b.At) })
	return out
}

// Limits of the law that are shown beside every call: two seconds until an agent
// or the message (47 CFR 64.1200(a)(7)), fifteen of ringing (16 CFR
// 310.4(b)(4)(ii)).
const (
	connectWithin = 2 * time.Second
	ringAtLeast   = 15 * time.Second
)

// spansOf measures a call. What counts from the greeting counts from the answer
// where nothing listened for it, which is the stricter.
func spansOf(a Attempt) (out []CallSpan) {
	add := func(what, from string, begun, ended time.Time, limit time.Duration, least bool) {
		if begun.IsZero() || ended.IsZero() {
			return
		}
		s := CallSpan{What: what, From: from, Took: max(ended.Sub(begun), 0), Limit: limit, Least: least}
		s.OK = limit == 0 || least && s.Took >= limit || !least && s.Took <= limit
		out = append(out, s)
	}
	if a.AnsweredAt.IsZero() {
		limit := time.Duration(0)
		if a.Outcome == NoAnswer && a.EndedBy == "us" {
			limit = ringAtLeast
		}
		add("ring", "ringing", a.RingingAt, a.EndedAt, limit, true)
	} else {
		add("ring", "ringing", a.RingingAt, a.AnsweredAt, 0, false)
	}
	from, begun := "answered", a.AnsweredAt
	if !a.GreetingEnd.IsZero() {
		from, begun = "greeting_ended", a.GreetingEnd
	}
	limit := connectWithin
	if a.Outcome.Inbound() {
		limit = 0
	}
	add("to_agent", from, begun, a.BridgedAt, limit, false)
	add("to_message", from, begun, a.MessageAt, limit, false)
	add("talk", "bridged", a.BridgedAt, a.EndedAt, 0, false)
	return out
}
