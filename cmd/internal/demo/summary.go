package demo

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
	"github.com/forecall/forecall/cmd/internal/check"
	"github.com/forecall/forecall/cmd/internal/node"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
)

// Summary is what a demo came to, counted from the ledger after the node had
// ended.
type Summary struct {
	Agents      int                         `json:"agents"`
	Contacts    int                         `json:"contacts"`
	Seed        uint64                      `json:"seed"`
	Speed       float64                     `json:"speed"`
	Seconds     float64                     `json:"seconds"`
	Placed      int64                       `json:"placed"`
	Inbound     int64                       `json:"inbound,omitempty"` // people who called back
	Answered    int64                       `json:"answered"`
	Bridged     int64                       `json:"bridged"`
	Abandoned   int64                       `json:"abandoned"`
	Abandonment float64                     `json:"abandonment"`
	Occupancy   float64                     `json:"occupancy"`
	Outcomes    map[campaigns.Outcome]int64 `json:"outcomes"`
	Results     map[string]int64            `json:"dispositions"`
	Revenue     map[string]int64            `json:"sold"` // by currency, in its smallest unit
	CallLog     string                      `json:"call_log"`
	Data        string                      `json:"data"`
	Clean       bool                        `json:"clean"`
	Broken      []campaigns.Finding         `json:"broken"`

	// Countries is what came of the lists of the second campaign; Decisions how
	// many were taken again after the run, and Identical how many came out so.
	Countries []Country `json:"countries,omitempty"`
	Decisions int64     `json:"decisions_replayed"`
	Identical int64     `json:"decisions_identical"`

	// Shift is the shift of a scenario, measured as a simulated one is.
	Shift *Shift `json:"shift,omitempty"`
}

// summarise reads the ledger, writes the call log, and checks both against
// each other and against the carrier's log.
func (r *run) summarise(ctx context.Context) (Summary, error) {
	s := Summary{
		Agents: r.Agents, Contacts: r.Contacts, Seed: r.Seed, Speed: r.Speed, Seconds: time.Since(r.began).Seconds(),
		Occupancy: r.watch.occupancy(), Outcomes: map[campaigns.Outcome]int64{}, Results: map[string]int64{}, Revenue: map[string]int64{},
		CallLog: filepath.Join(r.Data, "calls.csv"), Data: r.Data, Broken: []campaigns.Finding{},
	}
	db, err := records.Open(ctx, records.Settings{Engine: sqlite.At(filepath.Join(r.Data, node.DataFile))})
	if err != nil {
		return s, err
	}
	defer db.Close()
	for _, step := range []func(context.Context, *records.DB, *Summary) error{r.count, r.writeLog, r.verify, r.explain, r.replay} {
		if err := step(ctx, db, &s); err != nil {
			return s, err
		}
	}
	s.Clean = len(s.Broken) == 0
	if r.Scenario != nil {
		if err := r.measure(ctx, db, &s); err != nil {
			return s, err
		}
	}
	return s, s.print(r.Out, r.JSON)
}

func (r *run) count(ctx context.Context, db *records.DB, s *Summary) error {
	for c, err := range db.Calls(ctx, campaigns.CallFilter{}) {
		if err != nil {
			return err
		}
		s.add(c)
	}
	if s.Answered > 0 {
		s.Abandonment = float64(s.Abandoned) / float64(s.Answered)
	}
	return nil
}

func (s *Summary) add(c campaigns.Call) {
	s.Outcomes[c.Outcome]++
	if c.Mode == campaigns.Inbound {
		s.Inbound++
	} else {
		s.Placed++
	}
	if c.Outcome.Live() {
		s.Answered++
	}
	if c.Outcome.Abandoned() {
		s.Abandoned++
	}
	if !c.BridgedAt.IsZero() {
		s.Bridged++
	}
	if d := c.Disposition; d != nil {
		s.Results[d.Code]++
		if d.Sale != nil {
			s.Revenue[d.Sale.Currency] += d.Sale.Total()
		}
	}
}

// writeLog exports the call log and reads it back: what it says must be what
// the summary says.
func (r *run) writeLog(ctx context.Context, db *records.DB, s *Summary) error {
	f, err := os.Create(s.CallLog)
	if err != nil {
		return err
	}
	looser, err := campaigns.NewRuleDesk(db).Loosenings(ctx)
	if err == nil {
		_, err = report.WriteCSV(f, db.Calls(ctx, campaigns.CallFilter{}), report.Options{Campaign: finder(ctx, db), Loosened: looser})
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write the call log: %w", err)
	}
	logged, err := outcomesIn(s.CallLog)
	if err != nil {
		return err
	}
	for _, o := range append(campaigns.Outcomes(), "") {
		if logged[string(o)] != s.Outcomes[o] {
			s.Broken = append(s.Broken, campaigns.Finding{
				Law: "log", Detail: fmt.Sprintf("the call log holds %d calls that ended %q, the ledger %d", logged[string(o)], o, s.Outcomes[o]),
			})
		}
	}
	return nil
}

// finder finds campaigns for the columns that name seller and purpose.
func finder(ctx context.Context, db *records.DB) func(int64) (campaigns.Campaign, bool) {
	return func(id int64) (campaigns.Campaign, bool) {
		c, err := db.Campaign(ctx, id)
		return c, err == nil
	}
}

// outcomesIn counts the outcomes in an exported call log.
func outcomesIn(file string) (map[string]int64, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows := csv.NewReader(f)
	header, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("read the call log back: %w", err)
	}
	column := -1
	for i, name := range header {
		if name == "outcome" {
			column = i
		}
	}
	if column < 0 {
		return nil, errors.New("the call log has no column outcome")
	}
	counts := map[string]int64{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return counts, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the call log back: %w", err)
		}
		counts[row[column]]++
	}
}

// verify runs the checker over the ledger and the carrier's log.
func (r *run) verify(ctx context.Context, db *records.DB, s *Summary) error {
	own, err := db.Verify(ctx, time.Now())
	if err != nil {
		return err
	}
	s.Broken = append(s.Broken, own.Broken...)
	if own.Open > 0 {
		s.Broken = append(s.Broken, campaigns.Finding{Law: campaigns.LawOutcome, Detail: fmt.Sprintf("%d attempts have no outcome", own.Open)})
	}
	f, err := os.Open(filepath.Join(r.Data, carrierLog))
	if err != nil {
		return err
	}
	defer f.Close()
	records, err := carrier.ReadLog(f)
	if err != nil {
		return err
	}
	changes, err := db.DoNotCallHistory(ctx, "")
	if err != nil {
		return err
	}
	far, err := check.Carrier(db.Calls(ctx, campaigns.CallFilter{}), changes, records)
	s.Broken = append(s.Broken, far.Broken...)
	return err
}

// print writes the summary for people or for programs.
func (s Summary) print(w io.Writer, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(s)
	}
	p := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	p("\n%d people, %d agents, seed %d, %.0f s at %gx speed", s.Contacts, s.Agents, s.Seed, s.Seconds, s.Speed)
	p("placed %d, answered by a person %d, with an agent %d, abandoned %d (%.2f %% of answered), agents busy %.0f %%",
		s.Placed, s.Answered, s.Bridged, s.Abandoned, 100*s.Abandonment, 100*s.Occupancy)
	if s.Inbound > 0 {
		p("called back %d, with an agent %d, left %d", s.Inbound, s.Outcomes[campaigns.InboundConnected], s.Outcomes[campaigns.InboundLeft])
	}
	if s.Shift != nil {
		s.Shift.print(p)
	}
	p("outcomes:     %s", counted(s.Outcomes))
	p("dispositions: %s", counted(s.Results))
	s.printCountries(p)
	for currency, cents := range s.Revenue {
		p("sold:         %d.%02d %s", cents/100, cents%100, currency)
	}
	for _, b := range s.Broken {
		p("BROKEN %s  %s  %s", b.Law, b.Attempt, b.Detail)
	}
	if s.Clean {
		p("every attempt has one outcome, every law holds, the carrier's log agrees")
	}
	p("call log:     %s\nledger:       %s", s.CallLog, filepath.Join(s.Data, node.DataFile))
	return nil
}

// counted writes counts, greatest first.
func counted[K ~string](counts map[K]int64) string {
	keys := make([]K, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		a, b := keys[i], keys[j]
		return counts[a] > counts[b] || (counts[a] == counts[b] && a < b)
	})
	text := ""
	for _, k := range keys {
		text += fmt.Sprintf("%s %d  ", k, counts[k])
	}
	return text
}
