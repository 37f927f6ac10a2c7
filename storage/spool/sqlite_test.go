package spool_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/spool"
	"github.com/forecall/forecall/storage/sqlite"
)

// The lock stands for a data file that cannot be written: a disk that is full or
// stuck looks the same to the writer.
func TestADataFileThatTakesNoWritesLosesNothing(t *testing.T) {
	t.Parallel()
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "forecall.db")
	db, err := records.Open(ctx, records.Settings{Engine: sqlite.At(path)})
	must(t, err)
	defer func() { must(t, db.Close()) }()
	c := campaigns.NewCampaign("c")
	c.Windows = rules.Always()
	c, err = db.CreateCampaign(ctx, c, "tester")
	must(t, err)
	p, err := spool.Open(spool.Settings{Folder: filepath.Join(t.TempDir(), "spool"), Store: db, Patience: 10 * time.Millisecond})
	must(t, err)
	defer func() { must(t, p.Close()) }()
	a := campaigns.NewAttempt(c, campaigns.Contact{Phones: []campaigns.Phone{{Number: "+34600000001", Zones: []string{"Europe/Madrid"}}}}, "", time.Now())
	a.Manual = true
	must(t, p.Begin(ctx, c, a))
	other, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(20000)")
	must(t, err)
	defer func() { must(t, other.Close()) }()
	held, err := other.Conn(ctx)
	must(t, err)
	_, err = held.ExecContext(ctx, "BEGIN IMMEDIATE")
	must(t, err)
	end := *a
	end.Outcome, end.EndedAt, end.OptOut = campaigns.AbandonedMsg, time.Now(), true
	must(t, p.Finish(ctx, end))
	must(t, p.AddCallEvents(ctx, []campaigns.CallEvent{{Attempt: a.ID, At: end.EndedAt, Kind: campaigns.EventNote, Detail: "kept"}}))
	if created, err := p.Dispose(ctx, campaigns.Disposition{Attempt: a.ID, Key: "k", Code: "not_interested", At: end.EndedAt}); !created || err != nil {
		t.Errorf("%v, %v", created, err)
	}
	if err := p.Begin(ctx, c, campaigns.NewAttempt(c, campaigns.Contact{}, "", time.Now())); !errors.Is(err, spool.ErrWaiting) {
		t.Errorf("a call is begun: %v", err)
	}
	call, err := p.Attempt(ctx, a.ID) // reading goes on, with what waits
	if must(t, err); call.Outcome != campaigns.AbandonedMsg || call.Disposition == nil {
		t.Errorf("%+v", call)
	}
	_, err = held.ExecContext(ctx, "ROLLBACK")
	must(t, err)
	must(t, held.Close())
	limit := time.After(30 * time.Second)
	for p.Drain(ctx) != nil {
		select {
		case <-limit:
			t.Fatal(p.Drain(ctx))
		case <-time.After(10 * time.Millisecond):
		}
	}
	call, err = db.Attempt(ctx, a.ID)
	must(t, err)
	line, err := db.CallEvents(ctx, a.ID)
	must(t, err)
	list, err := db.DoNotCallHistory(ctx, a.Number)
	must(t, err)
	f, err := db.Verify(ctx, time.Now())
	must(t, err)
	if call.Outcome != campaigns.AbandonedMsg || call.Disposition == nil || len(line) != 1 || len(list) != 1 || !f.Clean() || p.State().Aside != 0 {
		t.Errorf("%s, %+v, %+v, %+v, %+v", call.Outcome, call.Disposition, line, list, f)
	}
}
