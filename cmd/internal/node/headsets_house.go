package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/peer"
)

// houseHeadsets are the headsets of all nodes, as the one that leads sees them. A
// headset is on the node that its page's offer came to first, and there it stays,
// wherever later requests come in, until it is gone or that node is:
//
//	offer --> any node --forwarded--> the node that leads --asked--> the node of the
//	          headset; there is none: the node that the offer came to
//
// Each node says how its headsets are, at each change and each sayHeadsetsEvery.
type houseHeadsets struct {
	*headsets         // of this node
	house     *others // nil = there are no other nodes
}

var _ campaigns.HeadsetSource = houseHeadsets{}

// ears are the headsets as pages and API see them.
func (n *Node) ears() houseHeadsets {
	h := houseHeadsets{headsets: n.headsets}
	if n.several != nil {
		h.house = n.several.others
	}
	return h
}

// newOthers are the headsets of other nodes, of which nobody has said anything yet.
func (s *several) newOthers() *others {
	return &others{
		self: s.name, ask: s.peers.Ask, gone: s.peers.Gone, know: make(map[int64]elsewhere), said: make(map[string]time.Time),
		all:  func() []campaigns.Node { return s.member.View().Nodes },
		here: func(user int64) bool { return s.n.headsets.Headset(user).Phase != campaigns.HeadsetNone },
		wake: s.n.headsets.changed,
	}
}

// others is the other nodes, as far as headsets go.
type others struct {
	self string
	ask  func(ctx context.Context, node, name string, question []byte) ([]byte, error)
	gone func(node string) bool // is not heard
	all  func() []campaigns.Node
	here func(user int64) bool // has a headset on this node
	wake func(user int64)

	mu   sync.Mutex           // guards what follows
	know map[int64]elsewhere  // by user
	said map[string]time.Time // when a node told of all its headsets
}

// elsewhere is a headset on another node.
type elsewhere struct {
	node  string
	at    time.Time // when it was told
	state campaigns.Headset
}

// Times of what is said between nodes about headsets.
const (
	// sayHeadsetsEvery is how often a node says how its headsets are.
	sayHeadsetsEvery = 2 * time.Second
	// headsetsFresh is for how long a headset stands that its node did not name: what
	// it said may be older than the offer that it answered.
	headsetsFresh = 3 * time.Second
	// headsetsStale is after which a headset is forgotten that nobody names.
	headsetsStale = 5 * sayHeadsetsEvery
	// askHeadsetWithin bounds what a page does not wait for.
	askHeadsetWithin = 3 * time.Second
)

// Names of questions between nodes.
const (
	askHeadset  = "headset"  // do something with a headset of yours
	askHeadsets = "headsets" // this is how ours are
)

// headsetOrder is what a node is asked to do with a headset of its own.
type headsetOrder struct {
	Do      headsetDeed             `json:"do"`
	User    int64                   `json:"user"`
	Session string                  `json:"session,omitempty"`
	Offer   string                  `json:"offer,omitempty"`
	Report  campaigns.HeadsetReport `json:"report,omitzero"`
}

// headsetDeed names it.
type headsetDeed string

const (
	headsetConnect    headsetDeed = "connect"
	headsetDisconnect headsetDeed = "disconnect"
	headsetTest       headsetDeed = "test"
	headsetEndTest    headsetDeed = "end_test"
	headsetReport     headsetDeed = "report"
)

// headsetAnswer is what comes of it.
type headsetAnswer struct {
	Answer  string `json:"answer,omitempty"`
	Session string `json:"session,omitempty"`
}

// do does it here.
func (h *headsets) do(ctx context.Context, o headsetOrder) (a headsetAnswer, err error) {
	switch o.Do {
	case headsetConnect:
		a.Answer, a.Session, err = h.ConnectHeadset(ctx, o.User, o.Offer)
	case headsetTest:
		a.Answer, a.Session, err = h.TestHeadset(ctx, o.User, o.Offer)
	case headsetDisconnect:
		err = h.DisconnectHeadset(o.User, o.Session)
	case headsetEndTest:
		err = h.EndHeadsetTest(o.User, o.Session)
	case headsetReport:
		err = h.ReportHeadset(o.User, o.Session, o.Report)
	default:
		err = fmt.Errorf("headsets know nothing of %q", o.Do)
	}
	return a, err
}

// ConnectHeadset answers an offer on the node of the user's headset, or on the one
// that the offer came to.
func (h houseHeadsets) ConnectHeadset(ctx context.Context, user int64, offer string) (answer, session string, err error) {
	return h.offer(ctx, headsetOrder{Do: headsetConnect, User: user, Offer: offer})
}

// TestHeadset answers an offer with an echo, there as well.
func (h houseHeadsets) TestHeadset(ctx context.Context, user int64, offer string) (answer, session string, err error) {
	return h.offer(ctx, headsetOrder{Do: headsetTest, User: user, Offer: offer})
}

func (h houseHeadsets) offer(ctx context.Context, o headsetOrder) (answer, session string, err error) {
	h.house.wait(ctx)
	node := h.nodeFor(ctx, o.User)
	a, err := h.at(ctx, node, o)
	if errors.Is(err, peer.ErrNoAnswer) && node != h.entry(ctx) { // its node has just gone
		h.house.forget(o.User, node)
		node = h.entry(ctx)
		a, err = h.at(ctx, node, o)
	}
	if err == nil && o.Do == headsetConnect && h.house != nil {
		h.house.settle(o.User, node)
	}
	return a.Answer, a.Session, err
}

// entry is the node that a request came to; one that is about to stop has no place.
func (h houseHeadsets) entry(ctx context.Context) string {
	if from, ok := peer.Origin(ctx); ok && h.house != nil && h.house.takes(from.Node) {
		return from.Node
	}
	return h.self()
}

func (h houseHeadsets) self() string {
	if h.house == nil {
		return ""
	}
	return h.house.self
}

// nodeFor is the node that answers an offer.
func (h houseHeadsets) nodeFor(ctx context.Context, user int64) string {
	node, ok := h.where(user)
	if ok && (h.house == nil || h.Headset(user).InUse || node == h.self() || h.house.takes(node)) {
		return node
	}
	return h.entry(ctx) // a node that stops gets nothing new
}

// where is the node of a user's headset; false when there is none.
func (h houseHeadsets) where(user int64) (node string, ok bool) {
	if h.house == nil {
		return "", true
	}
	if e, ok := h.house.of(user); ok {
		return e.node, true
	}
	if h.headsets.Headset(user).Phase != campaigns.HeadsetNone {
		return h.house.self, true
	}
	return "", false
}

// at does something on a node.
func (h houseHeadsets) at(ctx context.Context, node string, o headsetOrder) (a headsetAnswer, err error) {
	if node == h.self() {
		return h.headsets.do(ctx, o)
	}
	question, err := json.Marshal(o)
	if err != nil {
		return a, err
	}
	text, err := h.house.ask(ctx, node, askHeadset, question)
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(text, &a)
}

// DisconnectHeadset ends a connection, wherever it is.
func (h houseHeadsets) DisconnectHeadset(user int64, session string) error {
	return h.anywhere(headsetOrder{Do: headsetDisconnect, User: user, Session: session})
}

// EndHeadsetTest ends an echo, wherever it is.
func (h houseHeadsets) EndHeadsetTest(user int64, session string) error {
	return h.anywhere(headsetOrder{Do: headsetEndTest, User: user, Session: session})
}

// ReportHeadset takes what a page measured to the node of its headset.
func (h houseHeadsets) ReportHeadset(user int64, session string, r campaigns.HeadsetReport) error {
	ctx, cancel := context.WithTimeout(context.Background(), askHeadsetWithin)
	defer cancel()
	node, ok := h.where(user)
	if !ok {
		node = h.self()
	}
	_, err := h.at(ctx, node, headsetOrder{Do: headsetReport, User: user, Session: session, Report: r})
	return err
}

// anywhere does something with a connection that is on the user's node, on ours, or
// on one that the user has left.
func (h houseHeadsets) anywhere(o headsetOrder) error {
	ctx, cancel := context.WithTimeout(context.Background(), askHeadsetWithin)
	defer cancel()
	nodes := []string{h.self()}
	if node, ok := h.where(o.User); ok && node != h.self() {
		nodes = append([]string{node}, nodes...)
	}
	if h.house != nil {
		nodes = append(nodes, h.house.nodes()...)
	}
	first, tried := error(nil), map[string]bool{}
	for _, node := range nodes {
		if tried[node] {
			continue
		}
		tried[node] = true
		_, err := h.at(ctx, node, o)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// Headset tells how a user's headset is, wherever it is: as its node said last.
func (h houseHeadsets) Headset(user int64) campaigns.Headset {
	if h.house != nil {
		if e, ok := h.house.of(user); ok {
			return e.state
		}
	}
	return h.headsets.Headset(user)
}

// of is a user's headset on another node.
func (o *others) of(user int64) (elsewhere, bool) {
	o.mu.Lock()
	e, ok := o.know[user]
	o.mu.Unlock()
	if !ok || time.Since(e.at) > headsetsStale || o.gone(e.node) {
		return elsewhere{}, false
	}
	return e, true
}

// nodes are those that headsets are known of.
func (o *others) nodes() (all []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range o.know {
		if !slices.Contains(all, e.node) {
			all = append(all, e.node)
		}
	}
	return all
}

// settle notes that a node has answered a user's offer: the headset is there, and
// nowhere else.
func (o *others) settle(user int64, node string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch e, known := o.know[user]; {
	case node == o.self:
		delete(o.know, user)
	case known && e.node == node:
		e.at = time.Now()
		o.know[user] = e
	default:
		o.know[user] = elsewhere{node: node, at: time.Now(), state: campaigns.Headset{Phase: campaigns.HeadsetConnecting, Since: time.Now()}}
	}
}

func (o *others) forget(user int64, node string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.know[user].node == node {
		delete(o.know, user)
	}
}

// headsetMark is what a change of wakes who watches a headset.
func headsetMark(h campaigns.Headset) string {
	return fmt.Sprint(h.Phase, h.Session, h.Problem.Code, h.InUse)
}

// look forgets the headsets of nodes that are gone.
func (o *others) look() {
	o.mu.Lock()
	var left []int64
	for user, e := range o.know {
		if o.gone(e.node) || time.Since(e.at) > headsetsStale {
			delete(o.know, user)
			left = append(left, user)
		}
	}
	o.mu.Unlock()
	for _, user := range left {
		o.wake(user)
	}
}

// takes tells whether new headsets have a place on a node: not when it is to stop.
func (o *others) takes(node string) bool {
	return slices.ContainsFunc(o.all(), func(n campaigns.Node) bool { return n.Name == node && n.State == campaigns.NodeUp })
}

// wait waits until every other node has said which headsets it has, but not for long:
// whoever begins to lead does not know yet where they are.
func (o *others) wait(ctx context.Context) {
	if o == nil {
		return
	}
	for began := time.Now(); !o.told() && time.Since(began) < sayHeadsetsEvery/2 && ctx.Err() == nil; {
		rest := time.NewTimer(50 * time.Millisecond)
		select {
		case <-rest.C:
		case <-ctx.Done():
		}
		rest.Stop()
	}
}

func (o *others) told() bool {
	for _, n := range o.all() {
		o.mu.Lock()
		at := o.said[n.Name]
		o.mu.Unlock()
		if n.Name != o.self && !o.gone(n.Name) && time.Since(at) > headsetsStale {
			return false
		}
	}
	return true
}
