package timesource

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// clockServer answers NTP on loopback as a server whose clock is that much ahead
// of ours (RFC 5905 section 7.3: the 48 octets of the header).
func clockServer(t *testing.T, ahead time.Duration, stratum byte) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		in := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(in)
			if err != nil {
				return
			}
			if n < 48 {
				continue
			}
			out := make([]byte, 48)
			out[0], out[1], out[2], out[3] = 0<<6|4<<3|4, stratum, 6, 0xEC // server, version 4
			binary.BigEndian.PutUint32(out[12:], 0x7f000001)
			now := stampOf(time.Now().Add(ahead))
			binary.BigEndian.PutUint64(out[16:], now) // reference
			copy(out[24:32], in[40:48])               // origin: what we were sent
			binary.BigEndian.PutUint64(out[32:], now)
			binary.BigEndian.PutUint64(out[40:], now)
			_, _ = conn.WriteTo(out, from)
		}
	})
	t.Cleanup(func() { _ = conn.Close(); serving.Wait() })
	return conn.LocalAddr().String()
}

func stampOf(t time.Time) uint64 {
	const from1900 = 2208988800
	return uint64(t.Unix()+from1900)<<32 | uint64(t.Nanosecond())<<32/1e9
}

func TestAClockThatIsBehindItsServersIsMeasured(t *testing.T) {
	told := map[string]time.Duration{}
	s := New(Settings{
		Servers: []string{clockServer(t, 7*time.Second, 2), clockServer(t, 7*time.Second, 2), clockServer(t, -time.Hour, 2)},
		Tell:    func(by time.Duration, source string) { told[source] = by }, Log: slog.New(slog.DiscardHandler),
	})
	s.measure()
	by, server, known := s.Offset()
	if !known || by > -6*time.Second || by < -8*time.Second {
		t.Errorf("known %v, %s ahead by %s; we are 7 s behind, and one of three servers is wrong", known, by, server)
	}
	if len(told) != 1 || told[server] != by {
		t.Errorf("told %v, knows %s of %s", told, by, server)
	}
}

func TestAServerThatIsNotSynchronizedSaysNothing(t *testing.T) {
	s := New(Settings{
		Servers: []string{clockServer(t, time.Hour, 0)}, Tell: func(time.Duration, string) { t.Error("told") }, Log: slog.New(slog.DiscardHandler),
	})
	s.measure()
	if by, _, known := s.Offset(); known {
		t.Errorf("took %s of a server that knows no time itself", by)
	}
}

func TestWhatTheServersSaidLastHoldsWhileTheyAreSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		var mu sync.Mutex
		next := map[string][]time.Duration{"a": {0, 6 * time.Second}, "b": {-time.Second, 6100 * time.Millisecond}}
		var told []time.Duration
		s := New(Settings{
			Servers: []string{"a", "b"}, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Tell: func(by time.Duration, _ string) { told = append(told, by) },
			ask: func(server string) (time.Duration, error) {
				mu.Lock()
				defer mu.Unlock()
				if len(next[server]) == 0 {
					return 0, errors.New("no answer")
				}
				by := next[server][0]
				next[server] = next[server][1:]
				return by, nil
			},
		})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { s.Run(ctx); close(ended) }()
		time.Sleep(3*Every + time.Second)
		stop()
		<-ended
		if len(told) != 2 || told[0] != -time.Second || told[1] != 6100*time.Millisecond {
			t.Errorf("told %v; the worse of two that differ counts", told)
		}
		if by, _, known := s.Offset(); !known || by != 6100*time.Millisecond {
			t.Errorf("after silence it is %s, %v", by, known)
		}
		for _, want := range []string{"level=WARN msg=\"the clock of this machine is off\"", "level=ERROR msg=\"the clock of this machine is wrong", "does not say how late"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("no %s in the log:\n%s", want, log.String())
			}
		}
	})
}

func TestTheMedianOutvotesOneThatIsWrong(t *testing.T) {
	for name, tt := range map[string]struct {
		heard []time.Duration
		want  time.Duration
	}{
		"one":             {[]time.Duration{3}, 3},
		"two that agree":  {[]time.Duration{3, 3}, 3},
		"two that differ": {[]time.Duration{0, -9}, -9},
		"three":           {[]time.Duration{1e9, 2, 1}, 2},
		"four":            {[]time.Duration{-1e9, -5, 4, 1e9}, -5},
	} {
		t.Run(name, func(t *testing.T) {
			var heard []measured
			for _, by := range tt.heard {
				heard = append(heard, measured{by: by})
			}
			if got := median(heard); got.by != tt.want {
				t.Errorf("got %d, want %d", got.by, tt.want)
			}
		})
	}
}

func TestWithoutServersNothingIsAsked(t *testing.T) {
	s := New(Settings{Tell: func(time.Duration, string) { t.Error("told") }})
	s.Run(t.Context())
	if _, _, known := s.Offset(); known {
		t.Error("knows an offset")
	}
}
