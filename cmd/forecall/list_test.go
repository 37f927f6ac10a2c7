package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/pacing/sim"
)

// house is a place to import into and export from: a data folder, or a
// service that runs.
type house struct {
	name string
	args []string // that lead there
}

func (h house) forecall(stdin string, args ...string) (status int, out, errOut string) {
	return forecallWith(stdin, append(args, h.args...)...)
}

func (h house) must(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	status, out, errOut := h.forecall(stdin, args...)
	if status != exitOK {
		t.Fatalf("%s: forecall %s: status %d\n%s%s", h.name, strings.Join(args, " "), status, out, errOut)
	}
	return out
}

// staff are the logins of a test: an administrator and an agent.
func staff() string {
	return fmt.Sprintf(`users:
  - {login: mia, name: Mia, role: admin, password: %s}
  - {login: max, name: Max, role: manager, password: %s}
  - {login: ann, name: Ann, role: agent, password: %s, extension: ann, phone_secret: %s, campaigns: [Spring]}
`, testPassword, testPassword, testPassword, testPassword)
}

func at(t *testing.T, s *service, login string) house {
	return house{"service", []string{"--server", s.url, "--user", login, "--password-file", write(t, "password", testPassword+"\n")}}
}

// A list with a German header, semicolons, two phones, a field of its own and
// everything that can become of a row.
const mixedList = "Nachname;Vorname;Handy;Telefon;Tarif\n" +
	"Núñez;María;600 111 222;+34 911 234 567;Solar\n" +
	"山田;太郎;+81 90 1234 5678;;\n" +
	"Twice;Tom;600111222;;\n" +
	"Emergency;Eve;112;;\n" +
	"=cmd();Mallory;600111444;;@SUM(A1)\n"

func TestAnImportComesToTheSameInADataFolderAndAtAService(t *testing.T) {
	t.Parallel()
	s := serving(t, settings(t, "trunks:\n"+trunkTo(silentPort(t), "")+"campaigns: [{name: Spring}]\n"+staff()))
	houses := []house{{"folder", []string{"--data", withCampaign(t)}}, at(t, s, "max")}
	var results []intake.Result
	var reports []string
	for _, h := range houses {
		list, report := write(t, "march list (1).csv", mixedList), filepath.Join(t.TempDir(), "report.csv")
		var r intake.Result
		out := h.must(t, "", "import", list, "--campaign", "Spring", "--region", "es", "--report", report, "--priority", "3", "--json")
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
		if want := (campaigns.LoadCounts{Rows: 5, Added: 3, Duplicates: 1, Refused: 1}); r.Counts != want || r.Load != 1 || r.Elapsed <= 0 {
			t.Errorf("%s: %+v, want %+v", h.name, r, want)
		}
		results, reports = append(results, r), append(reports, read(t, report))
		again := h.must(t, "", "import", list, "--campaign", "Spring", "--region", "ES")
		if want := "5 rows: 0 added, 0 updated, 4 duplicates, 1 refused; "; !strings.HasPrefix(again, want) || !strings.Contains(again, "; load 2\n") {
			t.Errorf("%s: imported again: %s, want %s", h.name, again, want)
		}
		h.imports(t)
	}
	sameResults(t, results[0], results[1])
	if reports[0] != reports[1] || !strings.Contains(reports[0], "emergency") {
		t.Errorf("the reports differ, or lack a row:\n%s\n%s", reports[0], reports[1])
	}
	s.stop()
}

// sameResults compares all but what the clock measured and how a character set
// was found, which a service does not tell.
func sameResults(t *testing.T, a, b intake.Result) {
	t.Helper()
	a.Elapsed, b.Elapsed, a.Charset, b.Charset = 0, 0, intake.Charset{Name: a.Charset.Name}, intake.Charset{Name: b.Charset.Name}
	a.Header, b.Header = false, false
	if !reflect.DeepEqual(a, b) {
		t.Errorf("folder and service differ:\n%+v\n%+v", a, b)
	}
}

// imports goes through the other ways to import.
func (h house) imports(t *testing.T) {
	t.Helper()
	dry := h.must(t, "phone\n+34600555111\n", "import", "-", "--campaign", "Spring", "--dry-run")
	if !strings.HasPrefix(dry, "1 rows: 1 added") || !strings.Contains(dry, "dry run, nothing stored") {
		t.Errorf("%s: dry run: %s", h.name, dry)
	}
	mapped := h.must(t, "x|600777111|Ann|y\n", "import", "-", "--campaign", "Spring", "--region", "ES", "--delimiter", "|",
		"--header", "no", "--column", "phone=2", "--column", "name=3", "--column", "ignore=1", "--list", "by hand")
	if !strings.HasPrefix(mapped, "1 rows: 1 added") {
		t.Errorf("%s: by column numbers: %s", h.name, mapped)
	}
	undone := h.must(t, "", "import", "--undo", "3")
	if undone != "load 3: 1 people removed; 0 had been called already and will not be called again\n" {
		t.Errorf("%s: undo: %s", h.name, undone)
	}
	for _, c := range []struct {
		stdin string
		args  []string
		want  string
	}{
		{"name\nAnn\n", []string{"--campaign", "Spring"}, "stdin: the list has no phone column. "},
		{"phone\n600111222\n", []string{"--campaign", "Summer"}, "--campaign Summer: no campaign is named so"},
		{"", []string{"--campaign", "Spring"}, "the file is empty"},
		{"phone\n600111222\n", []string{"--campaign", "Spring", "--column", "phone=Handy"}, "Handy"},
	} {
		status, _, errOut := h.forecall(c.stdin, append([]string{"import", "-"}, c.args...)...)
		if status == exitOK || !strings.Contains(errOut, c.want) {
			t.Errorf("%s: import %v: status %d, %s, want %s", h.name, c.args, status, errOut, c.want)
		}
	}
	if status, _, errOut := h.forecall("", "import", "--undo", "99"); status != exitFailed || !strings.Contains(errOut, "--undo 99: ") {
		t.Errorf("%s: undo of what is not there: status %d, %s", h.name, status, errOut)
	}
}

func TestAnImportThatIsInterruptedKeepsWhatItReadAndSaysHowToTakeItBack(t *testing.T) {
	t.Parallel()
	folder, said := withCampaign(t), &tail{}
	child := exec.Command(os.Args[0], "import", "-", "--campaign", "Spring", "--data", folder)
	child.Env, child.Stdout, child.Stderr = append(os.Environ(), asProgram+"=1"), said, said
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	// More than all buffers on the way hold, so that rows were stored when the
	// last is written; then nothing more comes, and no end either.
	const rows = 60_000
	fmt.Fprintln(in, "name,phone")
	for i := range rows {
		fmt.Fprintf(in, "Persona %d,+34%d\n", i, 600_000_000+i*37)
	}
	if err := child.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // its status is asked below
	if status := child.ProcessState.ExitCode(); status != exitFailed || !strings.Contains(said.String(), "or take the load back with --undo 1") {
		t.Fatalf("status %d\n%s", status, said)
	}
	var stored int64
	if _, err := fmt.Sscanf(said.String(), "%d rows", &stored); err != nil || stored == 0 {
		t.Fatalf("nothing was stored\n%s", said)
	}
	out := must(t, "import", "--undo", "1", "--data", folder)
	if want := fmt.Sprintf("load 1: %d people removed;", stored); !strings.HasPrefix(out, want) {
		t.Errorf("undo: %s, want %s", out, want)
	}
}

func TestTheLogIsTheSameFromAServiceAndFromItsFolder(t *testing.T) {
	t.Parallel()
	const people = 12
	carrierLog := filepath.Join(t.TempDir(), "carrier.jsonl")
	far := newFar(t, carrier.Settings{
		Callees: sim.Callees{
			Person: 0.6, Busy: 0.3, Ring: sim.Dist{Shape: sim.Constant, Mean: 20 * time.Millisecond}, FastFail: sim.Dist{Shape: sim.Constant, Mean: 20 * time.Millisecond},
			Talk: sim.Dist{Shape: sim.Constant, Mean: 200 * time.Millisecond}, Unknown: 0.1,
		}, Log: carrierLog,
	})
	config := settings(t, "trunks:\n"+trunkTo(far.Addr("udp").Port(), "")+`campaigns:
  - {name: Spring, mode: progressive, start: true, windows: {sun-sat: ["00:00-24:00"]}, seller: "=Seller", retry: [{outcome: busy, delay: 2h, max: 1}]}
  - {name: Empty}
`+staff())
	s := serving(t, config)
	there, folder := at(t, s, "mia"), house{"folder", []string{"--data", filepath.Join(filepath.Dir(config), "data")}}
	there.must(t, string(fictitious(people)), "import", "-", "--campaign", "Spring")
	staffed(t, s, "ann", 50*time.Millisecond)
	eventually(t, "the last call", s, func() bool {
		log := there.must(t, "", "export", "--format", "jsonl", "--raw")
		return strings.Count(log, "\n") == people && far.Stats().Live == 0 && !strings.Contains(log, `"outcome":""`) && strings.Count(log, `"ended_at":"`) == people
	})
	questions := map[string][]string{
		"all": nil, "raw": {"--raw"}, "lines": {"--format", "jsonl"}, "sales": {"--what", "sales"}, "appointments": {"--what", "appointments"},
		"answers": {"--what", "answers"}, "campaign": {"--campaign", "Spring"}, "other campaign": {"--campaign", "Empty"}, "agent": {"--agent", "ann"},
		"agent by number": {"--agent", "3"}, "outcome": {"--outcome", "busy"}, "from": {"--from", "2020-01-01"}, "to": {"--to", "2020-01-01T00:00"},
	}
	answers := map[string]string{}
	for name, args := range questions {
		answers[name] = there.must(t, "", append([]string{"export"}, args...)...)
	}
	if status, _, errOut := at(t, s, "max").forecall("", "export", "--agent", "ann"); status != exitFailed || !strings.Contains(errOut, "which the log shows as agent_id") {
		t.Errorf("--agent by a manager: status %d, %s", status, errOut)
	}
	verified := there.must(t, "", "verify", "--json")
	if status, _, errOut := folder.forecall("", "verify"); status != exitFailed || !strings.Contains(errOut, "ask that one with --server") {
		t.Errorf("on the folder of a service that runs: status %d, %s", status, errOut)
	}
	s.stop()
	for _, name := range slices.Sorted(maps.Keys(questions)) {
		file := filepath.Join(t.TempDir(), "log")
		folder.must(t, "", append([]string{"export", "--out", file}, questions[name]...)...)
		if got := read(t, file); got != answers[name] {
			t.Errorf("%s: the folder says\n%.600s\nthe service said\n%.600s", name, got, answers[name])
		}
	}
	rows := strings.Count(answers["all"], "\n") - 1
	if rows != people || !strings.Contains(answers["all"], "'=Seller") || strings.Contains(answers["raw"], "'=Seller") {
		t.Errorf("%d rows of %d\n%.1500s", rows, people, answers["all"])
	}
	if busy := strings.Count(answers["outcome"], "\n") - 1; busy < 1 || busy >= people {
		t.Errorf("%d calls ended busy", busy)
	}
	sameVerdict(t, verified, folder.must(t, "", "verify", "--json", "--carrier-log", carrierLog), people)
}

func sameVerdict(t *testing.T, there, here string, attempts int64) {
	t.Helper()
	for _, text := range []string{there, here} {
		var f campaigns.Findings
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			t.Fatal(err)
		}
		if !f.Clean() || f.Attempts != attempts || f.Outcomes != attempts || f.Open != 0 {
			t.Errorf("verify: %s", text)
		}
	}
}

func TestAnExportThatFailsLeavesTheFileOfTheLastOne(t *testing.T) {
	file := write(t, "log.csv", "the last export")
	if status, _, _ := forecall("export", "--data", "/nowhere", "--out", file); status != exitUsage {
		t.Errorf("status %d", status)
	}
	left, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(left) != 1 || read(t, file) != "the last export" {
		t.Errorf("left behind: %v, %v, %q", left, err, read(t, file))
	}
	must(t, "export", "--data", withCampaign(t), "--out", file)
	if got := read(t, file); !strings.HasPrefix(got, "\uFEFFattempt") && !strings.Contains(got, "sip_call_id") {
		t.Errorf("the new export: %.200q", got)
	}
}

func TestThePasswordOfTheEnvironmentOpensTheService(t *testing.T) {
	s := serving(t, settings(t, "trunks:\n"+trunkTo(silentPort(t), "")+"campaigns: [{name: Spring}]\n"+staff()))
	for _, c := range []struct {
		password, want string
		status         int
	}{
		{testPassword, "every law holds", exitOK},
		{"not the password", "log in at " + s.url + " as mia: server answered 401", exitFailed},
	} {
		child := exec.Command(os.Args[0], "verify", "--server", s.url, "--user", "mia")
		child.Env = append(os.Environ(), asProgram+"=1", "FORECALL_PASSWORD="+c.password)
		out, _ := child.CombinedOutput() // its status is asked below
		if child.ProcessState.ExitCode() != c.status || !strings.Contains(string(out), c.want) {
			t.Errorf("status %d, want %d\n%s\nwant %s", child.ProcessState.ExitCode(), c.status, out, c.want)
		}
	}
	t.Setenv("FORECALL_PASSWORD", testPassword)
	status, _, errOut := forecall("export", "--server", s.url, "--user", "ann")
	if status != exitFailed || !strings.Contains(errOut, "server answered 403") {
		t.Errorf("an agent exports: status %d, %s", status, errOut)
	}
	s.stop()
	status, _, errOut = forecall("verify", "--server", s.url, "--user", "mia")
	if status != exitFailed || !strings.Contains(errOut, "connection refused") {
		t.Errorf("a service that is gone: status %d, %s", status, errOut)
	}
}
