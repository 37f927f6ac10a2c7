package sipua

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

// farewell is how long Close lets running calls say BYE and CANCEL.
const farewell = 2 * time.Second

// settle is how long Close lets goroutines of sipgo finish the last messages,
// after no more are let in and before the sockets go: one that finds its socket
// gone would open another, and leave it open.
const settle = 20 * time.Millisecond

// UA is one SIP user agent: its sockets, transactions and dialogs. It is safe
// for use by many goroutines.
type UA struct {
	settings Settings
	log      *slog.Logger
	tagKey   [32]byte // marks our own From tags, see newTag

	transports   *sip.TransportLayer
	transactions *sip.TransactionLayer

	sockets   []*socket   // fixed after Listen
	listeners []*acceptor // fixed after Listen

	readers sync.WaitGroup // one per socket and acceptor
	work    sync.WaitGroup // everything else that was started
	closing chan struct{}  // closed when Close begins

	malformed atomic.Int64
	refused   atomic.Int64
	panics    atomic.Int64
	quiet     atomic.Bool // set by Close: nothing is let in any more
	// connections that peers opened; those that we open are few
	connections atomic.Int64

	mu      sync.Mutex // guards what follows; held for map work only
	closed  bool
	torn    bool
	clients map[clientKey]*clientTx
	servers map[serverKey]*serverTx
	dialogs map[dialogKey]dialogOwner
	pending map[mergeKey]*serverTx
	strays  map[string]time.Time
	swept   time.Time
}

// dialogKey names our half of a dialog; the peer's tag is compared by the owner.
type dialogKey struct{ callID, localTag string }

// dialogOwner takes requests inside a dialog, in the order they arrived. It
// must not block.
type dialogOwner interface {
	inDialog(req *sip.Request, tx *serverTx, f flow)
	farewell(ctx context.Context)
}

// Listen opens the sockets and starts reading. The error for a port that is
// taken says which one and what can be done.
func Listen(s Settings) (*UA, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	ua := &UA{
		settings: s, log: s.Log, closing: make(chan struct{}),
		clients: map[clientKey]*clientTx{}, servers: map[serverKey]*serverTx{},
		dialogs: map[dialogKey]dialogOwner{}, pending: map[mergeKey]*serverTx{},
		strays: map[string]time.Time{},
	}
	if ua.log == nil {
		ua.log = slog.New(slog.DiscardHandler)
	}
	if err := ua.newTagKey(); err != nil {
		return nil, err
	}
	ua.layers()
	if err := ua.open(); err != nil {
		ua.closeSockets()
		return nil, err
	}
	ua.startReading()
	if s.Registrar != nil {
		ua.spawn(func() { s.Registrar.expire(ua.closing) })
	}
	return ua, nil
}

// libraryOnce guards the globals of sipgo, which are for the whole process.
var libraryOnce sync.Once

// layers makes sipgo's two layers. The tap goes in before the transactions, so
// that it sees a message before any goroutine is started for it.
func (ua *UA) layers() {
	silent := slog.New(slog.DiscardHandler)
	libraryOnce.Do(func() {
		// An INVITE above 1,300 bytes (STIR Identity, long SDP) would not be sent
		// at all: sipgo neither fragments nor falls back to TCP.
		sip.UDPMTUSize = maxDatagram
		// What sipgo logs about foreign messages is noise at error level.
		sip.SetDefaultLogger(silent)
	})
	resolver := ua.settings.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	tls := ua.settings.clientTLS()
	ua.transports = sip.NewTransportLayer(resolver, sip.NewParser(), tls,
		sip.WithTransportLayerLogger(silent),
		sip.WithTransportLayerReadFilter(ua.filter),
		sip.WithTransportLayerTransports(sip.TransportsConfig{
			TCP: &sip.TransportTCP{ReadTimeout: idleTimeout, WriteTimeout: writeTimeout},
			TLS: &sip.TransportTLS{TransportTCP: &sip.TransportTCP{ReadTimeout: idleTimeout, WriteTimeout: writeTimeout}},
		}))
	ua.transports.OnMessage(ua.tap)
	ua.transactions = sip.NewTransactionLayer(ua.transports,
		sip.WithTransactionLayerLogger(silent),
		sip.WithTransactionLayerUnhandledResponseHandler(ua.onUnhandled),
		sip.WithTransactionLayerTerminateOnConnClose())
	ua.transactions.OnRequest(ua.onRequest)
}

func (ua *UA) open() error {
	for _, l := range ua.settings.Listen {
		if l.Transport == "udp" {
			s, err := ua.openSocket(l)
			if err != nil {
				return err
			}
			ua.sockets = append(ua.sockets, s)
			continue
		}
		a, err := ua.openAcceptor(l)
		if err != nil {
			return err
		}
		ua.listeners = append(ua.listeners, a)
	}
	return nil
}

func (ua *UA) startReading() {
	for _, s := range ua.sockets {
		started := make(chan struct{})
		ua.readers.Go(func() { s.serveAs(started) })
		<-started // sipgo finds its socket by address: before that it would open another
	}
	for _, a := range ua.listeners {
		ua.readers.Go(a.serve)
	}
}

// Addr is the bound address of the first listener of that transport (udp, tcp
// or tls), or the zero value when there is none.
func (ua *UA) Addr(transport string) netip.AddrPort {
	if transport == "udp" && len(ua.sockets) > 0 {
		return ua.sockets[0].bound
	}
	for _, a := range ua.listeners {
		if a.transport == transport {
			return a.bound
		}
	}
	return netip.AddrPort{}
}

// Stats counts what the door turned away since Listen.
type Stats struct {
	// Refused came from addresses that Settings.Allow does not know.
	Refused int64
	// Malformed could not be read as SIP, or lacked what every message must have.
	Malformed int64
	// Panics were recovered; each is a bug, and stands in the log with its stack.
	Panics int64
	// Calls is the number of dialogs, early or confirmed, right now.
	Calls int
	// Transactions is the number of client and server transactions right now.
	Transactions int
	// Connections is the number of TCP and TLS connections that peers hold open.
	Connections int
}

// Stats returns the counters.
func (ua *UA) Stats() Stats {
	ua.mu.Lock()
	defer ua.mu.Unlock()
	return Stats{
		Refused: ua.refused.Load(), Malformed: ua.malformed.Load(), Panics: ua.panics.Load(),
		Calls: len(ua.dialogs), Transactions: len(ua.clients) + len(ua.servers), Connections: int(ua.connections.Load()),
	}
}

// Close says BYE to running calls and CANCEL to ringing ones, waits up to 2 s
// for the answers, closes the sockets and returns when every goroutine that the
// UA started has ended. Handlers of the caller must return for that.
func (ua *UA) Close() error {
	ua.mu.Lock()
	if ua.closed {
		ua.mu.Unlock()
		ua.work.Wait()
		return nil
	}
	ua.closed = true
	owners := make([]dialogOwner, 0, len(ua.dialogs))
	for _, d := range ua.dialogs {
		owners = append(owners, d)
	}
	ua.mu.Unlock()
	close(ua.closing)

	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	var wg sync.WaitGroup
	for _, d := range owners {
		wg.Go(func() { d.farewell(ctx) })
	}
	wg.Wait()
	cancel()
	ua.quiet.Store(true)
	time.Sleep(settle)
	ua.closeSockets()
	ua.readers.Wait()
	ua.tearDown()
	ua.work.Wait()
	return nil
}

// isClosed reports that Close has begun, also before closing is closed.
func (ua *UA) isClosed() bool {
	ua.mu.Lock()
	defer ua.mu.Unlock()
	return ua.closed
}

func (ua *UA) closeSockets() {
	for _, s := range ua.sockets {
		closeQuietly(s.conn)
	}
	for _, a := range ua.listeners {
		closeQuietly(a)
	}
}

// closeQuietly is for sockets that are given up: there is nothing left to do
// about an error.
func closeQuietly(c io.Closer) { _ = c.Close() }

// tearDown ends what the farewell left: transactions without an answer.
func (ua *UA) tearDown() {
	ua.mu.Lock()
	ua.torn = true
	clients := slices.Collect(maps.Values(ua.clients))
	ua.mu.Unlock()
	for _, tx := range clients {
		tx.fail(ErrClosed)
	}
	ua.transactions.Close()
	if err := ua.transports.Close(); err != nil {
		ua.log.Debug("close connections", "error", err)
	}
}

// spawn starts a goroutine that Close waits for. It reports false, and starts
// nothing, once the UA is torn down.
func (ua *UA) spawn(f func()) bool {
	ua.mu.Lock()
	if ua.torn {
		ua.mu.Unlock()
		return false
	}
	ua.work.Add(1)
	ua.mu.Unlock()
	go func() {
		defer ua.work.Done()
		defer func() {
			if p := recover(); p != nil {
				ua.panicked("goroutine", p)
			}
		}()
		f()
	}()
	return true
}

// panicked is the root of every goroutine that touches foreign data: one bad
// message must not end the other calls.
func (ua *UA) panicked(where string, p any) {
	ua.panics.Add(1)
	ua.log.Error("panic recovered", "where", where, "panic", p, "stack", string(debug.Stack()))
}

func (ua *UA) isClosing() bool {
	select {
	case <-ua.closing:
		return true
	default:
		return false
	}
}

func (ua *UA) allowed(a netip.Addr) bool {
	if ua.settings.Allow == nil || ua.settings.Allow(a) {
		return true
	}
	ua.refused.Add(1)
	return false
}

// addDialog reports false when our half of that dialog exists already: the
// caller reused a Call-ID.
func (ua *UA) addDialog(k dialogKey, d dialogOwner) error {
	ua.mu.Lock()
	defer ua.mu.Unlock()
	if ua.closed {
		return ErrClosed
	}
	if _, taken := ua.dialogs[k]; taken {
		return errors.New("a call with this Call-ID is running")
	}
	ua.dialogs[k] = d
	return nil
}

// swapDialog hands a dialog from the early owner to the call.
func (ua *UA) swapDialog(k dialogKey, d dialogOwner) {
	ua.mu.Lock()
	ua.dialogs[k] = d
	ua.mu.Unlock()
}

func (ua *UA) dropDialog(k dialogKey, d dialogOwner) {
	ua.mu.Lock()
	if ua.dialogs[k] == d {
		delete(ua.dialogs, k)
	}
	ua.mu.Unlock()
}

func (ua *UA) dialog(k dialogKey) dialogOwner {
	ua.mu.Lock()
	defer ua.mu.Unlock()
	return ua.dialogs[k]
}
