package records

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
)

// chained writes n calls, each of a number of its own, as rows and links of the
// ledger: two records a call.
func chained(tb testing.TB, db *DB, n int) {
	tb.Helper()
	c, l := newCampaign(tb, db, "chained")
	var version int64
	if err := db.read.QueryRow(`SELECT version FROM campaigns WHERE id = ?`, c.ID).Scan(&version); err != nil {
		tb.Fatal(err)
	}
	for done := 0; done < n; {
		batch := min(1000, n-done)
		err := db.do(tb.Context(), func(t *tx) error {
			for i := range batch {
				a := &campaigns.Attempt{
					ID: fmt.Sprintf("chained-%d", done+i), Campaign: c.ID, List: l.ID, Number: fmt.Sprintf("+346%08d", done+i), Mode: campaigns.Predictive,
					Zones: []string{"Europe/Madrid"}, Settings: version, CallerID: "+34910000000", Jurisdictions: []string{"ES"}, ZoneSource: "number",
				}
				if err := t.writeAttempt(a, 1, nil); err != nil {
					return err
				}
				a.Outcome, a.EndedAt, a.Trunk, a.Code = campaigns.NoAnswer, t.now, "main", 480
				a.Next = campaigns.Next{State: campaigns.ContactDone}
				if err := t.insertOutcome(begun{seq: a.Seq, campaign: c.ID, e164: e164(a.Number), intent: micros(a.IntentAt)}, *a); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
		done += batch
	}
}

// BenchmarkEvidence measures how many records a second are checked in the
// store, exported, and checked in the export. FORECALL_EVIDENCE is the number of
// calls, each two records.
func BenchmarkEvidence(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("FORECALL_EVIDENCE"))
	if err != nil {
		n = 2000
	}
	db := openTest(b)
	chained(b, db, n)
	signer, _ := signs(b, db)
	head, err := db.Head(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	rate := func(name string, began time.Time) {
		b.ReportMetric(float64(head.Seq)*float64(b.N)/time.Since(began).Seconds(), name)
	}
	b.ResetTimer()
	began := time.Now()
	for range b.N {
		if f, err := db.Verify(b.Context(), time.Now()); err != nil || !f.Clean() {
			b.Fatalf("%+v, %v", f, err)
		}
	}
	rate("verified/s", began)
	path := filepath.Join(b.TempDir(), "evidence.zip")
	began = time.Now()
	for range b.N {
		benchExport(b, db, signer, path)
	}
	rate("exported/s", began)
	began = time.Now()
	for range b.N {
		benchCheck(b, path)
	}
	rate("file-verified/s", began)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/float64(head.Seq), "octets/record")
}

func benchExport(b *testing.B, db *DB, s evidence.Signer, path string) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	keys, err := db.Keys(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	w := evidence.NewWriter(f, evidence.Manifest{MadeAt: time.Now(), By: "bench", Keys: keys})
	if err := db.WriteEvidence(b.Context(), evidence.Selection{}, w); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(s); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

func benchCheck(b *testing.B, path string) {
	b.Helper()
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	r, err := evidence.VerifyFile(b.Context(), f, info.Size(), evidence.Known{})
	if err != nil || !r.Clean() {
		b.Fatalf("%v, %v", r.Bad, err)
	}
}
