package rig

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/cmd/internal/robot"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/pacing/sim"
)

// far is the carrier, and its log.
type far struct {
	*carrier.Carrier
	log string
}

// startCarrier opens the far side: people who ring for a second or two and talk for
// a few, so that much happens in little time.
func startCarrier(t *testing.T, at netip.Addr, folder string) *far {
	t.Helper()
	ports, err := media.NewPortRange(26000, 28999)
	if err != nil {
		t.Fatal(err)
	}
	quick := func(mean time.Duration) sim.Dist {
		return sim.Dist{Shape: sim.Lognormal, Mean: mean, CV: 0.5, Min: mean / 4, Max: 4 * mean}
	}
	f := &far{log: filepath.Join(folder, "carrier.jsonl")}
	poller := media.NewPlainPoller()
	f.Carrier, err = carrier.Start(carrier.Settings{
		Listen: []sipua.Listener{{Transport: "udp", Addr: netip.AddrPortFrom(at, 0)}},
		Media:  media.Settings{IP: at, Ports: ports, Poller: poller},
		Callees: sim.Callees{
			Person: 0.5, Hasty: 0.03, Busy: 0.32, Unknown: 0.1, OptOut: 0.02,
			Ring: quick(1500 * time.Millisecond), FastFail: quick(300 * time.Millisecond), Talk: quick(8 * time.Second), Patience: quick(300 * time.Millisecond),
		},
		Seed: 1, Log: f.log, MediaTimeout: silence,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if err := poller.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// silence is after how long without a packet the carrier takes a caller for dead.
const silence = 3 * time.Second

// records is the carrier's log so far.
func (f *far) records(t testing.TB) []carrier.Record {
	t.Helper()
	file, err := os.Open(f.log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, err := carrier.ReadLog(file)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// fictitious is a list of numbers that are reserved for fiction: 555-0100 to
// 555-0199 of each area of North America.
func fictitious(n int) []byte {
	var b strings.Builder
	b.WriteString("name,phone\n")
	for i := range n {
		fmt.Fprintf(&b, "Person %d,+1%d55501%02d\n", i, areas[i%len(areas)], i/len(areas))
	}
	return []byte(b.String())
}

// mostContacts is how many people there are.
var mostContacts = 100 * len(areas)

var areas = []int{
	201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262,
	267, 269, 270, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 331, 334, 336, 337, 339, 347, 351,
	352, 360, 361, 385, 386, 401, 402, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 424, 425, 430, 432, 434, 435, 440, 443, 469, 478, 479, 480, 484,
	501, 502, 503, 504, 505, 507, 508, 509, 510, 512, 513, 515, 516, 517, 518, 520, 530, 540, 541, 551, 559, 561, 562, 563, 567, 570, 571, 573, 574, 580, 585, 586,
	601, 602, 603, 605, 606, 607, 608, 609, 610, 612, 614, 615, 616, 617, 618, 619, 620, 623, 626, 630, 631, 636, 641, 646, 650, 651, 660, 661, 662, 678, 682,
	701, 702, 703, 704, 706, 707, 708, 712, 713, 714, 715, 716, 717, 718, 719, 720, 724, 727, 731, 732, 734, 740, 754, 757, 760, 763, 765, 770, 772, 773, 774, 775, 781, 785, 786,
}

// crew is the robots, and where each is at home.
type crew struct {
	mu     sync.Mutex // guards what follows
	places []place    // by robot
	away   []context.CancelFunc
}

// place is where a robot works, and since when.
type place struct {
	phone netip.Addr
	desk  string
	since time.Time
}

// hire puts robots to work at all nodes; it returns when all take calls.
func hire(h *house, agents int) *crew {
	h.Helper()
	ports, err := media.NewPortRange(29000, 32699)
	h.must(err)
	poller := media.NewPlainPoller()
	ctx, goHome := context.WithCancel(context.Background())
	c := &crew{places: make([]place, agents), away: make([]context.CancelFunc, agents)}
	var work sync.WaitGroup
	log, err := os.OpenFile(filepath.Join(h.folder, "robots.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	h.must(err)
	for i := range agents {
		homes := h.homes(i)
		s := robot.Settings{
			Server: homes[0].Server, Login: login(i), Password: password, Extension: login(i), Secret: password,
			Registrar: homes[0].Registrar, IP: h.net.home, Media: media.Settings{IP: h.net.home, Ports: ports, Poller: poller},
			Homes: append(homes[1:], homes[0]), Wrap: sim.Dist{Shape: sim.Constant, Mean: 300 * time.Millisecond}, Seed: uint64(i),
			Log:    slog.New(slog.NewTextHandler(log, nil)),
			OnHome: func(phone sipua.Target, desk string) { c.moved(i, phone, desk) },
		}
		work.Go(func() {
			for ctx.Err() == nil {
				shift := c.shift(ctx, i)
				if err := robot.Run(shift, s); err != nil && ctx.Err() == nil {
					s.Log.Error("a robot ended", "login", s.Login, "error", err)
				}
				pause(ctx, 500*time.Millisecond)
			}
		})
	}
	h.Cleanup(func() {
		goHome()
		work.Wait()
		h.must(poller.Close())
		_ = log.Close()
	})
	h.eventually("all robots take calls", 90*time.Second, func() bool { return c.at(time.Time{}) == agents })
	return c
}

// homes are the nodes, beginning with the i-th.
func (h *house) homes(i int) (all []robot.Home) {
	for j := range h.nodes {
		r := h.nodes[(i+j)%len(h.nodes)]
		all = append(all, robot.Home{Server: r.url(), Registrar: sipua.Target{Host: r.addr.String(), Port: 5062, Transport: "udp"}})
	}
	return all
}

func (c *crew) moved(i int, phone sipua.Target, desk string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	addr, _ := netip.ParseAddr(phone.Host)
	c.places[i] = place{addr, desk, time.Now()}
}

// shift is a robot's next stay at work, which spread may end.
func (c *crew) shift(ctx context.Context, i int) context.Context {
	ctx, end := context.WithCancel(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.away[i] != nil {
		c.away[i]()
	}
	c.away[i], c.places[i] = end, place{}
	return ctx
}

// spread sends robots that had to go elsewhere home, where they begin anew, to nodes
// that have too few. Who begins already is left alone.
func (c *crew) spread(h *house) {
	c.mu.Lock()
	defer c.mu.Unlock()
	short := lacking(h, c.places)
	for i, p := range c.places {
		if p.phone.IsValid() && p.phone != h.homeOf(i).addr && short[h.homeOf(i).addr] {
			c.away[i]()
		}
	}
}

// spreadOut tells whether all robots take calls, and every node has its share of them.
func (c *crew) spreadOut(h *house) bool {
	places := c.look()
	return len(lacking(h, places)) == 0 && !slices.ContainsFunc(places, func(p place) bool { return !p.phone.IsValid() })
}

// lacking are the nodes that have less than two thirds of their share of the robots.
func lacking(h *house, places []place) map[netip.Addr]bool {
	there := map[netip.Addr]int{}
	for _, p := range places {
		there[p.phone]++
	}
	out := map[netip.Addr]bool{}
	for _, r := range h.nodes {
		if 3*len(h.nodes)*there[r.addr] < 2*len(places) {
			out[r.addr] = true
		}
	}
	return out
}

// homeOf is where a robot begins.
func (h *house) homeOf(robot int) *resident { return h.nodes[robot%len(h.nodes)] }

// at counts the robots that began to take calls somewhere after an instant.
func (c *crew) at(after time.Time) (n int) {
	for _, p := range c.look() {
		if p.since.After(after) {
			n++
		}
	}
	return n
}

func (c *crew) look() []place {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]place(nil), c.places...)
}

// bereft are the robots whose phone is at a node.
func (c *crew) bereft(at netip.Addr) (robots []int) {
	for i, p := range c.look() {
		if p.phone == at {
			robots = append(robots, i)
		}
	}
	return robots
}

// elsewhere tells whether all of them take calls at another node, and since when
// the last does.
func (c *crew) elsewhere(robots []int, than netip.Addr, after time.Time) (last time.Time, all bool) {
	places := c.look()
	for _, i := range robots {
		p := places[i]
		if p.phone == than || p.since.Before(after) {
			return last, false
		}
		if p.since.After(last) {
			last = p.since
		}
	}
	return last, true
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
