package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/node"
	"github.com/forecall/forecall/storage/records"
)

// TestNodesAreListedAndDrainedInTheDatabaseWhileNoneAnswers: what an operator has when
// no page is served.
func TestNodesAreListedAndDrainedInTheDatabaseWhileNoneAnswers(t *testing.T) {
	file := onPostgres(t)
	loaded, err := config.Load(config.Source{File: file})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := node.Engine(loaded.Config)
	if err != nil {
		t.Fatal(err)
	}
	db, err := records.Open(t.Context(), records.Settings{Engine: engine})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	said := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if status := run(append(args, "--config", file), &out, &errs); status != want {
			t.Errorf("%v: status %d\n%s%s", args, status, &out, &errs)
		}
		return out.String() + errs.String()
	}
	if text := said(exitOK, "nodes"); !strings.Contains(text, "no node has joined") {
		t.Errorf("an empty house: %s", text)
	}
	if text := said(exitFailed, "nodes", "drain", "one"); !strings.Contains(text, "stands alone") {
		t.Errorf("alone: %s", text)
	}
	for _, name := range []string{"one", "two"} {
		if _, err := db.Join(t.Context(), name, name+":7443", "v7"); err != nil {
			t.Fatal(err)
		}
	}
	if text := said(exitOK, "nodes", "drain", "one", "--wait"); !strings.Contains(text, "one is drained") {
		t.Errorf("drained: %s", text)
	}
	if text := said(exitFailed, "nodes", "drain", "two"); !strings.Contains(text, "No other node takes work") {
		t.Errorf("the last: %s", text)
	}
	if text := said(exitOK, "nodes", "--json"); !strings.Contains(text, `"drain":"command line"`) || !strings.Contains(text, `"version":"v7"`) {
		t.Errorf("as JSON: %s", text)
	}
	if text := said(exitOK, "nodes", "undrain", "one"); !strings.Contains(text, "takes work again") {
		t.Errorf("undrained: %s", text)
	}
	if text := said(exitFailed, "nodes", "undrain", "three"); !strings.Contains(text, "no node") {
		t.Errorf("nobody's: %s", text)
	}
}

func TestANodeThatCallsNobodyIsListedWithItsReasons(t *testing.T) {
	var out bytes.Buffer
	err := printNodes(&out, []campaigns.NodeStanding{
		{Name: "one", State: campaigns.NodeUp},
		{Name: "two", State: campaigns.NodeUp, Barred: []campaigns.NodeBar{{Code: campaigns.BarClock, Why: "the clock is wrong: it is 5s ahead"}, {Code: campaigns.BarTrunks, Why: "no trunk takes calls"}}},
	}, true)
	_, said, _ := strings.Cut(out.String(), "\ntwo")
	if want := "two calls nobody: the clock is wrong: it is 5s ahead\ntwo calls nobody: no trunk takes calls\n"; err != nil || !strings.HasSuffix(said, want) || strings.Contains(out.String(), "one calls nobody") {
		t.Errorf("%v: %s", err, &out)
	}
}

func TestAHouseOfOneFolderHasNoNodesToList(t *testing.T) {
	var out, errs bytes.Buffer
	if status := run([]string{"nodes", "--data", t.TempDir()}, &out, &errs); status != exitUsage || !strings.Contains(errs.String(), "stands alone") {
		t.Errorf("status %d: %s", status, &errs)
	}
}

func TestThePartsOfADemoRefuseWhatIsNotOnThisMachine(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"demo carrier --listen 0.0.0.0:5070", "loopback"},
		{"demo carrier --listen here", "write an address"},
		{"demo carrier --speed 0.5", "1 to 50"},
		{"demo robots --node http://127.0.0.1:8080", "write pages and phones"},
		{"demo robots --agents 3", "FORECALL_PASSWORD"},
		{"demo robots --speed NaN", "1 to 50"},
	} {
		t.Setenv("FORECALL_PASSWORD", "")
		var out, errs bytes.Buffer
		if status := run(strings.Fields(c.args), &out, &errs); status == exitOK || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%s: status %d: %s", c.args, status, &errs)
		}
	}
}
