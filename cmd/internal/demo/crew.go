package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"path/filepath"
	"sync"
	"time"

	"github.com/forecall/forecall/cmd/internal/robot"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/pacing/sim"
	"github.com/forecall/forecall/testdata"
)

// carrierLog is the name of the carrier's own log in the data folder.
const carrierLog = "carrier.jsonl"

var loopback = netip.MustParseAddr("127.0.0.1")

// callBackShare is the share of those who call back of people who missed a call:
// a few in each minute of the demo.
const callBackShare = 0.04

// startCarrier opens the far side. Close the poller after the carrier.
func (s Settings) startCarrier() (*carrier.Carrier, media.Poller, error) {
	ports, err := media.NewPortRange(carrierFrom, carrierTo)
	if err != nil {
		return nil, nil, err
	}
	poller := media.NewPlainPoller()
	var back carrier.CallsBack
	if s.Scenario == nil { // a shift that is compared with its simulation has nobody who calls us
		back = carrier.CallsBack{Share: callBackShare, After: 3 * time.Minute, Stay: 80 * time.Second, Ask: 0.2}
	}
	var lines []string
	if s.Scenario == nil { // which needs every fictitious number for its people
		lines = s.callers()
	}
	voices, err := voices()
	if err != nil {
		return nil, nil, errors.Join(err, poller.Close())
	}
	far, err := carrier.Start(carrier.Settings{
		Listen:  []sipua.Listener{{Transport: "udp", Addr: netip.AddrPortFrom(loopback, 0)}},
		Media:   media.Settings{IP: loopback, Ports: ports, Poller: poller},
		Callees: sim.Everyday(), Day: s.Scenario, Seed: s.Seed, Speed: s.Speed, Log: filepath.Join(s.Data, carrierLog), Logger: s.Log, CallsBack: back, Voices: voices, Lines: lines,
	})
	if err != nil {
		return nil, nil, errors.Join(err, poller.Close())
	}
	return far, poller, nil
}

// voices are those of the people who answer.
func voices() ([]media.Prompt, error) {
	names, err := fs.Glob(testdata.Voices, "voices/*.wav")
	if err != nil {
		return nil, fmt.Errorf("list the voices: %w", err)
	}
	prompts := make([]media.Prompt, len(names))
	for i, name := range names {
		file, err := testdata.Voices.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the voice of a callee: %w", err)
		}
		if prompts[i], err = media.LoadWAV(bytes.NewReader(file)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return prompts, nil
}

// crew is the robots at work.
type crew struct {
	ready  chan struct{} // one for each robot that takes calls
	begins chan struct{} // closed when the shift begins
	failed chan error
	work   sync.WaitGroup
	poller media.Poller
	wraps  wraps
}

// hire puts the robots to work until ctx is done. What goes wrong with one
// after the shift is over does not count: the house has closed.
func (r *run) hire(ctx, shift context.Context) (*crew, error) {
	ports, err := media.NewPortRange(robotsFrom, robotsTo)
	if err != nil {
		return nil, err
	}
	c := &crew{
		ready: make(chan struct{}, r.Agents), begins: make(chan struct{}), failed: make(chan error, r.Agents), poller: media.NewPlainPoller(),
		wraps: wraps{speed: r.Speed},
	}
	registrar, away := r.node.PhonesAddr(), r.absences()
	for i := range r.Agents {
		c.work.Go(func() {
			err := robot.Run(ctx, robot.Settings{
				Server: r.node.URL(), Login: robotLogin(i), Password: r.secret.desk,
				Registrar: sipua.Target{Host: registrar.Addr().String(), Port: int(registrar.Port()), Transport: "udp"},
				Extension: robotLogin(i), Secret: r.secret.phone, IP: loopback,
				Media: media.Settings{IP: loopback, Ports: ports, Poller: c.poller},
				Wrap:  r.wrap(), Speed: r.Speed, Seed: r.Seed<<10 + uint64(i), Log: r.Log,
				OnReady: func() { c.ready <- struct{}{} },
				Away:    away[i], Begins: c.begins, OnWrap: c.wraps.add,
			})
			if err != nil && shift.Err() == nil {
				c.failed <- err
			}
		})
	}
	return c, nil
}

// gather waits until every robot takes calls.
func (c *crew) gather(ctx context.Context, agents int) error {
	for range agents {
		select {
		case <-c.ready:
		case err := <-c.failed:
			return err
		case <-ctx.Done():
			return fmt.Errorf("wait for the robots: %w", ctx.Err())
		}
	}
	return nil
}

// leave waits for the robots to end; their context is done.
func (c *crew) leave() error {
	c.work.Wait()
	close(c.failed)
	errs := []error{c.poller.Close()}
	for err := range c.failed {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
