package main

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
	"github.com/forecall/forecall/storage/records"
)

// exporting is what an export is asked for.
type exporting struct {
	where                    location
	campaign, agent, outcome string
	from, to                 string
	what, format, out        string
	raw                      bool
	proof                    evidencing

	begin, end time.Time // read from from and to
}

// reporter writes one of the reports of package report.
type reporter func(io.Writer, iter.Seq2[campaigns.Call, error], report.Options) (int64, error)

func newExport() *cobra.Command {
	var ex exporting
	c := &cobra.Command{
		Use: "export", Short: "Write the call log as CSV or JSON lines", Args: cobra.NoArgs,
		Long: `Streams every call with the fields that the law asks for, times in UTC and in
the contact's own zone, what the agent said of it, and its link in the hash
chain. Cells that a spreadsheet would run as formulas are made harmless.

--what sales, appointments, answers or complaints writes one row for each order
line, appointment, answer or complaint instead; --what surveys one for each call
with answers, and a column for each question.

--evidence FILE.zip writes a signed file instead: the stretch of the hash chain,
the records of the campaign, time or number with what opens them, the decisions
and the rules they were taken by. "forecall verify FILE.zip" checks it anywhere,
without this data.`,
		Example: `  forecall export --campaign Spring --from 2026-11-01 --to 2026-12-01 --out november.csv
  forecall export --format jsonl --outcome abandoned_msg
  forecall export --evidence spring.zip --campaign Spring --from 2026-11-01
  forecall export --what sales --server http://127.0.0.1:8080 --user mia --out sales.csv`,
		RunE: func(c *cobra.Command, _ []string) error {
			if ex.proof.file != "" {
				return ex.evidence(c)
			}
			if ex.proof.number != "" {
				return usage("--number goes with --evidence; forecall subject show writes what is known of a number")
			}
			return ex.run(c)
		},
	}
	ex.where.flags(c)
	f := c.Flags()
	f.StringVar(&ex.campaign, "campaign", "", "name of a campaign (default: all)")
	f.StringVar(&ex.agent, "agent", "", "login of an agent, or the number that the log shows (default: all)")
	f.StringVar(&ex.outcome, "outcome", "", "only calls that ended so")
	f.StringVar(&ex.from, "from", "", "calls begun at or after, as 2026-11-22 (midnight UTC) or 2026-11-22T08:00:00Z")
	f.StringVar(&ex.to, "to", "", "calls begun before")
	f.StringVar(&ex.what, "what", "calls", "calls, sales, appointments, answers, surveys or complaints")
	f.StringVar(&ex.format, "format", "csv", "csv or jsonl; jsonl holds sales, appointments and answers within the calls")
	f.BoolVar(&ex.raw, "raw", false, "for programs: CSV cells as they are, without the guard against spreadsheet formulas and the byte order mark")
	f.StringVar(&ex.proof.file, "evidence", "", "file to write as signed evidence, with --campaign, --from, --to, --number")
	f.StringVar(&ex.proof.number, "number", "", "only what is about this number, with --evidence")
	f.StringVar(&ex.out, "out", "", "file to write (default: standard output); it takes its name when it is whole")
	return c
}

func (ex *exporting) run(c *cobra.Command) error {
	if err := ex.check(); err != nil {
		return err
	}
	write := ex.write
	if ex.where.remote() {
		write = ex.download
	}
	if ex.out == "" {
		return write(c.Context(), c.OutOrStdout())
	}
	return whole(ex.out, func(w io.Writer) error { return write(c.Context(), w) })
}

// check reads the flags before anything is opened.
func (ex *exporting) check() error {
	if ex.format != "csv" && ex.format != "jsonl" {
		return usage("--format %q: csv or jsonl", ex.format)
	}
	if _, ok := reporters()[ex.what]; !ok {
		return usage("--what %q: calls, sales, appointments, answers, surveys or complaints", ex.what)
	}
	if ex.format == "jsonl" && ex.what != "calls" {
		return usage("--what %s goes with --format csv; JSON lines hold them within the calls", ex.what)
	}
	if o := campaigns.Outcome(ex.outcome); ex.outcome != "" && !o.Known() {
		return usage("--outcome %q: one of %v", ex.outcome, campaigns.Outcomes())
	}
	var errFrom, errTo error
	ex.begin, errFrom = instant("--from", ex.from)
	ex.end, errTo = instant("--to", ex.to)
	return errors.Join(errFrom, errTo)
}

func reporters() map[string]reporter {
	return map[string]reporter{
		"calls": report.WriteCSV, "sales": report.WriteSales, "appointments": report.WriteAppointments, "answers": report.WriteAnswers,
		"surveys": report.WriteSurveys, "complaints": report.WriteComplaints,
	}
}

// instant reads a date or a moment; empty is the zero time.
func instant(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage("%s %q: write 2026-11-22 or 2026-11-22T08:00:00Z", flag, text)
}

// whole writes a file beside its name and gives it the name at the end: an
// export that fails leaves the file of the last one as it was. What is no
// plain file (a pipe, a terminal) is written as it comes.
func whole(name string, write func(io.Writer) error) (err error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return direct(name, write)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return usage("--out: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(write(f), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func direct(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return usage("--out: %w", err)
	}
	return errors.Join(write(f), f.Close())
}

// write reads the data folder.
func (ex *exporting) write(ctx context.Context, w io.Writer) error {
	db, err := ex.where.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(ex.report(ctx, db, w), db.Close())
}

func (ex *exporting) report(ctx context.Context, db *records.DB, w io.Writer) error {
	filter, err := ex.filter(ctx, db)
	if err != nil {
		return err
	}
	calls, err := campaigns.NewCallLog(db, db, db).Export(ctx, operator, filter, ex.what) // written down: who took the log
	if err != nil {
		return err
	}
	all, err := db.Campaigns(ctx)
	if err != nil {
		return err
	}
	byID := map[int64]campaigns.Campaign{}
	for _, c := range all {
		byID[c.ID] = c
	}
	looser, err := campaigns.NewRuleDesk(db).Loosenings(ctx)
	if err != nil {
		return err
	}
	write := reporters()[ex.what]
	if ex.format == "jsonl" {
		write = report.WriteJSONLines
	}
	_, err = write(w, calls, report.Options{
		Raw: ex.raw, Mark: ex.format == "csv" && !ex.raw, Loosened: looser,
		Campaign: func(id int64) (campaigns.Campaign, bool) { c, ok := byID[id]; return c, ok },
	})
	return err
}
