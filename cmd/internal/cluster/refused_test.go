package cluster

import (
	"slices"
	"testing"
	"time"
)

func TestANodeWhoseProcessIsGoneIsEndedWhenItHasMissedABeat(t *testing.T) {
	for _, suspected := range []bool{true, false} {
		t.Run(map[bool]string{true: "its way breaks", false: "nobody notices"}[suspected], func(t *testing.T) {
			bubbled(t, func(h *house) {
				gone := h.leader()
				defer h.freeze(gone)() // it says no more
				h.set(func() { h.dead = map[string]bool{gone: true} })
				at := time.Now()
				if suspected {
					for _, m := range h.members {
						m.Suspect()
					}
				}
				h.within(20*time.Second, "another leads", func() bool { l := h.leader(); return l != "" && l != gone })
				if d := time.Since(at); d > 3*time.Second {
					h.Errorf("another led after %s", d)
				}
				h.set(func() {
					if !slices.Contains(h.closed, h.seats[gone].self) {
						h.Errorf("its calls are open: %v", h.closed)
					}
				})
			})
		})
	}
}

// TestAFollowerThatSleepsIsDisconnectedBeforeItIsEnded: it may hold up the writes of all.
func TestAFollowerThatSleepsIsDisconnectedBeforeItIsEnded(t *testing.T) {
	bubbled(t, func(h *house) {
		asleep := ""
		for name := range h.members {
			if name != h.leader() {
				asleep = name
			}
		}
		wake := h.freeze(asleep)
		id, at := h.seats[asleep].self, time.Now()
		h.within(4*time.Second, "it is disconnected", func() (cut bool) {
			h.set(func() { cut = slices.Contains(h.cut, id) })
			return cut
		})
		h.set(func() {
			if d := time.Since(at); d < time.Second || slices.Contains(h.closed, id) {
				h.Errorf("disconnected after %s; ended: %v", d, h.closed)
			}
		})
		wake()
		time.Sleep(10 * time.Second)
		h.set(func() {
			if len(h.closed) > 0 {
				h.Errorf("ended: %v", h.closed)
			}
		})
	})
}

func TestANodeThatBeatsIsNotEndedThoughItsPortIsRefused(t *testing.T) {
	bubbled(t, func(h *house) {
		led := h.leader()
		h.set(func() { h.dead = map[string]bool{"ada": true, "ben": true, "cyd": true} })
		for range 30 {
			time.Sleep(330 * time.Millisecond)
			for _, m := range h.members {
				m.Suspect()
			}
		}
		h.set(func() {
			if len(h.closed) > 0 || len(h.ended) > 0 {
				h.Errorf("ended: %v %v", h.closed, h.ended)
			}
		})
		if now := h.leader(); now != led {
			h.Errorf("%q leads in place of %q", now, led)
		}
	})
}

// freeze lets a process sleep until it is woken.
func (h *house) freeze(name string) (wake func()) {
	asleep := make(chan struct{})
	h.set(func() { h.seats[name].froze = asleep })
	return func() {
		h.set(func() { h.seats[name].froze = nil })
		close(asleep)
	}
}

func (h *house) set(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
}
