package campaigns

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// archive is ledger, maker, shelf and book in memory.
type archive struct {
	rows   []RegisterVersion // newest first
	audits []AuditEntry
	found  RegisterFound
	fails  error
	faults map[string]error
	book   *rules.Book
}

func (a *archive) AddRegisterVersion(_ context.Context, v RegisterVersion) error {
	if a.fails == nil {
		a.rows = slices.Insert(a.rows, 0, v)
	}
	return a.fails
}

func (a *archive) RegisterVersions(_ context.Context, list string) ([]RegisterVersion, error) {
	var out []RegisterVersion
	for _, v := range a.rows {
		if list == "" || v.List == list {
			out = append(out, v)
		}
	}
	return out, nil
}

func (a *archive) AddAudit(_ context.Context, e AuditEntry) error {
	a.audits = append(a.audits, e)
	return nil
}

func (a *archive) Make(_ context.Context, l RegisterLoad) (StagedRegister, error) {
	s := stagedVersion{a.found}
	count, sum := s.found.Version.Count, s.found.Version.SourceSum
	s.found.Version = l.Version
	s.found.Version.Version, s.found.Version.Count, s.found.Version.SourceSum = l.Version.Version+1, count, sum
	return s, nil
}

func (a *archive) Through(list string, number uint64) []RegisterStanding {
	return []RegisterStanding{{Version: RegisterVersion{List: list, Version: 1}, Listed: number == 12025550123, Covered: true}}
}

func (a *archive) Faults() map[string]error { return a.faults }
func (a *archive) Book() *rules.Book        { return a.book }

func (a *archive) Export(_ context.Context, _ string, _ int64, w io.Writer) (int64, error) {
	_, err := io.WriteString(w, "+12025550123\n")
	return 1, err
}

func (a *archive) Verify(context.Context, string, []RegisterVersion) (int, []string) { return 1, nil }

type stagedVersion struct{ found RegisterFound }

func (s stagedVersion) Found() RegisterFound { return s.found }
func (s stagedVersion) Publish(record func(RegisterVersion) error) error {
	return record(s.found.Version)
}
func (s stagedVersion) Discard() error { return nil }

func registryOf(a *archive) *Registry {
	return NewRegistry(RegisterSettings{Ledger: a, Maker: a, Shelf: a, Book: a})
}

var officer = User{Login: "eva", Role: Compliance}

func loadOf(list string, accessed time.Time) RegisterLoad {
	return RegisterLoad{
		Version: RegisterVersion{List: list, Kind: RegisterFull, AccessedAt: accessed, SAN: "1"}, Files: []RegisterFile{{Name: "a.txt"}},
	}
}

func TestAVersionThatLooksWrongNeedsAReason(t *testing.T) {
	now := time.Now()
	last := RegisterVersion{List: "us", Version: 4, Count: 1000, AccessedAt: now.AddDate(0, 0, -7), SourceSum: "old", SAN: "1"}
	for name, c := range map[string]struct {
		count, lines, rejected int64
		codes                  int
		sum                    string
		want                   string // empty = none
	}{
		"a little smaller":       {count: 801, lines: 801, want: ""},
		"a fifth smaller":        {count: 799, lines: 799, want: "shrunk"},
		"too many lines refused": {count: 1000, lines: 1000, rejected: 51, want: "rejected"},
		"a few lines refused":    {count: 1000, lines: 1000, rejected: 50},
		"three area codes":       {count: 1000, lines: 1000, codes: 3, want: "coverage"},
		"every area code":        {count: 1000, lines: 1000, codes: 350},
		"the same files":         {count: 1000, lines: 1000, sum: "old", want: "same_file"},
	} {
		t.Run(name, func(t *testing.T) {
			a := &archive{rows: []RegisterVersion{last}}
			a.found = RegisterFound{
				Version: RegisterVersion{Count: c.count, SourceSum: c.sum}, Before: last,
				Report: RegisterReport{Lines: c.lines, Rejected: c.rejected, AreaCodes: make([]string, c.codes)},
			}
			d, err := registryOf(a).Prepare(t.Context(), officer, loadOf("us", now))
			if err != nil {
				t.Fatal(err)
			}
			_, err = registryOf(a).Confirm(t.Context(), officer, d, " ")
			var p *Problem
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (!errors.As(err, &p) || p.Code != "register_"+c.want || len(a.rows) != 1):
				t.Errorf("%v, %d versions, want %s", err, len(a.rows), c.want)
			}
			if c.want == "" {
				return
			}
			v, err := registryOf(a).Confirm(t.Context(), officer, d, "a state left the registry")
			if err != nil || v.Version != 5 || v.By != "eva" || v.Reason == "" || v.LoadedAt.IsZero() || a.rows[0].Version != 5 {
				t.Errorf("with a reason: %+v, %v", v, err)
			}
		})
	}
}

func TestAnOlderListNeverReplacesANewerOne(t *testing.T) {
	now := time.Now()
	a := &archive{rows: []RegisterVersion{{List: "us", Version: 1, AccessedAt: now.AddDate(0, 0, -1)}}}
	for code, l := range map[string]RegisterLoad{
		"accessed_older":   loadOf("us", now.AddDate(0, 0, -2)),
		"accessed_future":  loadOf("us", now.Add(time.Hour)),
		"accessed_missing": loadOf("us", time.Time{}),
		"kind_invalid":     {Version: RegisterVersion{List: "us", AccessedAt: now}, Files: make([]RegisterFile, 1)},
		"no_file":          {Version: RegisterVersion{List: "us", AccessedAt: now, Kind: RegisterFull}},
	} {
		var p *Problem
		if _, err := registryOf(a).Prepare(t.Context(), officer, l); !errors.As(err, &p) || p.Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestAListIsStaleWhenItIsOlderThanTheStrictestRuleAllows(t *testing.T) {
	set, err := rules.ParseSet([]byte(`
ruleset: {id: test, title: Test, version: 1, reviewed_on: 2026-11-21}
rules:
  - {id: a, type: list, list: us-national, max_age: 31d, cite: "16 CFR 310.4(b)(3)(iv)", status: verified}
  - {id: b, type: list, list: us-national, max_age: 28d, cite: "x", status: verified}
  - {id: c, type: list, list: uk-tps, max_age: 28d, cite: "x", status: verified}
`))
	if err != nil {
		t.Fatal(err)
	}
	book, err := rules.NewBook([]*rules.Set{set}, nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	a := &archive{book: book, rows: []RegisterVersion{
		{List: "us-national", Version: 2, AccessedAt: now.AddDate(0, 0, -29)}, {List: "us-national", Version: 1, AccessedAt: now.AddDate(0, 0, -60)},
		{List: "broken", Version: 1, AccessedAt: now},
	}, faults: map[string]error{"broken": errors.New("the file is damaged")}}
	lists, err := registryOf(a).Lists(t.Context(), officer, now)
	if err != nil || len(lists) != 3 {
		t.Fatalf("%+v, %v", lists, err)
	}
	broken, tps, us := lists[0], lists[1], lists[2]
	if broken.Loaded || broken.Fault == "" {
		t.Errorf("%+v", broken)
	}
	if tps.Loaded || tps.List != "uk-tps" || len(tps.Rules) != 1 || tps.Version != 0 {
		t.Errorf("a list that a rule asks and nobody has loaded: %+v", tps)
	}
	if !us.Loaded || !us.Stale || us.MaxAge != 28*24*time.Hour || us.Version != 2 || len(us.Rules) != 2 {
		t.Errorf("%+v", us)
	}
}

func TestRegistersAreLoadedAndTakenAwayByThoseWhoMay(t *testing.T) {
	a := &archive{}
	r := registryOf(a)
	for _, u := range []User{{Role: Agent}, {Role: Supervisor}, {Role: Manager}, {Role: Compliance, Disabled: true}} {
		if _, err := r.Prepare(t.Context(), u, loadOf("us", time.Now())); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s prepares: %v", u.Role, err)
		}
		if _, err := r.Confirm(t.Context(), u, &RegisterDraft{}, ""); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s confirms: %v", u.Role, err)
		}
		if _, err := r.Export(t.Context(), u, "us", 1, io.Discard); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s exports: %v", u.Role, err)
		}
	}
	if _, err := r.Standing(t.Context(), User{Role: Agent}, "+12025550123"); !errors.Is(err, ErrForbidden) {
		t.Errorf("an agent looks: %v", err)
	}
	if n, err := r.Export(t.Context(), officer, "us", 1, io.Discard); err != nil || n != 1 || len(a.audits) != 1 || a.audits[0].Kind != "register.export" {
		t.Errorf("%d, %v, %+v", n, err, a.audits)
	}
}
