package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/cmd/internal/keyring"
)

// rekeyed exchanges the signing key from a node, as forecall rekey does there.
func (r *resident) rekeyed(t *testing.T) string {
	t.Helper()
	c, err := Clerk(within(t), r.node.settings.Config, r.node.db, "test")
	if err != nil {
		t.Fatal(err)
	}
	k, err := c.Rotate(within(t), "eva")
	if err != nil {
		t.Fatal(err)
	}
	return k.ID
}

// signed writes something, and has the node that leads sign it.
func (o *town) signed(t *testing.T) evidence.Checkpoint {
	t.Helper()
	eventually(t, "somebody leads", func() bool { return o.leader() != nil })
	n := o.leader().node
	if err := n.db.AddAudit(within(t), campaigns.AuditEntry{Kind: "test"}); err != nil {
		t.Fatal(err)
	}
	p, err := n.lead.Load().clerk.Sign(within(t))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestAHouseOfThreeNodesSignsWithTheKeyThatOneOfThemExchanged: from the node that leads
// and from one that does not, while one is down, which leads afterwards; and what was
// signed before stays proved.
func TestAHouseOfThreeNodesSignsWithTheKeyThatOneOfThemExchanged(t *testing.T) {
	t.Parallel()
	far := openVillage(t, at50ms)
	o := openTown(t, far.addr(), 3)
	first := o.signed(t)
	points := []evidence.Checkpoint{first}
	leads := o.leader()
	follows := without(o.nodes, leads)
	down := follows[1]
	down.end(t)
	for _, from := range []*resident{leads, follows[0]} {
		id := from.rekeyed(t)
		p := o.signed(t)
		if p.Key != id || p.Key == points[len(points)-1].Key {
			t.Errorf("%s exchanged the key for %s, signed by %s", from.name, id, p.Key)
		}
		points = append(points, p)
	}
	back := o.open(t, slices.Index(o.nodes, down), func(int, *Settings) {})
	leads.end(t)
	follows[0].end(t)
	eventually(t, "the node that was down leads", func() bool { l := back.node.lead.Load(); return l != nil && l.open.Load() })
	if p := o.signed(t); p.Key != points[2].Key {
		t.Errorf("the node that was down signs with %s, not with %s", p.Key, points[2].Key)
	}
	var out bytes.Buffer
	eva := campaigns.User{Login: "eva", Role: campaigns.Compliance}
	if _, err := back.node.lead.Load().proof.Evidence.Export(within(t), eva, evidence.Selection{}, &out, nil); err != nil {
		t.Fatal(err)
	}
	for _, p := range points {
		f, err := back.node.db.VerifyWith(within(t), time.Now(), campaigns.Trust{Key: p.Key, Outside: points})
		if err != nil || !f.Clean() {
			t.Errorf("pin %s: %v, %+v", p.Key, err, f.Broken)
		}
		r, err := evidence.VerifyFile(within(t), bytes.NewReader(out.Bytes()), int64(out.Len()), evidence.Known{Key: p.Key, Outside: points})
		if err != nil || !r.Clean() || r.Outside != 3 {
			t.Errorf("export, pin %s: %v, %d checkpoints, %+v", p.Key, err, r.Outside, r.Bad)
		}
	}
	for _, r := range o.nodes {
		if found, err := filepath.Glob(filepath.Join(r.node.settings.Config.Data, "evidence*")); err != nil || len(found) > 0 {
			t.Errorf("a key lies at %s: %v, %v", r.name, found, err)
		}
	}
}

// TestANodeWithAnotherSecretIsToldSo: it does not start; one that runs when the secret
// is changed says so; and while it runs nobody changes it.
func TestANodeWithAnotherSecretIsToldSo(t *testing.T) {
	t.Parallel()
	far := openVillage(t, at50ms)
	o := openTownOf(t, far.addr(), 2, func(_ int, s *Settings) { s.Config.Admin.Listen = "127.0.0.1:0" })
	r := o.leader()
	conf := r.node.settings.Config
	old := conf.Cluster.Secret
	conf.Data, conf.Cluster.Name, conf.Cluster.Secret = t.TempDir(), "node-3", strings.Repeat("z", 32)
	settings := r.node.settings
	settings.Config = conf
	if n, err := Start(within(t), settings); !errors.Is(err, keyring.ErrStranger) || !strings.Contains(err.Error(), "rekey --old-secret-file") {
		t.Errorf("a node with another secret starts: %v, %v", n, err)
	}
	if why := whyUnready(t, r); len(why) > 0 {
		t.Errorf("not ready: %q", why)
	}
	db := r.node.db
	if _, err := ChangeSecret(within(t), conf, old, db, "eva"); !errors.Is(err, ErrNodesLive) || !strings.Contains(err.Error(), "node-1, node-2") {
		t.Errorf("changed while nodes run: %v", err)
	}
	if _, err := keyring.Succeed(within(t), signing(conf, db), seedOf(old), "eva"); err != nil { // as a database would be that was restored
		t.Fatal(err)
	}
	for _, r := range o.nodes {
		r.node.several.checkKey(within(t))
		if why := whyUnready(t, r); !slices.ContainsFunc(why, func(s string) bool { return strings.Contains(s, "cluster.secret") }) {
			t.Errorf("%s is ready with the secret before: %q", r.name, why)
		}
	}
}

// whyUnready is what /readyz says of the house.
func whyUnready(t *testing.T, r *resident) (why []string) {
	t.Helper()
	answer, err := http.Get("http://" + r.node.Admin() + "/readyz?for=pages")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var state readiness
	if err := json.NewDecoder(answer.Body).Decode(&state); err != nil {
		t.Fatal(err)
	}
	return state.Why
}
