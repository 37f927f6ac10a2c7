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
	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/node"
	"github.com/forecall/forecall/storage/records"
)

// evidencing is what an evidence export is asked for.
type evidencing struct {
	file   string
	number string
}

// selection is what the flags of the export choose.
func (ex *exporting) selection(campaign int64) (evidence.Selection, error) {
	s := evidence.Selection{Campaign: campaign, CampaignName: ex.campaign, From: ex.begin, To: ex.end}
	if ex.proof.number == "" {
		return s, nil
	}
	n, err := person(ex.proof.number)
	s.Number = n
	return s, err
}

// person reads the number of a person as it was typed. What no campaign would
// call, as one of the Virgin Islands without their region, is a person's all the
// same, who may ask what is known of them and to be forgotten.
func person(text string) (string, error) {
	n, err := numbers.Parse(text, "")
	if err == nil {
		return n.E164, nil
	}
	if number := api.Dialed(text); rules.Dialable(number) == nil {
		return number, nil
	}
	return "", usage("number %q: %w; write it as +34600000000", text, err)
}

// evidence writes the signed zip, from the data folder or from a service.
func (ex *exporting) evidence(c *cobra.Command) error {
	if ex.agent != "" || ex.outcome != "" || ex.out != "" {
		return usage("--evidence goes with --campaign, --from, --to and --number, and names its file itself")
	}
	var err error
	ex.begin, err = instant("--from", ex.from)
	if err == nil {
		ex.end, err = instant("--to", ex.to)
	}
	if err != nil {
		return err
	}
	write := ex.evidenceHere
	if ex.where.remote() {
		write = ex.evidenceThere
	}
	if err := whole(ex.proof.file, func(w io.Writer) error { return write(c.Context(), w) }); err != nil {
		return err
	}
	return printReport(c, ex.proof.file, evidence.Known{}, false)
}

func (ex *exporting) evidenceHere(ctx context.Context, w io.Writer) error {
	db, err := ex.where.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(ex.evidenceOf(ctx, db, w), db.Close())
}

func (ex *exporting) evidenceOf(ctx context.Context, db *records.DB, w io.Writer) error {
	conf, err := ex.where.settings()
	if err != nil {
		return err
	}
	clerk, err := node.Clerk(ctx, conf, db, version())
	if err != nil {
		return err
	}
	campaign := int64(0)
	if ex.campaign != "" {
		c, err := db.CampaignByName(ctx, ex.campaign)
		if err != nil {
			return noCampaign(ex.campaign, err)
		}
		campaign = c.ID
	}
	s, err := ex.selection(campaign)
	if err != nil {
		return err
	}
	_, err = campaigns.NewEvidenceDesk(db, clerk, db).Export(ctx, auditor, s, w, nil)
	return err
}

// auditor is who acts on a data folder from the command line, with the rights
// of compliance: who can read the folder may do everything with it.
var auditor = campaigns.User{Login: "command line", Role: campaigns.Compliance}

func (ex *exporting) evidenceThere(ctx context.Context, w io.Writer) error {
	session, err := ex.where.login(ctx)
	if err != nil {
		return err
	}
	campaign := int64(0)
	if ex.campaign != "" {
		if campaign, err = campaignThere(ctx, session, ex.campaign); err != nil {
			return err
		}
	}
	s, err := ex.selection(campaign)
	if err != nil {
		return err
	}
	return session.Fetch(ctx, "/v1/evidence", api.EvidenceRequest{Campaign: campaign, Number: s.Number, From: s.From, To: s.To}, w)
}

// printReport checks an export by itself and says what it found.
func printReport(c *cobra.Command, file string, known evidence.Known, asJSON bool) error {
	f, err := os.Open(file)
	if err != nil {
		return usage("%w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	r, err := evidence.VerifyFile(c.Context(), f, info.Size(), known)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if asJSON {
		enc := json.NewEncoder(c.OutOrStdout())
		enc.SetIndent("", "  ")
		err = enc.Encode(r)
	} else {
		err = sayReport(c.OutOrStdout(), file, r)
	}
	if err == nil && !r.Clean() {
		err = errTampered
	}
	return err
}

// errTampered ends a check that found an export changed.
var errTampered = errors.New("the export is not what was signed")

func sayReport(w io.Writer, file string, r evidence.Report) error {
	fmt.Fprintf(w, "%s\n  made %s by %s, forecall %s, time zones %s\n", file, r.Manifest.MadeAt.Format(time.RFC3339), r.Manifest.By, r.Manifest.Program, r.Manifest.Zones)
	fmt.Fprintf(w, "  links %d to %d of the chain: %d follow from each other\n", r.Manifest.First, r.Manifest.Last, r.Links)
	fmt.Fprintf(w, "  %d records are what the chain holds of them, %d rows are of erased persons\n", r.Records, r.Erased)
	fmt.Fprintf(w, "  %d checkpoints agree, and %d that were kept elsewhere\n", r.Checkpoints, r.Outside)
	if r.Undecided > 0 {
		fmt.Fprintf(w, "  %d calls without the decision that allowed them: its time was over, or it is not in this selection\n", r.Undecided)
	}
	if r.Lost > 0 {
		fmt.Fprintf(w, "  %d records of erased persons that an older version wrote: their hash is left\n", r.Lost)
	}
	if r.Pinned {
		fmt.Fprintf(w, "  signed with the key %s, the one you asked for\n", r.Signer)
	} else {
		fmt.Fprintf(w, "  signed with the key %s; compare it with the house's, or give that with --key\n", r.Signer)
	}
	for i, f := range r.Bad {
		if i == 0 {
			fmt.Fprintf(w, "FIRST BAD %s\n", f)
			continue
		}
		fmt.Fprintf(w, "BAD       %s\n", f)
	}
	if r.Clean() {
		_, err := fmt.Fprintln(w, "the export is what was signed")
		return err
	}
	_, err := fmt.Fprintf(w, "%d faults\n", r.Count)
	return err
}
