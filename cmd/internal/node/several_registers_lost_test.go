package node

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// national is a full list of numbers.
func national(numbers ...string) campaigns.RegisterLoad {
	file := strings.NewReader(strings.Join(numbers, "\n") + "\n")
	return campaigns.RegisterLoad{
		Version: campaigns.RegisterVersion{List: "us-national", Kind: campaigns.RegisterFull, SAN: "10012345-678901", AccessedAt: time.Now().UTC()},
		Reading: campaigns.RegisterReading{Country: "US"},
		Files:   []campaigns.RegisterFile{{Name: "national.txt", Data: file, Size: file.Size()}},
	}
}

// TestARegisterOutlivesTheNodeThatLoadedItAndWasLostAtOnce: in the moment at which the
// ledger has the version, before another node was told; with its disk.
func TestARegisterOutlivesTheNodeThatLoadedItAndWasLostAtOnce(t *testing.T) {
	t.Parallel()
	far := openVillage(t, at50ms)
	o := openTown(t, far.addr(), 3)
	first := o.leader()
	others := without(o.nodes, first)
	numbers := []string{fictional(0), fictional(1)}
	o.people(t, numbers...)
	first.adopt(t, askRegisters)
	l := first.node.lead.Load()
	staged, err := spreading{l.shelf, l.several.registers}.Make(within(t), national(numbers...))
	if err != nil {
		t.Fatal(err)
	}
	kept, _ := staged.(spreadStaged)
	if err := kept.publishKept(func(v campaigns.RegisterVersion) error {
		v.By, v.LoadedAt = "cora", time.Now().UTC()
		return l.db.AddRegisterVersion(within(t), v)
	}); err != nil {
		t.Fatal(err)
	}
	first.end(t)
	if err := os.RemoveAll(filepath.Join(first.node.settings.Config.Data, RegistersFolder)); err != nil {
		t.Fatal(err)
	}
	for i, r := range others {
		eventually(t, r.name+" has it", func() bool {
			v, ok := r.node.shelf.Version("us-national")
			return ok && v.Version == 1
		})
		if detail, ok := refusedBy(r.call(t, numbers[i]), "house.register"); !ok || !strings.Contains(detail, "is on the register") {
			t.Errorf("%s: a number that is on the register: %q", r.name, detail)
		}
	}
}

// TestARegisterThatNoOtherNodeCanKeepIsNotPutInForce: and is when one can. A node that
// is alone says so before.
func TestARegisterThatNoOtherNodeCanKeepIsNotPutInForce(t *testing.T) {
	t.Parallel()
	far := openVillage(t, at50ms)
	o := openTown(t, far.addr(), 2)
	first := o.leader()
	other := without(o.nodes, first)[0]
	folder := filepath.Join(other.node.settings.Config.Data, RegistersFolder)
	if err := errors.Join(os.RemoveAll(folder), os.WriteFile(folder, nil, 0o600)); err != nil { // nothing can be kept there
		t.Fatal(err)
	}
	cora := campaigns.User{Login: "cora", Role: campaigns.Compliance}
	l := first.node.lead.Load()
	alone := func(d campaigns.RegisterDoubt) bool { return d.Code == "alone" }
	draft, err := l.registry.Prepare(within(t), cora, national(fictional(0)))
	if err != nil || slices.ContainsFunc(draft.Doubts, alone) {
		t.Fatalf("%v, %+v", err, draft)
	}
	var p *campaigns.Problem
	if _, err := l.registry.Confirm(within(t), cora, draft, "test"); !errors.As(err, &p) || p.Code != "register_not_kept" {
		t.Errorf("put in force: %v", err)
	}
	if all, err := l.db.RegisterVersions(within(t), ""); err != nil || len(all) > 0 {
		t.Errorf("the ledger has it: %v, %v", all, err)
	}
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	if _, err := l.registry.Confirm(within(t), cora, draft, "test"); err != nil {
		t.Errorf("confirmed again: %v", err)
	}
	other.end(t)
	eventually(t, "the other is gone", func() bool { return l.several.registers.alone() })
	if draft, err = l.registry.Prepare(within(t), cora, national(fictional(1))); err != nil || !slices.ContainsFunc(draft.Doubts, alone) {
		t.Fatalf("alone, and not said: %v, %+v", err, draft)
	}
	if _, err := l.registry.Confirm(within(t), cora, draft, "test"); err != nil {
		t.Errorf("alone: %v", err)
	}
}
