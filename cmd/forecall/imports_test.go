package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// module is the prefix of our own packages.
const module = "github.com/forecall/forecall/"

// mayImport is who may see whom: the first folder of a package, and the first
// folders it may import besides its own.
var mayImport = map[string][]string{
	"pacing":    {},
	"campaigns": {"pacing"},
	"dialer":    {"pacing", "campaigns"},
	"storage":   {"pacing", "campaigns"},
	"cmd":       {"pacing", "campaigns", "dialer", "storage", "testdata"}, // testdata: the list of the demo
}

// below are packages of a room that know nothing of ours: the engines, which
// the record store is opened on.
var below = []string{"storage/sqlite", "storage/postgres"}

// onlyIn is where a dependency may appear, by path prefix, in code that ships.
var onlyIn = map[string][]string{
	"net/http":                     {"cmd/"},
	"database/sql":                 {"storage/"},
	"github.com/emiago/sipgo":      {"dialer/sipua"},
	"github.com/pion/webrtc":       {"dialer/softphone"},
	"github.com/spf13/viper":       {"cmd/internal/config"},
	"github.com/danielgtaylor":     {"cmd/internal/api"},
	"modernc.org/sqlite":           {"storage/sqlite"},
	"github.com/jackc/pgx":         {"storage/postgres"},
	"github.com/redis/go-redis":    {"storage/redis"},
	"github.com/minio/minio-go":    {"storage/blobs"},
	"github.com/nyaruka":           {"campaigns/numbers"},
	"github.com/pion/sdp":          {"dialer/sipua"},
	"github.com/spf13/cobra":       {"cmd/forecall"},
	"github.com/prometheus":        {"cmd/"},
	"go.yaml.in/yaml":              {"pacing/sim", "campaigns/script", "campaigns/rules"},
	"github.com/expr-lang/expr":    {"campaigns/script", "campaigns/filter", "campaigns/rules"},
	"github.com/yuin/goldmark":     {"campaigns/script"},
	"github.com/xuri/excelize":     {"campaigns/intake"},
	"github.com/pion/ice":          {"dialer/softphone"},
	"github.com/standard-webhooks": {"cmd/internal/webhook"},
	"github.com/parquet-go":        {"cmd/internal/columnar"},
	"github.com/beevik/ntp":        {"cmd/internal/timesource"},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestEveryPackageImportsOnlyWhatTheHouseAllows(t *testing.T) {
	for _, p := range goList(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		for _, imported := range p.Imports {
			if why := breach(from, imported); why != "" {
				t.Errorf("%s imports %s: %s", from, imported, why)
			}
		}
	}
}

// breach says which law the import breaks, or nothing.
func breach(from, imported string) string {
	if own, ok := strings.CutPrefix(imported, module); ok {
		if anyPrefix(from, below) {
			return "an engine knows nothing of ours"
		}
		if from == "storage/records" && anyPrefix(own, below) {
			return "the record store is opened on any engine"
		}
		return breachInside(room(from), room(own))
	}
	for prefix, rooms := range onlyIn {
		if (imported == prefix || strings.HasPrefix(imported, prefix+"/")) && !anyPrefix(from, rooms) {
			return "it may appear only in " + strings.Join(rooms, ", ")
		}
	}
	return ""
}

func breachInside(from, to string) string {
	allowed, known := mayImport[from]
	switch {
	case !known:
		return "the top-level folder " + from + " is not one of the house"
	case from == to || anyPrefix(to, allowed):
		return ""
	}
	return from + " may import only " + strings.Join(allowed, ", ")
}

func room(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

func anyPrefix(path string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}

func goList(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []listed
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func TestTheLawItselfCatchesBreaches(t *testing.T) {
	for _, c := range []struct{ from, imported string }{
		{"dialer/siptrunk", module + "storage/records"},
		{"storage/records", module + "dialer"},
		{"storage/sqlite", module + "campaigns"},
		{"storage/records", module + "storage/sqlite"},
		{"pacing", module + "campaigns"},
		{"dialer", "github.com/emiago/sipgo/sip"},
		{"campaigns", "net/http"},
		{"campaigns", "database/sql/driver"},
		{"helpers", module + "pacing"},
		{"cmd/forecall", "go.yaml.in/yaml/v3"},
	} {
		if breach(c.from, c.imported) == "" {
			t.Errorf("%s importing %s passes", c.from, c.imported)
		}
	}
}

// modernc.org/sqlite works only with the libc that its own go.mod names; a
// newer one mismatches silently (its doc.go says so).
func TestSQLiteRunsOnTheLibcItWasMadeFor(t *testing.T) {
	want := map[string]string{"modernc.org/sqlite": "v1.61.1", "modernc.org/libc": "v1.79.0"}
	for path, version := range want {
		out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", path).Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(string(out)); got != version {
			t.Errorf("%s is %s, want %s: change both together, as sqlite's go.mod pairs them", path, got, version)
		}
	}
}
