package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/forecall/forecall/cmd/internal/robot"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/pacing/sim"
)

// This file is the parts of a demo by themselves, for a service that somebody else
// has started: one node, or several that work together.

// Far is the test carrier by itself, on this machine only.
type Far struct {
	Listen  netip.AddrPort // a loopback address
	Seed    uint64
	Speed   float64 // people ring, talk and tire so many times faster
	Log     string  // file of its own log; empty = none
	Out     io.Writer
	Logger  *slog.Logger
	Callees sim.Callees // the zero value is everyday people
}

// errNotHere refuses sockets that others could reach.
var errNotHere = errors.New("a test stays on this machine: name a loopback address, as 127.0.0.1")

// Run answers calls until ctx is done, and says how many there were.
func (f Far) Run(ctx context.Context) (err error) {
	if !f.Listen.Addr().IsLoopback() {
		return fmt.Errorf("--listen %s: %w", f.Listen, errNotHere)
	}
	ports, err := media.NewPortRange(carrierFrom, carrierTo)
	if err != nil {
		return err
	}
	voices, err := voices()
	if err != nil {
		return err
	}
	if f.Callees.Ring == (sim.Dist{}) {
		f.Callees = sim.Everyday()
	}
	poller := media.NewPlainPoller()
	defer func() { err = errors.Join(err, poller.Close()) }()
	far, err := carrier.Start(carrier.Settings{
		Listen: []sipua.Listener{{Transport: "udp", Addr: f.Listen}},
		Media:  media.Settings{IP: f.Listen.Addr(), Ports: ports, Poller: poller}, Callees: f.Callees,
		Seed: f.Seed, Speed: f.Speed, Log: f.Log, Logger: f.Logger, Voices: voices,
	})
	if err != nil {
		return err
	}
	defer func() {
		seen := far.Stats()
		err = errors.Join(err, far.Close())
		fmt.Fprintf(f.Out, "%d calls came in, %d were answered\n", seen.Invites, seen.Answered)
	}()
	fmt.Fprintf(f.Out, "a test carrier answers at %s (SIP over UDP); nobody real is called\n", far.Addr("udp"))
	<-ctx.Done()
	return nil
}

// Home is where a node serves pages and API, and where phones register.
type Home = robot.Home

// Robots are agents by themselves, whose phones are on this machine: robot1,
// robot2 ... as a configuration has them, spread over the nodes of a house.
type Robots struct {
	Homes    []Home // at least one
	Agents   int
	Password string // of the desk
	Secret   string // of the phone
	Seed     uint64
	Speed    float64
	Out      io.Writer
	Log      *slog.Logger
}

// beginWithin is how long a robot tries to begin: nodes that were just started do not
// know the phones of agents yet.
const beginWithin = time.Minute

// Run lets them work until ctx is done. One that cannot begin within a minute ends
// all; one whose node is gone goes on at the next.
func (r Robots) Run(ctx context.Context) (err error) {
	ports, err := media.NewPortRange(robotsFrom, robotsTo)
	if err != nil {
		return err
	}
	poller := media.NewPlainPoller()
	defer func() { err = errors.Join(err, poller.Close()) }()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	failed, ready := make(chan error, r.Agents), make(chan struct{}, r.Agents)
	var work sync.WaitGroup
	defer work.Wait()
	for i := range r.Agents {
		homes := slices.Concat(r.Homes[i%len(r.Homes):], r.Homes[:i%len(r.Homes)])
		work.Go(func() {
			began, works := time.Now(), false
			one := robot.Settings{
				Server: homes[0].Server, Registrar: homes[0].Registrar, Homes: append(homes[1:], homes[0]),
				Login: robotLogin(i), Password: r.Password, Extension: robotLogin(i), Secret: r.Secret, IP: loopback,
				Media: media.Settings{IP: loopback, Ports: ports, Poller: poller},
				Wrap:  Settings{}.wrap(), Speed: r.Speed, Seed: r.Seed<<10 + uint64(i), Log: r.Log,
				OnReady: func() { works = true; ready <- struct{}{} },
			}
			err := robot.Run(ctx, one)
			for err != nil && !works && ctx.Err() == nil && time.Since(began) < beginWithin {
				select {
				case <-ctx.Done():
				case <-time.After(time.Second):
				}
				err = robot.Run(ctx, one)
			}
			if err != nil && ctx.Err() == nil {
				failed <- err
			}
		})
	}
	for n := 1; ; n++ {
		select {
		case <-ready:
			if n == r.Agents {
				fmt.Fprintf(r.Out, "%d robot agents take calls; Ctrl-C sends them home\n", n)
			}
		case err := <-failed:
			stop()
			return err
		case <-ctx.Done():
			return nil
		}
	}
}
