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
// is away: where there are few cores, one more of them waits beside the others than Go
// would have. -parallel says otherwise.
func (a all) Run() int {
	_ = flag.Set("test.parallel", strconv.Itoa(max(3, runtime.GOMAXPROCS(0)))) // there is such a flag
	code := a.M.Run()
	if serving.Load() {
		if s, err := server(); err == nil {
			_ = s.Stop()
		}
	}
	return code
}
