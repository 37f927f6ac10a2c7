package records

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// oneEdition is a shelf with one version of the register in force on it.
type oneEdition struct{ name atomic.Value }

func (o *oneEdition) Look(string, uint64) rules.Listed {
	name, _ := o.name.Load().(string)
	if name == "" {
		return rules.Listed{}
	}
	return rules.Listed{Loaded: true, Version: name, SHA256: [32]byte{1}, AccessedAt: time.Now()}
}

const askingARegister = "ruleset: {id: house, version: 1, reviewed_on: 2026-11-21}\nrules:\n" +
	"  - {id: test.list, type: list, list: us-national, max_age: 31d, cite: \"a law\", status: verified}\n"

// TestANodeThatHasNotGotTheVersionOfARegisterInForceCallsNobodyItIsAbout: from the
// moment on at which another node's load was acknowledged.
func TestANodeThatHasNotGotTheVersionOfARegisterInForceCallsNobodyItIsAbout(t *testing.T) {
	all := openShared(t, 2)
	a, b := all[0], all[1]
	shelves := []*oneEdition{{}, {}}
	for i, db := range all {
		_, err := db.Join(t.Context(), string(rune('a'+i)), "", "")
		must(t, err)
		db.SetRegisters(shelves[i])
	}
	c, l := newCampaign(t, a, "c")
	fill(t, a, l, 6)
	must(t, adoptText(t.Context(), a, askingARegister))
	stock := leaseAll(t, a, c)
	begin := func(db *DB, i int) error {
		return db.Begin(t.Context(), c, campaigns.NewAttempt(c, stock[i], "", time.Now()))
	}
	load := func(version int64) {
		t.Helper()
		must(t, a.AddRegisterVersion(context.Background(), campaigns.RegisterVersion{List: "us-national", Version: version, Kind: campaigns.RegisterFull, AccessedAt: time.Now(), LoadedAt: time.Now(), SHA256: "aa"}))
	}
	load(1)
	for _, s := range shelves {
		s.name.Store("us-national@1")
	}
	must(t, begin(b, 0))
	load(2)
	shelves[0].name.Store("us-national@2")
	must(t, begin(a, 1))
	var refused *rules.Refusal
	if err := begin(b, 2); !errors.As(err, &refused) || !strings.Contains(refused.Primary.Detail, "us-national@2") {
		t.Errorf("a call under the old version: %v, %+v", err, refused)
	}
	if all, err := b.RegistersInForce(t.Context()); err != nil || len(all) != 1 || all["us-national"].Version != 2 {
		t.Errorf("in force: %+v, %v", all, err)
	}
	shelves[1].name.Store("us-national@2")
	must(t, begin(b, 3))
	clean(t, a)
}
