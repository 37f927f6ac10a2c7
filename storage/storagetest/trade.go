package storagetest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// Trade keeps calendars, meetings, complaints, drafts, and what an agent did.
type Trade interface {
	PutSalesperson(ctx context.Context, s campaigns.Salesperson, by string) (campaigns.Salesperson, error)
	Salesperson(ctx context.Context, id int64) (campaigns.Salesperson, error)
	Salespeople(ctx context.Context, campaign int64) ([]campaigns.Salesperson, error)
	HoldSlot(ctx context.Context, b campaigns.Booking) (campaigns.Booking, error)
	MoveBooking(ctx context.Context, b campaigns.Booking, by string) (campaigns.Booking, error)
	CancelBooking(ctx context.Context, id int64, reason, by string) (campaigns.Booking, error)
	Booking(ctx context.Context, id int64) (campaigns.Booking, error)
	Bookings(ctx context.Context, f campaigns.BookingFilter) ([]campaigns.Booking, error)
	Cases(ctx context.Context, f campaigns.CaseFilter) ([]campaigns.Case, error)
	SetCase(ctx context.Context, id int64, state campaigns.ComplaintState, answer, by string) (campaigns.Case, error)
	SaveDraft(ctx context.Context, d campaigns.CallDraft) error
	Draft(ctx context.Context, attempt string) (campaigns.CallDraft, error)
	TalksOf(ctx context.Context, agent int64, from, to time.Time) ([]campaigns.Talk, error)
	SaidBy(ctx context.Context, agent int64, from, to time.Time) ([]campaigns.Call, error)
	LoadColumns(ctx context.Context, load int64) ([]string, error)
}

var tradeTests = []test{
	{"an order comes back with its terms, discounts and read-back", orderKept},
	{"a reason and a complaint stand in the ledger and in the list of complaints", complaintKept},
	{"a salesperson is for one campaign or for the house", salespeople},
	{"of fifty agents who book one slot one wins, and the others change nothing", slotOnce},
	{"of fifty agents who hold one slot one wins", slotHeldOnce},
	{"a held slot is its call's, until its time has passed", slotHeld},
	{"an appointment is moved and cancelled, and its slot is free again", bookingMoved},
	{"a disposition without the appointment lets the held slot go", heldLetGo},
	{"a wrong number goes on to the person's next phone", wrongNumberNext},
	{"a wrong number without another phone ends the contact", wrongNumberLast},
	{"a wrong number is dead for everybody of the campaign who has it", wrongNumberShared},
	{"a wrong number that stands in a hopper already is not called", wrongNumberLeased},
	{"a wrong number said before the end of the call stands", wrongNumberEarly},
	{"a draft is kept until the call is disposed of", draftKept},
	{"what an agent said and talked in a period", dayOfAgent},
	{"a callback waits for its due time and replaces the one before", callbackDue},
	{"a load remembers the order of its columns", columnsKept},
	{"fifty dispositions of one call at once leave one", disposeRace},
}

func orderKept(b *bench) {
	c := b.stocked("c", 1)
	a, _ := b.call(c, campaigns.Connected)
	d := campaigns.Disposition{
		Attempt: a.ID, Key: "k", Agent: 3, Code: "sale", At: time.Now().UTC().Truncate(time.Microsecond),
		Sale: &campaigns.Sale{Currency: "KWD", Language: "hu", ReadBack: "Az Ön megrendelése …", Lines: []campaigns.OrderLine{
			{Product: "a", Name: "Első", Quantity: 2, UnitPrice: 1999, Discount: 100, DiscountShare: 0.025, Term: campaigns.Monthly, MinTerms: 12},
			{Product: "b", Quantity: 1, UnitPrice: 5},
		}},
	}
	_, err := b.Dispose(b.Context(), d)
	b.must(err)
	got, err := b.Attempt(b.Context(), a.ID)
	b.must(err)
	if !equalJSON(got.Disposition, d) {
		b.Fatalf("got  %+v\nwant %+v", got.Disposition, d)
	}
	for call := range b.Calls(b.Context(), campaigns.CallFilter{Sold: true}) {
		if !equalJSON(call.Disposition, d) {
			b.Fatalf("streamed %+v", call.Disposition)
		}
	}
	b.clean()
}

func complaintKept(b *bench) {
	c := b.stocked("c", 2)
	a, p := b.call(c, campaigns.Connected)
	said := campaigns.Complaint{Department: "Billing", Text: "two bills „at once“"}
	_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Agent: 3, Code: "complaint", Complaint: &said, Reason: "too dear"})
	b.must(err)
	got, err := b.Attempt(b.Context(), a.ID)
	b.must(err)
	if got.Disposition.Reason != "too dear" || *got.Disposition.Complaint != said {
		b.Fatalf("disposition %+v", got.Disposition)
	}
	cases, err := b.Cases(b.Context(), campaigns.CaseFilter{State: campaigns.ComplaintOpen, Contact: p.ID, Campaign: c.ID})
	b.must(err)
	if len(cases) != 1 || cases[0].Complaint != said || cases[0].Attempt != a.ID || cases[0].Agent != 3 || cases[0].Name != "Ana" {
		b.Fatalf("cases %+v", cases)
	}
	closed, err := b.SetCase(b.Context(), cases[0].ID, campaigns.ComplaintClosed, "paid back", "mia")
	b.must(err)
	if closed.State != campaigns.ComplaintClosed || closed.Answer != "paid back" || closed.ChangedBy != "mia" || closed.ChangedAt.IsZero() || closed.Complaint != said {
		b.Fatalf("closed %+v", closed)
	}
	if open, err := b.Cases(b.Context(), campaigns.CaseFilter{State: campaigns.ComplaintOpen}); err != nil || len(open) != 0 {
		b.Fatalf("still open: %+v, %v", open, err)
	}
	if _, err := b.SetCase(b.Context(), 99, campaigns.ComplaintClosed, "", "mia"); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
	b.clean()
}

// eva is a salesperson whom people may meet at every hour.
func (b *bench) eva(campaign int64) campaigns.Salesperson {
	b.Helper()
	s, err := b.PutSalesperson(b.Context(), campaigns.Salesperson{
		Campaign: campaign, Name: "Eva", Zone: "Europe/Madrid", Hours: rules.Always(), Slot: time.Hour, Buffer: 15 * time.Minute, Active: true,
		Holidays: []string{"2026-12-24"},
	}, "mia")
	b.must(err)
	return s
}

func salespeople(b *bench) {
	s, other := b.eva(0), b.eva(7)
	s.Name, s.Active = "Zoë", false
	_, err := b.PutSalesperson(b.Context(), s, "mia")
	b.must(err)
	got, err := b.Salesperson(b.Context(), s.ID)
	b.must(err)
	if !equalJSON(got, s) {
		b.Fatalf("got  %+v\nwant %+v", got, s)
	}
	for campaign, want := range map[int64]int{0: 2, 7: 2, 8: 1} {
		if all, err := b.Salespeople(b.Context(), campaign); err != nil || len(all) != want || want == 2 && all[0].ID != other.ID {
			b.Fatalf("campaign %d: %+v, %v", campaign, all, err)
		}
	}
	s.ID = 99
	if _, err := b.PutSalesperson(b.Context(), s, "mia"); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
	if _, err := b.Salesperson(b.Context(), 99); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
}

// slot is an hour of some day to come.
func slot() time.Time { return time.Now().UTC().Truncate(time.Hour).Add(48 * time.Hour) }

func meet(s campaigns.Salesperson, at time.Time) *campaigns.Appointment {
	return &campaigns.Appointment{At: at, To: at.Add(s.Slot), Zone: "Europe/Madrid", Person: s.Name, Salesperson: s.ID, How: campaigns.AtPlace, Place: "x"}
}

func slotOnce(b *bench) {
	const agents = 50
	c, s, at := b.stocked("c", agents), b.eva(0), slot()
	attempts := make([]*campaigns.Attempt, agents)
	for i := range attempts {
		attempts[i], _ = b.call(c, campaigns.Connected)
	}
	var won, lost atomic.Int64
	together(agents, func(i int) {
		_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: attempts[i].ID, Key: "k", Agent: int64(i + 1), Code: "appointment", Appointment: meet(s, at.Add(time.Duration(i%4)*15*time.Minute))})
		switch {
		case err == nil:
			won.Add(1)
		case errors.Is(err, campaigns.ErrSlotTaken):
			lost.Add(1)
		default:
			b.Error(err)
		}
	})
	if won.Load() != 1 || lost.Load() != agents-1 {
		b.Fatalf("%d booked, %d refused", won.Load(), lost.Load())
	}
	booked, err := b.Bookings(b.Context(), campaigns.BookingFilter{Salesperson: s.ID})
	b.must(err)
	said := 0
	for _, call := range b.all(campaigns.CallFilter{Campaign: c.ID}) {
		if call.Disposition != nil {
			said++
		}
	}
	if len(booked) != 1 || said != 1 {
		b.Fatalf("%d bookings, %d dispositions", len(booked), said)
	}
	b.clean()
}

func slotHeldOnce(b *bench) {
	s, at := b.eva(0), slot()
	var won atomic.Int64
	together(50, func(i int) {
		_, err := b.HoldSlot(b.Context(), campaigns.Booking{
			Salesperson: s.ID, From: at, To: at.Add(time.Hour), HeldUntil: time.Now().Add(time.Hour), Attempt: string(rune('A' + i)),
		})
		if err == nil {
			won.Add(1)
		} else if !errors.Is(err, campaigns.ErrSlotTaken) {
			b.Error(err)
		}
	})
	if won.Load() != 1 {
		b.Fatalf("%d hold the slot", won.Load())
	}
}

func slotHeld(b *bench) {
	c, s, at := b.stocked("c", 3), b.eva(0), slot()
	mine, _ := b.call(c, campaigns.Connected)
	other, _ := b.call(c, campaigns.Connected)
	hold := campaigns.Booking{Salesperson: s.ID, Person: s.Name, From: at, To: at.Add(time.Hour), HeldUntil: time.Now().Add(time.Hour), Attempt: mine.ID}
	_, err := b.HoldSlot(b.Context(), hold)
	b.must(err)
	_, err = b.Dispose(b.Context(), campaigns.Disposition{Attempt: other.ID, Key: "k", Code: "appointment", Appointment: meet(s, at)})
	if !errors.Is(err, campaigns.ErrSlotTaken) {
		b.Fatalf("got %v, want ErrSlotTaken", err)
	}
	_, err = b.Dispose(b.Context(), campaigns.Disposition{Attempt: mine.ID, Key: "k", Code: "appointment", Appointment: meet(s, at)})
	b.must(err)
	all, err := b.Bookings(b.Context(), campaigns.BookingFilter{Salesperson: s.ID, Held: true})
	b.must(err)
	if len(all) != 1 || all[0].State != campaigns.BookingBooked || all[0].Attempt != mine.ID || all[0].ContactName != "Ana" || !all[0].To.Equal(at.Add(time.Hour)) {
		b.Fatalf("bookings %+v", all)
	}
	hold.From, hold.To, hold.HeldUntil = at.Add(5*time.Hour), at.Add(6*time.Hour), time.Now().Add(-time.Second) // its time has passed
	hold.Attempt = "gone"
	_, err = b.HoldSlot(b.Context(), hold)
	b.must(err)
	_, err = b.Dispose(b.Context(), campaigns.Disposition{Attempt: other.ID, Key: "k", Code: "appointment", Appointment: meet(s, at.Add(5*time.Hour))})
	b.must(err)
	b.clean()
}

func bookingMoved(b *bench) {
	c, s, at := b.stocked("c", 2), b.eva(0), slot()
	a, p := b.disposed(c, campaigns.Disposition{Agent: 4, Code: "appointment", Appointment: meet(s, at)})
	all, err := b.Bookings(b.Context(), campaigns.BookingFilter{Attempt: a.ID, Contact: p.ID, Campaign: c.ID, Agent: 4, From: at.Add(59 * time.Minute), To: at.Add(time.Hour)})
	b.must(err)
	if len(all) != 1 {
		b.Fatalf("bookings %+v", all)
	}
	moved := all[0]
	moved.From, moved.To, moved.Person = at.Add(30*time.Minute), at.Add(90*time.Minute), "Zoë" // it overlaps itself
	moved, err = b.MoveBooking(b.Context(), moved, "mia")
	b.must(err)
	if !moved.From.Equal(at.Add(30*time.Minute)) || moved.Sequence != 1 || moved.Person != "Zoë" || moved.ChangedAt.IsZero() {
		b.Fatalf("moved %+v", moved)
	}
	other, _ := b.call(c, campaigns.Connected)
	_, err = b.Dispose(b.Context(), campaigns.Disposition{Attempt: other.ID, Key: "k", Code: "appointment", Appointment: meet(s, at)})
	if !errors.Is(err, campaigns.ErrSlotTaken) {
		b.Fatalf("got %v, want ErrSlotTaken", err)
	}
	gone, err := b.CancelBooking(b.Context(), moved.ID, "ill", "mia")
	b.must(err)
	if gone.State != campaigns.BookingCancelled || gone.Sequence != 2 || gone.Reason != "ill" {
		b.Fatalf("cancelled %+v", gone)
	}
	_, err = b.Dispose(b.Context(), campaigns.Disposition{Attempt: other.ID, Key: "k", Code: "appointment", Appointment: meet(s, at)})
	b.must(err)
	for _, err := range []error{second(b.CancelBooking(b.Context(), gone.ID, "", "mia")), second(b.MoveBooking(b.Context(), gone, "mia")), second(b.Booking(b.Context(), 99))} {
		if !errors.Is(err, campaigns.ErrNotFound) {
			b.Fatalf("got %v, want ErrNotFound", err)
		}
	}
	if with, err := b.Bookings(b.Context(), campaigns.BookingFilter{Cancelled: true}); err != nil || len(with) != 2 {
		b.Fatalf("with the cancelled: %+v, %v", with, err)
	}
	b.clean()
}

func second[T any](_ T, err error) error { return err }

func heldLetGo(b *bench) {
	c, s, at := b.stocked("c", 1), b.eva(0), slot()
	a, _ := b.call(c, campaigns.Connected)
	_, err := b.HoldSlot(b.Context(), campaigns.Booking{Salesperson: s.ID, From: at, To: at.Add(time.Hour), HeldUntil: time.Now().Add(time.Hour), Attempt: a.ID})
	b.must(err)
	_, err = b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Code: "not_interested"})
	b.must(err)
	if all, err := b.Bookings(b.Context(), campaigns.BookingFilter{Held: true}); err != nil || len(all) != 0 {
		b.Fatalf("bookings %+v, %v", all, err)
	}
}

func draftKept(b *bench) {
	c := b.stocked("c", 1)
	p := b.lease(c, 1)[0]
	a := b.begin(c, p)
	if _, err := b.Draft(b.Context(), a.ID); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
	for _, body := range []string{`{"note":"half a sen"}`, `{"note":"half a sentence „ő“"}`} {
		b.must(b.SaveDraft(b.Context(), campaigns.CallDraft{Attempt: a.ID, Agent: 3, Body: []byte(body)}))
		got, err := b.Draft(b.Context(), a.ID)
		b.must(err)
		if string(got.Body) != body || got.Agent != 3 || got.SavedAt.IsZero() {
			b.Fatalf("draft %+v", got)
		}
	}
	b.finish(a, campaigns.Connected)
	_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Code: "not_interested"})
	b.must(err)
	if _, err := b.Draft(b.Context(), a.ID); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
	if err := b.SaveDraft(b.Context(), campaigns.CallDraft{Attempt: a.ID, Agent: 3, Body: []byte("{}")}); !errors.Is(err, campaigns.ErrDisposed) {
		b.Fatalf("got %v, want ErrDisposed", err)
	}
}

func dayOfAgent(b *bench) {
	c := b.stocked("c", 4)
	from := time.Now()
	var own *campaigns.Attempt
	for i, agent := range []int64{7, 7, 8} {
		a := b.begin(c, b.lease(c, 1)[0])
		e := ended(*a, campaigns.Connected)
		e.Agent, e.BridgedAt, e.EndedAt = agent, e.AnsweredAt, e.AnsweredAt.Add(time.Microsecond)
		if i == 2 { // 8 took it, and 7 took it over
			e.EndedAt = e.EndedAt.Add(time.Microsecond)
			e.SecondAgent, e.SecondAt = 7, e.BridgedAt.Add(time.Microsecond)
		}
		b.must(b.Finish(b.Context(), e))
		if i == 0 {
			own = a
		}
	}
	_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: own.ID, Key: "k", Agent: 7, Code: "survey", Answers: []campaigns.Answer{{Question: "q", Value: "v"}}})
	b.must(err)
	to := time.Now().Add(time.Second)
	talks, err := b.TalksOf(b.Context(), 7, from, to)
	b.must(err)
	same(b, "talks", talks, []campaigns.Talk{{Campaign: c.ID, Calls: 3, Time: 3 * time.Microsecond}})
	said, err := b.SaidBy(b.Context(), 7, from, to)
	b.must(err)
	if len(said) != 1 || said[0].Disposition.Code != "survey" || len(said[0].Disposition.Answers) != 1 || said[0].Attempt.Campaign != c.ID {
		b.Fatalf("said %+v", said)
	}
	if talks, err := b.TalksOf(b.Context(), 7, to, to.Add(time.Hour)); err != nil || len(talks) != 0 {
		b.Fatalf("later: %+v, %v", talks, err)
	}
}

func callbackDue(b *bench) {
	c := b.stocked("c", 1)
	at := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	first, p := b.disposed(c, campaigns.Disposition{Code: "callback", Callback: &campaigns.Callback{At: at, Due: at.Add(time.Hour), Agent: 5}})
	if got := b.state(p.ID, campaigns.ContactWaiting); !got.NextAt.Equal(at.Add(time.Hour)) {
		b.Fatalf("tried at %s", got.NextAt)
	}
	if got, err := b.Lease(b.Context(), c.ID, at.Add(59*time.Minute), 1); err != nil || len(got) != 0 {
		b.Fatalf("leased %d before it is due, %v", len(got), err)
	}
	leased := b.leaseAt(c, at.Add(time.Hour))
	a := b.begin(c, leased)
	b.finish(a, campaigns.Connected)
	_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Code: "callback", Callback: &campaigns.Callback{At: at.Add(5 * time.Hour)}})
	b.must(err)
	open, err := b.Callbacks(b.Context(), campaigns.CallbackFilter{Contact: p.ID, Open: true})
	b.must(err)
	if len(open) != 1 || !open[0].At.Equal(at.Add(5*time.Hour)) {
		b.Fatalf("open: %+v (the first was of %s)", open, first.ID)
	}
	b.clean()
}

// disposeRace clicks fifty times, half of them with one key.
func disposeRace(b *bench) {
	c := b.stocked("c", 1)
	a, p := b.call(c, campaigns.Connected)
	var created, same, refused atomic.Int64
	together(50, func(i int) {
		key := "mine"
		if i%2 == 1 {
			key = string(rune('A' + i))
		}
		made, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: key, Code: "no_decision"})
		switch {
		case errors.Is(err, campaigns.ErrDisposed):
			refused.Add(1)
		case err != nil:
			b.Error(err)
		case made:
			created.Add(1)
		default:
			same.Add(1)
		}
	})
	if created.Load() != 1 || same.Load()+refused.Load() != 49 {
		b.Fatalf("%d created, %d the same, %d refused", created.Load(), same.Load(), refused.Load())
	}
	b.state(p.ID, campaigns.ContactWaiting)
	b.clean()
}

func columnsKept(b *bench) {
	l := b.list(b.campaign("c"), "list", 0)
	want := []string{"plan", "Anschrift", "älter als 18", "a"}
	id, err := b.BeginLoad(b.Context(), campaigns.Load{List: l.ID, Source: "test.csv", Columns: want})
	b.must(err)
	got, err := b.LoadColumns(b.Context(), id)
	b.must(err)
	same(b, "columns", got, want)
	id, err = b.BeginLoad(b.Context(), campaigns.Load{List: l.ID, Source: "test.csv"})
	b.must(err)
	if _, err := b.LoadColumns(b.Context(), id); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
}
