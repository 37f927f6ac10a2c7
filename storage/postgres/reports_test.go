package postgres_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/postgres/pgtest"
	"github.com/forecall/forecall/storage/records"
)

// said is a log that is read while it is written.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) times(words string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.text.String(), words)
}

// reported is a store whose reports are read from a standby.
type reported struct {
	*records.DB
	t        *testing.T
	engine   *postgres.Engine
	standby  *pgtest.Server
	log      *said
	campaign campaigns.Campaign
	people   []campaigns.Contact
}

func newReported(t *testing.T) *reported {
	t.Helper()
	s := private(t, "fsync=off", "full_page_writes=off", "autovacuum=off")
	name, err := s.Database(t.Context(), "")
	must(t, err)
	standby, err := s.Standby()
	must(t, err)
	t.Cleanup(func() { _ = standby.Stop() })
	e, err := postgres.At(s.Address(name))
	must(t, err)
	must(t, e.ReadReports(standby.Address(name)))
	r := &reported{t: t, engine: e, standby: standby, log: &said{}}
	r.DB, err = records.Open(t.Context(), records.Settings{Engine: e, Log: slog.New(slog.NewTextHandler(r.log, nil))})
	must(t, err)
	t.Cleanup(func() { _ = r.Close() })
	r.campaign = stocked(t, r.DB, 10)
	r.people = leased(t, r.DB, r.campaign, 10)
	r.await("the standby has the tables", func() bool { // before, it would be left alone for a while
		pool, _, err := e.Reports(t.Context())
		var n int
		return err == nil && pool.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM forecall.contacts`).Scan(&n) == nil && n == len(r.people)
	})
	return r
}

// call makes n calls.
func (r *reported) call(n int) {
	r.t.Helper()
	for _, a := range begun(r.t, r.DB, r.campaign, r.people[:n]) {
		over := ended(*a)
		over.SentAt = a.IntentAt // what was not sent is no call of the figures
		must(r.t, r.Finish(r.t.Context(), over))
	}
	r.people = r.people[n:]
}

// calls are how many the figures have.
func (r *reported) calls() int64 {
	r.t.Helper()
	f, err := r.CampaignFigures(r.t.Context(), campaigns.FigureQuery{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)})
	must(r.t, err)
	return f[r.campaign.ID].Calls
}

func (r *reported) await(what string, so func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			_, behind, err := r.engine.Reports(r.t.Context())
			r.t.Fatalf("%s: not within a minute; the standby is %s behind (%v)\n%s", what, behind, err, &r.log.text)
		}
	}
}

func TestReportsAreReadFromTheStandbyAndWhatIsOldSaysSo(t *testing.T) {
	t.Parallel()
	r := newReported(t)
	r.call(3)
	r.await("the standby has the calls", func() bool { return r.calls() == 3 })

	must(t, r.standby.Pause(t.Context()))
	r.call(2)
	// On a slow machine it may have been left alone for a few seconds.
	r.await("the standby is read, which stands still", func() bool { return r.calls() == 3 })
	r.await("it is said how old they are", func() bool { return r.calls() == 3 && r.ReportsBehind() > 1500*time.Millisecond })
	if f := clean(t, r.DB); f.Attempts != 5 {
		t.Fatalf("Verify saw %d calls of 5", f.Attempts)
	}

	must(t, r.standby.Resume(t.Context()))
	r.await("the standby has caught up", func() bool { return r.calls() == 5 })
	if f := clean(t, r.DB); f.Attempts != 5 {
		t.Fatalf("Verify saw %d calls of 5", f.Attempts)
	}
	away, back := r.log.times("cannot be used"), r.log.times("is back")
	if away != back {
		t.Fatalf("the log says %d times that the standby is away and %d times that it is back: it was behind", away, back)
	}
	must(t, r.standby.Kill())
	for range 3 {
		r.call(1)
		if n := r.calls(); n != int64(10-len(r.people)) {
			t.Fatalf("%d calls of %d without a standby", n, 10-len(r.people))
		}
	}
	if n := r.log.times("cannot be used"); n != away+1 || r.ReportsBehind() != 0 {
		t.Fatalf("the log says %d times that the standby is away; behind %s", n, r.ReportsBehind())
	}
	clean(t, r.DB)
	must(t, r.standby.Again())
	r.await("the standby is back", func() bool { return r.calls() == 8 && r.log.times("is back") == back+1 })
}

func TestAStandbyThatFollowsNobodyAnyMoreIsNotRead(t *testing.T) {
	t.Parallel()
	r := newReported(t)
	r.call(1)
	r.await("the standby has the call", func() bool { return r.calls() == 1 })
	must(t, r.standby.Promote(t.Context()))
	r.call(1)
	r.await("the database itself is read", func() bool { return r.calls() == 2 })
	r.await("it is known why", func() bool {
		_, _, err := r.engine.Reports(t.Context())
		return errors.Is(err, postgres.ErrNoStandby)
	})
	if n := r.log.times("cannot be used"); n != 1 {
		t.Fatalf("the log says %d times that the standby is not read", n)
	}
}
