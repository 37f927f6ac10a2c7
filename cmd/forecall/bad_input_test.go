package main

import (
	"encoding/csv"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/pacing/sim"
)

// badRow is a list with good rows around a bad one.
func badRow(row string) string {
	return "name,phone\nAnn Lee,+34600111222\n" + row + "\nBob,+34600111333\n"
}

// wideRow adds to two columns until there are so many.
func wideRow(first string, columns int) string {
	return first + strings.Repeat(",x", columns-2)
}

// TestABadRowIsNamedAndTheRestOfItsListIsImported: nothing that can stand in a
// row takes its neighbours with it.
func TestABadRowIsNamedAndTheRestOfItsListIsImported(t *testing.T) {
	good := []string{"Ann Lee", "Bob"}
	for _, c := range []struct {
		name, list string
		refused    int
		code       string // in the report
		want       string // said
	}{
		{"ten thousand columns", badRow(wideRow("Eve,+34600111444", 10_000)), 1, "too_many_columns", "line 3: the row has 10000 columns, the list has 2"},
		{"a line of 8 MiB", badRow(strings.Repeat("y", 8<<20) + ",+34600111444"), 1, "row_too_long", "line 3: the line has 8388622 bytes; a row may have 1048576"},
		{"NUL bytes", badRow("N\x00ul,+346001\x0011444"), 1, "nul_byte", "line 3: a NUL byte stands in it"},
		{"a quote that is never closed", badRow(`"Eve,+34600111444`), 1, "quote", "line 3: a quote in it is not closed"},
		{"a line break in the number", badRow("Eve,\"+34600111444\r\nRoute: <sip:evil.example>\""), 1, "control_characters", "line 3, column phone: a control character (U+000D)"},
		{"parameters", badRow("Eve,+34600111444;maddr=10.0.0.1"), 1, "sip_parameters", "line 3, column phone: it is an address or carries parameters"},
		{"an address", badRow("Eve,sip:+34600111444@evil.example"), 1, "sip_parameters", "line 3, column phone: it is an address"},
		{"emergency numbers", badRow("Eve,112\nEve,911\nEve,+1911"), 3, "emergency", "line 4, column phone: it is an emergency number and is never dialed"},
		{"premium numbers", badRow("Eve,+34803123456\nEve,+19005551234"), 2, "premium", "line 4, column phone: it is a premium-rate number"},
		{"star codes", badRow("Eve,*31#600111444"), 1, "star_code", "line 3, column phone: * and # are codes"},
		{"no number", badRow("Eve,"), 1, "no_phone", "line 3"},
		{"bytes of no character set", badRow("\xff\xfe\xfd,112"), 1, "emergency", "line 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder, report := withCampaign(t), filepath.Join(t.TempDir(), "report.csv")
			out := must(t, "import", write(t, "list.csv", c.list), "--campaign", "Spring", "--data", folder, "--report", report)
			first := fmt.Sprintf("%d rows: 2 added, 0 updated, 0 duplicates, %d refused", 2+c.refused, c.refused)
			if !strings.HasPrefix(out, first) || !strings.Contains(out, c.want) {
				t.Errorf("said\n%.2000s\nwant %s and %s", out, first, c.want)
			}
			if got := contacts(t, folder); !slices.Equal(got, good) {
				t.Errorf("stored %q, want %q", got, good)
			}
			checkReport(t, report, c.refused, c.code)
		})
	}
}

// checkReport wants so many rows in the report, each with its line and code.
func checkReport(t *testing.T, file string, rows int, code string) {
	t.Helper()
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(read(t, file), "\uFEFF")))
	r.FieldsPerRecord = -1 // a refused row stands there as it came
	all, err := r.ReadAll()
	if err != nil {
		t.Fatalf("the report is no CSV: %v", err)
	}
	if len(all) != rows+1 {
		t.Fatalf("the report holds %d rows, want %d", len(all)-1, rows)
	}
	for i, r := range all[1:] {
		if r[0] != fmt.Sprint(3+i) || r[1] != "refused" || r[3] != code || r[4] == "" {
			t.Errorf("row %d of the report: %.200q, want code %s", i+1, r, code)
		}
	}
}

// TestAListThatCannotBeReadSaysWhyAndLeavesNothingBehind: no people, no load
// and no empty list.
func TestAListThatCannotBeReadSaysWhyAndLeavesNothingBehind(t *testing.T) {
	folder := withCampaign(t)
	for _, c := range []struct{ name, list, want string }{
		{"no phone column", "name,city\nAnn,Madrid\nBob,Paris\n", `the list has no phone column. Its columns: "name", "city". Accepted are headers like phone, mobile, `},
		{"what to do about it", "name,city\nAnn,Madrid\n", "On the command line: --column phone=HEADER"},
		{"ten thousand columns in the header", wideRow("name,phone", 10_000) + "\nAnn,+34600111222\n", "the first row has 1024 columns or more"},
		{"a header of 8 MiB", strings.Repeat("n", 8<<20) + ",phone\nAnn,+34600111222\n", "list.csv: "},
		{"nothing", "", "the file is empty"},
		{"a spreadsheet", "PK\x03\x04" + strings.Repeat("\x00", 200), "the file is a spreadsheet (XLSX, ODS) or a zip archive; save the sheet as CSV"},
		{"a picture", "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00\x01\x02", 300), "list.csv: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, out, errOut := forecall("import", write(t, "list.csv", c.list), "--campaign", "Spring", "--data", folder)
			if status != exitFailed || out != "" || !strings.Contains(errOut, "list.csv: ") || !strings.Contains(errOut, c.want) {
				t.Errorf("status %d, want 1\n%s%s\nwant %s", status, out, errOut, c.want)
			}
		})
	}
	if lists, people := listsOf(t, folder), contacts(t, folder); len(lists)+len(people) != 0 {
		t.Errorf("left behind: lists %v, people %v", lists, people)
	}
}

func TestAConfigurationThatIsMissingOrBrokenIsNamedWithItsKey(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"broken YAML", "http: {listen: [\n", "is not readable YAML"},
		{"a tab", "http:\n\tlisten: x\n", "is not readable YAML"},
		{"an unknown key", "trunk: []\n", `trunk: unknown key; did you mean "trunks"?`},
		{"an unknown key of a trunk", "trunks: [{name: a, host: h, max_chanels: 3}]\n", `trunks[1].max_chanels: unknown key; did you mean "max_channels"?`},
		{"a trunk without a host", "trunks: [{name: a}]\n", "trunks[1].host: missing"},
		{"a transport that is none", "trunks: [{name: a, host: h, transport: sctp}]\n", `transport "sctp": use udp, tcp or tls`},
		{"a codec of another house", "trunks: [{name: a, host: h, codecs: [opus]}]\n", `codecs: "opus": pcmu and pcma`},
		{"a caller ID that may not be shown", "trunks: [{name: a, host: h, caller_ids: ['112']}]\n", `caller_ids "112"`},
		{"a window that is none", "campaigns: [{name: Spring, windows: {mon: ['25:00-26:00']}}]\n", "campaign Spring"},
		{"an abandonment cap above one", "campaigns: [{name: Spring, cap: 7}]\n", "campaign Spring"},
		{"a message that is no WAV", "campaigns: [{name: Spring, safe_harbor: /etc/passwd}]\n", "campaigns[1].safe_harbor: /etc/passwd: "},
		{"a message that is not there", "campaigns: [{name: Spring, safe_harbor: /nowhere.wav}]\n", "campaigns[1].safe_harbor: open /nowhere.wav"},
		{"a message in a language that is no WAV", "campaigns: [{name: Spring, safe_harbors: [{language: es, file: /etc/passwd}]}]\n", "campaigns[1].safe_harbors[1].file: /etc/passwd: "},
		{"a certificate that is not there", "http: {tls_cert: /nowhere.pem, tls_key: /nowhere.key}\n", "http.tls_cert: open /nowhere.pem"},
		{"a role that is none", "users: [{login: ann, role: boss}]\n", `users[1]: user ann: role "boss"`},
		{"a list that is not there", "campaigns: [{name: a, lists: [{name: l, file: /nowhere.csv}]}]\n", "/nowhere.csv"},
		{"a network that is none", "phones: {networks: [here]}\n", `phones.networks: "here" is not a network`},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := write(t, "forecall.yaml", c.text)
			for _, command := range []string{"config check", "serve"} {
				if command == "serve" && !strings.Contains(c.text, "trunk") {
					continue // it would miss its trunks
				}
				status, out, errOut := forecall(append(strings.Fields(command), "--config", file, "--data", t.TempDir())...)
				if status != exitUsage || out != "" || !strings.Contains(errOut, c.want) || !strings.Contains(errOut, file) && !strings.Contains(errOut, "[1]") && !strings.Contains(errOut, "phones.") {
					t.Errorf("%s: status %d, want 2\n%s%s\nwant %s", command, status, out, errOut, c.want)
				}
			}
		})
	}
	status, _, errOut := forecall("serve", "--config", "/nowhere/forecall.yaml")
	if status != exitUsage || !strings.Contains(errOut, "/nowhere/forecall.yaml: no such file or directory; write one") {
		t.Errorf("a missing file: status %d, %s", status, errOut)
	}
}

// TestAPortThatIsTakenIsNamedWithItsKeyAndWhatToDo, for each of the four
// listeners.
func TestAPortThatIsTakenIsNamedWithItsKeyAndWhatToDo(t *testing.T) {
	udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(home, 0)))
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	config := settings(t, "trunks:\n"+trunkTo(silentPort(t), ""))
	for _, c := range []struct{ key, flag, addr string }{
		{"http.listen", "--http-listen", tcp.Addr().String()},
		{"admin.listen", "--admin-listen", tcp.Addr().String()},
		{"sip.listen", "--sip-listen", udp.LocalAddr().String()},
		{"phones.listen", "--phones-listen", udp.LocalAddr().String()},
	} {
		t.Run(c.key, func(t *testing.T) {
			status, _, errOut := forecall("serve", "--config", config, c.flag, c.addr)
			_, port, _ := net.SplitHostPort(c.addr)
			for _, want := range []string{"forecall: " + c.key + ": ", port, "in use", "choose another port"} {
				if status != exitFailed || !strings.Contains(errOut, want) {
					t.Errorf("status %d, said %q\nwant 1 and %q", status, errOut, want)
				}
			}
		})
	}
}

// TestATrunkThatRefusesIsSaidAndCostsNobodyAnAttempt: the breaker, /readyz and
// the metrics of a service name the refusal, and nothing of the list is lost.
func TestATrunkThatRefusesIsSaidAndCostsNobodyAnAttempt(t *testing.T) {
	far := newFar(t, carrier.Settings{Callees: everyone(sim.Congest, 0)})
	config := settings(t, "trunks:\n"+trunkTo(far.Addr("udp").Port(), ""))
	status, out, errOut := forecall("call", callee, "--config", config)
	if status != exitFailed || !strings.Contains(errOut, "the call could not be placed: route_failed: trunk far answered 503") ||
		!strings.Contains(errOut, "the carrier takes no calls now") || !strings.Contains(out, "route_failed") {
		t.Errorf("status %d\n%s%s", status, out, errOut)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(config), "data")); err == nil {
		t.Error("a test call made a data folder")
	}
}
