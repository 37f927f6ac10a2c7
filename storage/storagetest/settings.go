package storagetest

import (
	"bytes"
	"errors"
	"time"

	"github.com/forecall/forecall/campaigns"
)

var settingTests = []test{
	{"a campaign comes back as it was set", campaignKeeps},
	{"a name is taken once", campaignNames},
	{"a status moves along its drawing only", campaignStatus},
	{"lists belong to a campaign and have names of their own", listNames},
	{"a user is found by login and by id", userKeeps},
	{"an extension belongs to one user", userExtension},
	{"estimates are kept as they are", estimatesKeep},
	{"an idempotency key is reserved once", keysReserve},
	{"an expired idempotency key is free again", keysExpire},
	{"changes stand in the audit with who made them", audits},
}

func campaignKeeps(b *bench) {
	c := campaigns.NewCampaign("Zima 2026")
	c.Seller, c.Goods, c.CallerIDs, c.Trunks = "ACME", "barvy", []string{"+420910000000"}, []string{"main", "spare"}
	c.Script, c.MaxLines, c.Target, c.Priority = "Dobrý den, {{name}}", 40, 0.02, 3
	c.KnowOdds, c.Cancel, c.Ceiling = true, true, 0.85
	c.SafeHarbor, c.SafeHarbors = "cs.wav", map[string]string{"de": "de.wav"}
	c.Schedule = []campaigns.Job{{Spec: "0 9 * * 1-5", Zone: "Europe/Prague", Action: campaigns.ActionStart}}
	stored, err := b.CreateCampaign(b.Context(), c, "manager")
	b.must(err)
	c.ID, c.CreatedAt = stored.ID, stored.CreatedAt
	got, err := b.Campaign(b.Context(), stored.ID)
	b.must(err)
	if !equalJSON(got, c) || got.ID == 0 || got.CreatedAt.IsZero() {
		b.Fatalf("got  %+v\nwant %+v", got, c)
	}
	got.Retry[campaigns.Busy] = campaigns.RetryRule{Max: 99} // the store's own copy is not ours
	got.CallerIDs[0], got.SafeHarbors["de"] = "changed", "changed"
	byName, err := b.CampaignByName(b.Context(), "Zima 2026")
	b.must(err)
	if !equalJSON(byName, c) {
		b.Fatalf("by name: %+v", byName)
	}
	all, err := b.Campaigns(b.Context())
	b.must(err)
	if len(all) != 1 || !equalJSON(all[0], c) {
		b.Fatalf("all: %+v", all)
	}
	if _, err := b.Campaign(b.Context(), 99); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
	if _, err := b.CampaignByName(b.Context(), "none"); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
}

func campaignNames(b *bench) {
	one, two := b.campaign("one"), b.campaign("two")
	if _, err := b.CreateCampaign(b.Context(), campaigns.NewCampaign("one"), ""); !errors.Is(err, campaigns.ErrExists) {
		b.Fatalf("got %v, want ErrExists", err)
	}
	two.Name = "one"
	if _, err := b.UpdateCampaign(b.Context(), two, ""); !errors.Is(err, campaigns.ErrExists) {
		b.Fatalf("got %v, want ErrExists", err)
	}
	one.MaxLines = 7
	got, err := b.UpdateCampaign(b.Context(), one, "")
	b.must(err)
	if got.MaxLines != 7 || got.Status != campaigns.Running {
		b.Fatalf("campaign %+v", got)
	}
	one.ID = 99
	if _, err := b.UpdateCampaign(b.Context(), one, ""); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
}

func campaignStatus(b *bench) {
	c := b.campaign("c")
	for _, to := range []campaigns.Status{campaigns.Paused, campaigns.Paused, campaigns.Running, campaigns.Draining, campaigns.Stopped} {
		got, err := b.SetStatus(b.Context(), c.ID, to, "manager")
		b.must(err)
		if got.Status != to {
			b.Fatalf("status %s, want %s", got.Status, to)
		}
	}
	if _, err := b.SetStatus(b.Context(), c.ID, campaigns.Paused, ""); !errors.Is(err, campaigns.ErrStatus) {
		b.Fatalf("stopped to paused: %v, want ErrStatus", err)
	}
	if _, err := b.SetStatus(b.Context(), 99, campaigns.Paused, ""); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
	got, err := b.Campaign(b.Context(), c.ID)
	b.must(err)
	if got.Status != campaigns.Stopped {
		b.Fatalf("status %s", got.Status)
	}
}

func listNames(b *bench) {
	one, two := b.campaign("one"), b.campaign("two")
	l := b.list(one, "January", 3)
	b.list(two, "January", 0)
	if _, err := b.CreateList(b.Context(), campaigns.List{Campaign: one.ID, Name: "January"}); !errors.Is(err, campaigns.ErrExists) {
		b.Fatalf("got %v, want ErrExists", err)
	}
	if _, err := b.CreateList(b.Context(), campaigns.List{Campaign: 99, Name: "x"}); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
	got, err := b.List(b.Context(), l.ID)
	b.must(err)
	all, err := b.Lists(b.Context(), one.ID)
	b.must(err)
	if len(all) != 1 || all[0] != got || got.Name != "January" || got.Priority != 3 || !got.Active || got.CreatedAt.IsZero() {
		b.Fatalf("list %+v, all %+v", got, all)
	}
	if err := b.SetListActive(b.Context(), 99, true, ""); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
}

func userKeeps(b *bench) {
	u := campaigns.User{
		Login: "eva", Name: "Éva Kovács", Role: campaigns.Agent, PasswordHash: "$argon2id$x", Extension: "201", PhoneHA1: campaigns.HA1{MD5: "m", SHA256: "s"},
		Campaigns: []string{"one", "two"},
	}
	stored, err := b.PutUser(b.Context(), u)
	b.must(err)
	u.ID, u.CreatedAt = stored.ID, stored.CreatedAt
	for name, find := range map[string]func() (campaigns.User, error){
		"by login": func() (campaigns.User, error) { return b.UserByLogin(b.Context(), "eva") },
		"by id":    func() (campaigns.User, error) { return b.User(b.Context(), stored.ID) },
	} {
		got, err := find()
		b.must(err)
		if !equalJSON(got, u) || got.PasswordHash != u.PasswordHash || got.PhoneHA1 != u.PhoneHA1 || got.ID == 0 {
			b.Fatalf("%s: %+v", name, got)
		}
	}
	u.Disabled, u.Role = true, campaigns.Supervisor
	changed, err := b.PutUser(b.Context(), u)
	b.must(err)
	all, err := b.Users(b.Context())
	b.must(err)
	if changed.ID != stored.ID || len(all) != 1 || !all[0].Disabled || all[0].Role != campaigns.Supervisor || !all[0].CreatedAt.Equal(stored.CreatedAt) {
		b.Fatalf("users %+v", all)
	}
	if _, err := b.UserByLogin(b.Context(), "EVA"); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
}

func userExtension(b *bench) {
	for i, login := range []string{"a", "b", "c"} {
		u := campaigns.User{Login: login, Role: campaigns.Agent}
		if i == 0 {
			u.Extension = "201"
		}
		_, err := b.PutUser(b.Context(), u) // two without one is no conflict
		b.must(err)
	}
	_, err := b.PutUser(b.Context(), campaigns.User{Login: "b", Role: campaigns.Agent, Extension: "201"})
	if !errors.Is(err, campaigns.ErrExists) {
		b.Fatalf("got %v, want ErrExists", err)
	}
}

func estimatesKeep(b *bench) {
	if _, err := b.Estimates(b.Context(), 1); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
	for _, body := range [][]byte{[]byte(`{"a":1}`), {0, 1, 0xff}} {
		b.must(b.SaveEstimates(b.Context(), 1, body))
		got, err := b.Estimates(b.Context(), 1)
		b.must(err)
		if !bytes.Equal(got, body) {
			b.Fatalf("got %x, want %x", got, body)
		}
	}
}

func keysReserve(b *bench) {
	until := time.Now().Add(time.Hour)
	_, fresh, err := b.Reserve(b.Context(), 1, "k", []byte("digest"), until)
	b.must(err)
	if !fresh {
		b.Fatal("a new key is not fresh")
	}
	kept, fresh, err := b.Reserve(b.Context(), 1, "k", []byte("other"), until)
	b.must(err)
	if fresh || string(kept.Request) != "digest" || kept.Answer != nil {
		b.Fatalf("fresh %t, kept %+v", fresh, kept)
	}
	b.must(b.KeepAnswer(b.Context(), 1, "k", []byte("201 created")))
	kept, _, err = b.Reserve(b.Context(), 1, "k", nil, until)
	b.must(err)
	if string(kept.Answer) != "201 created" {
		b.Fatalf("kept %+v", kept)
	}
	if _, fresh, err = b.Reserve(b.Context(), 2, "k", nil, until); err != nil || !fresh {
		b.Fatalf("the key of another user: fresh %t, %v", fresh, err)
	}
	b.must(b.DropKey(b.Context(), 1, "k"))
	if _, fresh, err = b.Reserve(b.Context(), 1, "k", nil, until); err != nil || !fresh {
		b.Fatalf("a dropped key: fresh %t, %v", fresh, err)
	}
}

func keysExpire(b *bench) {
	_, _, err := b.Reserve(b.Context(), 1, "k", nil, time.Now().Add(-time.Second))
	b.must(err)
	_, fresh, err := b.Reserve(b.Context(), 1, "k", nil, time.Now().Add(time.Hour))
	b.must(err)
	if !fresh {
		b.Fatal("an expired key is not free")
	}
}

func audits(b *bench) {
	c := b.campaign("c")
	_, err := b.SetStatus(b.Context(), c.ID, campaigns.Paused, "eva")
	b.must(err)
	b.must(b.AddAudit(b.Context(), campaigns.AuditEntry{Kind: "user.login", By: "eva", Subject: "user eva", Detail: "from 127.0.0.1"}))
	all, err := b.AuditEntries(b.Context(), 0, 0)
	b.must(err)
	n := len(all)
	if n < 3 || all[n-2].Kind != "campaign.status" || all[n-2].By != "eva" || all[n-1].Kind != "user.login" || all[n-1].At.IsZero() {
		b.Fatalf("audit %+v", all)
	}
	rest, err := b.AuditEntries(b.Context(), all[n-2].Seq, 10)
	b.must(err)
	if len(rest) != 1 || rest[0] != all[n-1] {
		b.Fatalf("after %d: %+v", all[n-2].Seq, rest)
	}
	b.clean()
}
