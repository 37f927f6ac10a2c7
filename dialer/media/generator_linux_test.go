package media

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The generator speaks JSON lines with the benchmark that started it:
//
//	benchmark -> {"Sockets": 2000}
//	generator -> {"Ports": [...]}        two per call: the caller's and the callee's
//	benchmark -> {"To": [...], ...}      where each socket sends
//	generator -> {"Phase": "measuring"}  warmed up
//	generator -> {"Phase": "measured"}
//	generator -> {"Sent": ..., ...}
type (
	generatorSetup struct{ Sockets int }
	generatorPorts struct{ Ports []uint16 }
	generatorOrder struct {
		To       []uint16
		WarmUp   time.Duration
		Duration time.Duration
	}
	generatorPhase  struct{ Phase string }
	generatorResult struct {
		Sent, Received uint64
		P50, P99, Max  time.Duration // from send to arrival in the receiving socket's buffer
		LateSends      uint64        // milliseconds in which the generator itself was held up
	}
)

// generator is the far ends of many calls: one thread sends, one receives.
type generator struct {
	fds   []int
	epoll int

	measuring atomic.Bool
	sent      uint64 // of the sender
	late      uint64
	received  uint64   // of the receiver
	delays    []uint32 // histogram by microsecond, the last is "longer"
}

// generate is the main function of the generator process.
func generate(in io.Reader, out io.Writer) error {
	orders, answers := json.NewDecoder(bufio.NewReader(in)), json.NewEncoder(out)
	var setup generatorSetup
	if err := orders.Decode(&setup); err != nil {
		return err
	}
	g, ports, err := newGenerator(setup.Sockets)
	if err != nil {
		return err
	}
	if err := answers.Encode(generatorPorts{ports}); err != nil {
		return err
	}
	var order generatorOrder
	if err := orders.Decode(&order); err != nil {
		return err
	}
	for i, port := range order.To {
		if err := unix.Connect(g.fds[i], &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: int(port)}); err != nil {
			return err
		}
	}
	return g.run(order, answers)
}

func newGenerator(sockets int) (*generator, []uint16, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, nil, err
	}
	g := &generator{epoll: epoll, delays: make([]uint32, 1_000_001)}
	var ports []uint16
	for i := range sockets {
		fd, port, err := g.open(i)
		if err != nil {
			return nil, nil, fmt.Errorf("socket %d: %w", i, err)
		}
		g.fds, ports = append(g.fds, fd), append(ports, port)
	}
	return g, ports, nil
}

func (g *generator) open(i int) (fd int, port uint16, err error) {
	if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0); err != nil {
		return 0, 0, err
	}
	if err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, 0, err
	}
	if err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return 0, 0, err
	}
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}
	if err = unix.EpollCtl(g.epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		return 0, 0, err
	}
	bound, err := unix.Getsockname(fd)
	if err != nil {
		return 0, 0, err
	}
	return fd, uint16(bound.(*unix.SockaddrInet4).Port), nil
}

func (g *generator) run(order generatorOrder, answers *json.Encoder) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	receiving, stop := context.WithCancel(context.Background())
	defer stop()
	var sender, receiver sync.WaitGroup
	sender.Go(func() { g.send(ctx) })
	receiver.Go(func() { g.receive(receiving) })

	time.Sleep(order.WarmUp)
	if err := answers.Encode(generatorPhase{"measuring"}); err != nil {
		return err
	}
	g.measuring.Store(true)
	time.Sleep(order.Duration)
	g.measuring.Store(false)
	if err := answers.Encode(generatorPhase{"measured"}); err != nil {
		return err
	}
	cancel()
	sender.Wait()
	time.Sleep(time.Second) // what is on its way
	stop()
	receiver.Wait()
	result := generatorResult{Sent: g.sent, Received: g.received, LateSends: g.late}
	result.P50, result.P99, result.Max = g.delay(0.5), g.delay(0.99), g.delay(1)
	return answers.Encode(result)
}

// send sends a packet from every socket each 20 ms, spread evenly over it.
func (g *generator) send(ctx context.Context) {
	runtime.LockOSThread()
	packet := make([]byte, 172)
	packet[0] = 0x80
	sockets, begin := len(g.fds), time.Now()
	slices := 20
	for slice := 0; ctx.Err() == nil; slice++ {
		due := begin.Add(time.Duration(slice) * time.Millisecond)
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
		} else if wait < -2*time.Millisecond {
			g.late++
		}
		round := slice / slices
		for i := sockets * (slice % slices) / slices; i < sockets*(slice%slices+1)/slices; i++ {
			binary.BigEndian.PutUint16(packet[2:], uint16(round))
			binary.BigEndian.PutUint32(packet[4:], uint32(round*frameSamples))
			binary.BigEndian.PutUint32(packet[8:], uint32(i+1))
			measured := g.measuring.Load()
			packet[12] = 0
			if measured {
				packet[12] = 1
			}
			binary.BigEndian.PutUint64(packet[13:], uint64(time.Now().UnixNano()))
			if _, err := unix.Write(g.fds[i], packet); err == nil && measured {
				g.sent++
			}
		}
	}
}

func (g *generator) receive(ctx context.Context) {
	runtime.LockOSThread()
	events := make([]unix.EpollEvent, 256)
	reader := newStampedReader()
	for ctx.Err() == nil {
		n, _ := unix.EpollWait(g.epoll, events, 0)
		if n <= 0 {
			// Not woken per packet: that would be paid by who sends. The time
			// of arrival is the kernel's, so that the wait is not counted.
			time.Sleep(time.Millisecond)
		}
		for _, event := range events[:max(n, 0)] {
			if size, at := reader.read(g.fds[event.Fd]); size > 0 {
				g.note(reader.packet[:size], at)
			}
		}
	}
}

func (g *generator) note(packet []byte, at int64) {
	if len(packet) != 172 || packet[12] != 1 {
		return // RTCP, or not measured
	}
	g.received++
	micros := (at - int64(binary.BigEndian.Uint64(packet[13:]))) / 1000
	g.delays[max(0, min(micros, int64(len(g.delays)-1)))]++
}

func (g *generator) delay(share float64) time.Duration {
	var sum, want float64 = 0, share * float64(g.received)
	last := 0
	for micros, count := range g.delays {
		if count > 0 {
			last = micros
		}
		if sum += float64(count); count > 0 && sum >= want {
			break
		}
	}
	return time.Duration(last) * time.Microsecond
}

// stampedReader reads datagrams with the kernel's time of arrival, so that the
// generator's own delay is not counted.
type stampedReader struct {
	packet, control []byte
	iov             unix.Iovec
	msg             unix.Msghdr
}

func newStampedReader() *stampedReader {
	r := &stampedReader{packet: make([]byte, maxDatagram), control: make([]byte, 256)}
	r.iov.Base = &r.packet[0]
	r.iov.SetLen(len(r.packet))
	r.msg.Iov, r.msg.Iovlen = &r.iov, 1
	r.msg.Control = &r.control[0]
	return r
}

func (r *stampedReader) read(fd int) (size int, at int64) {
	r.msg.SetControllen(len(r.control))
	n, _, errno := unix.Syscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&r.msg)), unix.MSG_DONTWAIT)
	if errno != 0 {
		return 0, 0
	}
	header := (*unix.Cmsghdr)(unsafe.Pointer(&r.control[0]))
	if header.Level == unix.SOL_SOCKET && header.Type == unix.SO_TIMESTAMPNS {
		stamp := (*unix.Timespec)(unsafe.Pointer(&r.control[unix.CmsgLen(0)]))
		return int(n), stamp.Nano()
	}
	fmt.Fprintln(os.Stderr, "generator: no time of arrival from the kernel")
	return int(n), time.Now().UnixNano()
}
