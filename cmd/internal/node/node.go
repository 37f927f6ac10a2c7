package node

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/timesource"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/deskphone"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/siptrunk"
	"github.com/forecall/forecall/storage/blobs"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/registry"
	"github.com/forecall/forecall/storage/spool"
)

// Settings are what a node is started with.
type Settings struct {
	Config  config.Config
	Version string
	// Speed is how many seconds pass for the dialer in one real second: 1, but
	// for the demo and tests.
	Speed float64
	// Headsets is a UDP socket for the headsets in browsers, instead of
	// softphone.listen; nil = that. The node closes it.
	Headsets net.PacketConn
	// FirstAdmin is told the password of user admin, who is made when nobody could
	// log in yet; nil = nobody is made.
	FirstAdmin func(password string)
	Log        *slog.Logger
}

// Node is a running forecall.
type Node struct {
	settings Settings
	log      *slog.Logger
	db       *records.DB
	spool    *spool.Spool // before the store: what calls come to while it is away
	known    *lastKnown   // what desks see of it then
	tapes    recordings
	exported blobs.Store // files of calls that were asked for
	media    media.Settings
	prompts  prompts
	trunks   *siptrunk.Trunks
	phones   *deskphone.Phones
	headsets *headsets
	secrets  *secrets
	meters   *meters
	web      *website
	shelf    *registry.Shelf    // do-not-call registers of others
	times    *timesource.Source // says how far our clock is off
	lead     atomic.Pointer[lead]
	several  *several              // nil = this node stands alone
	live     *live                 // nil = this node stands alone
	wrote    chan struct{}         // a token: this process wrote news, see records.News
	callers  *campaigns.CallerBook // what our numbers may show

	work sync.WaitGroup
	cleanup
}

// cleanup is how to close what was opened, in that order.
type cleanup struct{ close []func() error }

// later remembers how to close what was opened.
func (c *cleanup) later(f func() error) { c.close = append(c.close, f) }

// shut closes everything in reverse.
func (c *cleanup) shut() error {
	var errs []error
	for _, f := range slices.Backward(c.close) {
		errs = append(errs, f())
	}
	c.close = nil
	return errors.Join(errs...)
}

// Start opens everything and begins to serve; nothing is dialed before Run.
// ctx bounds the start alone.
func Start(ctx context.Context, s Settings) (n *Node, err error) {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	n = &Node{settings: s, log: s.Log, meters: newMeters(), web: &website{}, callers: campaigns.NewCallerBook(), wrote: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.shut())
			n = nil
		}
	}()
	for _, step := range []func(context.Context) error{
		n.openStore, n.openMark, n.openFiles, n.openSpool, n.closeLost, n.openRegisters, n.openSound, n.openTrunks, n.openPhones, n.openSoftphones, n.openSeveral, n.openLead, n.openWeb, n.openAdmin,
	} {
		if err := step(ctx); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (n *Node) openSound(context.Context) error {
	m, err := MediaSettings(n.settings.Config)
	if err != nil {
		return err
	}
	n.media = m
	n.later(m.Poller.Close)
	return nil
}

func (n *Node) openTrunks(context.Context) error {
	s, err := TrunkSettings(n.settings.Config, n.media, n.log)
	if err != nil {
		return err
	}
	if err := n.openLive(s.Trunks); err != nil {
		return err
	}
	if n.live != nil {
		s.Share = n.live
	}
	if n.trunks, err = siptrunk.Open(s); err != nil {
		return err
	}
	n.later(n.trunks.Close)
	return nil
}

// Run dials until soft is done, drains, and closes everything. hard ends
// what still talks.
func (n *Node) Run(soft, hard context.Context) error {
	soft, stop := context.WithCancel(soft)
	defer stop()
	began := time.Now()
	endSpool, endMoving := n.keepSpool(), n.keepMoving()
	n.work.Go(func() { n.times.Run(soft) })
	n.work.Go(func() { n.keepMark(soft) })
	n.work.Go(func() { n.adoptRecordings(soft, began) })
	n.work.Go(func() { n.secrets.follow(soft, n.log) })
	context.AfterFunc(soft, func() { n.web.draining.Store(true) })
	n.work.Go(func() { n.keepCallers(soft) })
	var err error
	if n.several != nil {
		err = n.several.run(soft, hard)
	} else {
		err = n.lead.Load().run(soft, hard)
	}
	stop()
	endSpool()
	endMoving()
	n.work.Wait()
	return errors.Join(err, n.shut())
}

// Snapshot is the floor as the engine published it last; empty when this node does
// not lead.
func (n *Node) Snapshot() dialer.Snapshot {
	l := n.lead.Load()
	if l == nil {
		return dialer.Snapshot{At: time.Now()}
	}
	return l.engine.Snapshot()
}

// Depth is where the contacts of a campaign stand.
func (n *Node) Depth(ctx context.Context, campaign int64) (campaigns.Depth, error) {
	return n.db.Depth(ctx, campaign, time.Now())
}
