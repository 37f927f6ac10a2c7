package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/storage/registry"
)

// This file is how a do-not-call register that was loaded on one node comes to the
// shelves of all.
//
//	load confirmed -> another node keeps a copy
//	                   -> the ledger has the version -> every node is asked to take it
//	                        |                              |
//	                        |                   from whichever node holds it, piece by
//	                        v                   piece, against the ledger's SHA-256
//	    Begin on a node without it refuses, and until it has come nothing is placed there
//
// So the node that loaded it may be lost as soon as the load is answered. A node that
// is alone says before the load is confirmed that nobody else will have it.
//
// Who was not there, or did not hear, finds out by looking at the ledger.

// Times of registers between nodes.
const (
	lookAtRegistersEvery = 500 * time.Millisecond
	// spreadWithin bounds how long whoever confirms a load waits for the other nodes.
	spreadWithin = 10 * time.Second
	// holdForRegister is for how long at most a node places no calls because a version
	// is on its way: it may be one that no campaign of ours asks, and nobody has.
	holdForRegister = time.Minute
	// registerPiece is how much of a file is asked for at a time.
	registerPiece = 2 << 20
	// holdWithin is how long another node may take to keep a copy: the register of the
	// United States has 500 MB.
	holdWithin = 2 * time.Minute
)

// Names of questions between nodes about registers.
const (
	askRegisterFiles = "register-files"
	askRegisterPiece = "register-piece"
	askRegisterTake  = "register-take"
	askRegisterHold  = "register-hold"
)

// registerWanted names a version, and a piece of one of its files.
type registerWanted struct {
	List    string `json:"list"`
	Version int64  `json:"version"`
	Name    string `json:"name,omitempty"`
	At      int64  `json:"at,omitempty"`
	SHA256  string `json:"sha256,omitempty"` // of a version that the ledger has not yet
}

// registersHere keeps the shelf of this node as the ledger says.
type registersHere struct {
	n       *Node
	nodes   func() []string // the others that live, the one that leads first
	ask     func(ctx context.Context, node, name string, question []byte) ([]byte, error)
	taking  sync.Mutex             // one version at a time
	waits   atomic.Pointer[string] // what placing waits for; nil = nothing
	missing map[string]time.Time   // since when, by version; of keep alone
}

// newRegisters keeps the shelf of a node of several.
func (s *several) newRegisters() *registersHere {
	return &registersHere{n: s.n, ask: s.peers.Ask, missing: make(map[string]time.Time), nodes: func() (all []string) {
		v := s.member.View()
		if v.Leader.Name != "" && v.Leader.Name != s.name {
			all = append(all, v.Leader.Name)
		}
		for _, n := range v.Nodes {
			if n.Name != s.name && n.Name != v.Leader.Name {
				all = append(all, n.Name)
			}
		}
		return all
	}}
}

// keep takes what the ledger has and the shelf has not, until ctx is done.
func (r *registersHere) keep(ctx context.Context) {
	tick := time.NewTicker(lookAtRegistersEvery)
	defer tick.Stop()
	said := make(map[string]string)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		behind, err := r.behind(ctx)
		if err != nil && ctx.Err() == nil {
			r.n.log.Debug("the registers in force cannot be read", "error", err)
		}
		for list, v := range behind {
			err := r.take(ctx, v)
			if err != nil && ctx.Err() == nil && said[list] != err.Error() {
				said[list] = err.Error() // once, and not twice a second
				r.n.log.Error("a version of a register has not come to this node: numbers it is about are not called from here", "list", list, "version", v.Version, "error", err)
			}
		}
	}
}

// behind are the versions in force that the shelf has not got. What is on its way is
// waited for with placing, for a time.
func (r *registersHere) behind(ctx context.Context) (map[string]campaigns.RegisterVersion, error) {
	inForce, err := r.n.db.RegistersInForce(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[string]campaigns.RegisterVersion)
	now, since := time.Now(), make(map[string]time.Time)
	var why *string
	for list, v := range inForce {
		if have, ok := r.n.shelf.Version(list); ok && have.Version >= v.Version {
			continue
		}
		out[list] = v
		name := fmt.Sprintf("%s@%d", list, v.Version)
		if since[name] = now; !r.missing[name].IsZero() {
			since[name] = r.missing[name]
		}
		if now.Sub(since[name]) < holdForRegister && asksList(r.n.db.Book(), list) {
			text := fmt.Sprintf("version %d of the do-not-call register %s has not come to this node yet", v.Version, list)
			why = &text
		}
	}
	r.missing = since
	r.waits.Store(why)
	return out, nil
}

// asksList tells whether a rule in force asks a register.
func asksList(book *rules.Book, list string) bool {
	if book == nil {
		return false
	}
	for _, set := range book.Sets() {
		for i := range set.Rules {
			if set.Rules[i].Type == rules.TypeList && set.Rules[i].List == list {
				return true
			}
		}
	}
	return false
}

// take takes a version from the first node that holds it.
func (r *registersHere) take(ctx context.Context, v campaigns.RegisterVersion) error {
	r.taking.Lock()
	defer r.taking.Unlock()
	if have, ok := r.n.shelf.Version(v.List); ok && have.Version >= v.Version {
		return nil
	}
	if err := r.n.shelf.TakeHeld(v); err == nil {
		r.n.log.Info("a version of a register has come, which was kept here", "list", v.List, "version", v.Version)
		return nil
	} else if !errors.Is(err, registry.ErrNoVersion) {
		return err
	}
	errs := []error{errors.New("no other node that lives holds it: load the list anew")}
	for _, node := range r.nodes() {
		err := r.takeFrom(ctx, node, v)
		if err == nil {
			r.n.log.Info("a version of a register has come", "list", v.List, "version", v.Version, "from", node)
			return nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", node, err))
	}
	return errors.Join(errs...)
}

func (r *registersHere) takeFrom(ctx context.Context, node string, v campaigns.RegisterVersion) error {
	return r.bring(ctx, node, v, r.n.shelf.Take)
}

// bring hands the files of a version that a node holds to what takes or keeps them.
func (r *registersHere) bring(ctx context.Context, node string, v campaigns.RegisterVersion,
	do func(context.Context, campaigns.RegisterVersion, []registry.Held, registry.Fetcher) error,
) error {
	var files []registry.Held
	wanted := registerWanted{List: v.List, Version: v.Version}
	if err := r.put(ctx, node, askRegisterFiles, wanted, func(answer []byte) error { return json.Unmarshal(answer, &files) }); err != nil {
		return err
	}
	sizes := make(map[string]int64)
	for _, f := range files {
		sizes[f.Name] = f.Size
	}
	return do(ctx, v, files, func(ctx context.Context, name string, w io.Writer) error {
		for at := int64(0); at < sizes[name]; {
			piece := wanted
			piece.Name, piece.At = name, at
			err := r.put(ctx, node, askRegisterPiece, piece, func(answer []byte) error {
				if len(answer) == 0 {
					return io.ErrUnexpectedEOF
				}
				at += int64(len(answer))
				_, err := w.Write(answer)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// put puts a question to a node.
func (r *registersHere) put(ctx context.Context, node, name string, question any, take func([]byte) error) error {
	text, err := json.Marshal(question)
	if err != nil {
		return err
	}
	answer, err := r.ask(ctx, node, name, text)
	if err != nil {
		return err
	}
	return take(answer)
}

// answer answers another node's question about registers.
func (r *registersHere) answer(ctx context.Context, from, name string, question []byte) ([]byte, error) {
	in, err := questionOf[registerWanted](question)
	if err != nil {
		return nil, err
	}
	switch name {
	case askRegisterFiles:
		files, err := r.n.shelf.Held(in.List, in.Version)
		if err != nil {
			return nil, err
		}
		return json.Marshal(files)
	case askRegisterPiece:
		piece := make([]byte, registerPiece)
		n, err := r.n.shelf.ReadHeld(in.List, in.Name, piece, in.At)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return piece[:n], err
	case askRegisterHold:
		return nil, r.hold(ctx, from, in)
	default:
		return nil, r.takeNamed(ctx, in)
	}
}

// takeNamed takes a version that another node says is in force; the ledger knows.
func (r *registersHere) takeNamed(ctx context.Context, in registerWanted) error {
	versions, err := r.n.db.RegisterVersions(ctx, in.List)
	if err != nil {
		return err
	}
	if len(versions) == 0 || versions[0].Version < in.Version {
		return registry.ErrNoVersion
	}
	return r.take(ctx, versions[0])
}

// hold keeps a version for the node that loads it, which the ledger has not yet.
func (r *registersHere) hold(ctx context.Context, from string, in registerWanted) error {
	r.taking.Lock()
	defer r.taking.Unlock()
	v := campaigns.RegisterVersion{List: in.List, Version: in.Version, SHA256: in.SHA256}
	return r.bring(ctx, from, v, r.n.shelf.Hold)
}

// alone tells whether no other node lives.
func (r *registersHere) alone() bool { return len(r.nodes()) == 0 }

// second has another node keep a version that is about to come into force, if there is
// one that lives.
func (r *registersHere) second(ctx context.Context, v campaigns.RegisterVersion) error {
	ctx, cancel := context.WithTimeout(ctx, holdWithin)
	defer cancel()
	var errs []error
	for _, node := range r.nodes() {
		err := r.put(ctx, node, askRegisterHold, registerWanted{List: v.List, Version: v.Version, SHA256: v.SHA256}, func([]byte) error { return nil })
		if err == nil {
			return nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", node, err))
	}
	if len(errs) == 0 {
		r.n.log.Warn("this node is alone: should its disk be lost, the register has to be loaded again", "list", v.List, "version", v.Version)
		return nil
	}
	return &campaigns.Problem{Kind: campaigns.KindUnavailable, Code: "register_not_kept", Cause: errors.Join(errs...), Text: fmt.Sprintf(
		"No other node could keep version %d of %s, which would be lost with this one; nothing was put in force. See forecall nodes and the log of this node, and confirm again.", v.Version, v.List)}
}

// spread has every other node take a version, and returns when they have it or have
// had their time. Whoever has not takes it later, and calls nobody it is about until
// then.
func (r *registersHere) spread(ctx context.Context, v campaigns.RegisterVersion) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), spreadWithin)
	defer cancel()
	var work sync.WaitGroup
	for _, node := range r.nodes() {
		work.Go(func() {
			err := r.put(ctx, node, askRegisterTake, registerWanted{List: v.List, Version: v.Version}, func([]byte) error { return nil })
			if err != nil {
				r.n.log.Warn("a version of a register has not come to another node yet", "list", v.List, "version", v.Version, "node", node, "error", err)
			}
		})
	}
	work.Wait()
}

// spreading makes versions that all nodes have when they are confirmed.
type spreading struct {
	campaigns.RegisterMaker
	registers *registersHere
}

// Make makes one.
func (s spreading) Make(ctx context.Context, l campaigns.RegisterLoad) (campaigns.StagedRegister, error) {
	staged, err := s.RegisterMaker.Make(ctx, l)
	if err != nil {
		return nil, err
	}
	return spreadStaged{staged, s.registers}, nil
}

type spreadStaged struct {
	campaigns.StagedRegister
	registers *registersHere
}

// Publish puts it in force here, once another node has it too, and then everywhere.
func (s spreadStaged) Publish(record func(campaigns.RegisterVersion) error) error {
	if err := s.publishKept(record); err != nil {
		return err
	}
	s.registers.spread(context.Background(), s.Found().Version)
	return nil
}

// publishKept puts it in force once another node has it too. A process that is killed
// after it has lost nothing.
func (s spreadStaged) publishKept(record func(campaigns.RegisterVersion) error) error {
	return s.StagedRegister.Publish(func(v campaigns.RegisterVersion) error {
		if err := s.registers.second(context.Background(), v); err != nil {
			return err
		}
		return record(v)
	})
}

// waitingTrunk has no room for calls while something that they are judged by is on
// its way.
type waitingTrunk struct {
	dialer.Trunk
	why func() string // empty = nothing is waited for
}

// Room is that of the trunks, or none.
func (t waitingTrunk) Room(trunks []string) (lines int, why string) {
	if why := t.why(); why != "" {
		return 0, why
	}
	return t.Trunk.Room(trunks)
}

// waiting says what placing waits for on this node; empty = nothing.
func (r *registersHere) waiting() string {
	if why := r.waits.Load(); why != nil {
		return *why
	}
	return ""
}
