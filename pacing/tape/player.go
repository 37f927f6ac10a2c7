package tape

import (
	"reflect"
	"slices"
	"time"

	"github.com/forecall/forecall/pacing"
)

// Second is one second of a replay.
type Second struct {
	At time.Time
	// Placed is how many calls were placed since the second before.
	Placed int
	// Recorded is the decision of that instant as it was made, Replayed the one that the same events and
	// the same policy give now, and Other what the other policy decides in the same situation.
	Recorded, Replayed, Other pacing.Decision
	// Wanted and OtherWanted are how many calls each policy would have in the air at this instant: those
	// that are, and Place more; or fewer, when it would not have placed the last of them now.
	Wanted, OtherWanted int
	// Same tells that Replayed equals Recorded in every figure.
	Same bool
}

// Difference is a decision that came out otherwise than recorded.
type Difference struct {
	At time.Time
	// Recorded has all its figures when the tape does; else Place, Why and Picks.
	Recorded, Replayed pacing.Decision
}

// Report is the sum of a replay.
type Report struct {
	From, To time.Time
	// Looks counts the decisions that were made again with the recorded policy, Different those that came
	// out otherwise, and First is the first of these.
	Looks, Different int
	First            *Difference
	// Inexact tells that the replay began in the middle of a shift, or that something is missing, so that
	// differences need not mean that the code decides otherwise. Lost counts the missing tapes.
	Inexact bool
	Lost    int
	// Placed is how many calls were placed. OtherPlaced is how many the other policy would have placed:
	// as calls stay in the air for as long, whoever placed them, Placed times the ratio of the calls
	// wanted in the air while there were any (Little's law).
	Placed      int
	OtherPlaced float64

	wanted, otherWanted float64
}

// Player replays the tapes of one campaign, in the order of time: what was
// recorded goes into a fresh Floor and is decided again. The other policy sees
// the same calls and agents, second by second; its own calls are not placed, so
// what would have come of them is not told here (pacing/sim tells).
type Player struct {
	other  func(pacing.Policy) pacing.Policy
	same   side
	differ side
	header Header
	seen   bool // there is a floor
	whole  bool // nothing was missing since the floor began
	placed int
	report Report
}

// side is a floor under one policy.
type side struct {
	floor  *pacing.Floor
	policy pacing.Policy
}

// NewPlayer returns a player; other makes the policy to compare with of the
// recorded one. With nil nothing is compared, only checked.
func NewPlayer(other func(recorded pacing.Policy) pacing.Policy) *Player {
	return &Player{other: other}
}

// Replay plays tapes in the order of time and returns the sum. Each, when not
// nil, is told of every second; its error ends the replay and is returned.
func Replay(tapes [][]byte, other func(pacing.Policy) pacing.Policy, each func(Second) error) (Report, error) {
	p := NewPlayer(other)
	for _, t := range tapes {
		if err := p.Play(t, each); err != nil {
			return p.Report(), err
		}
	}
	return p.Report(), nil
}

// Play plays the next tape. What comes before the first floor or keyframe is
// passed over. An error is that of Read, or of each; after a *TruncatedError
// the next tape may be played.
func (p *Player) Play(tape []byte, each func(Second) error) error {
	err := Read(tape, func(l Line) error { return p.hear(l, each) })
	if err != nil {
		p.gap()
	}
	return err
}

// Report returns the sum of what was played so far.
func (p *Player) Report() Report {
	r := p.report
	r.OtherPlaced = float64(r.Placed)
	if p.other != nil && r.wanted > 0 {
		r.OtherPlaced *= r.otherWanted / r.wanted
	}
	return r
}

func (p *Player) gap() { p.whole, p.report.Inexact = false, true }

func (p *Player) hear(l Line, each func(Second) error) error {
	switch {
	case l.Header != nil:
		p.follow(*l.Header)
	case l.Missing != "":
		p.gap()
	case l.Floor != nil:
		p.begin(l.Floor)
	case !p.seen: // nothing to put it on
	case l.Policy != nil:
		p.setPolicy(*l.Policy)
	case l.Ledger != nil:
		p.each(func(s *side) { s.floor.SetLedger(*l.Ledger) })
	case l.Event != nil:
		p.apply(*l.Event)
	case l.Look != nil:
		return p.look(l.At, l.Look, each)
	}
	return nil
}

// follow notices tapes that are missing before this one.
func (p *Player) follow(h Header) {
	before := p.header
	p.header = h
	if h.Run == before.Run && h.Number == before.Number+1 || !p.seen {
		return
	}
	if h.Run == before.Run {
		p.report.Lost += max(0, h.Number-before.Number-1)
	} else {
		p.report.Lost += h.Number - 1
	}
	if h.Number > 1 {
		p.gap()
	}
}

// begin opens the floors anew; a keyframe does so only where they are not
// sound.
func (p *Player) begin(f *Floor) {
	if f.Keyframe && p.seen && p.whole {
		return
	}
	p.seen, p.whole = true, true
	if f.Keyframe {
		p.report.Inexact = true
	}
	p.same.begin(f, f.Policy)
	if p.other != nil {
		p.differ.begin(f, p.other(f.Policy))
	}
}

func (s *side) begin(f *Floor, policy pacing.Policy) {
	s.floor, s.policy = pacing.NewFloor(policy, f.Learned), policy
	for _, e := range f.Standing {
		s.floor.Apply(e)
	}
	s.floor.SetLedger(f.Ledger)
}

func (s *side) setPolicy(policy pacing.Policy) {
	if s.policy != policy {
		s.policy = policy
		s.floor.SetPolicy(policy)
	}
}

func (p *Player) setPolicy(recorded pacing.Policy) {
	p.same.setPolicy(recorded)
	if p.other != nil {
		p.differ.setPolicy(p.other(recorded))
	}
}

// each does the same on both floors.
func (p *Player) each(do func(*side)) {
	do(&p.same)
	if p.other != nil {
		do(&p.differ)
	}
}

func (p *Player) apply(e pacing.Event) {
	if e.Kind == pacing.CallPlaced {
		p.placed++
		p.report.Placed++
	}
	p.each(func(s *side) { s.floor.Apply(e) })
}

// look decides again.
func (p *Player) look(at time.Time, recorded *Look, each func(Second) error) error {
	if p.report.From.IsZero() {
		p.report.From = at
	}
	p.report.To = at
	p.report.Looks++
	snap := p.same.snapshot(at, recorded.NextOdds)
	replayed := kept(pacing.Decide(p.same.policy, snap))
	same := recorded.equals(&replayed)
	if !same {
		p.differs(at, recorded, replayed)
	}
	var otherSnap pacing.Snapshot
	if p.other != nil { // also between seconds: a floor learns from being looked at
		otherSnap = p.differ.snapshot(at, recorded.NextOdds)
	}
	if recorded.Whole == nil {
		return nil
	}
	s := Second{At: at, Placed: p.placed, Recorded: *recorded.Whole, Replayed: replayed, Same: same}
	p.placed = 0
	if p.other != nil {
		s.Other = kept(pacing.Decide(p.differ.policy, otherSnap))
		s.Wanted = wanted(p.same.policy, snap, &replayed)
		s.OtherWanted = wanted(p.differ.policy, otherSnap, &s.Other)
		if snap.InAir > 0 { // else nothing could be dialed, whatever was wanted
			p.report.wanted += float64(s.Wanted)
			p.report.otherWanted += float64(s.OtherWanted)
		}
	}
	if each == nil {
		return nil
	}
	return each(s)
}

func (s *side) snapshot(at time.Time, next []float64) pacing.Snapshot {
	snap := s.floor.Snapshot(at)
	snap.NextOdds = next
	return snap
}

func (p *Player) differs(at time.Time, recorded *Look, replayed pacing.Decision) {
	p.report.Different++
	if p.report.First != nil {
		return
	}
	d := &Difference{At: at, Recorded: pacing.Decision{Place: recorded.Place, Why: recorded.Why, Picks: recorded.Picks}, Replayed: replayed}
	if recorded.Whole != nil {
		d.Recorded = *recorded.Whole
	}
	p.report.First = d
}

// kept is a decision whose slices are its own.
func kept(d pacing.Decision) pacing.Decision {
	d.Cancel, d.Picks = slices.Clone(d.Cancel), slices.Clone(d.Picks)
	return d
}

// equals compares bit for bit what the tape holds of a decision.
func (l *Look) equals(d *pacing.Decision) bool {
	if l.Place != d.Place || l.Why != d.Why || !slices.Equal(l.Picks, d.Picks) {
		return false
	}
	return l.Whole == nil || reflect.DeepEqual(plain(*l.Whole), plain(*d))
}

// plain makes no difference between an empty list and none.
func plain(d pacing.Decision) pacing.Decision {
	if len(d.Cancel) == 0 {
		d.Cancel = nil
	}
	if len(d.Picks) == 0 {
		d.Picks = nil
	}
	return d
}
