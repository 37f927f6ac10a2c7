package node

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/api/edge"
	"github.com/forecall/forecall/cmd/internal/api/session"
	"github.com/forecall/forecall/cmd/internal/keyring"
	"github.com/forecall/forecall/cmd/internal/web"
	"github.com/forecall/forecall/dialer"
)

// website is the two listeners: pages and API for people, health and metrics
// for machines.
type website struct {
	draining atomic.Bool
	url      string // of the pages
	admin    string // host:port, empty = off
}

// closeWithin bounds how long requests may take to end at a stop.
const closeWithin = 5 * time.Second

// maxConnections bounds what pages and API may hold open: a flood of clients
// must not take the file handles that calls need.
const maxConnections = 4096

// openServices builds what pages and API share.
func (n *lead) openServices(context.Context) error {
	accounts, err := campaigns.NewAccounts(n.db, n.db, realm(n.settings.Config.Phones))
	if err != nil {
		return err
	}
	n.accounts = accounts
	n.book = campaigns.NewBook(n.db, n.db, n.db, n.db, n.floor)
	n.lists = campaigns.NewLists(n.db, n.db, n.db)
	n.jobs.book = n.book
	return nil
}

func (n *lead) openPages(context.Context) error {
	c := n.settings.Config
	secure := c.HTTP.TLSCert != ""
	dnc := campaigns.NewSuppression(n.db, n.db, n.floor)
	calls := deskStore{n.db, n.spool, n.known, n.engine}
	desk := campaigns.NewDesk(campaigns.DeskSettings{
		Shift: n.floor, Seat: n.floor, Line: n.floor, Previews: n.floor, Records: calls, Campaigns: n.db, DNC: dnc,
		Breaks: campaigns.WithShifts(n.db, n.db), Leaves: n.floor, Signs: n.floor, Calendars: n.db, Drafts: drafts{calls}, Past: past{n.db, n.known},
		Talk: talks{n.floor}, Passing: talks{n.floor}, Colleagues: n.floor, Audit: n.db, Lost: n.engine.Lost,
	})
	consents := campaigns.NewConsents(n.db, dnc, n.floor, n.db)
	desk.Consents = consents
	sessions := session.New(session.Settings{Store: sessionStore{n.db.Sessions(session.UserOf), n.known}, Users: past{n.db, n.known}, Secure: secure})
	board, why := campaigns.NewWallboard(n.floor), campaigns.NewLookup(n.db, n.db, n.db)
	imports, err := api.NewImporter(n.db, filepath.Join(c.Data, "imports"), numbers.Policy{})
	if err != nil {
		return err
	}
	uploads, err := api.NewUploads(imports, n.lists, n.log)
	if err != nil {
		return err
	}
	n.later(uploads.Close)
	scripts := campaigns.NewScripts(campaigns.ScriptSettings{
		Store: scriptStore{calls}, People: n.db, Campaigns: n.db, Book: n.book, Line: n.floor, Records: calls, Signs: n.floor,
	})
	desk.Scripts = scripts
	recordings := campaigns.NewRecordings(n.db, n.recordings(), n.db)
	if err := n.openWebhooks(); err != nil {
		return err
	}
	desks, err := n.complianceDesk(recordings)
	if err != nil {
		return err
	}
	bell := n.openBell()
	office, callLog := n.office(desk, bell), campaigns.NewCallLog(n.db, n.db, n.db)
	manual := campaigns.NewManual(n.floor, n.db, n.db, hand{n.engine}, readNumber)
	meetings, complaints := n.meetings(), campaigns.NewComplaints(n.db)
	abandonment := campaigns.NewAbandonment(n.db, n.db, n.db, campaigns.NewRuleDesk(n.db))
	server, err := api.New(api.Settings{
		Compliance: desks, Replays: campaigns.NewReplays(n.db, keyring.Zones()),
		Registry: n.registry, RegisterLoads: n.registerLoads,
		Stops: n.stops, Checks: campaigns.NewChecks(n.db), RuleDesk: campaigns.NewRuleDesk(n.db), Manual: manual, Agreed: campaigns.NewAgreed(n.db, n.db),
		Consents:    consents,
		Abandonment: abandonment,
		Recordings:  recordings, Supervision: n.supervision(),
		Headsets: campaigns.NewHeadsets(n.ears()), ICEServers: iceServers(c),
		Scripts:  scripts,
		Meetings: meetings, Complaints: complaints, Days: campaigns.NewDays(n.db, n.db),
		Imports:  imports,
		Accounts: n.accounts, Desk: desk, Book: n.book, Lists: n.lists, CallLog: callLog,
		DNC: dnc, Board: board, Lookup: why, Clock: campaigns.NewClock(n.db), Sessions: sessions, Watch: bell, Office: office, Keys: newRequestKeys(n.db, n.known), Version: n.settings.Version, Log: n.log,
	})
	if err != nil {
		return err
	}
	pages, err := web.New(web.Settings{
		Locales: c.HTTP.Locales,
		Compliance: web.Compliance{
			Search: desks.Search, Exports: desks.Exports, Dossiers: desks.Dossiers, Refused: desks.Refused, Proof: n.proof,
			Registry: n.registry, RegisterLoads: n.registerLoads, DNC: dnc,
			Abandonment: abandonment, Rules: campaigns.NewRuleDesk(n.db), Stops: n.stops, Consents: consents, Outlook: campaigns.NewConsentOutlook(n.db, n.db, n.db), Clock: n.times.Offset,
		},
		Manual: manual,
		Lists:  n.lists, Uploads: uploads,
		Floor: n.floor, CallLog: callLog, Office: office, Heard: recordings, Browse: campaigns.NewCallBrowser(n.db), Meetings: meetings, Cases: complaints,
		Scripts: scripts, Accounts: n.accounts, Book: n.book, Board: board, Lookup: why, Sessions: sessions, Log: n.log,
	})
	if err != nil {
		return err
	}
	n.later(func() error {
		pages.Close()
		return nil
	})
	mux := http.NewServeMux()
	mux.Handle("/v1/", server)
	mux.Handle("/docs", server)
	mux.Handle("/docs/", server)
	mux.Handle("/", pages)
	large := func(r *http.Request) bool { return server.Streams(r) || pages.Streams(r) }
	n.pages, n.handler = pages, edge.Wrap(edge.Settings{Secure: secure, Log: n.log, Streams: large}, sessions.Load(mux))
	return nil
}

// openWeb serves pages and API from now on.
func (n *Node) openWeb(context.Context) error {
	c := n.settings.Config.HTTP
	addr, err := n.serve("http.listen", c.Listen, edge.NewServer(n.front(), n.log), c.TLSCert, c.TLSKey)
	if err != nil {
		return err
	}
	n.web.url = "http://" + addr
	if c.TLSCert != "" {
		n.web.url = "https://" + addr
	}
	return nil
}

// clientStands is how long a client may stand still whose request another node has: a
// little longer than there, where it is said why. How long all of it may take is for
// that node, which knows what streams.
const clientStands = 40 * time.Second

// front serves pages and API: here while this node leads, else by the one that
// does.
func (n *Node) front() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l := n.lead.Load()
		if n.several == nil {
			l.handler.ServeHTTP(w, r)
			return
		}
		r, done := n.several.lives(r)
		if r == nil {
			notNow(w)
			return
		}
		defer done()
		switch v := n.several.member.View(); {
		case l != nil && !l.open.Load(), l == nil && v.Leads(): // it begins, or has just ended
			notNow(w)
		case l != nil && l.enter():
			defer l.serving.Done()
			l.ServeHTTP(w, r)
		default:
			w, r = edge.Patient(w, r, clientStands)
			ctx, stop := n.several.whileLed(r.Context())
			defer stop()
			n.several.forward.ServeHTTP(w, r.WithContext(ctx))
		}
	})
}

// notNow asks to come again in a moment.
func notNow(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	edge.NewFault(http.StatusServiceUnavailable, "no_floor", dialer.ErrNoFloor.Error()).Write(w)
}

func (n *Node) openAdmin(context.Context) error {
	listen := n.settings.Config.Admin.Listen
	if listen == "" {
		return nil
	}
	n.meters.clock(n.times.Offset)
	n.meters.watch(n.Snapshot, n.trunks.State, n.settings.Version)
	n.meterHeadsets()
	n.meterSpool()
	n.meterHouse()
	n.meterLive()
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(n.meters.registry, promhttp.HandlerOpts{}))
	for _, path := range []string{"/healthz", "/livez"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("alive\n")) })
	}
	mux.HandleFunc("GET /readyz", n.readyz)
	addr, err := n.serve("admin.listen", listen, edge.NewServer(mux, n.log), "", "")
	n.web.admin = addr
	return err
}

// serve listens and answers until the node is shut.
func (n *Node) serve(key, listen string, server *http.Server, cert, keyFile string) (addr string, err error) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return "", fmt.Errorf("%s: %w; stop what listens there, or choose another port (0 takes a free one)", key, err)
	}
	if cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, keyFile)
		if err != nil {
			return "", errors.Join(fmt.Errorf("http.tls_cert: %w", err), l.Close())
		}
		l = tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2", "http/1.1"}})
	}
	l = netutil.LimitListener(l, maxConnections)
	served := make(chan struct{})
	go func() { // ends with Shutdown below, which waits for it
		defer close(served)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			n.log.Error("server ended", "listener", key, "error", err)
		}
	}()
	n.later(func() error {
		ctx, stop := context.WithTimeout(context.Background(), closeWithin)
		defer stop()
		err := server.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close() // streams that never end by themselves
		}
		<-served
		return err
	})
	return l.Addr().String(), nil
}

// readiness is what /readyz answers.
type readiness struct {
	Ready    bool     `json:"ready"`
	Draining bool     `json:"draining"`
	Why      []string `json:"why,omitempty"`
	Notes    []string `json:"notes,omitempty"` // what slows the node down and does not stop it
}

// writableWithin is how long the store may take for a small write: calls wait
// for one before they are placed.
const writableWithin = time.Second

// readyz says whether new work should come here: the store takes writes, a
// trunk is up, and nobody has asked us to stop. A load balancer in front of the
// pages asks with ?for=pages: any node that does not stop or drain shows them.
func (n *Node) readyz(w http.ResponseWriter, r *http.Request) {
	state := readiness{Draining: n.web.draining.Load()}
	switch {
	case state.Draining:
		state.Why = append(state.Why, "the service stops")
	case n.several != nil && n.several.member.Drains():
		state.Draining = true
		state.Why = append(state.Why, "somebody drains this node: forecall nodes undrain "+n.several.name+" lets it take work again")
	}
	if n.several != nil && n.several.life.Load() == nil {
		state.Why = append(state.Why, errNoLife.Error())
	}
	if n.several != nil && n.several.stranger() != nil {
		state.Why = append(state.Why, n.several.stranger().Error())
	}
	if r.URL.Query().Get("for") != "pages" {
		for _, bar := range n.whyNoCalls(r.Context()) {
			state.Why = append(state.Why, bar.Why)
		}
	}
	if n.live != nil {
		state.Notes = n.live.note()
	}
	state.Ready = len(state.Why) == 0
	w.Header().Set("Content-Type", "application/json")
	if !state.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if err := json.NewEncoder(w).Encode(state); err != nil {
		n.log.Debug("readyz", "error", err)
	}
}

// whyNoCalls is what keeps this node from placing calls.
func (n *Node) whyNoCalls(ctx context.Context) (why []campaigns.NodeBar) {
	say := func(code campaigns.NodeBarCode, text string) {
		why = append(why, campaigns.NodeBar{Code: code, Why: text})
	}
	ctx, stop := context.WithTimeout(ctx, writableWithin)
	defer stop()
	if err := n.db.Writable(ctx); err != nil {
		say(campaigns.BarStore, "the store takes no writes, so nobody is called: "+err.Error())
	} else if err := n.db.ClockFault(ctx); errors.Is(err, campaigns.ErrClock) {
		say(campaigns.BarClock, err.Error())
	} else if err != nil {
		say(campaigns.BarStore, err.Error())
	}
	if err := n.spool.Waiting(); err != nil {
		say(campaigns.BarOutcomes, err.Error())
	}
	if !n.trunkUp() {
		say(campaigns.BarTrunks, "no trunk takes calls")
	}
	return why
}

func (n *Node) trunkUp() bool {
	for _, t := range n.trunks.State() {
		if t.Up {
			return true
		}
	}
	return false
}

// URL is where pages and the API are served.
func (n *Node) URL() string { return n.web.url }

// Admin is where health and metrics are served, as host:port; empty = nowhere.
func (n *Node) Admin() string { return n.web.admin }
