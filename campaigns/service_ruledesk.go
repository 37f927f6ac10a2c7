package campaigns

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// RuleStore keeps the rules in force and what was asked about them.
type RuleStore interface {
	RuleShelf
	AdoptOver(ctx context.Context, set *rules.Set, base Hash, a Adoption) (Adoption, error)
	RequestRules(ctx context.Context, r RuleRequest) (RuleRequest, error)
	ApproveRules(ctx context.Context, id int64, by, word string) (Adoption, error)
	EndRuleRequest(ctx context.Context, id int64, state RequestState, by, word string) error
	RuleRequests(ctx context.Context, waiting bool, limit int) ([]RuleRequest, error)
	// Book is what judges calls now: the documents in force and the holidays.
	Book() *rules.Book
	// CountriesCalled are the countries of the numbers that each campaign which
	// is not stopped has on its lists, and of the people whom it has reached.
	CountriesCalled(ctx context.Context) ([]CountriesCalled, error)
}

// RuleDesk is which rules bind the house. What tightens them is in force at
// once; what loosens one needs a reason and a second person.
type RuleDesk struct{ store RuleStore }

// NewRuleDesk returns the service.
func NewRuleDesk(store RuleStore) *RuleDesk { return &RuleDesk{store: store} }

// InForce lists the documents that bind, by id.
func (b *RuleDesk) InForce(ctx context.Context, by User) ([]SetInForce, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	return b.inForce(ctx, time.Now())
}

func (b *RuleDesk) inForce(ctx context.Context, now time.Time) ([]SetInForce, error) {
	all, err := b.store.Adopted(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the rules in force: %w", err)
	}
	out := make([]SetInForce, len(all))
	for i, a := range all {
		set, err := b.store.RuleSet(ctx, a.SHA256)
		if err != nil {
			return nil, fmt.Errorf("read the rules in force: %w", err)
		}
		out[i] = SetInForce{Adoption: a, Document: set, Stale: stale(set, now)}
		for _, r := range set.Rules {
			if !r.Status.Binds() {
				out[i].Advisory++
			}
		}
	}
	return out, nil
}

// stale tells whether nobody has compared a set with the law for too long.
func stale(set *rules.Set, now time.Time) bool {
	day, err := time.Parse(time.DateOnly, set.ReviewedOn)
	return err != nil || now.Sub(day) > ReviewLife
}

// RuleSet reads a document: by the hash of its source one that was ever in
// force, by its id the one in force, else the preset.
func (b *RuleDesk) RuleSet(ctx context.Context, by User, id string, sum Hash) (*rules.Set, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	if len(sum) > 0 {
		set, err := b.store.RuleSet(ctx, sum)
		return set, missing("rule_set", err)
	}
	now, err := b.current(ctx, id)
	if err != nil {
		return nil, err
	}
	if now != nil {
		return now, nil
	}
	if set, ok := rules.Preset(id); ok {
		return set, nil
	}
	return nil, missing("rule_set", ErrNotFound)
}

// current is the document of a set that is in force; nil when none is.
func (b *RuleDesk) current(ctx context.Context, id string) (*rules.Set, error) {
	all, err := b.store.Adopted(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the rules in force: %w", err)
	}
	i := slices.IndexFunc(all, func(a Adoption) bool { return a.Set == id })
	if i < 0 {
		return nil, nil
	}
	return b.store.RuleSet(ctx, all[i].SHA256)
}

// Weighed is a document beside the one in force.
type Weighed struct {
	Document *rules.Set
	Current  *rules.Set // nil = none is in force
	Changes  []rules.Change
	Loosens  bool
}

// Weigh compares a document with the one in force; nothing is put in force.
func (b *RuleDesk) Weigh(ctx context.Context, by User, source []byte) (Weighed, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return Weighed{}, err
	}
	set, err := rules.ParseSet(source)
	if err != nil {
		return Weighed{}, invalid("rules_invalid", err)
	}
	w := Weighed{Document: set}
	if w.Current, err = b.current(ctx, set.ID); err != nil {
		return Weighed{}, err
	}
	against := w.Current
	if against == nil { // the first of its name: what it is to be measured by is the preset, if there is one
		against, _ = rules.Preset(set.ID)
	}
	w.Changes = rules.Looser(against, set)
	w.Loosens = against != nil && len(Loosened(w.Changes)) > 0
	return w, nil
}

// Propose puts a document in force at once when it loosens nothing, and the
// request is nil; else it waits for a second person.
func (b *RuleDesk) Propose(ctx context.Context, by User, source []byte, reason string) (*RuleRequest, error) {
	if err := by.Allow(EditRules); err != nil {
		return nil, err
	}
	w, err := b.Weigh(ctx, by, source)
	if err != nil {
		return nil, err
	}
	if reason = strings.TrimSpace(reason); reason == "" || len([]rune(reason)) > longestReason {
		return nil, problem(KindInvalid, "reason_missing", "Say why, in at most %d characters.", longestReason)
	}
	var base Hash
	if w.Current != nil {
		base = hashOf(w.Current)
		switch {
		case w.Current.SHA256 == w.Document.SHA256:
			return nil, problem(KindConflict, "rules_in_force", "Exactly these rules are in force already.")
		case w.Document.Version <= w.Current.Version:
			return nil, problem(KindInvalid, "version_old", "Version %d of %s is in force; give this document a higher version.", w.Current.Version, w.Document.ID)
		}
	}
	if !w.Loosens {
		_, err := b.store.AdoptOver(ctx, w.Document, base, Adoption{By: by.Login, Reason: reason})
		return nil, adoptProblem(err)
	}
	r, err := b.store.RequestRules(ctx, RuleRequest{
		Set: w.Document.ID, Version: w.Document.Version, SHA256: hashOf(w.Document), Base: base, Source: w.Document.Source,
		Changes: w.Changes, Reason: reason, By: by.Login,
	})
	return &r, adoptProblem(err)
}

const longestReason = 1000

func hashOf(set *rules.Set) Hash {
	sum, err := hex.DecodeString(set.SHA256)
	if err != nil {
		panic(err) // ParseSet wrote it
	}
	return sum
}

func adoptProblem(err error) error {
	switch {
	case errors.Is(err, ErrRulesChanged):
		return problem(KindConflict, "rules_changed", "Somebody has changed these rules meanwhile; look at them and begin anew.")
	case errors.Is(err, ErrNotFound):
		return problem(KindConflict, "request_decided", "This request does not wait any more.")
	case err != nil:
		return fmt.Errorf("change the rules: %w", err)
	}
	return nil
}

// Drop asks to take a set out of force: it always waits for a second person.
func (b *RuleDesk) Drop(ctx context.Context, by User, id, reason string) (*RuleRequest, error) {
	if err := by.Allow(EditRules); err != nil {
		return nil, err
	}
	if reason = strings.TrimSpace(reason); reason == "" || len([]rune(reason)) > longestReason {
		return nil, problem(KindInvalid, "reason_missing", "Say why, in at most %d characters.", longestReason)
	}
	now, err := b.current(ctx, id)
	if err != nil {
		return nil, err
	}
	if now == nil {
		return nil, missing("rule_set", ErrNotFound)
	}
	r, err := b.store.RequestRules(ctx, RuleRequest{Set: id, Base: hashOf(now), Changes: rules.Looser(now, nil), Reason: reason, By: by.Login})
	return &r, adoptProblem(err)
}

// Requests lists what waits for a second person, and the last that were decided.
func (b *RuleDesk) Requests(ctx context.Context, by User) (waiting, decided []RuleRequest, err error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, nil, err
	}
	const most = 200
	all, err := b.store.RuleRequests(ctx, false, most)
	if err != nil {
		return nil, nil, err
	}
	if waiting, err = b.store.RuleRequests(ctx, true, 0); err != nil {
		return nil, nil, err
	}
	return waiting, slices.DeleteFunc(all, func(r RuleRequest) bool { return r.State == RequestWaiting }), nil
}

// Approve puts what somebody else asked for in force.
func (b *RuleDesk) Approve(ctx context.Context, by User, id int64, word string) error {
	r, err := b.waiting(ctx, by, ApproveRules, id)
	switch {
	case err != nil:
		return err
	case r.By == by.Login:
		return problem(KindForbidden, "second_person", "You asked for this yourself; somebody else has to approve it.")
	case r.Over(time.Now()):
		if err := b.store.EndRuleRequest(ctx, id, RequestExpired, by.Login, ""); err != nil {
			return adoptProblem(err)
		}
		return problem(KindConflict, "request_expired", "This request is older than 14 days; it has to be made anew.")
	}
	_, err = b.store.ApproveRules(ctx, id, by.Login, strings.TrimSpace(word))
	return adoptProblem(err)
}

// Refuse ends a request with a word; who asked for it withdraws it so.
func (b *RuleDesk) Refuse(ctx context.Context, by User, id int64, word string) error {
	need := ApproveRules
	if by.Allow(ApproveRules) != nil {
		need = EditRules
	}
	r, err := b.waiting(ctx, by, need, id)
	if err != nil {
		return err
	}
	if word = strings.TrimSpace(word); word == "" || len([]rune(word)) > longestReason {
		return problem(KindInvalid, "reason_missing", "Say why, in at most %d characters.", longestReason)
	}
	state := RequestRefused
	if r.By == by.Login {
		state = RequestWithdrawn
	} else if need == EditRules {
		return by.Allow(ApproveRules)
	}
	return adoptProblem(b.store.EndRuleRequest(ctx, id, state, by.Login, word))
}

func (b *RuleDesk) waiting(ctx context.Context, by User, need Permission, id int64) (RuleRequest, error) {
	if err := by.Allow(need); err != nil {
		return RuleRequest{}, err
	}
	all, err := b.store.RuleRequests(ctx, true, 0)
	if err != nil {
		return RuleRequest{}, err
	}
	i := slices.IndexFunc(all, func(r RuleRequest) bool { return r.ID == id })
	if i < 0 {
		return RuleRequest{}, problem(KindNotFound, "request_not_found", "There is no such request that waits.")
	}
	return all[i], nil
}

// Loosenings lists what was loosened, oldest first: with who asked, who
// approved, and why. Exports show all of them.
func (b *RuleDesk) Loosenings(ctx context.Context) ([]Loosening, error) {
	all, err := b.store.Adoptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what was loosened: %w", err)
	}
	return LooseningsOf(all, func(sum Hash) (*rules.Set, error) { return b.store.RuleSet(ctx, sum) })
}

// History lists every change of the rules, latest first.
func (b *RuleDesk) History(ctx context.Context, by User) ([]Adoption, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	all, err := b.store.Adoptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the history of the rules: %w", err)
	}
	slices.Reverse(all)
	return all, nil
}
