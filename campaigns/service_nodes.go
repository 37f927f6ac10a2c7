package campaigns

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// NodeReader is a store that knows of the nodes of its house.
type NodeReader interface {
	// Nodes reads all there ever were, by id.
	Nodes(ctx context.Context) ([]Node, error)
	// Duties reads who does what for the house.
	Duties(ctx context.Context) ([]Duty, error)
	// NodeLines counts the open attempts of each node, by its id.
	NodeLines(ctx context.Context) (map[int64]int, error)
}

// NodeKeeper marks nodes that are to take no new work.
type NodeKeeper interface {
	// DrainNode sets the mark, or takes it away, and writes down who did;
	// ErrNotFound when there is no node of that name.
	DrainNode(ctx context.Context, name string, drain bool, by string) error
}

// FloorDuty is the duty of the node that leads.
const FloorDuty = "floor"

// silentNode is how long a node may be silent before its page says so: others end
// its life soon after.
const silentNode = 5 * time.Second

// NodeStanding is a node as those see it who keep the house going.
type NodeStanding struct {
	Name    string        `json:"name"`
	Address string        `json:"address" doc:"Where other nodes reach it."`
	Version string        `json:"version" doc:"Of its program."`
	Schema  int64         `json:"schema" doc:"The newest schema of the records that its program knows."`
	State   NodeState     `json:"state" enum:"joining,up,draining,gone,fenced"`
	Since   time.Time     `json:"since" doc:"Of the state gone or fenced, else of its present life."`
	HeardAt time.Time     `json:"heard_at" doc:"When it said last that it lives, by the clock of the record store."`
	Silent  time.Duration `json:"-"` // since then
	Role    string        `json:"role" enum:"floor,hands,none" doc:"floor: it decides who is called, for all nodes; hands: it places and carries calls; none: it does not live."`
	Agents  int           `json:"agents" doc:"Signed in with a phone there."`
	Lines   int           `json:"lines" doc:"Calls that are open there."`
	Drain   string        `json:"drain,omitempty" doc:"Who wants it to take no new work; absent: nobody."`
	Barred  []NodeBar     `json:"barred,omitempty" doc:"Why it calls nobody, as it says itself; absent: it calls, or nobody could ask it."`
}

// NodeBar is why a node calls nobody.
type NodeBar struct {
	Code NodeBarCode `json:"code" enum:"clock,store,outcomes,trunks"`
	Why  string      `json:"why" doc:"What it is, and what lets it call again."`
}

// NodeBarCode is a kind of reason.
type NodeBarCode string

// Why a node calls nobody.
const (
	BarClock    NodeBarCode = "clock"    // its clock jumped, or is off
	BarStore    NodeBarCode = "store"    // the store takes no writes from it
	BarOutcomes NodeBarCode = "outcomes" // what calls came to waits to be written
	BarTrunks   NodeBarCode = "trunks"   // no trunk takes calls
)

// Alive tells whether it takes part.
func (n NodeStanding) Alive() bool { return n.State.Alive() && n.Silent <= silentNode }

// Drained tells whether no call is carried by a node that is to drain. Agents may have
// their phone there and talk over a line of another node: a stop by SIGTERM lets each
// finish the present call.
func (n NodeStanding) Drained() bool {
	return !n.Alive() || n.Drain != "" && n.Role != FloorDuty && n.Lines == 0
}

// TrunkShare is what a node may take of a trunk by itself while Redis, which shares the
// trunk's limits among all nodes, is away.
type TrunkShare struct {
	Trunk    string  `json:"trunk"`
	CPS      float64 `json:"cps" doc:"Calls a second that the node which leads may start there."`
	AllCPS   float64 `json:"all_cps" doc:"Those that all nodes together may start."`
	Lines    int     `json:"lines" doc:"Lines that the node which leads may take."`
	AllLines int     `json:"all_lines" doc:"Those that all nodes together may take."`
}

// NodeWatch is what the node that is asked knows of the others beside the records.
type NodeWatch interface {
	// Phones counts the agents whose phone is at a node, by its name.
	Phones() map[string]int
	// SafeShares are the trunks that are dialed at this node's own share, because
	// Redis is away; none when it is not, or when the house has none.
	SafeShares() []TrunkShare
	// Barred asks the nodes that live why they call nobody, all at once, for a second
	// or so. Those that call, and those that did not answer, are not in it.
	Barred(ctx context.Context) map[string][]NodeBar
}

// Nodes is the nodes of the house, as people look at them.
type Nodes struct {
	reader NodeReader
	keeper NodeKeeper
	watch  NodeWatch
}

// NewNodes returns the service. A nil watch counts no agents, knows of no trunk and
// asks no node.
func NewNodes(reader NodeReader, keeper NodeKeeper, watch NodeWatch) *Nodes {
	return &Nodes{reader: reader, keeper: keeper, watch: watch}
}

// SafeShares are the trunks that are dialed at the nodes' own shares at present.
func (n *Nodes) SafeShares(_ context.Context, by User) ([]TrunkShare, error) {
	if err := by.Allow(SeeNodes); err != nil || n.watch == nil {
		return nil, err
	}
	return n.watch.SafeShares(), nil
}

// List lists the nodes that ever took part, those that live first. It is empty in
// a house of one node that stands alone.
func (n *Nodes) List(ctx context.Context, by User) ([]NodeStanding, error) {
	if err := by.Allow(SeeNodes); err != nil {
		return nil, err
	}
	all, err := n.list(ctx)
	if err != nil || n.watch == nil {
		return all, err
	}
	barred := n.watch.Barred(ctx)
	for i := range all {
		if all[i].Alive() {
			all[i].Barred = barred[all[i].Name]
		}
	}
	return all, nil
}

func (n *Nodes) list(ctx context.Context) ([]NodeStanding, error) {
	all, err := n.reader.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	duties, err := n.reader.Duties(ctx)
	if err != nil {
		return nil, err
	}
	lines, err := n.reader.NodeLines(ctx)
	if err != nil {
		return nil, err
	}
	var phones map[string]int
	if n.watch != nil {
		phones = n.watch.Phones()
	}
	out := make([]NodeStanding, len(all))
	for i, one := range all {
		out[i] = standing(one, duties)
		out[i].Lines, out[i].Agents = lines[one.ID], phones[one.Name]
	}
	slices.SortFunc(out, func(a, b NodeStanding) int {
		return cmp.Or(compareTrue(a.Alive(), b.Alive()), cmp.Compare(a.Name, b.Name))
	})
	return out, nil
}

func standing(n Node, duties []Duty) NodeStanding {
	s := NodeStanding{
		Name: n.Name, Address: n.Address, Version: n.Version, Schema: n.Schema, State: n.State,
		Since: n.Since.UTC(), HeardAt: n.BeatAt.UTC(), Silent: n.Silent, Role: "none", Drain: n.Drain,
	}
	if n.State.Alive() {
		s.Role = "hands"
		if slices.ContainsFunc(duties, func(d Duty) bool { return d.Name == FloorDuty && d.Node == n.ID }) {
			s.Role = FloorDuty
		}
	}
	return s
}

// compareTrue puts what is true first.
func compareTrue(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// Drain makes a node take no new work: no call is placed there any more, and it
// leaves the floor to another. Conversations go on. The mark stays, also over a
// restart of the node, until Undrain.
func (n *Nodes) Drain(ctx context.Context, by User, name string) error {
	if err := by.Allow(DrainNodes); err != nil {
		return err
	}
	all, err := n.list(ctx)
	if err != nil {
		return fmt.Errorf("drain node %s: %w", name, err)
	}
	if !slices.ContainsFunc(all, func(s NodeStanding) bool { return s.Name == name }) {
		return noNode(name, len(all))
	}
	if !slices.ContainsFunc(all, func(s NodeStanding) bool { return s.Name != name && s.Alive() && s.Drain == "" }) {
		return problem(KindConflict, "last_node", "No other node takes work, so nobody would be called any more. Start or undrain another node first; to stop calls, use the kill switch or stop the campaigns.")
	}
	return n.keeper.DrainNode(ctx, name, true, by.Login)
}

// Undrain lets a node take work again.
func (n *Nodes) Undrain(ctx context.Context, by User, name string) error {
	if err := by.Allow(DrainNodes); err != nil {
		return err
	}
	all, err := n.list(ctx)
	if err != nil {
		return fmt.Errorf("undrain node %s: %w", name, err)
	}
	if !slices.ContainsFunc(all, func(s NodeStanding) bool { return s.Name == name }) {
		return noNode(name, len(all))
	}
	return n.keeper.DrainNode(ctx, name, false, by.Login)
}

func noNode(name string, of int) error {
	if of == 0 {
		return problem(KindConflict, "stands_alone", "This house is one node that stands alone: there is nothing to drain to. Stopping it lets its conversations end first.")
	}
	return problem(KindNotFound, "node_not_found", "There is no node %q; forecall nodes lists them.", name)
}
