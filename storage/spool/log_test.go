package spool

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// payload is a record with a name.
func payload(t testing.TB, name string) []byte {
	t.Helper()
	r, err := newRecord(kindDraft, name, name)
	must(t, err)
	text, err := encode(r)
	must(t, err)
	return text
}

// take reads and finishes up to n records.
func take(t testing.TB, j *journal, n int) (names []string) {
	t.Helper()
	for range n {
		e, some := j.first()
		if !some {
			return names
		}
		r, err := j.load(e)
		must(t, err)
		names = append(names, r.Attempt)
		must(t, j.finish(e))
	}
	return names
}

// files lists the segments of a folder.
func files(t testing.TB, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	must(t, err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), segmentEnd) {
			names = append(names, e.Name())
		}
	}
	return names
}

func opened(t testing.TB, folder string) *journal {
	t.Helper()
	j, broken, err := openJournal(folder, 4096, 1<<20)
	must(t, err)
	if len(broken) > 0 {
		t.Fatalf("damaged: %s at %d", broken[0].segment, broken[0].at)
	}
	return j
}

func TestWhatIsKeptIsReadBackInOrderOverSeveralFilesAndStarts(t *testing.T) {
	folder := t.TempDir()
	var want, got []string
	for start := range 4 {
		j := opened(t, folder)
		for i := range 60 {
			name := fmt.Sprintf("%d-%d", start, i)
			must(t, j.append(payload(t, name)))
			want = append(want, name)
		}
		got = append(got, take(t, j, 35)...)
		must(t, j.close())
	}
	j := opened(t, folder)
	if got = append(got, take(t, j, 1000)...); !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	must(t, j.tidy())
	if left := files(t, folder); len(left) != 1 {
		t.Errorf("files that nobody needs are there: %v", left)
	}
	must(t, j.close())
	for _, name := range files(t, folder) {
		data, err := os.ReadFile(filepath.Join(folder, name))
		must(t, err)
		if len(bytes.Trim(data, "\x00")) > 0 {
			t.Errorf("%s still holds what was written to the store", name)
		}
	}
}

func TestThoseWhoWriteAtOnceAllFindTheirsOnDisk(t *testing.T) {
	folder := t.TempDir()
	j := opened(t, folder)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			if err := j.append(payload(t, fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	must(t, j.close())
	j = opened(t, folder)
	defer func() { must(t, j.close()) }()
	got := take(t, j, 1000)
	slices.Sort(got)
	if n := len(slices.Compact(got)); n != 200 {
		t.Errorf("%d of 200", n)
	}
}

func TestAFolderHasOneProcess(t *testing.T) {
	folder := t.TempDir()
	j := opened(t, folder)
	if _, _, err := openJournal(folder, 4096, 1<<20); !errors.Is(err, ErrInUse) {
		t.Errorf("a second one: %v", err)
	}
	must(t, j.close())
	must(t, opened(t, folder).close())
}

func TestTheReserveTakesWhatAFullDiskHasNoRoomFor(t *testing.T) {
	folder := t.TempDir()
	j := opened(t, folder)
	// No new file can be made where one is in the way.
	must(t, os.WriteFile(segmentPath(folder, j.skip()), nil, 0o600))
	var want []string
	for i := 0; j.current.off < j.current.size*3/4 || len(files(t, folder)) < 2; i++ {
		if i > 1000 {
			t.Fatal("the reserve was not used")
		}
		name := fmt.Sprint(i)
		must(t, j.append(payload(t, name)))
		want = append(want, name)
		if _, err := os.Stat(filepath.Join(folder, reserveName)); os.IsNotExist(err) {
			break
		}
	}
	if got := take(t, j, 1000); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	must(t, j.tidy())
	if _, err := os.Stat(filepath.Join(folder, reserveName)); err != nil {
		t.Errorf("there is no reserve again: %v", err)
	}
	must(t, j.close())
}

func TestTheLimitIsKept(t *testing.T) {
	j, _, err := openJournal(t.TempDir(), 4096, 3*4096)
	must(t, err)
	defer func() { must(t, j.close()) }()
	kept := 0
	for ; err == nil; kept++ {
		err = j.append(payload(t, "x"))
	}
	if _, octets := j.waits(); !errors.Is(err, ErrFull) || octets > 3*4096 {
		t.Errorf("%d octets, %v", octets, err)
	}
	if got := take(t, j, 1000); len(got) != kept-1 {
		t.Errorf("%d are there, %d were taken", len(got), kept-1)
	}
	must(t, j.append(payload(t, "again")))
}

// FuzzDamage changes files as a disk or a torn write may: what is read is never
// anything but what was written, in order, and what was not touched is all there.
func FuzzDamage(f *testing.F) {
	f.Add(uint32(0), uint32(1), byte(0), false)
	f.Add(uint32(700), uint32(3000), byte(0xff), false)
	f.Add(uint32(1000), uint32(0), byte(1), true)
	f.Add(uint32(4), uint32(4), byte(0x80), false)
	f.Fuzz(func(t *testing.T, at, length uint32, with byte, cut bool) {
		folder := t.TempDir()
		j := opened(t, folder)
		for i := range 20 {
			must(t, j.append(payload(t, fmt.Sprint(i))))
		}
		places := make([]place, 0, 20)
		for _, e := range j.queue {
			places = append(places, e.place)
		}
		path := j.current.path
		must(t, j.close())
		touched := harm(t, path, at, length, with, cut)
		j, broken, err := openJournal(folder, 4096, 1<<20)
		must(t, err)
		got := take(t, j, 100)
		must(t, j.close())
		next := 0
		for i, p := range places {
			from, to := p.at, p.at+int64(headSize+p.size)
			whole := to <= touched[0] || from >= touched[1]
			switch {
			case next < len(got) && got[next] == fmt.Sprint(i):
				next++
			case whole:
				t.Fatalf("record %d was not touched and is lost: %v, damage %v of %v", i, got, touched, p)
			case len(broken) == 0 && !cut:
				t.Fatalf("record %d is lost, and nobody says so", i)
			}
		}
		if next != len(got) {
			t.Fatalf("records that nobody wrote: %v", got)
		}
	})
}

// harm changes or cuts off octets of a file, and returns which.
func harm(t *testing.T, path string, at, length uint32, with byte, cut bool) (touched [2]int64) {
	data, err := os.ReadFile(path)
	must(t, err)
	from := int(at) % len(data)
	to := min(len(data), from+int(length)%len(data)+1)
	if cut {
		must(t, os.Truncate(path, int64(from)))
		return [2]int64{int64(from), int64(len(data))}
	}
	for i := from; i < to; i++ {
		data[i] ^= with
	}
	if with == 0 {
		clear(data[from:to])
	}
	must(t, os.WriteFile(path, data, 0o600))
	return [2]int64{int64(from), int64(to)}
}

// FuzzScan reads any octets at all.
func FuzzScan(f *testing.F) {
	f.Add([]byte{})
	f.Add(frame(frame(nil, 1, []byte("a")), 2, []byte("b")))
	f.Add(append(make([]byte, 40), frame(nil, 9, []byte("{}"))...))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, broken := scan(data, 0)
		end, last := 0, uint64(0)
		for _, r := range records {
			if r.seq <= last || int(r.at) < end || int(r.at)+headSize+r.size > len(data) {
				t.Fatalf("record %+v after %d", r, end)
			}
			end, last = int(r.at)+headSize+r.size, r.seq
		}
		for _, b := range broken {
			if b.from < 0 || b.to <= b.from || b.to > len(data) {
				t.Fatalf("damage %+v of %d", b, len(data))
			}
		}
	})
}

func TestARecordIsJSONThatPeopleCanRead(t *testing.T) {
	r, err := newRecord(kindOutcome, "a", map[string]int{"x": 1})
	must(t, err)
	text, err := encode(r)
	must(t, err)
	var back record
	must(t, json.Unmarshal(text, &back))
	if back.Kind != kindOutcome || back.Attempt != "a" || string(back.Body) != `{"x":1}` || back.At.IsZero() {
		t.Errorf("%s", text)
	}
}

func BenchmarkAppend(b *testing.B) {
	j, _, err := openJournal(b.TempDir(), defaultSegment, 64<<30)
	must(b, err)
	defer func() { must(b, j.close()) }()
	body := payload(b, strings.Repeat("x", 600))
	b.SetParallelism(64)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := j.append(body); err != nil {
				b.Error(err)
			}
		}
	})
}
