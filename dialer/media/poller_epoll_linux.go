package media

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// NewEpollPoller returns the poller for hosts of many calls: so many loops (one
// is right up to some 2,000 calls) read all sockets by raw epoll, one datagram
// per socket and turn. A socket that is flooded thereby takes one packet's time
// a turn, as any other.
func NewEpollPoller(loops int) (Poller, error) {
	p := &epollPoller{}
	for range max(loops, 1) {
		loop, err := newEpollLoop()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open epoll: %w", err), p.closeLoops())
		}
		p.loops = append(p.loops, loop)
		p.running.Go(loop.run)
	}
	p.beats = startMetronome()
	return p, nil
}

type epollPoller struct {
	loops   []*epollLoop // fixed once made
	turn    atomic.Uint32
	closing sync.Once
	closed  error
	beats   *metronome
	running sync.WaitGroup
}

func (p *epollPoller) clock() *metronome { return p.beats }

func (p *epollPoller) listen(at netip.AddrPort, handle datagramHandler) (socket, error) {
	loop := p.loops[int(p.turn.Add(1))%len(p.loops)]
	s, err := openEpollSocket(at, handle)
	if err != nil {
		return nil, err
	}
	if err := loop.add(s); err != nil {
		return nil, errors.Join(err, unix.Close(s.fd))
	}
	return s, nil
}

func (p *epollPoller) Close() error {
	p.closing.Do(func() {
		p.beats.stop()
		p.closed = p.closeLoops()
	})
	return p.closed
}

func (p *epollPoller) closeLoops() error {
	var err error
	for _, loop := range p.loops {
		err = errors.Join(err, loop.end())
	}
	p.running.Wait()
	for _, loop := range p.loops {
		err = errors.Join(err, unix.Close(loop.stop), unix.Close(loop.epoll))
	}
	return err
}

// epollLoop is one goroutine that reads many sockets.
type epollLoop struct {
	epoll int
	stop  int // an eventfd: written once, to end the loop

	mu      sync.RWMutex
	sockets map[int32]*epollSocket // by a number that is never used twice: a late event finds nobody
	last    int32
	ended   bool // its descriptors are closed, or will be: their numbers may be another's
}

// stopID marks the event of the stop descriptor; sockets count from one.
const stopID = 0

func newEpollLoop() (*epollLoop, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	stop, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, errors.Join(os.NewSyscallError("eventfd", err), unix.Close(epoll))
	}
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: stopID}
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, stop, &event); err != nil {
		return nil, errors.Join(os.NewSyscallError("epoll_ctl", err), unix.Close(stop), unix.Close(epoll))
	}
	return &epollLoop{epoll: epoll, stop: stop, sockets: make(map[int32]*epollSocket)}, nil
}

// end lets the loop take no more sockets, and wakes it to see that it is over.
func (l *epollLoop) end() error {
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	_, err := unix.Write(l.stop, []byte{7: 1}) // any non-zero count will do
	return os.NewSyscallError("write eventfd", err)
}

// add begins reading a socket. The descriptor is in the table before anybody can
// look for it, so that its first event finds it. epoll_ctl does not wait; it is made
// under the lock because the loop's descriptor may be closed once ended is true.
func (l *epollLoop) add(s *epollSocket) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return errPollerClosed
	}
	l.last++
	s.id, s.loop = l.last, l
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: s.id}
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, s.fd, &event); err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	l.sockets[s.id] = s
	return nil
}

func (l *epollLoop) remove(id int32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.sockets, id)
}

func (l *epollLoop) find(id int32) *epollSocket {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.sockets[id]
}

func (l *epollLoop) run() {
	events := make([]unix.EpollEvent, 256)
	packet := make([]byte, maxDatagram)
	for {
		n, err := unix.EpollWait(l.epoll, events, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return // the descriptor is gone: impossible while we run
		}
		for _, event := range events[:max(n, 0)] {
			if event.Fd == stopID {
				return
			}
			if s := l.find(event.Fd); s != nil {
				s.readOne(packet)
			}
		}
	}
}
