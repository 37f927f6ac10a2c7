package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/dnclist"
)

// suppressing is what the do-not-call list is asked for.
type suppressing struct {
	where                  location
	region, column, reason string
	seller, report         string
	asJSON                 bool
}

func newDNC() *cobra.Command {
	c := &cobra.Command{
		Use: "dnc", Short: "The do-not-call list: add, import, check", Args: cobra.NoArgs,
		Long: `Numbers on the do-not-call list are called by no campaign, from the moment that
the command has answered; what rings there is withdrawn. Works on a data folder,
or with --server on a service that runs.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return usage("%[1]s add NUMBER, %[1]s import FILE or %[1]s check NUMBER", c.CommandPath())
		},
	}
	c.AddCommand(newDNCAdd(), newDNCImport(), newDNCCheck())
	return c
}

// flags are those of every command of the list.
func (s *suppressing) flags(c *cobra.Command) {
	s.where.flags(c)
	c.Flags().StringVar(&s.region, "region", "", "country of numbers without a country code, as ES")
	c.Flags().StringVar(&s.seller, "seller", "", "who must not call, as its campaigns name it (default: the whole house)")
}

func newDNCAdd() *cobra.Command {
	var s suppressing
	c := &cobra.Command{
		Use: "add NUMBER", Short: "Never call a number again", Args: cobra.ExactArgs(1),
		Example: `  forecall dnc add +12025550123 --reason "asked by letter"`,
		RunE:    func(c *cobra.Command, args []string) error { return s.addOne(c, args[0]) },
	}
	s.flags(c)
	c.Flags().StringVar(&s.reason, "reason", "", "kept with the number")
	return c
}

func newDNCImport() *cobra.Command {
	var s suppressing
	c := &cobra.Command{
		Use: "import FILE", Short: "Never call the numbers of a file again; FILE - is standard input", Args: cobra.ExactArgs(1),
		Long: `Reads one number a line, or CSV with a column of numbers, of any length. What was
read is on the list, even when the command fails half way; the same file may be
imported again. Lines without a number are told, with their reason.

Exit status 0 when the file was read to its end, refused lines or not.`,
		RunE: func(c *cobra.Command, args []string) error { return s.importFile(c, args[0]) },
	}
	s.flags(c)
	f := c.Flags()
	f.StringVar(&s.column, "column", "", "header of the column with the numbers (default: found out)")
	f.StringVar(&s.reason, "reason", "", "kept with each number")
	f.StringVar(&s.report, "report", "", "file for the refused lines, as CSV: line, code, reason; the first thousand")
	f.BoolVar(&s.asJSON, "json", false, "print the result as JSON")
	return c
}

func newDNCCheck() *cobra.Command {
	var s suppressing
	c := &cobra.Command{
		Use: "check NUMBER", Short: "Is a number on the list", Args: cobra.ExactArgs(1),
		Long: `Exit status 0 when the number is on the list, 1 when it is not or could not be
looked up.`,
		RunE: func(c *cobra.Command, args []string) error { return s.check(c, args[0]) },
	}
	s.flags(c)
	return c
}

// errNotListed ends check for a number that may be called.
var errNotListed = errors.New("the number is not on the do-not-call list")

// byCommandLine is who did it, in the history of the list, on a data folder.
const byCommandLine = "command line"

func (s *suppressing) addOne(c *cobra.Command, text string) error {
	number, err := s.number(text)
	if err != nil {
		return err
	}
	if err := s.put(c.Context(), number); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s is on the do-not-call list\n", number)
	return err
}

func (s *suppressing) put(ctx context.Context, number string) error {
	if s.where.remote() {
		session, err := s.where.login(ctx)
		if err != nil {
			return err
		}
		return session.Post(ctx, "/v1/do-not-call", map[string]string{"number": number, "seller": s.seller, "reason": s.reason}, nil)
	}
	db, err := s.where.open(ctx)
	if err != nil {
		return err
	}
	err = db.AddDoNotCall(ctx, campaigns.DoNotCall{
		Number: number, At: time.Now().UTC(), Channel: campaigns.ChannelManual, By: byCommandLine, Seller: s.seller, Reason: s.reason,
	})
	return errors.Join(err, db.Close())
}

// number is what the user wrote as E.164.
func (s *suppressing) number(text string) (string, error) {
	number, err := dnclist.Number(text, strings.ToUpper(s.region))
	if err != nil {
		return "", usage("%q: %w", text, err)
	}
	return number, nil
}

func (s *suppressing) check(c *cobra.Command, text string) error {
	number, err := s.number(text)
	if err != nil {
		return err
	}
	listed, err := s.listed(c.Context(), number)
	if err != nil {
		return err
	}
	if !listed {
		return errNotListed
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s is on the do-not-call list\n", number)
	return err
}

func (s *suppressing) listed(ctx context.Context, number string) (bool, error) {
	if s.where.remote() {
		session, err := s.where.login(ctx)
		if err != nil {
			return false, err
		}
		return session.IsDoNotCall(ctx, number)
	}
	db, err := s.where.open(ctx)
	if err != nil {
		return false, err
	}
	listed, err := db.IsDoNotCall(ctx, number)
	return listed, errors.Join(err, db.Close())
}

func (s *suppressing) importFile(c *cobra.Command, name string) error {
	in, _, err := openList(c, name)
	if err != nil {
		return err
	}
	defer in.Close()
	s.region = strings.ToUpper(s.region)
	take := s.load
	if s.where.remote() {
		take = s.upload
	}
	r, err := take(c.Context(), in)
	if err != nil {
		if r.Lines > 0 {
			fmt.Fprintf(c.ErrOrStderr(), "forecall: %d lines were read before it failed: %d added, %d known\n", r.Lines, r.Added, r.Known)
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := s.writeReport(r); err != nil {
		return err
	}
	return s.print(c.OutOrStdout(), r)
}

// load imports into the data folder.
func (s *suppressing) load(ctx context.Context, in io.Reader) (r dnclist.Imported, err error) {
	db, err := s.where.open(ctx)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return dnclist.Read(ctx, in, dnclist.Options{Region: s.region, Column: s.column, Seller: s.seller, Reason: s.reason},
		func(ctx context.Context, batch []campaigns.DoNotCall) (int, error) {
			for i := range batch {
				batch[i].At, batch[i].Channel, batch[i].By = time.Now().UTC(), campaigns.ChannelImport, byCommandLine
			}
			return db.ImportDoNotCall(ctx, batch)
		})
}

// upload imports at a service that runs.
func (s *suppressing) upload(ctx context.Context, in io.Reader) (r dnclist.Imported, err error) {
	session, err := s.where.login(ctx)
	if err != nil {
		return r, err
	}
	query := url.Values{}
	for key, value := range map[string]string{"region": s.region, "column": s.column, "seller": s.seller, "reason": s.reason} {
		if value != "" {
			query.Set(key, value)
		}
	}
	return r, session.Upload(ctx, "/v1/do-not-call/import", query, in, &r)
}

func (s *suppressing) writeReport(r dnclist.Imported) error {
	if s.report == "" {
		return nil
	}
	f, err := os.Create(s.report)
	if err != nil {
		return usage("--report: %w", err)
	}
	return errors.Join(dnclist.WriteReport(f, r.First), f.Close())
}

// mostShown is how many refused lines are printed.
const mostShown = 20

func (s *suppressing) print(w io.Writer, r dnclist.Imported) error {
	if s.asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	_, err := fmt.Fprintf(w, "%d lines: %d numbers added, %d known already, %d refused\n", r.Lines, r.Added, r.Known, r.Refused)
	for _, f := range r.First[:min(len(r.First), mostShown)] {
		if err == nil {
			_, err = fmt.Fprintf(w, "  line %d: %s\n", f.Line, f.Reason)
		}
	}
	if more := r.Refused - mostShown; err == nil && more > 0 {
		_, err = fmt.Fprintf(w, "  and %d more; --report writes them into a file\n", more)
	}
	return err
}
