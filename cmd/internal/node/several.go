package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/cluster"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/keyring"
	"github.com/forecall/forecall/cmd/internal/peer"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/internalleg"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/storage/redis"
)

// several is what a node has that is one of several: its part in the house, the
// ways to the other nodes, and its hands, which work for whichever node leads.
type several struct {
	n       *Node
	name    string
	member  *cluster.Member
	peers   *peer.Peers
	legs    *internalleg.Legs
	hands   *dialer.Hands
	news    *news
	forward http.Handler // to the node that leads
	others  *others      // headsets that are not on this node

	registers *registersHere
	way       wayToFloor

	life     atomic.Pointer[life]
	presence atomic.Pointer[redis.Presence] // nil: there is none
	led      atomic.Pointer[reign]
	strange  atomic.Pointer[error] // nil: our secret is that of the house
}

// life is one life of the node in the house: requests that others serve for us end
// with it.
type life struct {
	ctx context.Context
	end context.CancelCauseFunc
}

// openSeveral opens the ways to the other nodes; nothing is joined before Run.
func (n *Node) openSeveral(ctx context.Context) (err error) {
	c := n.settings.Config
	if !c.Several() {
		return nil
	}
	if err := keyring.Introduce(ctx, signing(c, n.db)); err != nil {
		return err
	}
	s := &several{n: n}
	s.led.Store(newReign(""))
	if s.name, err = c.NodeName(); err != nil {
		return err
	}
	secret := []byte(c.Cluster.Secret)
	if err := s.openPorts(c.Cluster.Listen, secret); err != nil {
		return err
	}
	s.others, s.registers = s.newOthers(), s.newRegisters()
	s.forward = s.peers.Forward(func() string { return s.member.View().Leader.Name })
	settings, err := n.dialing()
	if err != nil {
		return err
	}
	settings.Node, settings.Stations = s.name, internalleg.Stations{Legs: s.legs, Address: s.address}
	settings.Lives = func() error { return s.member.Lives() }
	s.hands = dialer.NewHands(settings, engineStore{n.db, n.spool}, waitingTrunk{n.trunks, s.registers.waiting})
	s.member = cluster.New(cluster.Settings{
		Store: n.db, Name: s.name, Address: s.reached(c), Version: n.settings.Version, Log: n.log,
		Lead: n.leads, Alone: s.alone, Refused: func(ctx context.Context, other campaigns.Node) bool { return s.peers.Refused(ctx, other.Address) }, Joined: s.joined, Over: s.over, Seen: s.seen, Moved: s.tell,
	})
	s.news = s.openNews()
	n.several = s
	return n.secrets.read(ctx)
}

// portTries is how many free ports are tried: one that is free for words may be taken
// for voices.
const portTries = 10

// openPorts opens the ports for words and for voices.
func (s *several) openPorts(listen string, secret []byte) (err error) {
	_, port, _ := net.SplitHostPort(listen) // what is wrong with it is the port's to say
	for try := 1; ; try++ {
		s.peers, err = peer.Open(peer.Settings{
			Self: peer.Peer{Node: s.name}, Secret: secret, Listen: listen, OnPipe: s.onPipe, Answer: s.answer, Serve: s.n.front(), Log: s.n.log,
		})
		if err != nil {
			return fmt.Errorf("cluster.listen: %w", err)
		}
		if err = s.openLegs(secret); err == nil {
			break
		}
		err = errors.Join(err, s.peers.Close())
		if port != "0" || try == portTries {
			return err
		}
	}
	s.n.later(s.peers.Close)
	s.n.later(s.legs.Close)
	return nil
}

// openLegs opens the port for voices of other nodes: UDP, with the number of the
// port for words.
func (s *several) openLegs(secret []byte) error {
	key, err := peer.Key(secret, "internal legs")
	if err != nil {
		return fmt.Errorf("cluster.secret: %w", err)
	}
	at, err := netip.ParseAddrPort(s.peers.Addr().String())
	if err != nil {
		return fmt.Errorf("cluster.listen: %w", err)
	}
	s.legs, err = internalleg.Open(internalleg.Settings{
		Node: s.name, Key: key, Listen: []sipua.Listener{{Transport: "udp", Addr: at}}, Media: s.n.media, Phone: func(name string) (dialer.Station, bool) { return s.hands.Phone(name) }, Log: s.n.log,
	})
	if err != nil {
		return fmt.Errorf("cluster.listen: %w", err)
	}
	return nil
}

// reached is where the other nodes reach this one.
func (s *several) reached(c config.Config) string {
	if c.Cluster.Advertise != "" {
		return c.Cluster.Advertise
	}
	return s.peers.Addr().String() // port 0 has a number now
}

// address is where a node takes internal legs.
func (s *several) address(node string) (sipua.Target, bool) {
	for _, other := range s.member.View().Nodes {
		if other.Name != node {
			continue
		}
		host, port, err := net.SplitHostPort(other.Address)
		number, bad := strconv.Atoi(port)
		return sipua.Target{Host: host, Port: number, Transport: "udp"}, err == nil && bad == nil
	}
	return sipua.Target{}, false
}

// joined begins a life: what an earlier one left is closed.
func (s *several) joined(self campaigns.Node) {
	s.peers.SetEpoch(self.Epoch)
	defer s.hands.Resume()
	defer s.begin()
	if err := s.n.live.join(self); err != nil {
		s.n.log.Error("share the limits of the trunks", "error", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	lost, err := s.n.db.Recover(ctx, time.Now())
	if err != nil {
		s.n.log.Error("close the attempts that an earlier life of this node left", "error", err)
	}
	if len(lost) > 0 {
		s.n.log.Warn("attempts were open when an earlier life of this node ended; closed as lost", "count", len(lost))
	}
}

func (s *several) begin() {
	l := &life{}
	l.ctx, l.end = context.WithCancelCause(context.Background())
	s.life.Store(l)
}

// over is the end of a life that others have ended: all that lives here is hung up,
// since its calls are closed and its agents signed out by now, and desks that were
// served over us are told to come again.
func (s *several) over(err error) {
	s.hands.Suspend(err)
	if l := s.life.Swap(nil); l != nil {
		l.end(err)
	}
}

// errNoLife is why nothing is served at this moment.
var errNoLife = errors.New("this node is not one of the house at this moment: it was taken for dead, or is joining")

// lives gives a request the present life; nil when there is none.
func (s *several) lives(r *http.Request) (bound *http.Request, done func()) {
	l := s.life.Load()
	if l == nil {
		return nil, nil
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	stop := context.AfterFunc(l.ctx, func() { cancel(peer.ErrMoved) })
	return r.WithContext(ctx), func() { stop(); cancel(nil) }
}

// tellWithin bounds how long the others may take to hear that the floor has moved.
const tellWithin = time.Second

// tell lets the other nodes look at once who leads.
func (s *several) tell() {
	for _, other := range s.member.View().Nodes {
		if other.Name == s.name {
			continue
		}
		s.n.work.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), tellWithin)
			defer cancel()
			if _, err := s.peers.Ask(ctx, other.Name, askLook, nil); err != nil {
				s.n.log.Debug("a node was not told that the floor has moved", "node", other.Name, "error", err)
			}
		})
	}
}

// sleeps is how long a node is silent that has missed a beat, and may be asleep.
const sleeps = 1500 * time.Millisecond

// seen tells the peers who is there, and our hands whether new work is theirs.
func (s *several) seen(v cluster.View) {
	s.crown(v.Leader.Name)
	s.hands.Drain(v.Drains)
	all := make([]peer.Address, len(v.Nodes))
	for i, n := range v.Nodes {
		all[i] = peer.Address{Node: n.Name, Addr: n.Address}
	}
	s.peers.Know(all)
	s.n.live.see(v)
	s.others.look()
	s.way.leave(v.Leader.ID)
	if l := s.n.lead.Load(); l != nil && v.Leads() {
		var names, beating []string
		for _, n := range v.Nodes {
			if names = append(names, n.Name); n.Silent < sleeps {
				beating = append(beating, n.Name)
			}
		}
		l.engine.Living(names, beating)
	}
}

// run takes part in the house until soft is done and the last call here is over,
// or hard is.
func (s *several) run(soft, hard context.Context) error {
	here, leave := context.WithCancel(context.WithoutCancel(hard))
	defer leave()
	s.n.work.Go(func() { s.member.Run(here) })
	s.n.work.Go(func() { s.n.live.run(here) })
	s.n.work.Go(func() { s.n.live.ping(here) })
	s.n.work.Go(func() { s.keepPresence(here) })
	s.n.work.Go(func() { s.news.run(here) })
	s.n.work.Go(func() { s.news.tell(here) })
	s.n.work.Go(func() { s.news.hear(here) })
	s.n.work.Go(func() { s.sayHeadsets(here) })
	s.n.work.Go(func() { s.registers.keep(here) })
	s.n.work.Go(func() { s.keepKey(here) })
	context.AfterFunc(soft, s.member.Drain)
	s.n.trunks.OnCall(s.hands.Receive)
	return s.hands.Run(soft, hard, s.dial)
}

// leadAgain is how long a node rests that could not lead: what keeps it from it, as a
// key that is another's, is not gone at once.
const leadAgain = time.Second

// leads is this node as the one that leads, until ctx is done: then it lets go, and
// the calls are the next one's.
func (n *Node) leads(ctx context.Context, _ int64) error {
	l, err := n.makeLead(ctx)
	if err != nil {
		if ctx.Err() == nil {
			n.log.Error("this node cannot lead; another may, and it tries again", "error", err)
			rest(ctx, leadAgain)
		}
		return err
	}
	if _, err := n.db.CloseSpells(ctx); err != nil {
		return errors.Join(err, l.shut())
	}
	err = l.run(ctx, ctx)
	n.lead.Store(nil)
	l.retire()
	return errors.Join(err, l.shut())
}

// signIn is what a node is asked to do for an agent whose phone it may have.
type signIn struct {
	Agent     dialer.AgentInfo
	User      int64
	Handset   campaigns.Handset
	Extension string
}

const (
	askSignIn = "sign-in"
	askLook   = "look" // the floor has moved
)

// answer answers what other nodes ask.
func (s *several) answer(ctx context.Context, from peer.Peer, name string, question []byte) ([]byte, error) {
	switch name {
	case askLook:
		s.member.Look()
		return nil, nil
	case askSignIn:
		in, err := questionOf[signIn](question)
		if err != nil {
			return nil, err
		}
		return nil, s.signInHere(ctx, in)
	case askHeadset:
		order, err := questionOf[headsetOrder](question)
		if err != nil {
			return nil, err
		}
		done, err := s.n.headsets.do(ctx, order)
		if err != nil {
			return nil, err
		}
		return json.Marshal(done)
	case askHeadsets:
		say, err := questionOf[saidHeadsets](question)
		if err != nil {
			return nil, err
		}
		s.others.take(from.Node, say)
		return nil, nil
	case askRegisterFiles, askRegisterPiece, askRegisterTake, askRegisterHold:
		return s.registers.answer(ctx, from.Node, name, question)
	case askPhone:
		return json.Marshal(s.n.phones.Holds(string(question)))
	case askBarred:
		return json.Marshal(s.n.whyNoCalls(ctx))
	case askStore:
		within, cancel := context.WithTimeout(ctx, storeWithin)
		defer cancel()
		_, err := s.n.db.Nodes(within)
		return nil, err
	}
	return nil, fmt.Errorf("this node knows no answer to %q", name)
}

// questionOf reads a question.
func questionOf[T any](question []byte) (in T, err error) {
	if err := json.Unmarshal(question, &in); err != nil {
		return in, fmt.Errorf("read what another node asks: %w", err)
	}
	return in, nil
}

// askStore asks a node whether the record store answers it.
const askStore = "store"

// storeWithin is how long it may take to: less than whoever asks waits.
const storeWithin = 250 * time.Millisecond

// alone tells whether every other node says that the store does not answer it either.
func (s *several) alone(ctx context.Context) bool {
	var others []string
	for _, n := range s.member.View().Nodes {
		if n.Name != s.name {
			others = append(others, n.Name)
		}
	}
	without := make(chan bool, len(others))
	for _, name := range others {
		s.n.work.Go(func() { without <- s.lacks(ctx, name) })
	}
	for range others {
		if !<-without {
			return false
		}
	}
	return true
}

// lacks tells whether a node says that the store does not answer it. One that says
// nothing may have it.
func (s *several) lacks(ctx context.Context, node string) bool {
	_, err := s.peers.Ask(ctx, node, askStore, nil)
	return err != nil && !errors.Is(err, peer.ErrNoAnswer) && ctx.Err() == nil
}

// signInHere signs an agent in with a phone of this node.
func (s *several) signInHere(ctx context.Context, in signIn) error {
	f := &floor{phones: s.n.phones, headsets: s.n.headsets}
	st, err := f.station(ctx, campaigns.User{ID: in.User, Login: in.Agent.Login, Extension: in.Extension}, in.Handset)
	if err != nil {
		return err
	}
	if err := s.hands.SignIn(ctx, in.Agent, st); err != nil {
		st.Hangup(context.WithoutCancel(ctx))
		return problemOf(err)
	}
	return nil
}

// signIn signs an agent in with their phone, on whichever node that is. Of a headset
// the node is known; a desk phone is looked for.
func (s *several) signIn(ctx context.Context, in signIn) error {
	chosen, err := in.Handset.Choose(campaigns.User{ID: in.User, Extension: in.Extension})
	if err != nil {
		return err
	}
	if chosen == campaigns.HandsetBrowser {
		if e, ok := s.others.of(in.User); ok {
			return s.signInAt(ctx, e.node, in)
		}
	}
	if chosen != campaigns.HandsetBrowser {
		switch at := s.phoneAt(ctx, in.Extension); at {
		case "": // it may be at a node that was too slow to say so
		case s.name:
			return s.signInHere(ctx, in)
		default:
			return s.signInAt(ctx, at, in)
		}
	}
	first := s.signInHere(ctx, in)
	if first == nil || unavailable(first) {
		return first
	}
	for _, other := range s.askOrder(in.User) {
		err := s.signInAt(ctx, other.Name, in)
		if err == nil {
			return nil
		}
		if unavailable(err) {
			first = err // the phone is there
		}
		s.n.log.Debug("the phone is not there", "node", other.Name, "agent", in.User, "error", err)
	}
	return first
}

// signInAt has another node sign an agent in with a phone of its own.
func (s *several) signInAt(ctx context.Context, node string, in signIn) error {
	question, err := json.Marshal(in)
	if err != nil {
		return err
	}
	_, err = s.peers.Ask(ctx, node, askSignIn, question)
	return err
}

// unavailable tells whether an error is that something cannot be done at this moment,
// by anybody.
func unavailable(err error) bool {
	p, ok := errors.AsType[*campaigns.Problem](err)
	return ok && p.Kind == campaigns.KindUnavailable
}

// heardWithin is how long pages wait, when a node begins to lead, for what lives on
// the others.
const heardWithin = 2 * time.Second

// take lets the hands of all nodes come, and pages when they have said what lives with
// them: who looked earlier would find agents signed out who are not.
func (s *several) take(l *lead) {
	s.n.lead.Store(l)
	s.tell()
	within, cancel := context.WithTimeout(l.over, heardWithin)
	defer cancel()
	for within.Err() == nil && !s.heard(l) {
		select {
		case <-within.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	l.open.Store(true)
}

// heard tells whether the hands of all living nodes have said what lives with them.
func (s *several) heard(l *lead) bool {
	for _, other := range s.member.View().Nodes {
		if !l.engine.Heard(other.Name) {
			return false
		}
	}
	return true
}
