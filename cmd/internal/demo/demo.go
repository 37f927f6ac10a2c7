package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/cmd/internal/node"
	"github.com/forecall/forecall/dialer/carrier"
)

// ErrBroken marks a run in which a law of the ledger was broken.
var ErrBroken = errors.New("a law of the ledger was broken")

// run is one demo under way.
type run struct {
	Settings
	secret  passwords
	far     *carrier.Carrier
	node    *node.Node
	manager *client.Client
	officer *client.Client // of compliance
	began   time.Time
	lists   []country
	abroad  int64 // the campaign of three countries; 0 in a scenario
	watch   *watch
	crew    *crew
	seats   seats // what the robots did, in a scenario
}

// Run does the demo. soft ends it early and in order; hard at once. The error
// is ErrBroken when the ledger is, and something else when the demo could not
// be done.
func Run(soft, hard context.Context, s Settings) (Summary, error) {
	if err := s.Validate(); err != nil {
		return Summary{}, err
	}
	if _, err := os.Stat(filepath.Join(s.Data, node.DataFile)); !errors.Is(err, fs.ErrNotExist) {
		return Summary{}, fmt.Errorf("--data %s: holds data already; a demo begins with a folder of its own", s.Data)
	}
	if s.Scenario != nil {
		if err := s.fill(hard); err != nil {
			return Summary{}, err
		}
	}
	r := &run{Settings: s, secret: drawPasswords(), watch: newWatch(s)}
	if s.Scenario == nil {
		r.lists = s.countries()
	}
	if err := r.perform(soft, hard); err != nil {
		return Summary{}, err
	}
	sum, err := r.summarise(context.WithoutCancel(hard))
	if err != nil {
		return sum, err
	}
	if !sum.Clean {
		return sum, ErrBroken
	}
	return sum, nil
}

// perform opens everything, dials, and closes everything again.
func (r *run) perform(soft, hard context.Context) (err error) {
	if err := os.MkdirAll(r.Data, 0o700); err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	far, poller, err := r.startCarrier()
	if err != nil {
		return err
	}
	r.far = far
	defer func() { err = errors.Join(err, far.Close(), poller.Close()) }()
	conf, err := r.nodeConfig(far.Addr("udp"), r.secret)
	if err != nil {
		return err
	}
	if r.node, err = node.Start(soft, node.Settings{Config: conf, Version: r.Version, Speed: r.Speed, Log: r.Log}); err != nil {
		return err
	}
	return r.operate(soft, hard)
}

// operate runs the node with the robots beside it, until the list is done or
// the time is up, and ends both in order.
func (r *run) operate(soft, hard context.Context) error {
	dialing, stop := context.WithCancel(soft)
	defer stop()
	cut, cutNow := context.WithCancel(hard)
	defer cutNow()
	served := make(chan error, 1)
	go func() { served <- r.node.Run(dialing, cut) }() // waited for below, whatever happens

	working, sendHome := context.WithCancel(hard)
	defer sendHome()
	crew, err := r.hire(working, dialing)
	if r.crew = crew; err == nil {
		err = r.direct(dialing, crew)
	}
	stop()
	if r.Scenario != nil { // the shift is over; what still talks is not part of it
		defer time.AfterFunc(lastWords, cutNow).Stop()
	}
	if talking := len(r.node.Snapshot().Calls()); err == nil && talking > 0 {
		r.watch.say("no new calls; %d on the line end by themselves (Ctrl-C, twice if need be, ends them at once)", talking)
	}
	err = errors.Join(err, <-served) // conversations end first
	sendHome()
	if crew != nil {
		err = errors.Join(err, crew.leave())
	}
	return err
}

// direct is the manager: imports the list, starts the campaign, watches.
func (r *run) direct(ctx context.Context, c *crew) error {
	r.watch.say("pages and API: %s   log in as %s, agent, supervisor, compliance or %s, password %s", r.node.URL(), managerLogin, adminLogin, r.secret.desk)
	if r.Speed > 1 {
		r.watch.say("to take calls yourself as agent, with a headset in the browser: --speed 1, so that people talk at your pace")
	}
	r.manager = client.New(r.node.URL())
	if _, err := r.manager.Login(ctx, adminLogin, r.secret.desk); err != nil {
		return err
	}
	campaign, err := r.importList(ctx)
	if err != nil {
		return err
	}
	if err := r.furnish(ctx, campaign); err != nil {
		return err
	}
	if r.Scenario == nil {
		if err := r.countriesToo(ctx); err != nil {
			return err
		}
	}
	if err := c.gather(ctx, r.Agents); err != nil {
		return err
	}
	r.watch.say("%d robot agents are ready; dialing %d people at %gx speed", r.Agents, r.Contacts, r.Speed)
	r.began = time.Now()
	r.far.Dawn(r.began)
	close(c.begins)
	if err := r.manager.Post(ctx, fmt.Sprintf("/v1/campaigns/%d/start", campaign), nil, nil); err != nil {
		return err
	}
	if r.Scenario != nil {
		return r.live(ctx, campaign)
	}
	if err := r.manager.Post(ctx, fmt.Sprintf("/v1/campaigns/%d/start", r.abroad), nil, nil); err != nil {
		return err
	}
	return r.follow(ctx, campaign)
}

// countriesToo prepares the second campaign, which calls three countries by
// their law.
func (r *run) countriesToo(ctx context.Context) (err error) {
	if err := r.obey(ctx); err != nil {
		return err
	}
	if r.abroad, err = r.importCountries(ctx); err != nil {
		return err
	}
	return r.stock(ctx, r.abroad)
}

// follow shows progress until the list is done, the time is up, or ctx ends.
func (r *run) follow(ctx context.Context, campaign int64) error {
	if r.For > 0 {
		limited, stop := context.WithTimeout(ctx, r.For)
		defer stop()
		ctx = limited
	}
	ticker := time.NewTicker(500 * time.Millisecond)
	defer ticker.Stop()
	for done := false; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		snapshot := r.node.Snapshot()
		r.watch.show(snapshot, campaign, time.Since(r.began))
		if done {
			continue // the page is served on
		}
		left, err := r.left(ctx, campaign)
		if err != nil || left > 0 {
			continue // asked again in half a second
		}
		if open, err := r.open(ctx); err != nil || open > 0 {
			continue
		}
		if done = true; r.Exit {
			return nil
		}
		r.watch.say("the list is done; the page stays at %s until Ctrl-C", r.node.URL())
		r.watch.say("%s", r.explained())
	}
}

// open is how many people of the three countries may be called at this hour or
// are on the line. Those whom the rules keep out until later are not waited for;
// a callback that somebody agreed to is, which is minutes of the demo away.
func (r *run) open(ctx context.Context) (int64, error) {
	d, err := r.node.Depth(ctx, r.abroad)
	if err != nil {
		return 0, err
	}
	open := d.Ready + d.Leased + d.Live
	soon := time.Duration(float64(5*time.Minute)/r.Speed) + 5*time.Second
	if wait := time.Until(d.NextDue); wait > -time.Minute && wait < soon {
		open += d.Waiting
	}
	return open, nil
}

// left is how many people may still be called or are on the line.
func (r *run) left(ctx context.Context, campaign int64) (int64, error) {
	d, err := r.node.Depth(ctx, campaign)
	return d.Ready + d.Waiting + d.Leased + d.Live, err
}
