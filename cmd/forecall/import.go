package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
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
	source                 string // the file, or stdin
}

func newImport() *cobra.Command {
	var im importing
	c := &cobra.Command{
		Use: "import FILE", Short: "Load a list of people into a campaign; FILE - is standard input", Args: cobra.MaximumNArgs(1),
		Long: `Reads CSV of any size: delimiter and character set are found out, columns by
their headers (in six languages) or by --column, numbers become E.164. Each row
that is refused stands in --report with line, column and reason. --dry-run
judges every row and stores nothing; who is in the campaign already is found
only when it is stored. --undo takes a whole load back.

Works on a data folder, or with --server on a service that runs; the result is
the same. Exit status 0 when the file was read to its end, refused rows or not.`,
		Example: `  forecall import march.csv --campaign Spring --region ES --report refused.csv
  forecall import - --campaign Spring --column phone=3 --column name=1 < march.csv
  forecall import --undo 7`,
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
	f.StringVar(&im.report, "report", "", "file for the rows that were not taken, as CSV")
	f.BoolVar(&im.dryRun, "dry-run", false, "judge everything, store nothing")
	f.BoolVar(&im.asJSON, "json", false, "print the result as JSON")
	f.Int64Var(&im.undo, "undo", 0, "take back the load with this number")
	return c
}

func (im *importing) run(c *cobra.Command, args []string) error {
	switch {
	case c.Flags().Changed("undo") && im.undo < 1:
		return usage("--undo %d: the number of a load, from 1 on, as an import prints it", im.undo)
	case im.undo != 0 && len(args) != 0:
		return usage("--undo takes a load back and reads no file")
	case im.undo != 0:
		return im.takeBack(c)
	case len(args) != 1:
		return usage("which file? name it, or - for standard input")
	case im.campaign == "":
		return usage("--campaign: which campaign is the list for?")
	}
	options, err := im.options()
	if err != nil {
		return err
	}
	in, size, err := openList(c, args[0])
	if err != nil {
		return err
	}
	defer in.Close()
	im.source = args[0]
	if im.source == "-" {
		im.source = "stdin"
	}
	if im.list == "" {
		im.list = listNamed(im.source)
	}
	options.Source, options.Size = filepath.Base(im.source), size
	if im.where.remote() {
		return im.about(im.upload(c, in, options))
	}
	return im.about(im.load(c, in, options))
}

// about names the file in an error of the file, and says how the command line
// names a column.
func (im *importing) about(err error) error {
	file, ok := errors.AsType[*intake.FileError](err)
	if !ok {
		return err
	}
	if file.Code == intake.FileNoPhone {
		return fmt.Errorf("%s: %w On the command line: --column phone=HEADER", im.source, err)
	}
	return fmt.Errorf("%s: %w", im.source, err)
}

// openList opens a file and tells its size; 0 = unknown.
func openList(c *cobra.Command, name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return untilInterrupted(c.Context(), c.InOrStdin()), 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, usage("%w", err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = usage("%s is a folder; name a file, or let import.watch pick up a folder's files", name)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// untilInterrupted reads until ctx ends: a pipe or a terminal from which
// nothing comes does not hold up Ctrl-C. Its goroutine ends with the input, or
// with the program that was interrupted.
func untilInterrupted(ctx context.Context, in io.Reader) io.ReadCloser {
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, in)
		_ = w.CloseWithError(err) // always nil
	}()
	context.AfterFunc(ctx, func() { _ = w.CloseWithError(context.Cause(ctx)) })
	return r
}

// notInName is what a list's name may not hold.
var notInName = regexp.MustCompile(`[^\p{L}\p{N} ._-]+`)

// listNamed makes the name of a list out of that of a file.
func listNamed(file string) string {
	name := []rune(strings.TrimLeft(notInName.ReplaceAllString(filepath.Base(file), "-"), " ._-"))
	if len(name) == 0 {
		return "list"
	}
	return string(name[:min(len(name), 64)])
}

func (im *importing) options() (intake.Options, error) {
	im.region = strings.ToUpper(im.region)
	o := intake.Options{
		By: "command line", Duplicates: campaigns.Duplicates(im.duplicates), DryRun: im.dryRun,
		DefaultRegion: im.region, Charset: im.charset, Header: intake.Header(im.header),
	}
	if !o.Duplicates.Known() {
		return o, usage("--duplicates %q: skip, allow or update", im.duplicates)
	}
	if o.Header != intake.HeaderAuto && o.Header != intake.HeaderYes && o.Header != intake.HeaderNo {
		return o, usage("--header %q: yes or no", im.header)
	}
	switch {
	case im.delimiter == "tab":
		o.Delimiter = '\t'
	case len(im.delimiter) == 1:
		o.Delimiter = im.delimiter[0]
	case im.delimiter != "":
		return o, usage("--delimiter %q: one character, or tab", im.delimiter)
	}
	for _, text := range im.columns {
		a, err := intake.ParseAssignment(text)
		if err != nil {
			return o, usage("--column: %w", err)
		}
		o.Columns = append(o.Columns, a)
	}
	return o, nil
}

// newBar draws on a terminal; elsewhere it is nil.
func newBar(w io.Writer, size int64) *progressbar.ProgressBar {
	if !isTerminal(w) {
		return nil
	}
	if size == 0 {
		size = -1 // a spinner: the length of standard input is not known
	}
	return progressbar.NewOptions64(size, progressbar.OptionSetWriter(w), progressbar.OptionShowBytes(true),
		progressbar.OptionSetDescription("importing"), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
}

// print says what became of the list.
func (im *importing) print(w io.Writer, r intake.Result) error {
	if im.asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	stored := fmt.Sprintf("load %d", r.Load)
	if im.dryRun {
		stored = "dry run, nothing stored"
	}
	_, err := fmt.Fprintf(w, "%d rows: %d added, %d updated, %d duplicates, %d refused; %.0f rows/s; %s\n",
		r.Counts.Rows, r.Counts.Added, r.Counts.Updated, r.Counts.Duplicates, r.Counts.Refused, r.Rate(), stored)
	if err == nil && r.Bars.Barred > 0 {
		_, err = fmt.Fprintf(w, "  %s\n", r.Bars)
	}
	if err == nil && r.Noted > 0 {
		_, err = fmt.Fprintf(w, "  %d cells of people who were taken could not be used: their country, state, postcode or kind of line\n", r.Noted)
	}
	for _, f := range r.First {
		where := fmt.Sprintf("line %d", f.Line)
		if f.Column != "" {
			where += ", column " + f.Column
		}
		if err == nil {
			_, err = fmt.Fprintf(w, "  %s: %s\n", where, f.Reason)
		}
	}
	if more := r.Counts.Duplicates + r.Counts.Refused + r.Noted - int64(len(r.First)); err == nil && more > 0 {
		_, err = fmt.Fprintf(w, "  and %d more; --report writes them all into a file\n", more)
	}
	return err
}

func (im *importing) sayUndone(w io.Writer, removed, kept int64) error {
	_, err := fmt.Fprintf(w, "load %d: %d people removed; %d had been called already and will not be called again\n", im.undo, removed, kept)
	return err
}
