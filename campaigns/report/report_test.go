package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

var update = flag.Bool("update", false, "write the golden files anew")

// calls is a small log: a sale, an appointment with a survey, a call that was
// abandoned, one that never left, one that is open.
func calls() []campaigns.Call {
	start := time.Date(2026, 3, 29, 0, 59, 30, 123_456_789, time.UTC) // Madrid's clocks go forward at 01:00 UTC
	after := func(d time.Duration) time.Time { return start.Add(d) }
	sale := campaigns.Call{
		Attempt: campaigns.Attempt{
			ID: "019a0000-0000-7000-8000-000000000001", Seq: 1, Campaign: 1, List: 2, Contact: 3, Number: "+34600111222", CallerID: "+34910000000",
			Mode: campaigns.Predictive, Agent: 5, Try: 1, Zones: []string{"Atlantic/Canary", "Europe/Madrid"}, ScriptVer: "v3", IntentAt: start,
			Outcome: campaigns.Connected, Trunk: "main", Code: 200, Q850: 16, EndedBy: "callee",
			SentAt: after(time.Millisecond), RingingAt: after(time.Second), AnsweredAt: after(9 * time.Second), BridgedAt: after(9400 * time.Millisecond),
			EndedAt: after(70 * time.Second), ConnectDelay: 400 * time.Millisecond, PacketsIn: 3000, PacketsOut: 3001, LossShare: 0.0012, JitterMS: 3.456, MOS: 4.31,
		},
		CampaignName: "solar", ListName: "spring", ContactName: `=HYPERLINK("http://evil","x")`, External: "C-1", AgentLogin: "ann", Hash: "00ff",
		Disposition: &campaigns.Disposition{
			Attempt: "019a0000-0000-7000-8000-000000000001", Code: "sale", At: after(80 * time.Second), Note: "wants it, \"soon\"\nreally",
			Sale: &campaigns.Sale{Currency: "EUR", Lines: []campaigns.OrderLine{{Product: "Solar panel", Quantity: 2, UnitPrice: 19999}, {Product: "Mounting, Ñandú", Quantity: 1, UnitPrice: 5}}},
		},
	}
	sale.Decision, sale.Ruleset, sale.Jurisdictions = campaigns.Hash{0xde, 0xc1}, campaigns.Hash{0xb0, 0x0c}, []string{"ES", "ES-CN"}
	sale.ZoneSource, sale.PartyKind, sale.MonthNo, sale.Consent = "address", "consumer", 3, "c-1 c-2"
	sale.GreetingStart, sale.GreetingEnd, sale.GreetingSource, sale.AMD, sale.Attestation = after(9200*time.Millisecond), after(9300*time.Millisecond), "vad", "human", "A"
	sale.Checks = []campaigns.ListCheck{
		{List: campaigns.InternalList}, {List: "es-robinson", Version: "7", SHA256: campaigns.Hash{1, 2}, AccessedAt: start.Add(-24 * time.Hour)},
	}
	meeting := sale
	meeting.Checks, meeting.Decision, meeting.Reserved = nil, nil, true
	meeting.ID, meeting.Seq, meeting.ContactName, meeting.Mode = "019a0000-0000-7000-8000-000000000002", 2, "王小明 مرحبا 🎉", campaigns.Preview
	meeting.SecondAgent, meeting.SecondLogin, meeting.SecondAt = 6, "bob", after(30*time.Second)
	meeting.AgentLoss, meeting.AgentJitterMS, meeting.AgentMOS, meeting.RetryOf, meeting.DayNo = 0.01, 2.5, 4.2, sale.ID, 2
	meeting.Disposition = &campaigns.Disposition{
		Code: "appointment", At: after(90 * time.Second),
		Appointment: &campaigns.Appointment{At: after(48 * time.Hour), Zone: "Europe/Budapest", Place: "Váci út 1", Person: "Éva", Note: "@noon"},
		Answers:     []campaigns.Answer{{Question: "Rooms?", Value: "4"}, {Question: "Heating?", Value: "gas; old"}},
		Callback:    &campaigns.Callback{At: after(24 * time.Hour)},
	}
	abandoned := campaigns.Call{Attempt: campaigns.Attempt{
		ID: "019a0000-0000-7000-8000-000000000003", Seq: 3, Campaign: 9, Number: "+12125550123", Zones: []string{"America/New_York"}, IntentAt: start, SentAt: start,
		Outcome: campaigns.AbandonedMsg, AnsweredAt: after(time.Second), MessageAt: after(2900 * time.Millisecond), MessageEndAt: after(9 * time.Second), EndedAt: after(9 * time.Second), OptOut: true,
	}, ContactName: "+cmd|' /C calc'!A0", CampaignName: "-other"}
	refused := campaigns.Call{Attempt: campaigns.Attempt{ID: "019a0000-0000-7000-8000-000000000004", Seq: 4, Number: "+37255512345", IntentAt: start, Outcome: campaigns.Refused, Error: "refused\rby hours"}}
	open := campaigns.Call{Attempt: campaigns.Attempt{ID: "019a0000-0000-7000-8000-000000000005", Seq: 5, Number: "+36301234567", IntentAt: start, Zones: []string{"Europe/Budapest"}}}
	return []campaigns.Call{sale, meeting, abandoned, refused, open}
}

func stream(calls []campaigns.Call, failure error) iter.Seq2[campaigns.Call, error] {
	return func(yield func(campaigns.Call, error) bool) {
		for _, c := range calls {
			if !yield(c, nil) {
				return
			}
		}
		if failure != nil {
			yield(campaigns.Call{}, failure)
		}
	}
}

func settings(id int64) (campaigns.Campaign, bool) {
	return campaigns.Campaign{Seller: "Sol SA", Telemarketer: "Callers Ltd", Purpose: "sales", Goods: "solar panels", Subject: "solar"}, id == 1
}

type writer = func(io.Writer, iter.Seq2[campaigns.Call, error], Options) (int64, error)

func writers() map[string]writer {
	return map[string]writer{"calls.csv": WriteCSV, "calls.jsonl": WriteJSONLines, "sales.csv": WriteSales, "appointments.csv": WriteAppointments, "answers.csv": WriteAnswers}
}

func TestReportsAreWhatTheGoldenFilesSay(t *testing.T) {
	for name, write := range writers() {
		var b bytes.Buffer
		if _, err := write(&b, stream(calls(), nil), Options{Campaign: settings}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%s has changed (-update writes it anew):\n%s", name, b.Bytes())
		}
	}
}

// table reads a CSV report as maps by column.
func table(t *testing.T, text string) []map[string]string {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll() // every row has as many cells as the header
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, r := range records[1:] {
		m := map[string]string{}
		for i, name := range records[0] {
			m[name] = r[i]
		}
		out = append(out, m)
	}
	return out
}

func TestTheCallLogHoldsWhatTheLawAsksFor(t *testing.T) {
	var b strings.Builder
	n, err := WriteCSV(&b, stream(calls(), nil), Options{Campaign: settings})
	if err != nil || n != 5 {
		t.Fatal(n, err)
	}
	rows := table(t, b.String())
	for column, want := range map[string]string{
		"telemarketer_name": "Callers Ltd", "seller_name": "Sol SA", "purpose": "sales", "goods_or_service": "solar panels", "subject_key": "solar",
		"direction": "outbound", "called_number": "'+34600111222", "calling_number": "'+34910000000", "script_version": "v3",
		"started_at": "2026-03-29T00:59:30.124Z", "ring_started_at": "2026-03-29T00:59:31.123Z", "ring_ms": "8000", "answered_at": "2026-03-29T00:59:39.123Z",
		"connect_delay_ms": "400", "ended_at": "2026-03-29T01:00:40.123Z", "duration_ms": "61000", "talk_ms": "60600", "outcome": "connected", "live_answered": "true", "abandoned": "false",
		"contact_zones": "Atlantic/Canary; Europe/Madrid", "local_time_at_dial": "2026-03-29T00:59:30.124+00:00; 2026-03-29T01:59:30.124+01:00",
		"agent": "ann", "disposition": "sale", "sale_total": "400.03", "sale_currency": "EUR", "sale_lines": "2 x Solar panel @ 199.99; 1 x Mounting, Ñandú @ 0.05",
		"sip_call_id": "019a0000-0000-7000-8000-000000000001@forecall", "q850": "16", "mos": "4.31", "rtp_loss": "0.0012", "note": "wants it, \"soon\"\nreally",
	} {
		if rows[0][column] != want {
			t.Errorf("%s = %q, want %q", column, rows[0][column], want)
		}
	}
	for column, want := range map[string]string{"outcome": "abandoned_msg", "abandoned": "true", "used_prerecorded": "true", "opt_out_key": "true", "abandon_msg_started_at": "2026-03-29T00:59:33.023Z",
		"local_time_at_dial": "2026-03-28T20:59:30.123-04:00", "seller_name": ""} {
		if rows[2][column] != want {
			t.Errorf("%s = %q, want %q", column, rows[2][column], want)
		}
	}
	if rows[4]["outcome"] != "" || rows[4]["started_at"] == "" || rows[4]["dialed_at"] != "" || rows[4]["duration_ms"] != "" {
		t.Errorf("an open attempt: %v", rows[4])
	}
}

func TestNoCellCanBeRunByASpreadsheetAndEveryCellCanBeReadBack(t *testing.T) {
	var safe, raw strings.Builder
	for _, w := range []struct {
		to  io.Writer
		raw bool
	}{{&safe, false}, {&raw, true}} {
		if _, err := WriteCSV(w.to, stream(calls(), nil), Options{Raw: w.raw}); err != nil {
			t.Fatal(err)
		}
	}
	plain := table(t, raw.String())
	for i, row := range table(t, safe.String()) {
		for column, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r\uff1d\uff0b\uff0d\uff20", []rune(cell)[0]) {
				t.Errorf("%s of row %d is a formula: %q", column, i, cell)
			}
			if Plain(cell) != plain[i][column] {
				t.Errorf("%s of row %d: %q does not read back as %q", column, i, cell, plain[i][column])
			}
		}
	}
	if plain[0]["called_number"] != "+34600111222" {
		t.Errorf("raw: %q", plain[0]["called_number"])
	}
}

func TestHarmlessIsUndoneExactly(t *testing.T) {
	for _, cell := range []string{"", "a", "'", "''", "=1", "'=1", "''=1", "+34", "-", "@x", "\t", "\r=", "\n", "\uff1d1", "\uff0b", "\uff0d", "\uff20", "\uff21", "O'Neil", "'Ann", "\xef", "\xef\xbc"} {
		safe := Harmless(cell)
		if Plain(safe) != cell {
			t.Errorf("%q became %q, then %q", cell, safe, Plain(safe))
		}
		if runs(cell) && !strings.HasPrefix(safe, "'") {
			t.Errorf("%q was left alive", cell)
		}
	}
	if Harmless("Ann = B") != "Ann = B" || Harmless("+34600111222") != "'+34600111222" {
		t.Error("cells that need nothing were changed, or one that does was not")
	}
}

func TestJSONLinesAreJSONWithTheSameNames(t *testing.T) {
	var b strings.Builder
	if _, err := WriteJSONLines(&b, stream(calls(), nil), Options{Campaign: settings}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("line %d: %v\n%s", i, err, line)
		}
		for name := range got {
			if name != "details" && name != "dnc_checks" && !slices.Contains(Columns(), name) {
				t.Errorf("%s is not a column", name)
			}
		}
		if want := calls()[i]; got["called_number"] != want.Number || want.ContactName != "" && got["contact_name"] != want.ContactName {
			t.Errorf("line %d: %v %v", i, got["called_number"], got["contact_name"])
		}
	}
	var sale struct {
		Total   float64 `json:"sale_total"`
		Details struct{ Sale campaigns.Sale }
	}
	if err := json.Unmarshal([]byte(lines[0]), &sale); err != nil || sale.Total != 400.03 || sale.Details.Sale.Total() != 40003 {
		t.Errorf("%+v %v", sale, err)
	}
}

func TestOutcomesHaveARowForEachThing(t *testing.T) {
	for name, want := range map[string]int64{"sales.csv": 2, "appointments.csv": 1, "answers.csv": 2} {
		if n, err := writers()[name](io.Discard, stream(calls(), nil), Options{}); n != want || err != nil {
			t.Errorf("%s: %d rows %v, want %d", name, n, err, want)
		}
	}
}

func TestAnErrorOfTheLogOrTheFileEndsTheReport(t *testing.T) {
	broken := errors.New("disk read error")
	for name, write := range writers() {
		var b strings.Builder
		if _, err := write(&b, stream(calls(), broken), Options{}); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
		if b.Len() == 0 {
			t.Errorf("%s: what was read is not written", name)
		}
		if _, err := write(full{}, stream(calls(), nil), Options{}); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestMoneyIsWrittenByTheCurrencysDecimals(t *testing.T) {
	for _, c := range []struct {
		amount   int64
		currency string
		want     string
	}{{1999, "EUR", "19.99"}, {5, "USD", "0.05"}, {-250, "EUR", "-2.50"}, {1500, "JPY", "1500"}, {1234, "KWD", "1.234"}, {0, "HUF", "0.00"}} {
		if got := string(appendMoney(nil, c.amount, c.currency)); got != c.want {
			t.Errorf("%d %s = %s, want %s", c.amount, c.currency, got, c.want)
		}
	}
}

func FuzzAnyTextSurvivesBothForms(f *testing.F) {
	for _, s := range []string{"", "a,b", "\"", "=1", "\u2028", "\xff", " a ", "\r\n", "\x00", "’'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		call := campaigns.Call{ContactName: name}
		var b strings.Builder
		if _, err := WriteCSV(&b, stream([]campaigns.Call{call}, nil), Options{}); err != nil {
			t.Fatal(err)
		}
		if got := Plain(table(t, b.String())[0]["contact_name"]); got != strings.ReplaceAll(name, "\r\n", "\n") { // what encoding/csv makes of it
			t.Errorf("CSV: %q of %q", got, name)
		}
		b.Reset()
		if _, err := WriteJSONLines(&b, stream([]campaigns.Call{call}, nil), Options{}); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Name string `json:"contact_name"`
		}
		if err := json.Unmarshal([]byte(b.String()), &got); err != nil || got.Name != strings.ToValidUTF8(strings.Join(strings.Split(name, ""), ""), "\ufffd") {
			t.Errorf("JSON: %q of %q %v", got.Name, name, err)
		}
	})
}

func benchmark(b *testing.B, write writer) {
	const rows = 100_000
	call := calls()[0]
	endless := func(yield func(campaigns.Call, error) bool) {
		for range rows {
			if !yield(call, nil) {
				return
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := write(io.Discard, endless, Options{Campaign: settings}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkWriteCSV(b *testing.B)       { benchmark(b, WriteCSV) }
func BenchmarkWriteJSONLines(b *testing.B) { benchmark(b, WriteJSONLines) }

func TestASellerIsTheOneOfTheTimeOfTheCall(t *testing.T) {
	c := calls()[0]
	c.Settings = &campaigns.Campaign{Seller: "Then Ltd", Goods: "roofs", Language: "es"}
	var out bytes.Buffer
	_, err := WriteJSONLines(&out, stream([]campaigns.Call{c}, nil), Options{
		Campaign: func(int64) (campaigns.Campaign, bool) { return campaigns.Campaign{Seller: "Now Ltd"}, true },
	})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Seller   string `json:"seller_name"`
		Goods    string `json:"goods_or_service"`
		Language string `json:"message_language"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Seller != "Then Ltd" || got.Goods != "roofs" || got.Language != "es" {
		t.Errorf("exported %+v", got)
	}
}

func TestADelayUnderAMillisecondIsNotMissing(t *testing.T) {
	c := calls()[0]
	c.ConnectDelay = 400 * time.Microsecond
	missed := c
	missed.BridgedAt = time.Time{}
	for _, tt := range []struct {
		call campaigns.Call
		want string
	}{{c, `"connect_delay_ms":0,`}, {missed, ""}} {
		var out bytes.Buffer
		if _, err := WriteJSONLines(&out, stream([]campaigns.Call{tt.call}, nil), Options{}); err != nil {
			t.Fatal(err)
		}
		if has := strings.Contains(out.String(), "connect_delay_ms"); has != (tt.want != "") || !strings.Contains(out.String(), tt.want) {
			t.Errorf("want %q in %s", tt.want, out.String())
		}
	}
}

func TestEveryTableSaysWhatOfTheRulesWasLoosened(t *testing.T) {
	began := calls()[0].IntentAt
	was := campaigns.Loosening{
		Adoption: campaigns.Adoption{Set: "us-federal", Version: 8, By: "cora", ApprovedBy: "max", Reason: "summer", At: began.Add(-time.Hour)},
		Changes:  []rules.Change{{Rule: "us.hours"}},
	}
	past := was
	past.Set, past.Until = "es", began.Add(-time.Minute)
	tables := writers()
	delete(tables, "calls.jsonl")
	tables["surveys.csv"], tables["complaints.csv"] = WriteSurveys, WriteComplaints
	for name, write := range tables {
		var none, some bytes.Buffer
		if _, err := write(&none, stream(calls(), nil), Options{}); err != nil {
			t.Fatal(name, err)
		}
		if _, err := write(&some, stream(calls(), nil), Options{Loosened: []campaigns.Loosening{past, was}}); err != nil {
			t.Fatal(name, err)
		}
		if name != "calls.csv" && strings.Contains(none.String(), loosenedColumn) {
			t.Errorf("%s has the column, and nothing was ever loosened", name)
		}
		if header, _, _ := strings.Cut(some.String(), "\n"); strings.Count(header, loosenedColumn) != 1 {
			t.Errorf("%s: header %s", name, header)
		}
		for _, row := range table(t, some.String()) {
			if got := row[loosenedColumn]; row["attempt_id"] == calls()[0].ID && !strings.HasPrefix(got, "us-federal@8 us.hours (asked for by cora, approved by max") {
				t.Errorf("%s says %q", name, got)
			}
		}
	}
}
