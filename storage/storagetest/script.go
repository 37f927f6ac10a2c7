package storagetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/script"
)

// Scripts keeps what agents read, how they say it, and where they stand in it.
type Scripts interface {
	campaigns.ScriptStore
	SampleContacts(ctx context.Context, campaign int64, n int) ([]campaigns.Contact, error)
}

var scriptTests = []test{
	{"versions of a script are numbered, and the same text is no new one", scriptVersions},
	{"a wording belongs to an agent, a step and a language", scriptWordings},
	{"a walk is kept as it stands", scriptWalks},
	{"samples are people of the campaign", scriptSamples},
}

func scriptVersions(b *bench) {
	c, other := b.campaign("one"), b.campaign("two")
	keep := func(c campaigns.Campaign, source string) campaigns.ScriptVersion {
		b.Helper()
		v, err := b.KeepScript(b.Context(), campaigns.ScriptVersion{Campaign: c.ID, Hash: script.Hash(source), Source: source, By: "maria"})
		b.must(err)
		return v
	}
	first := keep(c, "hello")
	if first.No != 1 || first.At.IsZero() || first.By != "maria" || !strings.HasPrefix(first.Name(), "1.") {
		b.Fatalf("first %+v", first)
	}
	if again := keep(c, "hello"); again != first {
		b.Fatalf("the same again is %+v", again)
	}
	second, third := keep(c, "good day"), keep(c, "hello")
	if second.No != 2 || third.No != 3 || third.Hash != first.Hash {
		b.Fatalf("then %+v, %+v", second, third)
	}
	if v := keep(other, "hello"); v.No != 1 {
		b.Fatalf("another campaign's first is %+v", v)
	}
	all, err := b.ScriptVersions(b.Context(), c.ID)
	b.must(err)
	same(b, "versions, the newest first", all, []campaigns.ScriptVersion{third, second, first})
	got, err := b.ScriptVersion(b.Context(), c.ID, 2)
	b.must(err)
	if got != second {
		b.Fatalf("version 2 is %+v", got)
	}
	if _, err := b.ScriptVersion(b.Context(), c.ID, 9); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
	if _, err := b.KeepScript(b.Context(), campaigns.ScriptVersion{Campaign: 99, Hash: "x", Source: "x"}); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
	together(20, func(i int) {
		if _, err := b.KeepScript(b.Context(), campaigns.ScriptVersion{Campaign: other.ID, Hash: fmt.Sprint(i), Source: fmt.Sprint(i)}); err != nil {
			b.Errorf("%v", err)
		}
	})
	if all, err := b.ScriptVersions(b.Context(), other.ID); err != nil || len(all) != 21 || all[0].No != 21 {
		b.Fatalf("%d versions: %v", len(all), err)
	}
	b.clean()
}

func scriptWordings(b *bench) {
	c := b.campaign("one")
	u, err := b.PutUser(b.Context(), campaigns.User{Login: "ana", Role: campaigns.Agent})
	b.must(err)
	put := func(agent int64, step, lang, text string) {
		b.Helper()
		_, err := b.PutWording(b.Context(), campaigns.Wording{Campaign: c.ID, Agent: agent, Step: step, Language: lang, Text: text, Official: "abc"})
		b.must(err)
	}
	put(u.ID, "hello", "en", "hi")
	put(u.ID, "hello", "es", "hola")
	put(99, "hello", "en", "hey")
	put(u.ID, "hello", "en", "hi there")
	put(u.ID, "hello", "es", "")
	all, err := b.Wordings(b.Context(), c.ID, 0)
	b.must(err)
	if len(all) != 2 || all[0].Text != "hi there" || all[0].Login != "ana" || all[0].Official != "abc" || all[0].At.IsZero() || all[1].Agent != 99 {
		b.Fatalf("wordings %+v", all)
	}
	own, err := b.Wordings(b.Context(), c.ID, u.ID)
	b.must(err)
	if len(own) != 1 || own[0].Language != "en" {
		b.Fatalf("own %+v", own)
	}
}

func scriptWalks(b *bench) {
	if _, err := b.Walk(b.Context(), "none"); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
	w := campaigns.CallWalk{
		Version: "1.aa",
		Walk:    script.Walk{Step: "b", Objection: "o", History: []string{"a"}, Answers: map[string][]string{"q": {"<b>ж</b>"}}},
		Trail:   []campaigns.Visit{{Step: "a", At: time.UnixMicro(1).UTC()}},
	}
	b.must(b.SaveWalk(b.Context(), "one", campaigns.CallWalk{Version: "old"}))
	b.must(b.SaveWalk(b.Context(), "one", w))
	got, err := b.Walk(b.Context(), "one")
	b.must(err)
	if !equalJSON(got, w) {
		b.Fatalf("got %+v", got)
	}
}

func scriptSamples(b *bench) {
	c, other := b.stocked("one", 10), b.stocked("two", 3)
	got, err := b.SampleContacts(b.Context(), c.ID, 4)
	b.must(err)
	if len(got) != 4 || got[0].Campaign != c.ID || len(got[0].Phones) != 1 {
		b.Fatalf("samples %+v", got)
	}
	if got, err := b.SampleContacts(b.Context(), other.ID, 50); err != nil || len(got) != 3 {
		b.Fatalf("%d samples: %v", len(got), err)
	}
	if got, err := b.SampleContacts(b.Context(), 99, 4); err != nil || len(got) != 0 {
		b.Fatalf("samples of nothing %+v: %v", got, err)
	}
}
