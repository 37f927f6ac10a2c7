package dialer

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// crew is what the brain knows of the hands of a node. It is the same for as long
// as the brain lives, however often they go and come.
type crew struct {
	node    string
	do      func(deed) // never waits
	asked   *asks[word]
	trunk   Trunk       // of hands in this process; nil = they report their room
	parted  atomic.Bool // they are not reached: nothing new is theirs
	leaving atomic.Bool // they end with their calls: neither
	heard   atomic.Bool // they have said what lives with them

	mu      sync.Mutex // guards what follows
	rooms   map[int64]roomReport
	sent    int64 // calls that they were asked to place in the session
	link    *link // nil = there is no session
	session string
	pipe    Pipe      // the present one
	left    time.Time // when the session was over, or the brain came to know of them

	mourned bool // they were lost, and have not come again

	carrying sync.Mutex // held while a pipe carries words; not with mu held
}

// newCrew is the crew of a node whose hands talk over a link.
func newCrew(node string, asked *asks[word]) *crew {
	c := &crew{node: node, asked: asked, rooms: make(map[int64]roomReport), left: time.Now()}
	c.do = func(d deed) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.link != nil {
			c.link.say(frame{Deed: &d})
		} else if d.Ask != 0 {
			defer c.asked.fail(c.node, word{Kind: wordAnswer, Fault: faultOf(ErrHandsLost)})
		}
	}
	c.parted.Store(true)
	return c
}

// ask notes a question to them; hear gets the one answer, on any goroutine, and
// must not block.
func (c *crew) ask(hear func(word)) (id int64) { return c.asked.put(c.node, hear) }

// reached tells whether calls may be placed with them.
func (c *crew) reached() bool { return c.trunk != nil || !c.parted.Load() && !c.leaving.Load() }

// room is how many calls of a campaign the node takes beside those that were
// placed there and are not with its trunks yet, of which the caller knows begun.
func (c *crew) room(campaign int64, trunks []string, begun int) (lines int, why string) {
	if c.trunk != nil {
		lines, why = c.trunk.Room(trunks)
		return lines - begun, why
	}
	switch {
	case c.parted.Load():
		return 0, "node " + c.node + " is not reached"
	case c.leaving.Load():
		return 0, "node " + c.node + " stops"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rooms[campaign]
	return r.Lines - int(c.sent-r.Placed), r.Why
}

// place sends a call.
func (c *crew) place(d deed) {
	c.mu.Lock()
	c.sent++
	c.mu.Unlock()
	c.do(d)
}

// clear sends a deed that withdraws, and returns what is closed when no INVITE of
// what it withdrew leaves any more.
func (c *crew) clear(d deed) <-chan struct{} {
	done := make(chan struct{})
	d.Ask = c.ask(func(word) { close(done) })
	c.do(d)
	return done
}

// report takes what the node said of its room.
func (c *crew) report(campaign int64, r roomReport) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rooms[campaign] = r
}

// greet takes up a session over a new pipe: the one there is, or another.
func (c *crew) greet(g greeting, p Pipe) (l *link, fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pipe = p
	if fresh = c.link == nil || c.session != g.Session; fresh {
		c.link, c.session, c.sent, c.rooms = newLink(), g.Session, 0, make(map[int64]roomReport)
		c.leaving.Store(false) // a node that began anew has the name
	}
	c.link.begin(g.Heard)
	c.mourned = false
	c.parted.Store(false)
	return c.link, fresh
}

// hangUp ends the present pipe: there is another.
func (c *crew) hangUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pipe != nil {
		_ = c.pipe.Close()
	}
}

// inSession names the present session; empty = there is none.
func (c *crew) inSession() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session
}

// silence is how long nothing was heard of them.
func (c *crew) silence() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == nil {
		return time.Since(c.left)
	}
	return c.link.silence()
}

// mourn tells once whether there is something to end.
func (c *crew) mourn() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	again := c.mourned
	c.mourned = true
	return !again
}

// lose ends the session.
func (c *crew) lose() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pipe != nil {
		_ = c.pipe.Close()
	}
	c.link, c.pipe, c.session, c.left = nil, nil, "", time.Now()
}

// crewList are the hands of all nodes.
type crewList struct {
	mu  sync.Mutex
	all []*crew
}

func (l *crewList) list() []*crew {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

func (l *crewList) add(c *crew) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, c)
}

// of is the crew of a node, and the one that make makes when there is none.
func (l *crewList) of(node string, make func() *crew) *crew {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.all {
		if c.node == node {
			return c
		}
	}
	c := make()
	l.all = append(l.all, c)
	return c
}
