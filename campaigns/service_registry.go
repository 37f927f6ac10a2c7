package campaigns

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// RegisterLedger keeps which versions of registers were ever in force.
// AddRegisterVersion chains one, durable on return; ErrExists when the list has
// such a version already.
type RegisterLedger interface {
	AddRegisterVersion(ctx context.Context, v RegisterVersion) error
	RegisterVersions(ctx context.Context, list string) ([]RegisterVersion, error) // newest first; all lists without a name
	AddAudit(ctx context.Context, e AuditEntry) error
}

// RegisterMaker makes versions out of files; none is in force before its
// Publish.
type RegisterMaker interface {
	Make(ctx context.Context, l RegisterLoad) (StagedRegister, error)
}

// StagedRegister is a version that lies ready. Publish puts it in force after
// record has written it down, and not when record fails.
type StagedRegister interface {
	Found() RegisterFound
	Publish(record func(RegisterVersion) error) error
	Discard() error
}

// RegisterShelf answers from the versions that are kept.
type RegisterShelf interface {
	Through(list string, number uint64) []RegisterStanding
	Faults() map[string]error
	Export(ctx context.Context, list string, version int64, w io.Writer) (int64, error)
	Verify(ctx context.Context, list string, ledger []RegisterVersion) (checked int, findings []string)
}

// RegisterBook is the rules that are in force, and the lists they ask.
type RegisterBook interface{ Book() *rules.Book }

// RegisterSettings is what the service stands on. Book may be nil: then no rule
// is known to ask a list. Alone tells whether no other node of the house lives that
// could keep a version as well; nil = the house is one node by intent.
type RegisterSettings struct {
	Ledger RegisterLedger
	Maker  RegisterMaker
	Shelf  RegisterShelf
	Book   RegisterBook
	Alone  func() bool
}

// Registry is the do-not-call registers that others publish: loading them,
// what they hold, and what they held.
type Registry struct{ RegisterSettings }

// NewRegistry returns the service.
func NewRegistry(s RegisterSettings) *Registry { return &Registry{s} }

// RegisterDraft is a version that can be put in force, with what speaks
// against it. It is confirmed or dropped.
type RegisterDraft struct {
	RegisterFound

	Doubts []RegisterDoubt `json:"doubts"`

	staged StagedRegister
}

// Limits of what is taken without a reason.
const (
	leastOfFull  = 0.8             // of the last full list's count
	mostRejected = 0.05            // of the lines
	wholeCodes   = 100             // area codes that a whole registry of the United States has at least
	onceADay     = 24 * time.Hour  // the United States' registry is downloaded once a day (donotcall.gov)
	clockSlack   = 5 * time.Minute // between the register's clock and ours
)

// Prepare reads files into a version that lies ready, and says what it would
// change and what speaks against it. Nothing is in force before Confirm.
func (r *Registry) Prepare(ctx context.Context, by User, l RegisterLoad) (*RegisterDraft, error) {
	if err := by.Allow(LoadRegisters); err != nil {
		return nil, err
	}
	known, err := r.Ledger.RegisterVersions(ctx, l.Version.List)
	if err != nil {
		return nil, err
	}
	if err := r.plausible(l, known, time.Now()); err != nil {
		return nil, err
	}
	if len(known) > 0 {
		l.Version.Version = known[0].Version // of the last; the next is one more
	}
	staged, err := r.Maker.Make(ctx, l)
	if err != nil {
		return nil, err
	}
	d := &RegisterDraft{RegisterFound: staged.Found(), staged: staged}
	d.Doubts = doubts(d.RegisterFound, l, known)
	if r.Alone != nil && r.Alone() {
		d.Doubts = append(d.Doubts, RegisterDoubt{Code: "alone", Note: true, Detail: "No other node of the house runs that would have this version too: " +
			"keep the file until one does, or it is lost with this machine."})
	}
	return d, nil
}

// plausible refuses what no reason makes right.
func (r *Registry) plausible(l RegisterLoad, known []RegisterVersion, now time.Time) error {
	v := l.Version
	switch {
	case v.Kind != RegisterFull && v.Kind != RegisterChange:
		return problem(KindInvalid, "kind_invalid", "Say whether the files are the full list or a list of changes.")
	case v.AccessedAt.IsZero():
		return problem(KindInvalid, "accessed_missing", "Say when the list was taken from the register: its age counts from there.")
	case v.AccessedAt.After(now.Add(clockSlack)):
		return problem(KindInvalid, "accessed_future", "The list cannot have been taken from the register at %s, which is not yet.", stamp(v.AccessedAt))
	case len(known) > 0 && v.AccessedAt.Before(known[0].AccessedAt):
		return problem(KindConflict, "accessed_older", "Version %d of %s was taken from the register at %s, after this one: an older list must not replace it.",
			known[0].Version, v.List, stamp(known[0].AccessedAt))
	case len(l.Files) == 0:
		return problem(KindInvalid, "no_file", "There is no file to read.")
	}
	return nil
}

// doubts are what should make somebody look twice.
func doubts(found RegisterFound, l RegisterLoad, known []RegisterVersion) []RegisterDoubt {
	var out []RegisterDoubt
	doubt := func(code, format string, args ...any) {
		out = append(out, RegisterDoubt{Code: code, Detail: fmt.Sprintf(format, args...)})
	}
	v, report := found.Version, found.Report
	if last := found.Before; v.Kind == RegisterFull && float64(v.Count) < leastOfFull*float64(last.Count) {
		doubt("shrunk", "The list has %d numbers, version %d has %d: %.0f %% fewer. A file may be missing or cut off.",
			v.Count, last.Version, last.Count, 100*(1-float64(v.Count)/float64(last.Count)))
	}
	if float64(report.Rejected) > mostRejected*float64(report.Lines) {
		doubt("rejected", "%d of %d lines hold no number. The wrong column or country may have been read.", report.Rejected, report.Lines)
	}
	if n := len(report.AreaCodes); n > 0 && n < wholeCodes && len(v.Covers) == 0 && v.Kind == RegisterFull {
		doubt("coverage", "The list holds numbers of %d area codes only, and was not said to cover these alone: every other number would count as not listed.", n)
	}
	if v.Kind == RegisterFull && v.Count == 0 {
		doubt("empty", "The list holds no number.")
	}
	for _, old := range known {
		if old.SourceSum == v.SourceSum {
			doubt("same_file", "These files were loaded before, as version %d at %s. If they were taken from the register again, say so.", old.Version, stamp(old.LoadedAt))
			break
		}
	}
	if len(known) > 0 && v.AccessedAt.Sub(known[0].AccessedAt) < onceADay && known[0].SAN == v.SAN {
		out = append(out, RegisterDoubt{Code: "once_a_day", Note: true, Detail: fmt.Sprintf(
			"Version %d was taken less than 24 hours before. The registry of the United States may be downloaded once a day.", known[0].Version)})
	}
	return out
}

// Confirm puts a version in force and writes it into the ledger. A version that
// something speaks against needs a reason.
func (r *Registry) Confirm(ctx context.Context, by User, d *RegisterDraft, reason string) (RegisterVersion, error) {
	if err := by.Allow(LoadRegisters); err != nil {
		return RegisterVersion{}, err
	}
	reason = strings.TrimSpace(reason)
	if i := slices.IndexFunc(d.Doubts, func(d RegisterDoubt) bool { return !d.Note }); i >= 0 && reason == "" {
		return RegisterVersion{}, problem(KindConflict, "register_"+d.Doubts[i].Code, "%s Give a reason to load it all the same.", d.Doubts[i].Detail)
	}
	var taken RegisterVersion
	err := d.staged.Publish(func(v RegisterVersion) error {
		v.By, v.LoadedAt, v.Reason = by.Login, time.Now().UTC(), reason
		taken = v
		return r.Ledger.AddRegisterVersion(ctx, v)
	})
	if err != nil {
		return RegisterVersion{}, fmt.Errorf("put version %d of %s in force: %w", d.Version.Version, d.Version.List, err)
	}
	return taken, nil
}

// Drop forgets a version that was not confirmed.
func (r *Registry) Drop(d *RegisterDraft) error { return d.staged.Discard() }

// Lists are the lists as they stand, and those that rules ask and nobody has
// loaded, by name.
func (r *Registry) Lists(ctx context.Context, by User, now time.Time) ([]RegisterList, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	all, err := r.Ledger.RegisterVersions(ctx, "")
	if err != nil {
		return nil, err
	}
	faults, asked := r.Shelf.Faults(), r.asked()
	var out []RegisterList
	for _, v := range all {
		if len(out) > 0 && out[len(out)-1].List == v.List {
			continue // an older version
		}
		l := RegisterList{RegisterVersion: v, Loaded: faults[v.List] == nil}
		if err := faults[v.List]; err != nil {
			l.Fault = err.Error()
		}
		out = append(out, l)
	}
	for list := range asked {
		if !slices.ContainsFunc(out, func(l RegisterList) bool { return l.List == list }) {
			out = append(out, RegisterList{RegisterVersion: RegisterVersion{List: list}})
		}
	}
	for i := range out {
		out[i].judge(asked[out[i].List], now)
	}
	slices.SortFunc(out, func(a, b RegisterList) int { return strings.Compare(a.List, b.List) })
	return out, nil
}

// judge says how old the list may get.
func (l *RegisterList) judge(asked []*rules.Rule, now time.Time) {
	for _, rule := range asked {
		l.Rules = append(l.Rules, string(rule.ID))
		if age := rule.MaxAge.Duration(); age > 0 && (l.MaxAge == 0 || age < l.MaxAge) {
			l.MaxAge = age
		}
	}
	if l.MaxAge > 0 && l.Loaded {
		l.StaleAt = l.AccessedAt.Add(l.MaxAge)
		l.Stale = now.After(l.StaleAt)
	}
}

// asked are the rules in force that ask a list, by list; our own is not one.
func (r *Registry) asked() map[string][]*rules.Rule {
	out := make(map[string][]*rules.Rule)
	if r.Book == nil || r.Book.Book() == nil {
		return out
	}
	for _, set := range r.Book.Book().Sets() {
		for i := range set.Rules {
			if rule := &set.Rules[i]; rule.Type == rules.TypeList && rule.List != "internal" {
				out[rule.List] = append(out[rule.List], rule)
			}
		}
	}
	return out
}

// Versions are all versions of a list that were ever in force, newest first.
func (r *Registry) Versions(ctx context.Context, by User, list string) ([]RegisterVersion, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	all, err := r.Ledger.RegisterVersions(ctx, list)
	if err == nil && len(all) == 0 {
		return nil, missing("register", ErrNotFound)
	}
	return all, err
}

// Standing tells for every version of every list that is kept, newest first,
// whether a number stood in it.
func (r *Registry) Standing(ctx context.Context, by User, number string) (map[string][]RegisterStanding, error) {
	if err := by.Allow(SeeDoNotCall); err != nil {
		return nil, err
	}
	if err := rules.Dialable(number); err != nil {
		return nil, invalid("number_invalid", err)
	}
	all, err := r.Ledger.RegisterVersions(ctx, "")
	if err != nil {
		return nil, err
	}
	var n uint64
	for _, digit := range number[1:] {
		n = n*10 + uint64(digit-'0')
	}
	out := make(map[string][]RegisterStanding)
	for _, v := range all {
		if _, done := out[v.List]; done {
			continue
		}
		standing := r.Shelf.Through(v.List, n)
		for i := range standing { // the ledger knows who loaded it, and when
			at := slices.IndexFunc(all, func(o RegisterVersion) bool { return o.List == v.List && o.Version == standing[i].Version.Version })
			if at >= 0 {
				standing[i].Version, standing[i].Covered = all[at], all[at].Speaks(number)
			}
		}
		out[v.List] = standing
	}
	return out, nil
}

// Export writes the numbers of a version, one E.164 a line; the audit keeps
// that it was done.
func (r *Registry) Export(ctx context.Context, by User, list string, version int64, w io.Writer) (int64, error) {
	if err := by.Allow(LoadRegisters); err != nil {
		return 0, err
	}
	detail, err := json.Marshal(map[string]any{"list": list, "version": version})
	if err != nil {
		return 0, err
	}
	if err := r.Ledger.AddAudit(ctx, AuditEntry{Kind: "register.export", By: by.Login, Subject: "register " + list, Detail: string(detail)}); err != nil {
		return 0, err
	}
	return r.Shelf.Export(ctx, list, version, w)
}

// Verify builds every version of a list that is kept anew and compares it with
// the ledger.
func (r *Registry) Verify(ctx context.Context, by User, list string) (checked int, findings []string, err error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return 0, nil, err
	}
	ledger, err := r.Ledger.RegisterVersions(ctx, list)
	if err != nil {
		return 0, nil, err
	}
	if len(ledger) == 0 {
		return 0, nil, missing("register", ErrNotFound)
	}
	checked, findings = r.Shelf.Verify(ctx, list, ledger)
	return checked, findings, nil
}
