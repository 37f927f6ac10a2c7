package rig

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// wanted is how often each fault comes; 0 = the quick ones once. Without FORECALL_RIG
// nothing comes: beside other tests the nodes are starved of time, and lose their floor
// for no fault of theirs.
func wanted(t *testing.T) int {
	t.Helper()
	switch text := os.Getenv("FORECALL_RIG"); text {
	case "":
		t.Skip("FORECALL_RIG=quick is a few faults once, by itself; FORECALL_RIG=20 is all of them twenty times")
	case "quick":
	default:
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("FORECALL_RIG=%s: quick, or how often each fault comes", text)
		}
		return n
	}
	return 0
}

func number(name string, otherwise int) int {
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil || n < 1 {
		return otherwise
	}
	return n
}

// TestThreeNodesOutliveEveryFault is the rig: see the package's story.
func TestThreeNodesOutliveEveryFault(t *testing.T) {
	if testing.Short() {
		t.Skip("three processes and two servers: not in a short run")
	}
	times, agents, contacts := wanted(t), 60, mostContacts
	if times == 0 {
		agents, contacts = 9, 2000
	}
	agents = number("FORECALL_RIG_AGENTS", agents)
	h := openHouse(t, agents, contacts)
	h.order("start")
	h.eventually("people are called", 30*time.Second, func() bool { return h.far.Stats().Answered > 5 })
	began := time.Now()
	limit := time.Duration(number("FORECALL_RIG_MINUTES", 600)) * time.Minute
	var wounds []*wound
	chance := rand.New(rand.NewPCG(6, uint64(began.UnixNano())))
	for range max(1, times) {
		for _, f := range h.chosen(times == 0) {
			if time.Since(began) > limit || t.Failed() && times == 0 {
				break
			}
			h.rest()
			w := h.strike(f, h.victim(f, chance))
			wounds = append(wounds, w)
			t.Log(w)
		}
	}
	t.Log("\n" + table(wounds))
	for _, w := range wounds {
		for _, what := range w.wrong {
			if !strings.HasPrefix(what, "late: ") {
				t.Errorf("%s: %s", w.fault, what)
			}
		}
		if w.broken > 0 {
			t.Errorf("%s: the sound of %d conversations at other nodes ended", w.fault, w.broken)
		}
	}
	h.closeTheBook(wounds)
}

// chosen are the faults of this run.
func (h *house) chosen(quick bool) (out []fault) {
	words := strings.FieldsFunc(os.Getenv("FORECALL_RIG_FAULTS"), func(r rune) bool { return r == ',' })
	for _, f := range faults() {
		named := slices.ContainsFunc(words, func(w string) bool { return strings.Contains(f.name, w) })
		if len(words) > 0 && !named || len(words) == 0 && quick && !f.quick || f.spaces && !h.net.spaces {
			continue
		}
		out = append(out, f)
	}
	return out
}

// rest lets the house be whole, with agents and calls at all nodes.
func (h *house) rest() {
	next := time.Now()
	if err := h.await("robots are at work at all nodes", 60*time.Second, func() bool {
		if time.Now().After(next) { // some are on their way elsewhere still
			h.crew.spread(h)
			next = time.Now().Add(3 * time.Second)
		}
		return h.crew.spreadOut(h)
	}); err != nil {
		h.Fatalf("%v; they are at %v", err, h.crew.look())
	}
	h.eventually("people are called at all nodes", 60*time.Second, func() bool {
		s := h.eye.look()
		for _, r := range h.nodes {
			if s.ok && len(s.of(r.name)) == 0 {
				return false
			}
		}
		return s.whole(len(h.nodes))
	})
}

// String is one line for one fault.
func (w *wound) String() string {
	return fmt.Sprintf("%s (%s): closed %s, agents %s, leads %s, still %s, back %s, whole %s; %d calls and %d agents there; INVITEs meanwhile %d; elsewhere %d broken, %d hung up %s",
		w.fault, w.over, short(w.closed), short(w.moved), short(w.led), short(w.still), short(w.back), short(w.whole), w.calls, w.agents, w.invites, w.broken, w.ended, strings.Join(w.wrong, "; "))
}

func short(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", d.Seconds())
}

// table is the median and the worst of each fault, in seconds.
func table(wounds []*wound) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "fault\ttimes\tclosed\tagents\tleads\tstill\tback\twhole\tcalls lost\tbroken\thung up\tlate\twrong\t")
	var names []string
	of := map[string][]*wound{}
	for _, x := range wounds {
		if of[x.fault] == nil {
			names = append(names, x.fault)
		}
		of[x.fault] = append(of[x.fault], x)
	}
	for _, name := range names {
		all := of[name]
		worst := func(d func(*wound) time.Duration) string {
			return spread(all, d)
		}
		var lost, broken, ended, late, wrong int
		for _, x := range all {
			broken, ended = broken+x.broken, ended+x.ended
			if x.closed > 0 {
				lost += x.calls
			}
			for _, what := range x.wrong {
				if strings.HasPrefix(what, "late: ") {
					late++
				} else {
					wrong++
				}
			}
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t\n", name, len(all),
			worst(func(x *wound) time.Duration { return x.closed }), worst(func(x *wound) time.Duration { return x.moved }),
			worst(func(x *wound) time.Duration { return x.led }), worst(func(x *wound) time.Duration { return x.still }),
			worst(func(x *wound) time.Duration { return x.back }), worst(func(x *wound) time.Duration { return x.whole }), lost, broken, ended, late, wrong)
	}
	_ = w.Flush()
	return b.String()
}

// spread is the median and the worst of what was measured.
func spread(all []*wound, d func(*wound) time.Duration) string {
	var took []time.Duration
	for _, x := range all {
		if d(x) > 0 {
			took = append(took, d(x))
		}
	}
	if len(took) == 0 {
		return "-"
	}
	slices.Sort(took)
	return short(took[len(took)/2]) + " " + short(took[len(took)-1])
}
