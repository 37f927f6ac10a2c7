package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/storage/sqlite"
)

// importing is what an import is asked for.
type importing struct {
	where                  location
	campaign, list, region string
	columns                []string
	charset, delimiter     string
	header, duplicates     string
	report                 string
	dryRun, asJSON         bool
	undo                   int64
	priority               int
}

func newImport() *cobra.Command {
	var im importing
	c := &cobra.Command{
		Use: "import FILE", Short: "Load a list of people into a campaign; FILE - is standard input", Args: cobra.MaximumNArgs(1),
		Long: `Reads CSV of any size: delimiter and character set are found out, columns by
their headers (in six languages) or by --column, numbers become E.164. Each row
that is refused stands in --report with line, column and reason. --dry-run
judges everything and stores nothing. --undo takes a whole load back.`,
		RunE: func(c *cobra.Command, args []string) error { return im.run(c, args) },
	}
	im.where.flags(c)
	f := c.Flags()
	f.StringVar(&im.campaign, "campaign", "", "name of the campaign")
	f.StringVar(&im.list, "list", "", "name of the list (default: the file's name); made when it is not there")
	f.IntVar(&im.priority, "priority", 0, "of a new list; higher is dialed first")
	f.StringVar(&im.region, "region", "", "country of numbers without a country code, as ES")
	f.StringArrayVar(&im.columns, "column", nil, "target=column, as phone=Telefon or name=2; may be repeated")
	f.StringVar(&im.charset, "charset", "", "character set (default: found out)")
	f.StringVar(&im.delimiter, "delimiter", "", "one character, or tab (default: found out)")
	f.StringVar(&im.header, "header", "", "yes or no (default: found out)")
	f.StringVar(&im.duplicates, "duplicates", string(campaigns.SkipDuplicates), "skip, allow or update")
	f.StringVar(&im.report, "report", "", "file for the refused rows, as CSV")
	f.BoolVar(&im.dryRun, "dry-run", false, "judge everything, store nothing")
	f.BoolVar(&im.asJSON, "json", false, "print the result as JSON")
	f.Int64Var(&im.undo, "undo", 0, "take back the load with this number")
	return c
}

func (im *importing) run(c *cobra.Command, args []string) error {
	switch {
	case im.undo != 0:
		return im.takeBack(c)
	case len(args) != 1:
		return &exitError{exitUsage, errors.New("which file? name it, or - for standard input")}
	case im.campaign == "":
		return &exitError{exitUsage, errors.New("--campaign: which campaign is the list for?")}
	}
	in, size, err := openList(c, args[0])
	if err != nil {
		return err
	}
	defer in.Close()
	if im.list == "" {
		im.list = filepath.Base(args[0])
	}
	if im.where.remote() {
		return im.upload(c, in)
	}
	return im.load(c, in, args[0], size)
}

func openList(c *cobra.Command, name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(c.InOrStdin()), 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// load imports into the data folder.
func (im *importing) load(c *cobra.Command, in io.Reader, source string, size int64) (err error) {
	db, err := im.where.open(c.Context())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	options, err := im.options(source, size)
	if err != nil {
		return err
	}
	if options.Campaign, options.List, err = im.place(c.Context(), db); err != nil {
		return err
	}
	if im.report != "" {
		f, err := os.Create(im.report)
		if err != nil {
			return fmt.Errorf("--report: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		options.Report = f
	}
	options.Progress = progress(c.ErrOrStderr(), size)
	result, err := intake.Import(c.Context(), db, in, options)
	return errors.Join(im.print(c.OutOrStdout(), result), err)
}

func (im *importing) options(source string, size int64) (intake.Options, error) {
	o := intake.Options{
		Source: source, By: "command line", Duplicates: campaigns.Duplicates(im.duplicates), DryRun: im.dryRun,
		DefaultRegion: im.region, Charset: im.charset, Header: intake.Header(im.header), Size: size,
	}
	switch {
	case im.delimiter == "tab":
		o.Delimiter = '\t'
	case len(im.delimiter) == 1:
		o.Delimiter = im.delimiter[0]
	case im.delimiter != "":
		return o, &exitError{exitUsage, fmt.Errorf("--delimiter %q: one character, or tab", im.delimiter)}
	}
	for _, text := range im.columns {
		a, err := intake.ParseAssignment(text)
		if err != nil {
			return o, &exitError{exitUsage, err}
		}
		o.Columns = append(o.Columns, a)
	}
	return o, nil
}

// place finds the campaign and the list, which is made when it is not there.
func (im *importing) place(ctx context.Context, db *sqlite.DB) (campaign, list int64, err error) {
	c, err := db.CampaignByName(ctx, im.campaign)
	if err != nil {
		return 0, 0, fmt.Errorf("--campaign %s: %w", im.campaign, err)
	}
	lists, err := db.Lists(ctx, c.ID)
	if err != nil {
		return 0, 0, err
	}
	for _, l := range lists {
		if l.Name == im.list {
			return c.ID, l.ID, nil
		}
	}
	if im.dryRun {
		return c.ID, 0, nil
	}
	l, err := db.CreateList(ctx, campaigns.List{Campaign: c.ID, Name: im.list, Priority: im.priority, Active: true, CreatedAt: time.Now().UTC()})
	return c.ID, l.ID, err
}

// progress draws a bar on a terminal and is silent elsewhere.
func progress(w io.Writer, size int64) func(intake.Progress) {
	if !isTerminal(w) {
		return nil
	}
	if size == 0 {
		size = -1 // a spinner: the length of standard input is not known
	}
	bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(w), progressbar.OptionShowBytes(true),
		progressbar.OptionSetDescription("importing"), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	return func(p intake.Progress) {
		bar.Describe(fmt.Sprintf("%d rows", p.Counts.Rows))
		_ = bar.Set64(p.Bytes) // a terminal that is gone is no reason to stop
	}
}

func (im *importing) print(w io.Writer, r intake.Result) error {
	if im.asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	if r.Counts.Rows == 0 && r.Load == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "%d rows: %d added, %d updated, %d duplicates, %d refused; %.0f rows/s; load %d\n",
		r.Counts.Rows, r.Counts.Added, r.Counts.Updated, r.Counts.Duplicates, r.Counts.Refused, r.Rate(), r.Load)
	for _, f := range r.First {
		if err == nil {
			_, err = fmt.Fprintf(w, "  line %d, column %s: %s\n", f.Line, f.Column, f.Reason)
		}
	}
	return err
}

func (im *importing) upload(c *cobra.Command, in io.Reader) error {
	session, err := im.where.login(c.Context())
	if err != nil {
		return err
	}
	campaign, err := session.CampaignID(c.Context(), im.campaign)
	if err != nil {
		return err
	}
	query := url.Values{"campaign": {fmt.Sprint(campaign)}, "list": {im.list}, "duplicates": {im.duplicates}, "column": im.columns}
	for key, value := range map[string]string{"region": im.region, "charset": im.charset, "delimiter": im.delimiter, "header": im.header} {
		if value != "" {
			query.Set(key, value)
		}
	}
	if im.dryRun {
		query.Set("dry_run", "true")
	}
	var done api.Import
	if err := session.Upload(c.Context(), "/v1/imports", query, in, &done); err != nil {
		return err
	}
	if im.report != "" {
		if err := downloadTo(c.Context(), session, "/v1/imports/"+done.ID+"/report", nil, im.report); err != nil {
			return fmt.Errorf("--report: %w", err)
		}
	}
	load, _ := strconv.ParseInt(done.ID, 10, 64) // a dry run has no load
	return im.print(c.OutOrStdout(), intake.Result{Load: load, Counts: done.Counts, Codes: done.Codes, First: done.First, Columns: done.Columns})
}

// downloadTo writes a resource of the service into a file.
func downloadTo(ctx context.Context, session *client.Client, path string, query url.Values, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(session.Download(ctx, path, query, f), f.Close())
}

func (im *importing) takeBack(c *cobra.Command) error {
	if im.where.remote() {
		session, err := im.where.login(c.Context())
		if err != nil {
			return err
		}
		var u api.Undone
		if err := session.Delete(c.Context(), fmt.Sprintf("/v1/imports/%d", im.undo), &u); err != nil {
			return err
		}
		im.sayUndone(c, u.Removed, u.Kept)
		return nil
	}
	db, err := im.where.open(c.Context())
	if err != nil {
		return err
	}
	removed, kept, err := db.UndoLoad(c.Context(), im.undo, "command line")
	if err == nil {
		im.sayUndone(c, removed, kept)
	}
	return errors.Join(err, db.Close())
}

func (im *importing) sayUndone(c *cobra.Command, removed, kept int64) {
	fmt.Fprintf(c.OutOrStdout(), "load %d: %d people removed; %d had been called already and will not be called again\n", im.undo, removed, kept)
}
