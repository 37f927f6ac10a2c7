package sim

import "math"

// ratio keeps a fixed number of lines for every agent: what every dialer offered first and many still do. On idle
// agents, the lines that count are those without an agent; on all agents, every line of theirs counts, conversations
// included, so that busy agents create calls too. It looks at nothing else: no answer rate, no abandonment.
//
// Quirk kept: the product is rounded half up, as the systems do that offer fractions of a line. A team with one idle
// agent at a time therefore knows whole levels only.
type ratio struct {
	level float64
	all   bool
}

func (r ratio) see(*board, sight) {}

func (r ratio) place(b *board) (calls int, again float64) {
	if r.all {
		return roundHalfUp(r.level*float64(b.atWork())) - b.lines(), 0
	}
	return ratioOnIdle(r.level, b), 0
}

// ratioOnIdle is level lines per idle agent, less those that ring or wait.
func ratioOnIdle(level float64, b *board) int {
	return roundHalfUp(level*float64(b.ready())) - b.inAir - b.waiting
}

func roundHalfUp(x float64) int { return int(math.Floor(x + 0.5)) }

// ratioSettings reads "level=2.5", or "2.5" alone.
func ratioSettings(text string, level float64) (float64, error) {
	r := readSettings(text)
	r.number("level", &level, 0.1, 100)
	r.alone("level", &level, 0.1, 100)
	return level, r.err("level=2.5 (or 2.5): lines per agent")
}

func ratioEntry(name, title, text string, level float64, all bool) Entry {
	return Entry{
		Named: Named{name, title, text},
		New: func(s Setup) (Pacer, error) {
			level, err := ratioSettings(s.Settings, level)
			return newRival(s, ratio{level: level, all: all}), err
		},
	}
}
