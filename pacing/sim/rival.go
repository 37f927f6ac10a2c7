package sim

import (
	"time"

	"github.com/forecall/forecall/pacing"
)

// rule is how a rival decides, on what its board shows.
type rule interface {
	// see takes one event, after the board has taken it.
	see(b *board, s sight)
	// place says how many calls to place now, where less than none is none, and in how many seconds to ask again; 0 means at
	// the next event. A rule that thinks at its own cadence answers 0 calls in between.
	place(b *board) (calls int, again float64)
}

// rival is a Pacer around a rule.
type rival struct {
	board *board
	rule  rule
}

func newRival(s Setup, r rule) *rival { return &rival{board: newBoard(s.Start), rule: r} }

// Apply implements Pacer.
func (r *rival) Apply(e pacing.Event) {
	s := r.board.apply(e)
	r.rule.see(r.board, s)
}

// Decide implements Pacer. Rivals know nothing of a contact.
func (r *rival) Decide(now time.Time, _ []float64) Order {
	r.board.at(now)
	calls, again := r.rule.place(r.board)
	return Order{Place: max(0, calls), Again: seconds(again)}
}

// rivals are the policies of other dialers, in the order of the table's columns. Each is written from a description of
// the program it names and keeps its quirks; where the model must choose, it chooses in the rival's favour.
func rivals() []Entry {
	return []Entry{
		ratioEntry("ratio", "ratio on idle agents", "a fixed number of lines per idle agent (level, default 2)", 2, false),
		ratioEntry("ratio-all", "ratio on all agents", "a fixed number of lines per agent, busy ones included (level, default 1.3)", 1.3, true),
		ratioTuned(),
		vicidialEntry("vicidial-hard", "VICIdial HARD_LIMIT", "VICIdial's ADAPT_HARD_LIMIT, max level 3: back to one line over the drop limit", vicidialHard),
		vicidialEntry("vicidial-average", "VICIdial AVERAGE", "VICIdial's ADAPT_AVERAGE, max level 3: halves the level over the drop limit", vicidialAverage),
		vicidialEntry("vicidial-tapered", "VICIdial TAPERED", "VICIdial's ADAPT_TAPERED, max level 3: strict only late in the day", vicidialTapered),
		vicidialBest(),
		ratioLedger(),
		omnileadsEntry(),
		issabelEntry("issabel", "Issabel", "Issabel's predictor: idle agents and those who must end soon", false),
		issabelEntry("issabel-overcommit", "Issabel over-commit", "Issabel's predictor with over-commit: divided by the share of calls answered", true),
		impactEntry(),
	}
}
