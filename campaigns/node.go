package campaigns

import (
	"context"
	"errors"
	"time"
)

// A house of several nodes: processes that share one record store. Each life of
// a node is an epoch. Whoever thinks a node dead ends its epoch; from that moment
// the store refuses whatever that life would write, so it is safe to be wrong.
//
//	Join                 Ready               Drain              Leave
//	-----> joining ---------------> up ---------------> draining -----> gone
//	          |                     |                      |              |
//	          +---------------------+--- EndNode, by others +             |
//	          |                                             v             |
//	          +<------------------- Join: a new epoch --- fenced          |
//	          +<----------------------------------------------------------+
//
// A node beats once a second. One that was not heard of for a while is ended by
// whoever notices: its open attempts are closed as lost, its campaigns and duties
// are free.
var (
	// ErrFenced marks a write of a node whose epoch is over: others took it for
	// dead, and what it had to do is theirs by now. It lets go of everything and
	// joins again.
	ErrFenced = errors.New("this node was taken for dead by the others, who do its work by now: it has to join again before it writes")
	// ErrSuperseded marks a call for a campaign, or the work of a duty, that
	// another node has taken over meanwhile.
	ErrSuperseded = errors.New("another node has taken this over")
	// ErrNodeAlive marks a node that was heard of too lately to be ended.
	ErrNodeAlive = errors.New("the node is alive")
	// ErrDutyTaken marks a duty that a living node does.
	ErrDutyTaken = errors.New("another node does this")
)

// NodeState is where a node stands.
type NodeState string

// The states of a node.
const (
	NodeJoining  NodeState = "joining"  // writes, and takes no work yet
	NodeUp       NodeState = "up"       // takes work
	NodeDraining NodeState = "draining" // takes no new work, ends what it has
	NodeGone     NodeState = "gone"     // left by itself
	NodeFenced   NodeState = "fenced"   // was not heard of, and was ended by others
)

// Alive tells whether a node of this state may write.
func (s NodeState) Alive() bool { return s == NodeJoining || s == NodeUp || s == NodeDraining }

// Node is one of the processes that share a store.
type Node struct {
	ID      int64
	Name    string // given by whoever runs it; one process at a time has it
	Address string // where other nodes reach it
	Version string // of its program
	Epoch   int64  // counts its lives
	State   NodeState
	Drain   string        // who wants it to take no new work; empty = nobody
	Schema  int64         // the newest that its program knows; 0 = it did not say
	Since   time.Time     // when the epoch began, by the store's clock
	BeatAt  time.Time     // when it was last heard of, by the store's clock
	Silent  time.Duration // how long ago that is; 0 where nobody listens: a store of one process
}

// Duty is something that one node at a time does for the house.
type Duty struct {
	Name  string
	Node  int64     // who does it; 0 = nobody
	Fence int64     // counts who took it
	Until time.Time // when it is free unless it is kept, by the store's clock
}

// Membership is a store that several nodes share, as a node belongs to it. With
// a store of one process all of it is granted.
type Membership interface {
	// Join begins a new life of the node of that name, in state joining: from now
	// on all that this process writes is that node's, and refused with ErrFenced
	// when its epoch has ended.
	Join(ctx context.Context, name, address, version string) (Node, error)
	// Beat says that this node lives: once a second. ErrFenced when it does not.
	Beat(ctx context.Context) error
	// SetNodeState says that this node is up or draining. ErrFenced when its
	// epoch has ended.
	SetNodeState(ctx context.Context, s NodeState) error
}

// Mourner ends nodes that are not heard of.
type Mourner interface {
	// Nodes reads all there ever were, by id.
	Nodes(ctx context.Context) ([]Node, error)
	// EndNode ends the epoch of a node that was silent for so long by the store's
	// clock (ErrNodeAlive when it was not), closes its open attempts as lost and
	// frees its campaigns and duties. It may be called again, and by several at
	// once: each attempt is closed by one of them, who returns it.
	EndNode(ctx context.Context, node int64, silent time.Duration) ([]Attempt, error)
	// Disconnect ends what a node has open with the store that was silent for so
	// long (ErrNodeAlive when it was not): asleep in the middle of a write, it holds
	// up the writes of all. Its epoch goes on; a node that wakes connects again.
	Disconnect(ctx context.Context, node int64, silent time.Duration) error
	// Leave ends this node's own epoch. What it has open is closed as lost.
	Leave(ctx context.Context) ([]Attempt, error)
}

// Ownership gives campaigns to nodes.
type Ownership interface {
	// TakeCampaign makes this node the owner of a campaign, whoever was it before,
	// and returns the fence that each attempt of the campaign has to carry from
	// now on: see Attempt.Fence. What was in hoppers of the campaign is callable
	// again.
	TakeCampaign(ctx context.Context, campaign int64) (fence int64, err error)
	// ReleaseCampaign gives it back, unless somebody else has taken it.
	ReleaseCampaign(ctx context.Context, campaign, fence int64) error
}

// Duties gives out what one node at a time does.
type Duties interface {
	// TakeDuty takes a duty that nobody does, for some time unless it is kept.
	// ErrDutyTaken while another living node does it and keeps it.
	TakeDuty(ctx context.Context, name string, lasts time.Duration) (fence int64, err error)
	// KeepDuty prolongs it. ErrSuperseded when it is another's, ErrFenced when
	// this node's epoch has ended.
	KeepDuty(ctx context.Context, name string, fence int64, lasts time.Duration) error
	// ReleaseDuty gives it back, unless somebody else has taken it.
	ReleaseDuty(ctx context.Context, name string, fence int64) error
}
