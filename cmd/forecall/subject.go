package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/node"
)

func newSubject() *cobra.Command {
	c := &cobra.Command{Use: "subject", Short: "What is known of a person, and how they are forgotten"}
	c.AddCommand(newSubjectShow(), newSubjectErase())
	return c
}

func newSubjectShow() *cobra.Command {
	var where location
	var out string
	c := &cobra.Command{
		Use: "show NUMBER", Short: "Everything that is known of a number, as JSON or as a file to hand over", Args: cobra.ExactArgs(1),
		Example: `  forecall subject show +34600000000
  forecall subject show +34600000000 --out person.zip`,
		RunE: func(c *cobra.Command, args []string) error {
			number, err := person(args[0])
			if err != nil {
				return err
			}
			if out == "" {
				return showSubject(c.Context(), where, number, false, c.OutOrStdout())
			}
			return whole(out, func(w io.Writer) error { return showSubject(c.Context(), where, number, true, w) })
		},
	}
	where.flags(c)
	c.Flags().StringVar(&out, "out", "", "zip to write: JSON, a page to read, the recordings (default: JSON on standard output)")
	return c
}

func showSubject(ctx context.Context, where location, number string, file bool, w io.Writer) error {
	if where.remote() {
		session, err := where.login(ctx)
		if err != nil {
			return err
		}
		path := "/v1/subjects/find"
		if file {
			path = "/v1/subjects/file"
		}
		return session.Fetch(ctx, path, map[string]string{"number": number}, w)
	}
	return withSubjects(ctx, where, func(s *campaigns.Subjects, hear hearing) error {
		if !file {
			f, err := s.Look(ctx, auditor, number)
			if err != nil {
				return err
			}
			enc := json.NewEncoder(w)
			enc.SetIndent("", "  ")
			return enc.Encode(f)
		}
		f, err := s.File(ctx, auditor, number)
		if err != nil {
			return err
		}
		return report.WriteSubject(w, f, hear)
	})
}

// hearing opens a recording.
type hearing = func(campaigns.Recording) (io.ReadSeekCloser, error)

// withSubjects lends the service of a data folder, with its recordings.
func withSubjects(ctx context.Context, where location, do func(s *campaigns.Subjects, hear hearing) error) error {
	settings, err := where.settings()
	if err != nil {
		return err
	}
	db, err := where.open(ctx)
	if err != nil {
		return err
	}
	subjects, hear, err := node.Subjects(db, settings)
	if err == nil {
		err = do(subjects, hear)
	}
	return errors.Join(err, db.Close())
}

func newSubjectErase() *cobra.Command {
	var where location
	var basis, confirm string
	c := &cobra.Command{
		Use: "erase NUMBER", Short: "Forget a person for good; nobody calls the number from then on", Args: cobra.ExactArgs(1),
		Long: `Deletes everything that says who it was: name, number, notes, answers, recordings,
what was sent to webhooks. The number stays on the do-not-call list of the house.
The hash chain verifies as before, and so do exports that were made before.

While a legal hold covers the person the data is kept and used for nothing else;
while a call with them is open it is kept until that has ended.`,
		Example: `  forecall subject erase +34600000000 --basis objection --confirm +34600000000`,
		RunE: func(c *cobra.Command, args []string) error {
			number, err := person(args[0])
			if err != nil {
				return err
			}
			if confirm == "" {
				return usage("--confirm is missing: write the number once more; what is erased does not come back")
			}
			return eraseSubject(c.Context(), where, number, basis, confirm, c.OutOrStdout())
		},
	}
	where.flags(c)
	c.Flags().StringVar(&basis, "basis", string(campaigns.BasisObjected), "ground: objection, consent_withdrawn, no_longer_needed, unlawful or legal_duty")
	c.Flags().StringVar(&confirm, "confirm", "", "the number once more")
	return c
}

func eraseSubject(ctx context.Context, where location, number, basis, confirm string, w io.Writer) error {
	var done api.ErasedAnswer
	if where.remote() {
		session, err := where.login(ctx)
		if err == nil {
			err = session.Post(ctx, "/v1/subjects/erase", map[string]string{"number": number, "basis": basis, "confirm": confirm}, &done)
		}
		if err != nil {
			return err
		}
		return sayErased(w, done)
	}
	err := withSubjects(ctx, where, func(s *campaigns.Subjects, _ hearing) error {
		ask, stone, err := s.Erase(ctx, auditor, number, campaigns.Basis(basis), confirm)
		if done = (api.ErasedAnswer{State: string(ask.State)}); stone != nil {
			done.State, done.Counts = string(campaigns.ErasureDone), stone.Counts
		}
		return err
	})
	if err != nil {
		return err
	}
	return sayErased(w, done)
}

func sayErased(w io.Writer, done api.ErasedAnswer) error {
	switch campaigns.ErasureState(done.State) {
	case campaigns.ErasureDone:
		text, err := json.Marshal(done.Counts)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "erased: %s\n", text)
		return err
	case campaigns.ErasureRestricted:
		fmt.Fprintln(os.Stderr, "a legal hold covers the person: the data is kept, used for nothing else, and erased when the hold is released")
	default:
		fmt.Fprintln(os.Stderr, "a call with the person is open: they are erased when it has ended")
	}
	return nil
}
