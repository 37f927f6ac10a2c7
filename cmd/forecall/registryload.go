package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
)

// registerLoading is one load from the command line.
type registerLoading struct {
	registers
	change                   bool
	accessed, san, seller    string
	covers, reason, report   string
	country, delimiter, only string
	columns                  []int
	action, start, width     int
	dryRun                   bool
}

func newRegistryLoad() *cobra.Command {
	var l registerLoading
	c := &cobra.Command{
		Use: "load LIST FILE...", Short: "Put a version of a register in force", Args: cobra.MinimumNArgs(2),
		Long: `Reads the files as they are published: text with a number a line or in columns,
XML, any of it in gzip or zip. Lines without a number are told; a list that looks
wrong (a fifth smaller than the last, many lines without a number, few area codes,
the same files again) needs --reason.

The age of the list counts from --accessed; without it, from the time of the
youngest file.`,
		Example: `  forecall registry load us-national dnc-2026-11-18.zip --country us --san 10012345-678901
  forecall registry load us-national changes.txt --change --country us --accessed 2026-11-19
  forecall registry load uk-tps tps.txt --country gb`,
		RunE: func(c *cobra.Command, args []string) error { return l.run(c, args[0], args[1:]) },
	}
	l.registers.flags(c)
	f := c.Flags()
	f.BoolVar(&l.change, "change", false, "the files are changes: additions and deletions")
	f.StringVar(&l.accessed, "accessed", "", "when the list was taken from the register, as 2026-11-18 or 2026-11-18T09:30:00Z")
	f.StringVar(&l.san, "san", "", "subscription account number")
	f.StringVar(&l.seller, "seller", "", "whose subscription it is")
	f.StringVar(&l.country, "country", "", "country of numbers without a country code, as us")
	f.StringVar(&l.covers, "covers", "", "beginnings of the numbers the list speaks of, as 1202,1305; file = the area codes that it holds (default: every number)")
	f.StringVar(&l.delimiter, "delimiter", "", "between columns: one character, or tab (default: found out)")
	f.IntSliceVar(&l.columns, "columns", nil, "columns of the number, from 1; several are joined (default: found out)")
	f.IntVar(&l.action, "action-column", 0, "column that says add or delete (default: found out)")
	f.IntVar(&l.start, "start", 0, "fixed width: where the number begins, from 1")
	f.IntVar(&l.width, "width", 0, "fixed width: how long the number is")
	f.StringVar(&l.only, "only", "", "of changes without such a column: add or delete")
	f.StringVar(&l.reason, "reason", "", "why it is right although it looks wrong; stays in the record")
	f.StringVar(&l.report, "report", "", "file for the lines without a number, as CSV")
	f.BoolVar(&l.dryRun, "dry-run", false, "only say what would change")
	return c
}

func (l *registerLoading) run(c *cobra.Command, list string, files []string) error {
	accessed, err := l.accessedAt(files)
	if err != nil {
		return err
	}
	if l.where.remote() {
		return l.upload(c, list, files, accessed)
	}
	if conf, err := l.where.settings(); err != nil {
		return err
	} else if conf.Several() && !l.dryRun {
		return usage("storage: %s: a register is loaded at a node that runs, from which the others have it: --server http://127.0.0.1:8080 --user NAME", conf.Storage)
	}
	order, shut, err := l.order(list, files, accessed)
	if err != nil {
		return err
	}
	defer shut()
	out, err := l.rejects(&order)
	if err != nil {
		return err
	}
	err = l.local(c.Context(), func(s *campaigns.Registry) error {
		draft, err := s.Prepare(c.Context(), commandLine, order)
		if err != nil {
			return err
		}
		if err := l.print(c, draft.RegisterFound, draft.Doubts); err != nil || l.dryRun {
			return errors.Join(err, s.Drop(draft))
		}
		v, err := s.Confirm(c.Context(), commandLine, draft, l.reason)
		if err != nil {
			return errors.Join(err, s.Drop(draft))
		}
		return l.done(c, v)
	})
	return errors.Join(err, out())
}

// accessedAt is what was said, or the time of the youngest file: never now, for
// an old file would count as fresh.
func (l *registerLoading) accessedAt(files []string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, l.accessed); err == nil {
			return t.UTC(), nil
		}
	}
	if l.accessed != "" {
		return time.Time{}, usage("--accessed %q: write it as 2026-11-18 or 2026-11-18T09:30:00Z", l.accessed)
	}
	var youngest time.Time
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			return time.Time{}, usage("%w", err)
		}
		if info.ModTime().After(youngest) {
			youngest = info.ModTime()
		}
	}
	return youngest.UTC(), nil
}

func (l *registerLoading) reading() campaigns.RegisterReading {
	if l.delimiter == "tab" {
		l.delimiter = "\t"
	}
	return campaigns.RegisterReading{
		Country: strings.ToUpper(l.country), Delimiter: l.delimiter, Columns: l.columns, Action: l.action, Start: l.start, Width: l.width, Only: l.only,
	}
}

func (l *registerLoading) kind() campaigns.RegisterKind {
	if l.change {
		return campaigns.RegisterChange
	}
	return campaigns.RegisterFull
}

// order opens the files; shut closes them.
func (l *registerLoading) order(list string, files []string, accessed time.Time) (o campaigns.RegisterLoad, shut func(), err error) {
	names := make([]string, len(files))
	var open []*os.File
	shut = func() {
		for _, f := range open {
			_ = f.Close() // they were only read
		}
	}
	for i, name := range files {
		f, err := os.Open(name)
		if err != nil {
			shut()
			return o, nil, usage("%w", err)
		}
		open = append(open, f)
		info, err := f.Stat()
		if err != nil {
			shut()
			return o, nil, err
		}
		names[i] = filepath.Base(name)
		o.Files = append(o.Files, campaigns.RegisterFile{Name: names[i], Data: f, Size: info.Size()})
	}
	o.Reading = l.reading()
	o.Version = campaigns.RegisterVersion{
		List: list, Kind: l.kind(), SAN: l.san, Seller: l.seller, AccessedAt: accessed, Source: strings.Join(names, ", "),
	}
	o.Version.Covers, o.CoversFile = api.CoversOf(l.covers)
	return o, shut, nil
}

// rejects writes the lines without a number into the report's file.
func (l *registerLoading) rejects(o *campaigns.RegisterLoad) (done func() error, err error) {
	if l.report == "" {
		return func() error { return nil }, nil
	}
	f, err := os.OpenFile(l.report, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, usage("--report: %w", err)
	}
	w := csv.NewWriter(f)
	o.Rejects = func(r campaigns.RegisterReject) error { return api.WriteReject(w, r) }
	err = w.Write([]string{"file", "line", "reason", "text"})
	return func() error {
		w.Flush()
		return errors.Join(w.Error(), f.Close())
	}, err
}

func (l *registerLoading) print(c *cobra.Command, found campaigns.RegisterFound, doubts []campaigns.RegisterDoubt) error {
	if l.asJSON {
		if l.dryRun {
			return printJSON(c.OutOrStdout(), map[string]any{"found": found, "doubts": doubts})
		}
		return nil
	}
	w, v, r := c.OutOrStdout(), found.Version, found.Report
	fmt.Fprintf(w, "%d lines (%s): %d to add, %d to delete, %d without a number\n", r.Lines, r.Format, r.Adds, r.Deletes, r.Rejected)
	for _, reject := range r.First[:min(len(r.First), mostShown)] {
		fmt.Fprintf(w, "  %s, line %d: %s\n", reject.File, reject.Line, reject.Reason)
	}
	_, err := fmt.Fprintf(w, "version %d of %s: %d numbers, %d came, %d went\n", v.Version, v.List, v.Count, v.Added, v.Removed)
	for _, d := range doubts {
		fmt.Fprintf(w, "! %s\n", d.Detail)
	}
	return err
}

func (l *registerLoading) done(c *cobra.Command, v campaigns.RegisterVersion) error {
	if l.asJSON {
		return printJSON(c.OutOrStdout(), v)
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "version %d of %s is in force; SHA-256 %s\n", v.Version, v.List, v.SHA256)
	return err
}

// pollEvery is how often a service is asked how far it is.
const pollEvery = 200 * time.Millisecond

// upload loads at a service that runs: one file, for several are one zip.
func (l *registerLoading) upload(c *cobra.Command, list string, files []string, accessed time.Time) error {
	if len(files) != 1 {
		return usage("with --server one file is sent; put several into a zip")
	}
	in, _, err := openList(c, files[0])
	if err != nil {
		return err
	}
	defer in.Close()
	session, err := l.where.login(c.Context())
	if err != nil {
		return err
	}
	var state api.RegisterLoading
	if err := session.Upload(c.Context(), "/v1/registers/"+url.PathEscape(list)+"/load", l.query(files[0], accessed), in, &state); err != nil {
		return err
	}
	return l.follow(c, session, state)
}

func (l *registerLoading) query(name string, accessed time.Time) url.Values {
	r := l.reading()
	q := url.Values{"kind": {string(l.kind())}, "accessed_at": {accessed.Format(time.RFC3339)}, "name": {filepath.Base(name)}}
	for key, value := range map[string]string{
		"san": l.san, "seller": l.seller, "country": r.Country, "covers": l.covers, "delimiter": r.Delimiter, "only": r.Only,
	} {
		if value != "" {
			q.Set(key, value)
		}
	}
	for key, value := range map[string]int{"action_column": r.Action, "start": r.Start, "width": r.Width} {
		if value > 0 {
			q.Set(key, strconv.Itoa(value))
		}
	}
	var columns []string
	for _, n := range r.Columns {
		columns = append(columns, strconv.Itoa(n))
	}
	if len(columns) > 0 {
		q.Set("columns", strings.Join(columns, ","))
	}
	return q
}

// follow waits until the file is read, and confirms or drops the version.
func (l *registerLoading) follow(c *cobra.Command, session *client.Client, state api.RegisterLoading) error {
	ctx, path := c.Context(), "/v1/register-loads/"+state.ID
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for state.State == "reading" {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := session.Read(ctx, path, &state); err != nil {
			return err
		}
	}
	err := l.fetchRejects(ctx, session, path)
	if state.State == "failed" {
		return errors.Join(err, errors.New(state.Problem), session.Post(ctx, path+"/drop", nil, nil))
	}
	err = errors.Join(err, l.print(c, *state.Found, state.Doubts))
	if err != nil || l.dryRun {
		return errors.Join(err, session.Post(ctx, path+"/drop", nil, nil))
	}
	if err := session.Post(ctx, path+"/confirm", map[string]string{"reason": l.reason}, &state); err != nil {
		return errors.Join(err, session.Post(ctx, path+"/drop", nil, nil))
	}
	return l.done(c, *state.Taken)
}

func (l *registerLoading) fetchRejects(ctx context.Context, session *client.Client, path string) error {
	if l.report == "" {
		return nil
	}
	f, err := os.OpenFile(l.report, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return usage("--report: %w", err)
	}
	return errors.Join(session.Download(ctx, path+"/rejects", nil, io.Writer(f)), f.Close())
}
