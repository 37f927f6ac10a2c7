package media

import (
	"errors"
	"net"
	"sync"
	"testing"
)

// A call may begin in the moment in which the house shuts: it is refused, whatever
// has been closed by then.
func TestASessionOnAClosedPollerIsRefused(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		if err := poller.Close(); err != nil {
			t.Fatal(err)
		}
		ports, err := NewPortRange(30000, 30003)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 { // more often than there are ports: each is given back
			if _, err := Open(Settings{IP: loopback, Ports: ports, Poller: poller}); !errors.Is(err, net.ErrClosed) {
				t.Fatalf("opened on a closed poller: %v", err)
			}
		}
	})
}

func TestSessionsThatOpenWhileThePollerClosesAreServedOrRefused(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		ports := testPorts(t)
		var callers sync.WaitGroup
		opened := make(chan struct{}, 1)
		for range 4 {
			callers.Go(func() {
				for {
					s, err := Open(Settings{IP: loopback, Ports: ports, Poller: poller})
					if errors.Is(err, net.ErrClosed) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
					select {
					case opened <- struct{}{}:
					default:
					}
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				}
			})
		}
		<-opened
		if err := poller.Close(); err != nil {
			t.Error(err)
		}
		callers.Wait()
	})
}
