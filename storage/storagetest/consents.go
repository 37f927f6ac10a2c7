package storagetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Consents keeps what people permitted, and what they withdrew.
type Consents interface {
	AddConsents(ctx context.Context, batch []campaigns.Consent) ([]campaigns.ConsentFate, error)
	Withdraw(ctx context.Context, w campaigns.Withdrawal) (ended int, err error)
	Consents(ctx context.Context, f campaigns.ConsentFilter) ([]campaigns.Consent, error)
	ConsentFile(ctx context.Context, id string) (campaigns.ConsentFile, error)
	ConsentsOf(ctx context.Context, number string) ([]campaigns.ConsentFile, error)
	Withdrawals(ctx context.Context, number string) ([]campaigns.Withdrawal, error)
	Wording(ctx context.Context, sha256 string) (string, error)
	Consenting(ctx context.Context, campaign int64, after string, limit int) ([]campaigns.Consenting, error)
}

var consentTests = []test{
	{"a consent comes back with its wording, evidence and terms", consentKept},
	{"a consent that is told twice is there once", consentOnce},
	{"a consent given again renews the one that stands, and keeps both wordings", consentRenewed},
	{"a withdrawal from a seller ends what that seller and the house were given, and no other seller", consentWithdrawn},
	{"a withdrawal from a seller ends what that seller was given, however its name is spelled", consentSpelled},
	{"one entry is revoked and the others stand", consentRevoked},
	{"a consent that was given before a withdrawal, and is entered after it, is revoked", consentLate},
	{"the do-not-call list voids what was agreed before, and not what is agreed after", consentObjected},
	{"an order makes a purchase, and a contract while its subscription lasts", consentOfSale},
	{"who calls us has inquired, who calls back has not", consentOfInbound},
	{"who calls us and says no has inquired about nothing, in either order", consentOfRefusal},
	{"a list brings consents for each phone, and takes them away when it is undone", consentOfLoad},
	{"a list that was taken back takes no consent that was given again since", consentUndoneRenewed},
	{"numbers of a campaign that have consents are walked page by page", consentsWalked},
	{"a hundred at once tell one consent and leave one", consentRace},
}

func spain(number string) campaigns.Consent {
	return campaigns.Consent{
		Number: number, Name: "Ana Ruiz", Kind: campaigns.ConsentGiven, Level: campaigns.LevelWritten, Seller: "Aigua SL", Purpose: "sales",
		Goods: "fibre", Channels: []campaigns.ConsentChannel{campaigns.ConsentLive, campaigns.ConsentRecording},
		At: day(2026, 3, 2), Until: day(2027, 3, 2), Source: campaigns.ConsentByForm, Wording: "Sí, pueden llamarme. „Árvíztűrő“",
		Reference: "form 17", IP: "2001:db8::7", Note: "double opt-in", By: "maria",
	}
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 9, 30, 0, 0, time.UTC) }

// give adds consents and returns what became of them.
func (b *bench) give(batch ...campaigns.Consent) []campaigns.ConsentFate {
	b.Helper()
	fates, err := b.AddConsents(b.Context(), batch)
	b.must(err)
	if len(fates) != len(batch) {
		b.Fatalf("%d fates of %d consents", len(fates), len(batch))
	}
	return fates
}

func (b *bench) consentsOf(number string) []campaigns.Consent {
	b.Helper()
	out, err := b.Consents(b.Context(), campaigns.ConsentFilter{Number: number})
	b.must(err)
	return out
}

// stands asserts which kinds a number has that are not revoked.
func (b *bench) stands(number string, want ...campaigns.ConsentKind) {
	b.Helper()
	var got []campaigns.ConsentKind
	for _, c := range b.consentsOf(number) {
		if c.RevokedAt.IsZero() {
			got = append(got, c.Kind)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.Fatalf("stand %v, want %v", got, want)
	}
}

func consentKept(b *bench) {
	in := spain("+34600000001")
	fate := b.give(in)[0]
	if !fate.New || fate.Renewed || fate.ID == "" || !fate.Revoked.IsZero() {
		b.Fatalf("fate %+v", fate)
	}
	got := b.consentsOf(in.Number)[0]
	want := in.Settled()
	want.Seq, want.ID, want.RecordedAt = got.Seq, fate.ID, got.RecordedAt
	if !equalJSON(got, want) || got.RecordedAt.IsZero() {
		b.Fatalf("got  %+v\nwant %+v", got, want)
	}
	text, err := b.Wording(b.Context(), got.WordingID)
	b.must(err)
	if text != in.Wording || got.WordingID != campaigns.WordingDigest(in.Wording) {
		b.Fatalf("wording %q, %s", text, got.WordingID)
	}
	f, err := b.ConsentFile(b.Context(), fate.ID)
	b.must(err)
	if len(f.Changes) != 1 || f.Changes[0].Event != campaigns.ConsentGranted || f.Changes[0].By != "maria" || f.Changes[0].IP != in.IP {
		b.Fatalf("changes %+v", f.Changes)
	}
	if _, err := b.ConsentFile(b.Context(), "none"); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("a file of nothing: %v", err)
	}
	b.clean()
}

func consentOnce(b *bench) {
	in := spain("+34600000001")
	first := b.give(in, in)
	again := b.give(in)[0]
	if !first[0].New || first[1].New || again.New || again.ID != first[0].ID || first[1].ID != first[0].ID {
		b.Fatalf("fates %+v, %+v", first, again)
	}
	if n := len(b.consentsOf(in.Number)); n != 1 {
		b.Fatalf("%d entries", n)
	}
	b.clean()
}

func consentRenewed(b *bench) {
	in := spain("+34600000001")
	id := b.give(in)[0].ID
	later := in
	later.At, later.Until, later.Wording, later.Source = day(2026, 9, 1), time.Time{}, "Sí, otra vez.", campaigns.ConsentByCall
	fate := b.give(later)[0]
	if fate.New || !fate.Renewed || fate.ID != id {
		b.Fatalf("fate %+v", fate)
	}
	earlier := in
	earlier.At = day(2026, 5, 1)
	b.give(earlier)
	got := b.consentsOf(in.Number)
	if len(got) != 1 || !got[0].At.Equal(in.At) || !got[0].RenewedAt.Equal(later.At) || !got[0].Until.IsZero() {
		b.Fatalf("entries %+v", got)
	}
	f, err := b.ConsentFile(b.Context(), id)
	b.must(err)
	if len(f.Changes) != 3 || f.Changes[1].WordingID != campaigns.WordingDigest("Sí, otra vez.") || f.Changes[0].WordingID != campaigns.WordingDigest(in.Wording) {
		b.Fatalf("changes %+v", f.Changes)
	}
	b.clean()
}

func consentWithdrawn(b *bench) {
	n := "+34600000001"
	ours, house, other := spain(n), spain(n), spain(n)
	house.Seller, other.Seller, other.Kind, other.Level = "", "Gas SA", campaigns.RelationPurchase, ""
	b.give(ours, house, other)
	at := day(2026, 10, 1)
	ended, err := b.Withdraw(b.Context(), campaigns.Withdrawal{
		Number: n, Seller: "Aigua SL", At: at, Source: campaigns.ConsentByCall, Attempt: "a", Note: "no more", By: "ana",
	})
	b.must(err)
	if ended != 2 {
		b.Fatalf("ended %d", ended)
	}
	b.stands(n, campaigns.RelationPurchase)
	for _, c := range b.consentsOf(n) {
		if c.Seller != "Gas SA" && !c.RevokedAt.Equal(at) {
			b.Fatalf("revoked at %s", c.RevokedAt)
		}
	}
	said, err := b.Withdrawals(b.Context(), n)
	b.must(err)
	if len(said) != 1 || said[0].Seller != "Aigua SL" || said[0].By != "ana" || said[0].Note != "no more" || !said[0].At.Equal(at) {
		b.Fatalf("withdrawals %+v", said)
	}
	all, err := b.Withdraw(b.Context(), campaigns.Withdrawal{Number: n, At: at, Source: campaigns.ConsentByPaper, By: "ana"})
	b.must(err)
	if all != 1 {
		b.Fatalf("then %d", all)
	}
	b.stands(n)
	b.clean()
}

// consentSpelled withdraws from a seller whose name somebody spells otherwise.
func consentSpelled(b *bench) {
	n := "+34600000001"
	b.give(spain(n))
	_, err := b.Withdraw(b.Context(), campaigns.Withdrawal{Number: n, Seller: " AIGUA  sl", At: day(2026, 10, 1), Source: campaigns.ConsentByCall, By: "ana"})
	b.must(err)
	b.stands(n)
	late := spain(n)
	late.Reference, late.Purpose = "form 18", "service"
	if fate := b.give(late)[0]; fate.Revoked.IsZero() {
		b.Fatalf("what was given before stands: %+v", fate)
	}
	m := "+34600000002"
	b.give(spain(m))
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: m, Seller: "aigua SL", At: day(2026, 7, 1), Channel: campaigns.ChannelManual, By: "x"}))
	b.stands(m)
	b.clean()
}

func consentRevoked(b *bench) {
	n := "+34600000001"
	one, two := spain(n), spain(n)
	two.Kind = campaigns.ConsentOutOfHours
	fates := b.give(one, two)
	w := campaigns.Withdrawal{Number: "+34600000002", ID: fates[0].ID, Source: campaigns.ConsentByAPI, By: "x"}
	if _, err := b.Withdraw(b.Context(), w); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("another number's: %v", err)
	}
	w.Number = n
	for want := 1; want >= 0; want-- { // a second time ends nothing
		ended, err := b.Withdraw(b.Context(), w)
		b.must(err)
		if ended != want {
			b.Fatalf("ended %d, want %d", ended, want)
		}
	}
	b.stands(n, campaigns.ConsentOutOfHours)
	if again := b.give(one)[0]; again.New || again.Revoked.IsZero() {
		b.Fatalf("what was revoked is told again: %+v", again)
	}
	b.stands(n, campaigns.ConsentOutOfHours)
	fresh := one
	fresh.At = time.Now()
	if again := b.give(fresh)[0]; !again.New || !again.Revoked.IsZero() {
		b.Fatalf("given anew: %+v", again)
	}
	b.stands(n, campaigns.ConsentOutOfHours, campaigns.ConsentGiven)
	b.clean()
}

func consentLate(b *bench) {
	n := "+34600000001"
	_, err := b.Withdraw(b.Context(), campaigns.Withdrawal{Number: n, Seller: "Aigua SL", At: day(2026, 6, 1), Source: campaigns.ConsentByPaper, By: "x"})
	b.must(err)
	old, other, fresh := spain(n), spain(n), spain(n)
	other.Seller = "Gas SA"
	fresh.At = day(2026, 6, 2)
	fates := b.give(old, other, fresh)
	if !fates[0].New || !fates[0].Revoked.Equal(day(2026, 6, 1)) || !fates[1].Revoked.IsZero() || !fates[2].New || !fates[2].Revoked.IsZero() {
		b.Fatalf("fates %+v", fates)
	}
	b.stands(n, campaigns.ConsentGiven, campaigns.ConsentGiven)
	b.clean()
}

func consentObjected(b *bench) {
	n, m := "+34600000001", "+34600000002"
	bought := spain(n)
	bought.Kind, bought.Level = campaigns.RelationPurchase, ""
	b.give(spain(n), bought, spain(m))
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: n, At: day(2026, 7, 1), Channel: campaigns.ChannelManual, By: "x"}))
	b.stands(n)
	b.stands(m, campaigns.ConsentGiven)
	_, err := b.ImportDoNotCall(b.Context(), []campaigns.DoNotCall{{Number: m, At: day(2026, 7, 1), Channel: campaigns.ChannelImport, By: "x"}})
	b.must(err)
	b.stands(m)
	b.must(b.RemoveDoNotCall(b.Context(), campaigns.DoNotCall{Number: n, By: "x", Reason: "asked to be called"}))
	b.stands(n) // nothing comes back by itself
	late := spain(n)
	late.At, late.Until, late.Purpose = day(2026, 7, 2), time.Time{}, "service"
	b.give(late)
	b.stands(n, campaigns.ConsentGiven)
	b.clean()
}

func consentOfSale(b *bench) {
	c := b.stocked("c", 1, func(c *campaigns.Campaign) { c.Seller = "Aigua SL" })
	a, p := b.call(c, campaigns.Connected)
	sold := time.Now().UTC().Truncate(time.Microsecond)
	_, err := b.Dispose(b.Context(), campaigns.Disposition{
		Attempt: a.ID, Key: "k", Agent: 3, Code: "sale", At: sold,
		Sale: &campaigns.Sale{Currency: "EUR", Lines: []campaigns.OrderLine{
			{Product: "f500", Name: "Fibre 500", Quantity: 1, UnitPrice: 2990, Term: campaigns.Monthly, MinTerms: 12}, {Product: "router", Quantity: 1, UnitPrice: 4900},
		}},
	})
	b.must(err)
	n := p.Phones[0].Number
	b.stands(n, campaigns.RelationPurchase, campaigns.RelationContract)
	for _, got := range b.consentsOf(n) {
		if got.Seller != "Aigua SL" || got.Attempt != a.ID || got.Goods != "Fibre 500, router" || got.Source != campaigns.ConsentBySale || !got.At.Equal(sold) {
			b.Fatalf("relation %+v", got)
		}
		if want := sold.AddDate(0, 12, 0); got.Kind == campaigns.RelationContract && !got.Until.Equal(want) {
			b.Fatalf("contract until %s, want %s", got.Until, want)
		}
	}
	b.clean()
}

// ring is a call of a person to us.
func (b *bench) ring(c campaigns.Campaign, number string) *campaigns.Attempt {
	b.Helper()
	a, _ := b.rings(c, number)
	return a
}

func consentOfInbound(b *bench) {
	c := b.stocked("c", 1, func(c *campaigns.Campaign) { c.Seller = "Aigua SL" })
	stranger := "+34911111111"
	b.finish(b.ring(c, stranger), campaigns.InboundConnected)
	b.stands(stranger, campaigns.RelationInquiry)
	b.finish(b.ring(c, stranger), campaigns.InboundConnected) // again: renewed
	if got := b.consentsOf(stranger); len(got) != 1 || got[0].RenewedAt.IsZero() || got[0].Source != campaigns.ConsentByInbound || got[0].Seller != "Aigua SL" {
		b.Fatalf("entries %+v", got)
	}
	_, p := b.call(c, campaigns.NoAnswer)
	called := p.Phones[0].Number
	b.finish(b.ring(c, called), campaigns.InboundConnected)
	b.stands(called, campaigns.RelationInteraction)
	lost := "+34922222222"
	b.finish(b.ring(c, lost), campaigns.InboundLeft)
	b.stands(lost)
	b.clean()
}

func consentOfRefusal(b *bench) {
	c := b.campaign("c")
	for i, number := range []string{"+34911111111", "+34911111112"} {
		a := b.ring(c, number)
		if i == 0 {
			b.finish(a, campaigns.InboundConnected)
			b.stands(number, campaigns.RelationInquiry)
		}
		_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Agent: 3, Code: "not_interested"})
		b.must(err)
		if i == 1 {
			b.finish(a, campaigns.InboundConnected)
		}
		b.stands(number)
	}
	b.clean()
}

func consentOfLoad(b *bench) {
	c := b.campaign("c", func(c *campaigns.Campaign) { c.Seller = "Aigua SL" })
	l := b.list(c, "list", 0)
	p := person("+34600000001")
	p.Phones = append(p.Phones, campaigns.Phone{Number: "+34600000002", Zones: []string{"Europe/Madrid"}})
	said := spain("")
	said.Seller, said.Source, said.By = "", campaigns.ConsentByImport, ""
	p.Consent = &said
	load, _ := b.load(l, []campaigns.Contact{p, person("+34600000003")}, campaigns.SkipDuplicates)
	for _, n := range []string{"+34600000001", "+34600000002"} {
		b.stands(n, campaigns.ConsentGiven)
		if got := b.consentsOf(n)[0]; got.Seller != "Aigua SL" || got.Load != load || got.Name != "Ana Ruiz" || got.By != "tester" || got.Source != campaigns.ConsentByImport {
			b.Fatalf("entry %+v", got)
		}
	}
	b.stands("+34600000003")
	_, _, err := b.UndoLoad(b.Context(), load, "tester")
	b.must(err)
	b.stands("+34600000001")
	b.stands("+34600000002")
	b.clean()
}

func consentUndoneRenewed(b *bench) {
	c := b.campaign("c", func(c *campaigns.Campaign) { c.Seller = "Aigua SL" })
	l := b.list(c, "list", 0)
	older, n, m := spain(""), "+34600000001", "+34600000002"
	listed := func(number string, at time.Time) campaigns.Contact {
		p, said := person(number), older
		said.At, said.Until, said.Source = at, time.Time{}, campaigns.ConsentByImport
		p.Consent = &said
		return p
	}
	first := spain(m)
	b.give(first)
	load, _ := b.load(l, []campaigns.Contact{listed(n, day(2026, 2, 1)), listed(m, day(2026, 8, 1))}, campaigns.SkipDuplicates)
	again := spain(n)
	again.At = day(2026, 9, 1)
	b.give(again)
	_, _, err := b.UndoLoad(b.Context(), load, "tester")
	b.must(err)
	b.stands(n, campaigns.ConsentGiven) // given again since
	b.stands(m, campaigns.ConsentGiven) // given before
	if got := b.consentsOf(m)[0]; !got.RenewedAt.IsZero() || !got.Until.Equal(first.Until) {
		b.Fatalf("the renewal of a list that was taken back counts: %+v", got)
	}
	b.clean()
}

func consentsWalked(b *bench) {
	c := b.stocked("c", 7)
	var want []string
	for i, p := range b.lease(c, 7) {
		if i%2 == 0 {
			want = append(want, p.Phones[0].Number)
			b.give(spain(p.Phones[0].Number))
		}
	}
	b.give(spain("+34699999999")) // of nobody
	var got []string
	for after := ""; ; {
		page, err := b.Consenting(b.Context(), c.ID, after, 3)
		b.must(err)
		if len(page) == 0 {
			break
		}
		for _, p := range page {
			if len(p.Grants) != 1 || p.Contact.Phones[0].Number != p.Number || p.Grants[0].Seller != "Aigua SL" || p.Grants[0].Channels != 5 {
				b.Fatalf("page %+v", p)
			}
			got, after = append(got, p.Number), p.Number
		}
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.Fatalf("walked %v, want %v", got, want)
	}
}

func consentRace(b *bench) {
	in := spain("+34600000001")
	together(100, func(int) {
		if _, err := b.AddConsents(b.Context(), []campaigns.Consent{in}); err != nil {
			b.Error(err)
		}
	})
	if n := len(b.consentsOf(in.Number)); n != 1 {
		b.Fatalf("%d entries", n)
	}
	b.clean()
}
