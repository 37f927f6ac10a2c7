package optimum

// row is a configuration of the team: everything in a State but the attempts in the air.
type row struct {
	talking, wrapUp, waiting int
	answer                   move   // when a person answers
	moves                    []move // those that leave the attempts in the air alone
	leave                    float64
}

// move is a transition between rows, with what it counts.
type move struct {
	to           int
	rate         float64 // a second; of an answer it is the share of attempts answered
	served, lost float64 // people
}

// chain is the process without its decisions: rows times attempts in the air, 0 to top. State (row, n) has the index
// row*width + n.
type chain struct {
	Model
	rows  []row
	at    map[[3]int]int // rows by talking, wrapUp, waiting
	top   int
	width int
	ring  float64 // resolutions a second of each attempt
	step  float64 // seconds of one step of the uniformised chain: no state is left more than once in it
}

func newChain(m Model, top int) *chain {
	c := &chain{Model: m, top: top, width: top + 1, ring: 1 / m.Ring.Seconds(), at: make(map[[3]int]int)}
	for t := m.Agents; t >= 0; t-- {
		for w := m.Agents - t; w >= 0; w-- {
			if w == 0 || m.Wrap > 0 {
				c.add(t, w)
			}
		}
	}
	fastest := 0.0
	for i := range c.rows {
		c.connect(&c.rows[i])
		fastest = max(fastest, c.rows[i].leave)
	}
	c.step = 0.999 / (fastest + float64(top)*c.ring) // less than 1 keeps the chain aperiodic
	return c
}

func (c *chain) add(t, w int) {
	queue := 0
	if t+w == c.Agents {
		queue = c.queueTop()
	}
	for q := queue; q >= 0; q-- {
		c.at[[3]int{t, w, q}] = len(c.rows)
		c.rows = append(c.rows, row{talking: t, wrapUp: w, waiting: q})
	}
}

// connect fills the transitions of one row.
func (c *chain) connect(r *row) {
	t, w, q := r.talking, r.wrapUp, r.waiting
	r.answer = c.answer(t, w, q)
	if t > 0 {
		r.move(c.talkEnds(t, w, q))
	}
	if w > 0 {
		r.move(c.free(t, w-1, q, float64(w)/c.Wrap.Seconds()))
	}
	if q > 0 {
		r.move(move{to: c.at[[3]int{t, w, q - 1}], rate: float64(q) / c.Hold.Seconds(), lost: 1})
	}
}

func (c *chain) answer(t, w, q int) move {
	switch {
	case t+w < c.Agents:
		return move{to: c.at[[3]int{t + 1, w, 0}], rate: c.Answer, served: 1}
	case q < c.queueTop():
		return move{to: c.at[[3]int{t, w, q + 1}], rate: c.Answer}
	}
	return move{to: c.at[[3]int{t, w, q}], rate: c.Answer, lost: 1}
}

func (c *chain) talkEnds(t, w, q int) move {
	rate := float64(t) / c.Talk.Seconds()
	if c.Wrap == 0 {
		return c.free(t-1, w, q, rate)
	}
	return move{to: c.at[[3]int{t - 1, w + 1, q}], rate: rate}
}

// free is an agent coming free from a team that has t talking and w in wrap-up without this one.
func (c *chain) free(t, w, q int, rate float64) move {
	if q > 0 {
		return move{to: c.at[[3]int{t + 1, w, q - 1}], rate: rate, served: 1}
	}
	return move{to: c.at[[3]int{t, w, 0}], rate: rate}
}

func (r *row) move(m move) {
	r.moves = append(r.moves, m)
	r.leave += m.rate
}

// empty is the row in which nobody does anything.
func (c *chain) empty() int { return len(c.rows) - 1 }
