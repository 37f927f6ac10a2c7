//go:build linux

package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/node"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
)

// BenchmarkImportCommand imports a list as an operator does: the program as a
// process of its own, a file, a data folder with fsync, clean E.164. It reports
// rows a second and the largest memory of the process, which must not grow
// with the list: compare -bench=ImportCommand/100000 with /1000000.
func BenchmarkImportCommand(b *testing.B) {
	for _, rows := range []int{100_000, 1_000_000} {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			list := bigList(b, rows)
			var perSecond, memory float64
			for b.Loop() {
				b.StopTimer()
				folder := withCampaign(b)
				b.StartTimer()
				rate, rss := importOnce(b, list, folder, rows)
				perSecond, memory = perSecond+rate, max(memory, rss)
			}
			b.ReportMetric(perSecond/float64(b.N), "rows/s")
			b.ReportMetric(memory, "MiB-rss")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkImportUnderRules is the same with the presets of all countries in
// force: each person is judged for the counts by rule.
func BenchmarkImportUnderRules(b *testing.B) {
	const rows = 100_000
	list := bigList(b, rows)
	var perSecond float64
	for b.Loop() {
		b.StopTimer()
		folder := withCampaign(b)
		adoptPresets(b, folder)
		b.StartTimer()
		rate, _ := importOnce(b, list, folder, rows)
		perSecond += rate
	}
	b.ReportMetric(perSecond/float64(b.N), "rows/s")
	b.ReportMetric(0, "ns/op")
}

// adoptPresets puts all presets that are not optional in force.
func adoptPresets(t testing.TB, folder string) {
	t.Helper()
	db, err := records.Open(t.Context(), records.Settings{Engine: sqlite.At(filepath.Join(folder, node.DataFile))})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var sets []*rules.Set
	for _, s := range rules.Presets() {
		if !s.Optional {
			sets = append(sets, s)
		}
	}
	if err := db.SetHolidays(t.Context(), rules.BuiltHolidays(), "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Adopt(t.Context(), sets, campaigns.Adoption{By: "test", Reason: "test"}); err != nil {
		t.Fatal(err)
	}
}

var rate = regexp.MustCompile(`^(\d+) rows: (\d+) added, .*; (\d+) rows/s;`)

func importOnce(b *testing.B, list, folder string, rows int) (perSecond, mebibytes float64) {
	b.Helper()
	c := exec.CommandContext(b.Context(), os.Args[0], "import", list, "--campaign", "Spring", "--data", folder)
	c.Env = append(os.Environ(), asProgram+"=1")
	out, err := c.CombinedOutput()
	found := rate.FindStringSubmatch(string(out))
	if err != nil || found == nil || found[2] != strconv.Itoa(rows) {
		b.Fatalf("%v\n%s", err, out)
	}
	perSecond, err = strconv.ParseFloat(found[3], 64)
	if err != nil {
		b.Fatal(err)
	}
	usage := c.ProcessState.SysUsage().(*syscall.Rusage)
	return perSecond, float64(usage.Maxrss) / 1024 // Maxrss is in KiB on Linux
}

// bigList writes a list of people with Spanish mobile numbers.
func bigList(b *testing.B, rows int) (file string) {
	b.Helper()
	file = filepath.Join(b.TempDir(), "list.csv")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "name,phone,city,product")
	for i := range rows {
		fmt.Fprintf(w, "Persona %d,+34%d,Ciudad %d,Producto %d\n", i, 600_000_000+i*37, i%500, i%20)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return file
}
