package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/cmd/internal/check"
	"github.com/forecall/forecall/cmd/internal/keyring"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/storage/records"
)

// errBroken ends verify when a law is broken.
var errBroken = errors.New("the ledger breaks a law")

func newVerify() *cobra.Command {
	var where location
	var carrierLog, key, copies string
	var asJSON bool
	c := &cobra.Command{
		Use: "verify [FILE]", Short: "Check the ledger: every attempt one outcome, nobody called who must not be, the chain unbroken", Args: cobra.MaximumNArgs(1),
		Long: `Reads the whole ledger and checks its laws: no number called after do-not-call
(I1), none outside its window (I2), never two calls to one number at once (I3),
one row and one call each (I4), one outcome each (I5), answers acknowledged
(I6), no agent with two calls (I7), the hash chain without a gap (I10). With
--carrier-log the carrier's own log is held against it, with --copies the
checkpoints that were kept elsewhere (evidence.copy_to).

With FILE an evidence export is checked by itself, without any data folder: the
first record that was changed, dropped, moved, cut off or put in is named. --key
says who must have signed it; with --copies a chain that the house itself wrote
anew, or an end that it cut off, is found too.

Exit status 0 when every law holds, 1 when one is broken.`,
		Example: `  forecall verify
  forecall verify spring.zip --key 4f1c2a0b9d8e7f60`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				if carrierLog != "" {
					return usage("--carrier-log goes with a data folder, not with a file")
				}
				return verifyFile(c, args[0], key, copies, asJSON)
			}
			f, err := verify(c, where, carrierLog, key, copies)
			if err != nil {
				return err
			}
			if err := printFindings(c.OutOrStdout(), f, asJSON); err != nil {
				return err
			}
			if !f.Clean() {
				return errBroken
			}
			return nil
		},
	}
	where.flags(c)
	c.Flags().StringVar(&carrierLog, "carrier-log", "", "log of the test carrier to hold against the ledger")
	c.Flags().StringVar(&key, "key", "", "public key of the house, or its ID: nothing signed by another passes")
	c.Flags().StringVar(&copies, "copies", "", "folder of checkpoints that were kept elsewhere")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func verify(c *cobra.Command, where location, carrierLog, key, copies string) (campaigns.Findings, error) {
	if where.remote() {
		if carrierLog != "" || key != "" || copies != "" {
			return campaigns.Findings{}, usage("--carrier-log, --key and --copies go with --data, not with --server")
		}
		return verifyServer(c, where)
	}
	db, err := where.open(c.Context())
	if err != nil {
		return campaigns.Findings{}, err
	}
	defer db.Close()
	outside, err := copiesIn(copies)
	if err != nil {
		return campaigns.Findings{}, err
	}
	f, err := db.VerifyWith(c.Context(), time.Now(), campaigns.Trust{Key: key, Outside: outside})
	if err != nil || carrierLog == "" {
		return f, err
	}
	return verifyCarrier(c, db, carrierLog, f)
}

// copiesIn reads the checkpoints of --copies. A folder without any would prove
// nothing and look as if it did.
func copiesIn(folder string) ([]evidence.Checkpoint, error) {
	outside, err := keyring.Outside(folder)
	if err != nil {
		return nil, usage("--copies: %w", err)
	}
	if folder != "" && len(outside) == 0 {
		return nil, usage("--copies: there is no checkpoint in %s; give the folder of evidence.copy_to", folder)
	}
	return outside, nil
}

// verifyFile checks an export by itself, and by what was kept elsewhere.
func verifyFile(c *cobra.Command, file, key, copies string, asJSON bool) error {
	outside, err := copiesIn(copies)
	if err != nil {
		return err
	}
	return printReport(c, file, evidence.Known{Key: key, Outside: outside}, asJSON)
}

// verifyWithin bounds a check at the service, which answers at its end.
const verifyWithin = 30 * time.Minute

func verifyServer(c *cobra.Command, where location) (campaigns.Findings, error) {
	ctx, stop := context.WithTimeout(c.Context(), verifyWithin)
	defer stop()
	var f campaigns.Findings
	session, err := where.login(ctx)
	if err == nil {
		err = session.Post(ctx, "/v1/verify", struct{}{}, &f)
	}
	return f, err
}

// verifyCarrier adds what the carrier saw to what the ledger shows by itself.
func verifyCarrier(c *cobra.Command, db *records.DB, file string, f campaigns.Findings) (campaigns.Findings, error) {
	log, err := os.Open(file)
	if err != nil {
		return f, usage("--carrier-log: %w", err)
	}
	defer log.Close()
	records, err := carrier.ReadLog(log)
	if err != nil {
		return f, err
	}
	changes, err := db.DoNotCallHistory(c.Context(), "")
	if err != nil {
		return f, err
	}
	far, err := check.Carrier(db.Calls(c.Context(), campaigns.CallFilter{}), changes, records)
	if err != nil {
		return f, err
	}
	f.Count += far.Count
	f.Broken = append(f.Broken, far.Broken...)
	return f, nil
}

func printFindings(w io.Writer, f campaigns.Findings, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(f)
	}
	fmt.Fprintf(w, "%d attempts, %d outcomes, %d open, %d links in the chain, %d checkpoints\nhead %s\n", f.Attempts, f.Outcomes, f.Open, f.Records, f.Checkpoints, f.Head)
	for _, b := range f.Broken {
		fmt.Fprintf(w, "BROKEN %s  attempt %s  %s\n", b.Law, b.Attempt, b.Detail)
	}
	if f.Clean() {
		_, err := fmt.Fprintln(w, "every law holds")
		return err
	}
	_, err := fmt.Fprintf(w, "%d breaches\n", f.Count)
	return err
}
