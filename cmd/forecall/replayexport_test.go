package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/records"
)

// daytime opens an hour around now by the clock of Madrid.
func daytime(t *testing.T) func(*records.DB) {
	return func(db *records.DB) {
		madrid, err := time.LoadLocation("Europe/Madrid")
		fine(t, err)
		now := time.Now().In(madrid)
		minute := now.Hour()*60 + now.Minute()
		from, to := max(0, minute-60), min(1440, minute+60)
		set, err := rules.ParseSet(fmt.Appendf(nil, "ruleset: {id: house, version: 1, reviewed_on: 2026-11-21}\nrules:\n"+
			"  - {id: house.hours, type: window, weekly: {mon-sun: [\"%02d:%02d-%02d:%02d\"]}, cite: \"a law\", status: verified}\n", from/60, from%60, to/60, to%60))
		fine(t, err)
		_, err = db.Adopt(t.Context(), []*rules.Set{set}, campaigns.Adoption{By: "cora", Reason: "test"})
		fine(t, err)
	}
}

// evidenceOf signs a data folder and exports it.
func evidenceOf(t *testing.T, folder string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "spring.zip")
	out, err := commanded(t, "export", "--data", folder, "--evidence", file)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return file
}

func TestTheDecisionsOfAnExportAreTakenAgainWithoutAnyDataFolder(t *testing.T) {
	file := evidenceOf(t, calledHouse(t, "+34612345678", daytime(t)))
	for _, from := range []string{file, unpacked(t, file)} {
		out, err := commanded(t, "replay", from)
		if err != nil || !strings.Contains(out, "1 decisions (1 allowed, 0 refused): all identical") || strings.Contains(out, "other time zones") {
			t.Errorf("%v\n%s", err, out)
		}
	}
	if out, err := commanded(t, "replay", file, "--to", "2020-01-01"); err != nil || !strings.Contains(out, "0 decisions") {
		t.Errorf("%v\n%s", err, out)
	}
	changed := swapped(t, file, evidence.DecisionsFile, `"record":"A`, `"record":"B`)
	if out, err := commanded(t, "replay", changed); !errors.Is(err, errTampered) || !strings.Contains(out, evidence.DecisionsFile) {
		t.Errorf("an export that was changed: %v\n%s", err, out)
	}
	for _, args := range [][]string{{"replay", file, "--campaign", "Spring"}, {"replay", "--key", "ab"}, {"replay", "/nowhere.zip"}} {
		if status, _, errOut := forecall(args...); status != exitUsage {
			t.Errorf("%v: status %d, %s", args, status, errOut)
		}
	}
}

// unpacked is the folder of a zip.
func unpacked(t *testing.T, file string) string {
	t.Helper()
	folder := t.TempDir()
	z, err := zip.OpenReader(file)
	fine(t, err)
	defer z.Close()
	fine(t, os.CopyFS(folder, z))
	return folder
}

// TestAReplayThatDiffersByItsTimeZonesSaysSo replays with zones in which Madrid
// has the clock of Tokyo: eight hours later, so that the window is closed.
func TestAReplayThatDiffersByItsTimeZonesSaysSo(t *testing.T) {
	folder := calledHouse(t, "+34612345678", daytime(t))
	file := evidenceOf(t, folder)
	zones := t.TempDir()
	fine(t, os.MkdirAll(filepath.Join(zones, "Europe"), 0o700))
	fine(t, os.WriteFile(filepath.Join(zones, "+VERSION"), []byte("1999z\n"), 0o600))
	fine(t, os.WriteFile(filepath.Join(zones, "Europe", "Madrid"), tokyo(t), 0o600))
	for _, from := range [][]string{{file}, {"--data", folder}} {
		child := exec.CommandContext(t.Context(), os.Args[0], append([]string{"replay"}, from...)...)
		child.Env = append(os.Environ(), asProgram+"=1", "ZONEINFO="+zones)
		out, err := child.CombinedOutput()
		if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != exitFailed {
			t.Errorf("%v: %v", from, err)
		}
		for _, want := range []string{
			"1 decisions: 0 identical, 1 come out otherwise", "1 were taken with other time zones than these (1999z)",
			"it was allowed, and is now refused by house.hours; it was taken with the time zones ", "this program has 1999z",
		} {
			if !strings.Contains(string(out), want) {
				t.Errorf("%v: no %q in\n%s", from, want, out)
			}
		}
	}
}

// tokyo is the file of its zone, as the test's own program has it.
func tokyo(t *testing.T) []byte {
	t.Helper()
	if data, err := os.ReadFile("/usr/share/zoneinfo/Asia/Tokyo"); err == nil {
		return data
	}
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	fine(t, err)
	z, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	fine(t, err)
	defer z.Close()
	f, err := z.Open("Asia/Tokyo")
	fine(t, err)
	data, err := io.ReadAll(f)
	fine(t, err)
	return data
}
