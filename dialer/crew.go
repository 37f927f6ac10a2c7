package dialer

import "sync"

// crew is what the brain knows of the hands of a node.
type crew struct {
	node  string
	do    func(deed) // never waits
	asked *asks[word]
	trunk Trunk // of hands in this process; nil = they report their room

	mu    sync.Mutex // guards what follows
	rooms map[int64]roomReport
	sent  int64 // calls that they were asked to place
}

// ask notes a question to them; hear gets the one answer, on any goroutine, and
// must not block.
func (c *crew) ask(hear func(word)) (id int64) { return c.asked.put(c.node, hear) }

// room is how many calls of a campaign the node takes beside those that were
// placed there and are not with its trunks yet, of which the caller knows begun.
func (c *crew) room(campaign int64, trunks []string, begun int) (lines int, why string) {
	if c.trunk != nil {
		lines, why = c.trunk.Room(trunks)
		return lines - begun, why
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
