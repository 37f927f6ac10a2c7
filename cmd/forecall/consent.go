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
	"github.com/forecall/forecall/cmd/internal/consentlist"
	"github.com/forecall/forecall/cmd/internal/dnclist"
)

// consenting is what the ledger of consents is asked for.
type consenting struct {
	where           location
	region, report  string
	seller, purpose string
	source          string
	asJSON          bool
}

func newConsent() *cobra.Command {
	c := &cobra.Command{
		Use: "consent", Short: "What people permitted: import, show", Args: cobra.NoArgs,
		Long: `The consent ledger holds what people permitted, to whom, by which words, and the
calls that stood on it. Works on a data folder, or with --server on a service that
runs.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return usage("%[1]s import FILE or %[1]s show NUMBER", c.CommandPath())
		},
	}
	c.AddCommand(newConsentImport(), newConsentShow())
	return c
}

func (s *consenting) flags(c *cobra.Command) {
	s.where.flags(c)
	c.Flags().StringVar(&s.region, "region", "", "country of numbers without a country code, as ES")
	c.Flags().BoolVar(&s.asJSON, "json", false, "print the result as JSON")
}

func newConsentImport() *cobra.Command {
	var s consenting
	c := &cobra.Command{
		Use: "import FILE", Short: "Enter the permissions of a file; FILE - is standard input", Args: cobra.ExactArgs(1),
		Long: `Reads CSV with a header (number, kind, level, seller, purpose, goods, channels, at,
until, source, wording, reference, ip, name, note; number and at are needed), or one
JSON object a line as the ledger's own export has them. What was read is entered,
even when the command fails half way; the same file may be imported again. What was
given before the person withdrew is entered and stays revoked. Rows that are wrong
are told, with their line and reason.

Exit status 0 when the file was read to its end, refused rows or not.`,
		Example: `  forecall consent import consents.csv --region ES --seller "Aigua SL" --report refused.csv`,
		RunE:    func(c *cobra.Command, args []string) error { return s.importFile(c, args[0]) },
	}
	s.flags(c)
	f := c.Flags()
	f.StringVar(&s.seller, "seller", "", "of rows that name none")
	f.StringVar(&s.purpose, "purpose", "", "of rows that name none: sales, debt, service, survey, political, charity")
	f.StringVar(&s.source, "source", "", "of rows that name none: web_form, paper, call, import, api")
	f.StringVar(&s.report, "report", "", "file for the refused rows, as CSV: line, reason; the first thousand")
	return c
}

func newConsentShow() *cobra.Command {
	var s consenting
	c := &cobra.Command{
		Use: "show NUMBER", Short: "What the holder of a number permitted, and withdrew", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return s.show(c, args[0]) },
	}
	s.flags(c)
	return c
}

// still is a floor on which nothing rings: a data folder that no service runs on.
type still struct{}

func (still) Withdraw(string) {}

func (still) WithdrawAll([]campaigns.DoNotCall) error { return nil }

// onFolder lends f the ledger of a data folder, in the name of the command line.
func (s *consenting) onFolder(ctx context.Context, f func(*campaigns.Consents, campaigns.User) error) error {
	db, err := s.where.open(ctx)
	if err != nil {
		return err
	}
	ledger := campaigns.NewConsents(db, campaigns.NewSuppression(db, db, still{}), still{}, db)
	return errors.Join(f(ledger, campaigns.User{Login: byCommandLine, Role: campaigns.Compliance}), db.Close())
}

func (s *consenting) importFile(c *cobra.Command, name string) error {
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
		if r.Rows > 0 {
			fmt.Fprintf(c.ErrOrStderr(), "forecall: %d rows were read before it failed: %d entered, %d renewed, %d known\n", r.Rows, r.Added, r.Renewed, r.Known)
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := s.writeReport(r); err != nil {
		return err
	}
	return s.print(c.OutOrStdout(), r)
}

func (s *consenting) load(ctx context.Context, in io.Reader) (r consentlist.Entered, err error) {
	blank := campaigns.Consent{Seller: s.seller, Purpose: s.purpose, Source: campaigns.ConsentSource(s.source)}
	err = s.onFolder(ctx, func(ledger *campaigns.Consents, by campaigns.User) (err error) {
		r, err = consentlist.Read(ctx, in, consentlist.Options{Region: s.region, Blank: blank},
			func(ctx context.Context, batch []campaigns.Consent) ([]campaigns.ConsentFate, []campaigns.ConsentRefusal, error) {
				return ledger.Import(ctx, by, batch)
			})
		return err
	})
	return r, err
}

func (s *consenting) upload(ctx context.Context, in io.Reader) (r consentlist.Entered, err error) {
	session, err := s.where.login(ctx)
	if err != nil {
		return r, err
	}
	query := url.Values{}
	for key, value := range map[string]string{"region": s.region, "seller": s.seller, "purpose": s.purpose, "source": s.source} {
		if value != "" {
			query.Set(key, value)
		}
	}
	return r, session.Upload(ctx, "/v1/consents/import", query, in, &r)
}

func (s *consenting) writeReport(r consentlist.Entered) error {
	if s.report == "" {
		return nil
	}
	f, err := os.Create(s.report)
	if err != nil {
		return usage("--report: %w", err)
	}
	return errors.Join(consentlist.WriteReport(f, r.First), f.Close())
}

func (s *consenting) print(w io.Writer, r consentlist.Entered) error {
	if s.asJSON {
		return indented(w, r)
	}
	_, err := fmt.Fprintf(w, "%d rows: %d entered (%d of them withdrawn since), %d renewed, %d known already, %d refused\n",
		r.Rows, r.Added, r.Revoked, r.Renewed, r.Known, r.Refused)
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

func indented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// permitted is what the ledger has of a number.
type permitted struct {
	Consents    []campaigns.Consent    `json:"consents"`
	Withdrawals []campaigns.Withdrawal `json:"withdrawals"`
}

func (s *consenting) show(c *cobra.Command, text string) error {
	number, err := dnclist.Number(text, strings.ToUpper(s.region))
	if err != nil {
		return usage("%q: %w", text, err)
	}
	p, err := s.find(c.Context(), number)
	if err != nil {
		return err
	}
	if s.asJSON {
		return indented(c.OutOrStdout(), p)
	}
	return p.print(c.OutOrStdout(), number, time.Now())
}

func (s *consenting) find(ctx context.Context, number string) (p permitted, err error) {
	if s.where.remote() {
		session, err := s.where.login(ctx)
		if err != nil {
			return p, err
		}
		return p, session.Post(ctx, "/v1/consents/find", map[string]string{"number": number}, &p)
	}
	err = s.onFolder(ctx, func(ledger *campaigns.Consents, by campaigns.User) (err error) {
		if p.Consents, err = ledger.List(ctx, by, campaigns.ConsentFilter{Number: number}); err == nil {
			p.Withdrawals, err = ledger.Withdrawals(ctx, by, number)
		}
		return err
	})
	return p, err
}

func (p permitted) print(w io.Writer, number string, now time.Time) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d entries, %d withdrawals\n", number, len(p.Consents), len(p.Withdrawals))
	for _, e := range p.Consents {
		seller := e.Seller
		if seller == "" {
			seller = "the whole house"
		}
		fmt.Fprintf(&b, "%s  %s %s for %s, given %s", strings.ReplaceAll(e.Standing(now), "_", " "), e.Kind, e.Level, seller, day(e.At))
		for _, t := range []struct {
			what string
			at   time.Time
		}{{"renewed", e.RenewedAt}, {"until", e.Until}, {"revoked", e.RevokedAt}} {
			if !t.at.IsZero() {
				fmt.Fprintf(&b, ", %s %s", t.what, day(t.at))
			}
		}
		fmt.Fprintf(&b, ", by %s, %d calls stood on it\n    %s\n", strings.ReplaceAll(string(e.Source), "_", " "), e.Uses, e.ID)
		if e.Wording != "" {
			fmt.Fprintf(&b, "    words: %s\n", strings.Join(strings.Fields(e.Wording), " "))
		}
	}
	for _, e := range p.Withdrawals {
		fmt.Fprintf(&b, "withdrawn %s, by %s\n", day(e.At), strings.ReplaceAll(string(e.Source), "_", " "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func day(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }
