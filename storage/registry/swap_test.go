package registry

import (
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/forecall/forecall/campaigns"
)

// TestALookUpSeesOneVersionWhole swaps versions under readers. Version v holds
// the numbers that are v modulo 7: every answer must be right of the version
// that it names.
func TestALookUpSeesOneVersionWholeWhileVersionsAreSwapped(t *testing.T) {
	l := newLedger(t)
	version := func(v int) {
		l.put(campaigns.RegisterVersion{List: "us", Kind: campaigns.RegisterFull, AccessedAt: day(v)}, func(b *Builder) {
			for n := v % 7; n < 70_000; n += 7 {
				b.Add(12020000000 + uint64(n))
			}
		})
	}
	version(1)
	var stop atomic.Bool
	var looked atomic.Int64
	g := errgroup.Group{}
	for i := range 4 {
		g.Go(func() error {
			random := rand.New(rand.NewPCG(7, uint64(i)))
			for !stop.Load() {
				n := random.Uint64N(70_000)
				got := l.shelf.Look("us", 12020000000+n)
				v, err := strconv.Atoi(strings.TrimPrefix(got.Version, "us@"))
				if err != nil || !got.Loaded || got.Listed != (n%7 == uint64(v%7)) {
					return errors.New("half a version: " + got.Version)
				}
				if looked.Add(1)%16 == 0 {
					runtime.Gosched() // the loader is to have its turn
				}
			}
			return nil
		})
	}
	for v := 2; v <= 15; v++ {
		version(v)
		runtime.GC() // mappings that nobody reads go
	}
	stop.Store(true)
	if err := g.Wait(); err != nil || looked.Load() == 0 {
		t.Errorf("%d look-ups: %v", looked.Load(), err)
	}
}

func TestAMappingIsGivenBackOnlyWhenNobodyCanReadIt(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("it reads /proc")
	}
	mapped := func() int {
		data, err := os.ReadFile("/proc/self/maps")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(data), ".set")
	}
	l := newLedger(t)
	l.load("mapped", day(0), 12025550001)
	held := (*l.shelf.now.Load())["mapped"].set
	l.load("mapped", day(1), 12025550002)
	runtime.GC()
	if !held.Has(12025550001) || mapped() < 2 {
		t.Errorf("the mapping of a reader went: %d left", mapped())
	}
	runtime.KeepAlive(held)
	held = nil
	for range 100 { // cleanups run beside the program
		if runtime.GC(); mapped() <= 1 {
			runtime.KeepAlive(l)
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d mappings are left", mapped())
}

func TestALookUpAllocatesNothing(t *testing.T) {
	l := newLedger(t)
	for i := range 5 {
		l.load("us", day(i), 12025550001, uint64(12025550010+i))
	}
	for _, n := range []uint64{12025550001, 12025550014, 12025559999, 447700900123} {
		if a := testing.AllocsPerRun(100, func() { l.shelf.Look("us", n) }); a != 0 {
			t.Errorf("%d: %.0f allocations", n, a)
		}
	}
}
