//go:build unix

package registry

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/registry/source"
)

// BenchmarkBlock finds numbers in blocks of each kind; half of them are there.
func BenchmarkBlock(b *testing.B) {
	for _, size := range []int{1000, mostPlain, 50_000, mostBuckets, 625_000} {
		b.Run(fmt.Sprintf("%d_numbers_kind_%d", size, kindFor(size)), func(b *testing.B) {
			random := rand.New(rand.NewPCG(1, 1))
			into := NewBuilder(nil)
			var ask []uint64
			for range size {
				n := 12020000000 + random.Uint64N(blockSpan)
				into.Add(n)
				ask = append(ask, n, 12020000000+random.Uint64N(blockSpan))
			}
			s, err := into.memory()
			if err != nil {
				b.Fatal(err)
			}
			random.Shuffle(len(ask), func(i, j int) { ask[i], ask[j] = ask[j], ask[i] })
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s.Has(ask[i%len(ask)])
			}
		})
	}
}

// national is a flat file of a registry as large as that of the United States:
// 625,000 numbers in each of 400 area codes, 12 characters a line. It is never
// on disk. Delta moves every 250th number by one.
type national struct {
	lines int64
	delta bool
}

const (
	perCode  = 625_000
	lineSize = 12
)

// number is that of a line.
func (f national) number(line int64) (area, local int64) {
	local = line%perCode*16 + int64(uint64(line)*hashFactor>>61)
	if f.delta && line%250 == 0 {
		local++
	}
	return 200 + line/perCode + 1, 2_000_000 + local*8/10
}

func (f national) ReadAt(p []byte, at int64) (n int, err error) {
	var line [32]byte
	for n < len(p) {
		k := (at + int64(n)) / lineSize
		if k >= f.lines {
			return n, io.EOF
		}
		area, local := f.number(k)
		text := append(strconv.AppendInt(line[:0], area, 10), ',')
		text = append(strconv.AppendInt(text, local, 10), '\n')
		n += copy(p[n:], text[(at+int64(n))%lineSize:])
	}
	return n, nil
}

func (f national) files() []campaigns.RegisterFile {
	return []campaigns.RegisterFile{{Name: "national.txt", Data: f, Size: f.lines * lineSize}}
}

// BenchmarkNational loads a list of 250,000,000 numbers, looks them up, and
// swaps versions under four readers. It takes minutes and 1.5 GB:
//
//	FORECALL_MEASURE=1 nice go test ./storage/registry -run xxx -bench National -benchtime 1x -timeout 60m
func BenchmarkNational(b *testing.B) {
	if os.Getenv("FORECALL_MEASURE") == "" {
		b.Skip("FORECALL_MEASURE=1 asks for it")
	}
	lines := int64(400 * perCode)
	if n, err := strconv.ParseInt(os.Getenv("FORECALL_MEASURE"), 10, 64); err == nil && n > 1 {
		lines = n
	}
	folder := b.TempDir()
	var rows []campaigns.RegisterVersion
	record := func(v campaigns.RegisterVersion) error { rows = append(rows, v); return nil }
	shelf, err := Open(folder, nil, nil)
	must(b, err)
	load := func(f national, day int) time.Duration {
		began := time.Now()
		st, err := shelf.Make(context.Background(), campaigns.RegisterLoad{
			Version: campaigns.RegisterVersion{List: "us-national", Kind: campaigns.RegisterFull, AccessedAt: may.AddDate(0, 0, day)},
			Reading: campaigns.RegisterReading{Country: "US"}, Files: f.files(),
		})
		must(b, err)
		must(b, st.Publish(record))
		return time.Since(began)
	}
	used := processor()
	took := load(national{lines: lines}, 0)
	b.Logf("loading took %.1f s of processor", processor()-used)
	b.ReportMetric(took.Seconds(), "load-s")
	b.ReportMetric(float64(lines)/took.Seconds()/1e6, "Mlines/s")
	info, err := os.Stat(filepath.Join(folder, "us-national", "000001.set"))
	must(b, err)
	b.ReportMetric(float64(info.Size())/1e6, "file-MB")
	b.Logf("%d numbers of %d lines in %s, file %.1f MB", rows[0].Count, lines, took.Round(time.Millisecond), float64(info.Size())/1e6)

	began := time.Now()
	shelf, err = Open(folder, rows, nil)
	must(b, err)
	b.Logf("opened, every byte compared with its SHA-256: %s", time.Since(began).Round(time.Millisecond))
	began = time.Now()
	_, err = openSet(shelf.path("us-national", 1, partSet), false)
	must(b, err)
	b.Logf("opened by its header: %s", time.Since(began).Round(time.Microsecond))
	runtime.GC()
	b.Logf("memory: %s", resident())

	hit, each := looks(b, shelf, national{lines: lines}, 5_000_000)
	b.ReportMetric(each, "ns/look")
	b.Logf("random look-ups, half of them listed: %.1f ns, %.1f M/s; %d listed", each, 1000/each, hit)

	var stop atomic.Bool
	var looked [4]int64
	var worst [4]time.Duration
	var readers sync.WaitGroup
	for i := range looked {
		readers.Go(func() { looked[i], worst[i] = reader(shelf, national{lines: lines}, uint64(i), &stop) })
	}
	began = time.Now()
	took = load(national{lines: lines, delta: true}, 1)
	stop.Store(true)
	readers.Wait()
	total := int64(0)
	for _, n := range looked {
		total += n
	}
	b.ReportMetric(took.Seconds(), "reload-s")
	b.Logf("the next full list, %d came and %d went, loaded in %s under 4 readers: %.1f M look-ups/s meanwhile, the slowest batch of 1,000 took %s",
		rows[1].Added, rows[1].Removed, took.Round(time.Millisecond), float64(total)/time.Since(began).Seconds()/1e6, max(worst[0], worst[1], worst[2], worst[3]))

	var changes strings.Builder
	for k := range int64(1_000_000) {
		area, local := national{}.number(k * (lines / 1_000_000))
		fmt.Fprintf(&changes, "%d,%d,2026-05-03,%c\n", area, local, "AD"[k%2])
	}
	text := changes.String()
	began, used = time.Now(), processor()
	st, err := shelf.Make(context.Background(), campaigns.RegisterLoad{
		Version: campaigns.RegisterVersion{List: "us-national", Kind: campaigns.RegisterChange, AccessedAt: may.AddDate(0, 0, 2)},
		Reading: campaigns.RegisterReading{Country: "US"}, Files: []campaigns.RegisterFile{{Name: "changes.txt", Data: strings.NewReader(text), Size: int64(len(text))}},
	})
	must(b, err)
	must(b, st.Publish(record))
	b.ReportMetric(time.Since(began).Seconds(), "delta-s")
	b.Logf("a change list of 1,000,000 lines: %s, %.1f s of processor", time.Since(began).Round(time.Millisecond), processor()-used)
	began = time.Now()
	checked, findings := shelf.Verify(context.Background(), "us-national", rows)
	b.Logf("%d versions built anew and compared in %s: %v", checked, time.Since(began).Round(time.Millisecond), findings)
	if len(findings) > 0 || checked != 3 {
		b.Errorf("%d versions, %v", checked, findings)
	}
	for b.Loop() { //nolint:revive // once; the figures are reported
	}
}

// processor is the time that the process has had on processors, in seconds:
// what a measurement on a busy machine can be compared by.
func processor() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// looks asks for numbers in no order; every second is of the list.
func looks(b *testing.B, s *Shelf, f national, n int) (hit int, nanoseconds float64) {
	b.Helper()
	random := rand.New(rand.NewPCG(9, 9))
	ask := make([]uint64, n)
	for i := range ask {
		area, local := f.number(random.Int64N(f.lines))
		if i%2 == 0 {
			local = 2_000_000 + random.Int64N(8_000_000)
		}
		ask[i] = uint64(10_000_000_000 + area*10_000_000 + local)
	}
	began, used := time.Now(), processor()
	for _, number := range ask {
		if s.Look("us-national", number).Listed {
			hit++
		}
	}
	b.Logf("%.1f ns of processor a look-up", (processor()-used)*1e9/float64(n))
	return hit, float64(time.Since(began).Nanoseconds()) / float64(n)
}

// reader looks up until it is stopped; every answer must be of a whole version.
func reader(s *Shelf, f national, seed uint64, stop *atomic.Bool) (n int64, worst time.Duration) {
	random := rand.New(rand.NewPCG(seed, 1))
	for !stop.Load() {
		began := time.Now()
		for range 1000 {
			area, local := f.number(random.Int64N(f.lines))
			if !s.Look("us-national", uint64(10_000_000_000+area*10_000_000+local)).Loaded {
				panic("half a version")
			}
		}
		n += 1000
		worst = max(worst, time.Since(began))
		runtime.Gosched()
	}
	return n, worst
}

// resident is what the process has in memory, as the kernel counts it.
func resident() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "unknown"
	}
	var out []string
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "Rss") || strings.HasPrefix(line, "VmRSS") {
			out = append(out, strings.Join(strings.Fields(line), " "))
		}
	}
	return strings.Join(out, ", ")
}

// BenchmarkRead reads a flat file of ten million numbers into a builder.
func BenchmarkRead(b *testing.B) {
	f := national{lines: 10_000_000}
	for b.Loop() {
		into := NewBuilder(nil)
		report, err := source.Read(context.Background(), []source.File{{Name: "f", ReaderAt: f, Size: f.lines * lineSize}},
			source.Options{RegisterReading: campaigns.RegisterReading{Country: "US"}}, into)
		if err != nil || report.Rejected > 0 || into.Count() == 0 {
			b.Fatal(report, err)
		}
	}
	b.SetBytes(f.lines * lineSize)
	b.ReportMetric(float64(f.lines)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mlines/s")
}
