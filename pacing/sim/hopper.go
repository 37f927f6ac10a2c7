package sim

// Window is how many contacts ahead a policy may choose from when their odds are known, as a campaign's hopper is.
const Window = 100

// overdue is how often a contact may be passed over before it must go next, so that nobody is skipped for ever.
const overdue = 400

// hopper hands out the contacts of a list.
type hopper struct {
	people *people
	next   uint64 // place in the list of the first contact not in the window

	// Only when something is known of the contacts:
	tell   func(contact) float64
	window []listed
	odds   []float64 // told, one for each of window
}

type listed struct {
	contact
	passed int
	taken  bool
}

func (h *hopper) fill() {
	for len(h.window) < Window {
		c := h.people.contact(h.next)
		h.next++
		h.window = append(h.window, listed{contact: c})
		h.odds = append(h.odds, h.tell(c))
	}
}

// look returns the odds of the next contacts; nil when nothing is known.
func (h *hopper) look() []float64 {
	if h.tell == nil {
		return nil
	}
	h.fill()
	return h.odds
}

// retell computes anew what is told of the contacts in the window.
func (h *hopper) retell() {
	for i := range h.window {
		h.odds[i] = h.tell(h.window[i].contact)
	}
}

// take hands out n contacts: in order, or those picked from the window, and calls place for each with its told odds.
func (h *hopper) take(n int, picks []int, place func(contact, float64)) {
	if h.tell == nil {
		for range n {
			place(h.people.contact(h.next), 0)
			h.next++
		}
		return
	}
	for i := range n {
		at := h.first()
		if i < len(picks) {
			at = h.picked(picks[i])
		}
		if at < 0 {
			h.compact()
			h.fill()
			at, picks = 0, nil
		}
		for j := range at {
			h.window[j].passed++
		}
		h.window[at].taken = true
		place(h.window[at].contact, h.odds[at])
	}
	h.compact()
}

// picked is the contact that goes when number i is wanted: the first overdue one, else that one, else the first.
func (h *hopper) picked(i int) int {
	for j := range h.window {
		if h.window[j].passed >= overdue && !h.window[j].taken {
			return j
		}
	}
	if i >= 0 && i < len(h.window) && !h.window[i].taken {
		return i
	}
	return h.first()
}

// first is the first contact not yet taken, or -1.
func (h *hopper) first() int {
	for i := range h.window {
		if !h.window[i].taken {
			return i
		}
	}
	return -1
}

func (h *hopper) compact() {
	kept := 0
	for i := range h.window {
		if !h.window[i].taken {
			h.window[kept], h.odds[kept] = h.window[i], h.odds[i]
			kept++
		}
	}
	h.window, h.odds = h.window[:kept], h.odds[:kept]
}
