package node

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
)

// started starts a node on the folder of the office, without running it, and
// closes it when do has returned.
func (o *office) started(t *testing.T, conf config.Config, do func(*Node)) {
	t.Helper()
	n, err := Start(within(t), Settings{Config: conf, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	do(n)
	if err := n.shut(); err != nil {
		t.Fatal(err)
	}
}

// trail is the audit trail of one user's account.
func trail(t *testing.T, n *Node, login string) []string {
	t.Helper()
	entries, err := n.db.AuditEntries(within(t), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range entries {
		if e.Subject == "user "+login {
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}

func TestARestartLeavesWhatAnAdministratorDidToAUserAsItIs(t *testing.T) {
	t.Parallel()
	o := &office{data: t.TempDir(), secret: "a secret of the house"}
	conf := o.config(netip.AddrPortFrom(loopback, 5999), []string{"ana", "ben"})
	admin := campaigns.User{Login: "root", Role: campaigns.Admin}
	var hash string
	o.started(t, conf, func(n *Node) {
		ana, err := n.db.UserByLogin(within(t), "ana")
		if err != nil {
			t.Fatal(err)
		}
		ana.Disabled, ana.Role = true, campaigns.Supervisor
		changed, err := n.lead.Load().accounts.Update(within(t), admin, campaigns.Account{User: ana, Password: "another password"})
		if err != nil {
			t.Fatal(err)
		}
		hash = changed.PasswordHash
	})
	var before []string
	o.started(t, conf, func(n *Node) { before = trail(t, n, "ana") })
	o.started(t, conf, func(n *Node) {
		ana, err := n.db.UserByLogin(within(t), "ana")
		if err != nil {
			t.Fatal(err)
		}
		if !ana.Disabled || ana.Role != campaigns.Supervisor || ana.PasswordHash != hash {
			t.Errorf("after a restart: disabled %t, role %s, password as set %t", ana.Disabled, ana.Role, ana.PasswordHash == hash)
		}
		if after := trail(t, n, "ana"); !slices.Equal(before, after) {
			t.Errorf("a start that changes nothing is in the audit trail: %v, before %v", after, before)
		}
	})
}

func TestARestartTakesExtensionSecretAndCampaignsFromTheConfiguration(t *testing.T) {
	t.Parallel()
	o := &office{data: t.TempDir(), secret: "a secret of the house"}
	conf := o.config(netip.AddrPortFrom(loopback, 5999), []string{"ana"})
	other := conf.Campaigns[0]
	other.Name = "Mobile"
	conf.Campaigns = append(conf.Campaigns, other)
	var before campaigns.User
	o.started(t, conf, func(n *Node) { before, _ = n.db.UserByLogin(within(t), "ana") })
	ana := &conf.Users[1]
	ana.Name, ana.Extension, ana.PhoneSecret, ana.Campaigns = "Ana", "201", "a new secret", []string{"Mobile"}
	o.started(t, conf, func(n *Node) {
		now, err := n.db.UserByLogin(within(t), "ana")
		if err != nil {
			t.Fatal(err)
		}
		if now.Name != "Ana" || now.Extension != "201" || !slices.Equal(now.Campaigns, []string{"Mobile"}) || now.PasswordHash != before.PasswordHash {
			t.Errorf("after a restart: %q, extension %q, campaigns %v", now.Name, now.Extension, now.Campaigns)
		}
		old, _ := n.secrets.find("ana")
		if secret, ok := n.secrets.find("201"); !ok || secret == old {
			t.Error("the phone does not have the new secret")
		}
	})
}
