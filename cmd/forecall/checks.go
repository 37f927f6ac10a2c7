package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
	"github.com/forecall/forecall/cmd/internal/dnclist"
)

// checking is what the answers of external checks are asked for.
type checking struct {
	where  location
	region string
	check  string
	at     string
	passed []string
}

func newChecks() *cobra.Command {
	c := &cobra.Command{
		Use: "checks", Short: "What others answered about numbers: import, show", Args: cobra.NoArgs,
		Long: `Some rules ask whether somebody else has checked a number: the Reassigned Numbers
Database (rnd), the scrub on India's DLT platform (in-dlt), a litigator list. The
answers are entered here. Works on a data folder, or with --server on a service that
runs.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return usage("%[1]s import FILE --check NAME or %[1]s show NUMBER", c.CommandPath())
		},
	}
	c.AddCommand(newChecksImport(), newChecksShow())
	return c
}

func (s *checking) flags(c *cobra.Command) {
	s.where.flags(c)
	c.Flags().StringVar(&s.region, "region", "", "country of numbers without a country code, as US")
}

func newChecksImport() *cobra.Command {
	var s checking
	c := &cobra.Command{
		Use: "import FILE", Short: "Enter the answers of a file; FILE - is standard input", Args: cobra.ExactArgs(1),
		Long: `Reads CSV with a header: number, and ok (yes or no) or answer, and at if the rows
have times of their own. Without a column ok, an answer is good when --passed names
it. Rows that are wrong are told with their line and leave the others alone; the
same file may be imported again.`,
		Example: `  forecall checks import rnd.csv --check rnd --passed no --at 2026-11-20`,
		RunE:    func(c *cobra.Command, args []string) error { return s.importFile(c, args[0]) },
	}
	s.flags(c)
	f := c.Flags()
	f.StringVar(&s.check, "check", "", "name of the check, as rules have it: rnd, in-dlt")
	f.StringVar(&s.at, "at", "", "when the check was made, of rows that do not say; absent = now")
	f.StringSliceVar(&s.passed, "passed", nil, "answers that let a number be called")
	return c
}

func newChecksShow() *cobra.Command {
	var s checking
	c := &cobra.Command{
		Use: "show NUMBER", Short: "What checks answered about a number, the newest first", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return s.show(c, args[0]) },
	}
	s.flags(c)
	return c
}

// onFolder lends f the answers in a data folder, in the name of the command line.
func (s *checking) onFolder(ctx context.Context, f func(*campaigns.Checks, campaigns.User) error) error {
	db, err := s.where.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(f(campaigns.NewChecks(db), campaigns.User{Login: byCommandLine, Role: campaigns.Compliance}), db.Close())
}

// checkAnswer is a row as it goes over the line.
type checkAnswer struct {
	Number string    `json:"number"`
	At     time.Time `json:"at"`
	OK     bool      `json:"ok"`
	Answer string    `json:"answer,omitempty"`
}

// checkBatch is how many answers are entered at once.
const checkBatch = 500

func (s *checking) importFile(c *cobra.Command, name string) error {
	if s.check == "" {
		return usage("name the check: --check rnd")
	}
	at := time.Now()
	if s.at != "" {
		day, err := intake.Day(s.at)
		if err != nil {
			return usage("--at %q: %w", s.at, err)
		}
		at = day
	}
	in, _, err := openList(c, name)
	if err != nil {
		return err
	}
	defer in.Close()
	rows, refused, err := s.read(in, at)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	added, err := s.enter(c.Context(), rows)
	if err != nil {
		return fmt.Errorf("%s: %d answers were entered before it failed: %w", name, added, err)
	}
	return s.report(c.OutOrStdout(), len(rows), added, refused)
}

func (s *checking) report(w io.Writer, good, added int, refused []string) error {
	_, err := fmt.Fprintf(w, "%d answers of %s: %d entered, %d known already, %d rows refused\n", good, s.check, added, good-added, len(refused))
	for _, line := range refused[:min(len(refused), mostShown)] {
		if err == nil {
			_, err = fmt.Fprintf(w, "  %s\n", line)
		}
	}
	return err
}

// read reads the file and says of bad rows what is wrong with them.
func (s *checking) read(in io.Reader, at time.Time) (rows []checkAnswer, refused []string, err error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err != nil {
		return nil, nil, fmt.Errorf("its header cannot be read: %w", err)
	}
	column := map[string]int{}
	for i, name := range header {
		column[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\uFEFF")))] = i
	}
	if _, ok := column["number"]; !ok {
		return nil, nil, errors.New("the header has no column number; write number,ok or number,answer")
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, refused, nil
		}
		if err != nil {
			return nil, nil, err
		}
		line, _ := r.FieldPos(0)
		one, err := s.row(column, row, at)
		if err != nil {
			refused = append(refused, fmt.Sprintf("line %d: %s", line, err))
			continue
		}
		rows = append(rows, one)
	}
}

func (s *checking) row(column map[string]int, row []string, at time.Time) (a checkAnswer, err error) {
	cell := func(name string) string {
		if i, ok := column[name]; ok && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	if a.Number, err = dnclist.Number(cell("number"), strings.ToUpper(s.region)); err != nil {
		return a, err
	}
	a.At, a.Answer = at, cell("answer")
	if text := cell("at"); text != "" {
		if a.At, err = intake.Day(text); err != nil {
			return a, err
		}
	}
	switch ok := strings.ToLower(cell("ok")); ok {
	case "yes", "true", "1":
		a.OK = true
	case "no", "false", "0":
	case "":
		if a.Answer == "" {
			return a, errors.New("neither ok nor answer is filled in")
		}
		a.OK = slices.ContainsFunc(s.passed, func(word string) bool { return strings.EqualFold(word, a.Answer) })
	default:
		return a, fmt.Errorf("ok %q: write yes or no", ok)
	}
	return a, nil
}

// enter stores the answers, in batches, and says how many were new.
func (s *checking) enter(ctx context.Context, rows []checkAnswer) (added int, err error) {
	if s.where.remote() {
		return s.send(ctx, rows)
	}
	err = s.onFolder(ctx, func(c *campaigns.Checks, by campaigns.User) error {
		for batch := range slices.Chunk(rows, checkBatch) {
			checks := make([]campaigns.NumberCheck, len(batch))
			for i, a := range batch {
				checks[i] = campaigns.NumberCheck{Number: a.Number, Check: s.check, At: a.At, OK: a.OK, Answer: a.Answer}
			}
			n, err := c.Record(ctx, by, checks)
			if added += n; err != nil {
				return err
			}
		}
		return nil
	})
	return added, err
}

func (s *checking) send(ctx context.Context, rows []checkAnswer) (added int, err error) {
	session, err := s.where.login(ctx)
	if err != nil {
		return 0, err
	}
	for batch := range slices.Chunk(rows, checkBatch) {
		var out struct{ Added int }
		if err := session.Post(ctx, "/v1/checks", map[string]any{"check": s.check, "answers": batch}, &out); err != nil {
			return added, err
		}
		added += out.Added
	}
	return added, nil
}

func (s *checking) show(c *cobra.Command, text string) error {
	number, err := dnclist.Number(text, strings.ToUpper(s.region))
	if err != nil {
		return usage("%q: %w", text, err)
	}
	found, err := s.find(c.Context(), number)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d answers\n", number, len(found))
	for _, a := range found {
		said := "must not be called"
		if a.OK {
			said = "nothing is in the way"
		}
		fmt.Fprintf(&b, "%s  %s: %s", day(a.At), a.Check, said)
		if a.Answer != "" {
			fmt.Fprintf(&b, " (%s)", a.Answer)
		}
		fmt.Fprintf(&b, ", entered by %s\n", a.By)
	}
	_, err = io.WriteString(c.OutOrStdout(), b.String())
	return err
}

func (s *checking) find(ctx context.Context, number string) (found []campaigns.NumberCheck, err error) {
	if s.where.remote() {
		session, err := s.where.login(ctx)
		if err != nil {
			return nil, err
		}
		var out struct{ Checks []campaigns.NumberCheck }
		err = session.Post(ctx, "/v1/checks/find", map[string]string{"number": number}, &out)
		return out.Checks, err
	}
	err = s.onFolder(ctx, func(c *campaigns.Checks, by campaigns.User) (err error) {
		found, err = c.Of(ctx, by, number)
		return err
	})
	return found, err
}
