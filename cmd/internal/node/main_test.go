package node

import (
	"flag"
	"runtime"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(all{m}) }

// all are the tests, and the end of what they share.
type all struct{ *testing.M }

// Run runs them. Most of their time is waiting, for a phone that rings or a Redis that
// is away: where there are two cores, three of them wait side by side, unless -parallel
// says otherwise. With the race detector (-short) they have enough to do.
func (a all) Run() int {
	flag.Parse()
	if n := flag.Lookup("test.parallel"); !testing.Short() && n.Value.String() == n.DefValue {
		_ = n.Value.Set(strconv.Itoa(max(3, runtime.GOMAXPROCS(0)))) // a number
	}
	code := a.M.Run()
	if serving.Load() {
		if s, err := server(); err == nil {
			_ = s.Stop()
		}
	}
	return code
}
