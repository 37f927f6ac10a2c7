package records

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/sqlite"
)

const askConsent = "ruleset: {id: house, version: 1, reviewed_on: 2026-11-21}\nrules:\n" +
	"  - {id: test.consent, type: consent, level: express, cite: \"a law\", status: verified}\n"

// permits gives the house a consent of a number.
func permits(t testing.TB, db *DB, number string) campaigns.Consent {
	t.Helper()
	c := campaigns.Consent{
		Number: number, Name: "Ana Ruiz", Kind: campaigns.ConsentGiven, Level: campaigns.LevelExpress, At: time.Now().Add(-time.Hour),
		Source: campaigns.ConsentByForm, Wording: "Yes.", Reference: "form 17", IP: "192.0.2.7", Note: "twice", By: "test",
	}.Settled()
	fates, err := db.AddConsents(t.Context(), []campaigns.Consent{c})
	must(t, err)
	c.ID = fates[0].ID
	return c
}

func TestAUseOfAConsentIsCountedOnceWhateverKillsTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "forecall.db")
	db, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
	must(t, err)
	c, l := newCampaign(t, db, "c")
	fill(t, db, l, 1)
	p := leaseAll(t, db, c)[0]
	must(t, db.Release(t.Context(), []int64{p.ID}))
	given := permits(t, db, p.Phones[0].Number)
	must(t, adoptText(t.Context(), db, askConsent))
	must(t, db.Close())

	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), gateEnv+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, child.Process.Kill()) // as kill -9 does
	_ = child.Wait()
	if err != nil || line != "begun\n" {
		t.Fatalf("the child said %q, %v", line, err)
	}

	db, err = Open(t.Context(), Settings{Engine: sqlite.At(path)})
	must(t, err)
	defer func() { must(t, db.Close()) }()
	for range 2 { // to recover twice counts nothing twice
		_, err = db.Recover(t.Context(), time.Now())
		must(t, err)
	}
	f, err := db.ConsentFile(t.Context(), given.ID)
	must(t, err)
	if f.Uses != 1 || len(f.Used) != 1 {
		t.Fatalf("uses %d, %+v", f.Uses, f.Used)
	}
	call, err := db.Attempt(t.Context(), f.Used[0].Attempt)
	must(t, err)
	if call.Consent != given.ID || call.Outcome != campaigns.Lost {
		t.Fatalf("attempt %+v", call.Attempt)
	}
	found, err := db.Verify(t.Context(), time.Now())
	must(t, err)
	if !found.Clean() {
		t.Fatalf("the ledger is not clean: %+v", found.Broken)
	}
}

// vandal changes the file behind the store's back.
func vandal(t *testing.T, db *DB, statements ...string) {
	t.Helper()
	must(t, db.do(t.Context(), func(x *tx) error {
		for _, s := range statements {
			if _, err := x.exec(s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	}))
}

func TestWhoeverTouchesTheConsentLedgerIsFound(t *testing.T) {
	free := []string{"DROP TRIGGER consent_events_update", "DROP TRIGGER consent_events_erase", "DROP TRIGGER consent_events_delete"}
	for name, c := range map[string]struct{ does, says string }{
		"a seller is changed":     {"UPDATE consent_events SET seller = 'Gas SA' WHERE seq = 1", "consent 1 is not what was recorded"},
		"a number is changed":     {"UPDATE consent_events SET e164 = e164 + 100 WHERE seq = 1", "consent 1 cannot be opened"},
		"a reference is changed":  {"UPDATE consent_events SET reference = 'form 18' WHERE seq = 1", "personal columns do not fit"},
		"a wording is swapped":    {"UPDATE consent_events SET wording = x'00' WHERE seq = 2", "consent 2 is not what was recorded"},
		"an event is dropped":     {"DELETE FROM consent_events WHERE seq = 2", "consent 2 is not what was recorded"},
		"an event is put in":      {"INSERT INTO consent_events SELECT 9, 9, 1, id, 'renewed', at + 5, recorded_at, kind, level, seller, purpose, goods, channels, until, source, wording, campaign, attempt, load, by, commitment, 0, e164, name, reference, ip, note FROM consent_events WHERE seq = 1", "consent 9 stands in no link"},
		"an end is forgotten":     {"UPDATE consents SET revoked_at = 0 WHERE seq = 1", "consent 1 does not stand as its events say"},
		"an entry is kept longer": {"UPDATE consents SET until = 99 WHERE seq = 2", "consent 2 does not stand as its events say"},
		"an entry is dropped":     {"DELETE FROM consents WHERE seq = 2", "consent 2 is gone"},
		"a use is invented":       {"INSERT INTO consent_uses VALUES (2, 1, 5)", "counted as the use of a consent that it does not name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openTest(t)
			cpn, l := newCampaign(t, db, "c")
			fill(t, db, l, 1)
			p := leaseAll(t, db, cpn)[0]
			one := permits(t, db, "+34600000001")
			permits(t, db, "+34600000002")
			_, err := db.Withdraw(t.Context(), campaigns.Withdrawal{Number: one.Number, ID: one.ID, Source: campaigns.ConsentByPaper, By: "x"})
			must(t, err)
			must(t, db.Begin(t.Context(), cpn, campaigns.NewAttempt(cpn, p, "", time.Now())))
			if found, err := db.Verify(t.Context(), time.Now()); err != nil || !found.Clean() {
				t.Fatalf("before: %+v, %v", found.Broken, err)
			}
			vandal(t, db, append(free, c.does)...)
			found, err := db.Verify(t.Context(), time.Now())
			must(t, err)
			for _, f := range found.Broken {
				if strings.Contains(f.Detail, c.says) {
					return
				}
			}
			t.Errorf("found %+v, want %q", found.Broken, c.says)
		})
	}
}

func TestTheConsentLedgerIsAppendOnly(t *testing.T) {
	db := openTest(t)
	permits(t, db, "+34600000001")
	for _, s := range []string{
		"DELETE FROM consent_events", "UPDATE consent_events SET seller = 'x'", "UPDATE consent_events SET name = 'x'", "UPDATE consent_events SET e164 = 0",
	} {
		err := db.do(t.Context(), func(x *tx) error {
			_, err := x.exec(s)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestErasingAPersonForgetsWhoConsentedAndNotThatSomebodyDid(t *testing.T) {
	db := openTest(t)
	one, two := permits(t, db, "+34600000001"), permits(t, db, "+34600000002")
	var erased int64
	must(t, db.do(t.Context(), func(x *tx) (err error) {
		erased, err = x.eraseConsents(e164(one.Number))
		return err
	}))
	if erased != 1 {
		t.Errorf("%d events erased", erased)
	}
	if _, err := db.ConsentFile(t.Context(), one.ID); !errors.Is(err, campaigns.ErrNotFound) {
		t.Errorf("the entry of who was erased: %v", err)
	}
	if f, err := db.ConsentFile(t.Context(), two.ID); err != nil || f.Wording != "Yes." || f.Name != "Ana Ruiz" {
		t.Errorf("the other's: %+v, %v", f.Consent, err)
	}
	var events, named int
	must(t, db.read.QueryRowContext(t.Context(), `SELECT COUNT(*), SUM(e164 <> 0 OR name <> '' OR reference <> '' OR ip <> '' OR note <> '') FROM consent_events`).Scan(&events, &named))
	if events != 2 || named != 1 {
		t.Errorf("%d events, %d of them name somebody", events, named)
	}
}

// BenchmarkGrants measures what the gate pays for the question what a number
// permitted, in the writer's transaction, of numbers without and with entries
// among a hundred thousand.
func BenchmarkGrants(b *testing.B) {
	db := openTest(b)
	batch := make([]campaigns.Consent, 100_000)
	for i := range batch {
		batch[i] = campaigns.Consent{
			Number: fmt.Sprintf("+346%08d", i), Kind: campaigns.ConsentGiven, Level: campaigns.LevelExpress, Seller: "Aigua SL",
			At: time.Now().Add(-time.Hour), Source: campaigns.ConsentByImport, Wording: "Yes.", By: "test",
		}
	}
	began := time.Now()
	_, err := db.AddConsents(b.Context(), batch)
	must(b, err)
	b.Logf("%d consents entered at %.0f/s", len(batch), float64(len(batch))/time.Since(began).Seconds())
	for _, with := range []struct {
		name string
		from int64
	}{{"entries=0", 34_700_000_000}, {"entries=1", 34_600_000_000}} {
		b.Run(with.name, func(b *testing.B) {
			var got []rules.Grant
			must(b, db.do(b.Context(), func(x *tx) (err error) {
				b.ReportAllocs()
				for i := int64(0); b.Loop(); i++ {
					if got, err = grants(x, with.from+i*7919%100_000); err != nil {
						return err
					}
				}
				return nil
			}))
			if want := strings.HasSuffix(with.name, "1"); (len(got) == 1) != want {
				b.Fatalf("%d grants", len(got))
			}
		})
	}
}
