package redis

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed presence.lua
var presenceText string

var presenceScript = redis.NewScript(presenceText)

const (
	presenceEvery = 500 * time.Millisecond // after Redis was emptied all is told again within a second
	goneAfter     = 5 * time.Second
)

// Node is what a node tells the others of itself.
type Node struct {
	Name    string  `json:"name"`
	Address string  `json:"address"` // of its peers' port
	Version string  `json:"version"`
	Agents  int     `json:"agents"`
	Lines   int     `json:"lines"` // in use
	CPU     float64 `json:"cpu"`   // of one, 0 to 1 for the whole machine
}

// Place is where an agent's desk and phone are: the names of nodes, empty for none.
type Place struct{ Desk, Phone string }

// View is who is there, as far as this node has heard.
type View struct {
	Nodes  []Node // by name
	Agents map[int64]Place
	Heard  time.Time // when Redis last answered; old: Redis is gone, and the rest is what was
}

// Change is what happened since the last one that was taken.
type Change struct {
	Came, Went []string // names of nodes
	Agents     bool     // some agent is elsewhere than before
}

// Presence tells the others of this node, and this node of the others. Nothing
// rests on it. It is safe for use by many goroutines; Run has to run.
//
//	unknown --first beat heard--> there --no new beat for 5 s, while Redis answers--> gone
//
// While Redis is silent nobody goes; when it is back everyone has 5 s again. A node
// that says good-bye is missed after 5 s too: what it had may still end.
type Presence struct {
	house *House
	name  string
	view  atomic.Pointer[View]
	rings chan struct{}

	mu      sync.Mutex
	self    Node
	here    map[int64]string // what this node has of its agents: d, p or dp
	version int64            // of here
	pending Change

	// of Run's goroutine
	beat   int64
	beats  map[string]string // the last of each node that stands in Redis
	others map[string]*other
	heard  time.Time
}

// other is a node as this one knows it.
type other struct {
	Node
	at      time.Time // when a new beat was heard
	version string    // of agents
	told    string    // the version that the node has now
	agents  map[int64]string
}

// Presence makes this node's part of it; self is what it says first.
func (h *House) Presence(self Node) *Presence {
	p := &Presence{house: h, name: self.Name, self: self, here: map[int64]string{}, rings: make(chan struct{}, 1)}
	p.beats, p.others = map[string]string{}, map[string]*other{}
	p.version = time.Now().UnixNano() // another than that of the same node before its restart
	p.view.Store(&View{Agents: map[int64]Place{}})
	return p
}

// Tell renews what the node says of itself; its name stays.
func (p *Presence) Tell(self Node) {
	p.mu.Lock()
	defer p.mu.Unlock()
	self.Name = p.name
	p.self = self
}

// Seat says whether an agent's desk and phone are at this node.
func (p *Presence) Seat(agent int64, desk, phone bool) {
	what := ""
	if desk {
		what += "d"
	}
	if phone {
		what += "p"
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.here[agent] == what {
		return
	}
	p.version++
	if p.here[agent] = what; what == "" {
		delete(p.here, agent)
	}
}

// View is who is there. It is not to be changed.
func (p *Presence) View() *View { return p.view.Load() }

// Changed rings after something changed; Taken says what.
func (p *Presence) Changed() <-chan struct{} { return p.rings }

// Taken returns what changed since it was last called.
func (p *Presence) Taken() Change {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.pending
	p.pending = Change{}
	return c
}

// Run beats until ctx ends, and says good-bye then.
func (p *Presence) Run(ctx context.Context) {
	beat := time.NewTicker(presenceEvery)
	defer beat.Stop()
	for anew := true; ; {
		missing, err := p.say(ctx, anew)
		if err == nil && missing && !anew { // Redis was emptied, or agents came or went: not in half a second, now
			missing, err = p.say(ctx, true)
		}
		anew = err != nil || missing
		select {
		case <-ctx.Done():
			p.leave()
			return
		case <-beat.C:
		}
	}
}

// say beats once and takes in what the others said.
func (p *Presence) say(ctx context.Context, anew bool) (missing bool, err error) {
	p.beat++
	p.mu.Lock()
	words, err := json.Marshal(p.self)
	version, here := strconv.FormatInt(p.version, 10), maps.Clone(p.here)
	p.mu.Unlock()
	if err != nil {
		return false, err
	}
	args := []any{p.name, words, p.beat, version, 0}
	if anew {
		args[4] = 1
		for agent, what := range here {
			args = append(args, agent, what)
		}
	}
	keys := []string{p.house.key("nodes", ""), p.at(p.name)}
	answer, err := within(ctx, ownWait, func(ctx context.Context) ([]any, error) {
		return presenceScript.Run(ctx, p.house.client, keys, args...).Slice()
	})
	if err != nil {
		return false, err
	}
	if len(answer)%4 != 1 {
		return false, fmt.Errorf("presence: an answer of %d parts", len(answer))
	}
	p.hear(ctx, answer[1:])
	return answer[0] == int64(1), nil
}

func (p *Presence) at(node string) string { return p.house.key("at", node) }

// hear takes in all nodes.
func (p *Presence) hear(ctx context.Context, all []any) {
	now := time.Now()
	if now.Sub(p.heard) > 3*presenceEvery { // Redis was gone: nobody could be heard
		for _, o := range p.others {
			o.at = now
		}
	}
	p.heard = now
	var c Change
	for one := range slices.Chunk(all, 4) {
		if name, came := p.hearOf(one, now); came {
			c.Came = append(c.Came, name)
		}
	}
	for name, o := range p.others {
		if now.Sub(o.at) >= goneAfter {
			delete(p.others, name)
			c.Went = append(c.Went, name)
			c.Agents = c.Agents || len(o.agents) > 0
		}
	}
	c.Agents = p.fetch(ctx) || c.Agents
	p.publish(now, c)
}

// hearOf takes in one node. It is there when a second beat of it was heard: the
// first may be of a node that has died.
func (p *Presence) hearOf(one []any, now time.Time) (name string, came bool) {
	name, beat := fmt.Sprint(one[0]), fmt.Sprint(one[1])
	var said Node
	if json.Unmarshal([]byte(fmt.Sprint(one[3])), &said) != nil {
		return name, false // of a program that speaks otherwise
	}
	last, known := p.beats[name]
	p.beats[name] = beat
	o := p.others[name]
	if o == nil {
		if !known || last == beat {
			return name, false
		}
		o, came = &other{}, true
		p.others[name] = o
	}
	if last != beat {
		o.at = now
	}
	o.Node, o.told = said, fmt.Sprint(one[2])
	return name, came
}

// fetch reads the agents of the nodes that have others than they had.
func (p *Presence) fetch(ctx context.Context) (changed bool) {
	for name, o := range p.others {
		if o.version == o.told {
			continue
		}
		fields, err := within(ctx, ownWait, func(ctx context.Context) (map[string]string, error) {
			return p.house.client.HGetAll(ctx, p.at(name)).Result()
		})
		if err != nil || fields[""] != o.told { // it is about to write them; with the next beat then
			continue
		}
		agents := map[int64]string{}
		for field, what := range fields {
			if id, err := strconv.ParseInt(field, 10, 64); err == nil {
				agents[id] = what
			}
		}
		o.agents, o.version, changed = agents, o.told, true
	}
	return changed
}

// publish shows the view and rings when something changed.
func (p *Presence) publish(now time.Time, c Change) {
	v := &View{Heard: now, Agents: map[int64]Place{}}
	for _, name := range slices.Sorted(maps.Keys(p.others)) {
		o := p.others[name]
		v.Nodes = append(v.Nodes, o.Node)
		for agent, what := range o.agents {
			place := v.Agents[agent]
			if strings.Contains(what, "d") {
				place.Desk = name
			}
			if strings.Contains(what, "p") {
				place.Phone = name
			}
			v.Agents[agent] = place
		}
	}
	p.view.Store(v)
	if len(c.Came)+len(c.Went) == 0 && !c.Agents {
		return
	}
	p.mu.Lock()
	p.pending.Came = append(p.pending.Came, c.Came...)
	p.pending.Went = append(p.pending.Went, c.Went...)
	p.pending.Agents = p.pending.Agents || c.Agents
	p.mu.Unlock()
	select {
	case p.rings <- struct{}{}:
	default: // it rings already
	}
}

// leave takes the node off the list, so that one which starts now does not wait for it.
func (p *Presence) leave() {
	ctx, stop := context.WithTimeout(context.Background(), ownWait)
	defer stop()
	_, err := p.house.client.TxPipelined(ctx, func(tx redis.Pipeliner) error {
		tx.HDel(ctx, p.house.key("nodes", ""), p.name)
		tx.Del(ctx, p.at(p.name))
		return nil
	})
	if err != nil {
		p.house.log.Info("presence: the node's leave was not told; the others miss it in 5 s", "node", p.name, "error", err)
	}
}
