package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
)

// undoWithin bounds an undo at the service, which answers when it is done.
const undoWithin = 10 * time.Minute

// upload imports at a service that runs.
func (im *importing) upload(c *cobra.Command, in io.Reader, o intake.Options) error {
	session, err := im.where.login(c.Context())
	if err != nil {
		return err
	}
	campaign, err := campaignThere(c.Context(), session, im.campaign)
	if err != nil {
		return err
	}
	if err := im.shelveThere(c.Context(), session, campaign); err != nil {
		return err
	}
	if bar := newBar(c.ErrOrStderr(), o.Size); bar != nil {
		reader := progressbar.NewReader(in, bar)
		in = &reader
	}
	var done api.Import
	if err := session.Upload(c.Context(), "/v1/imports", im.query(campaign, o), in, &done); err != nil {
		return im.refusedFile(err)
	}
	if im.report != "" {
		if err := downloadTo(c.Context(), session, "/v1/imports/"+done.ID+"/report", im.report); err != nil {
			return fmt.Errorf("--report: %w", err)
		}
	}
	return im.print(c.OutOrStdout(), resultOf(done))
}

// refusedFile turns the service's no to a file into the error that the same
// file is in a data folder.
func (im *importing) refusedFile(err error) error {
	if no, ok := errors.AsType[*client.Refusal](err); ok && no.Code == intake.FileNoPhone {
		return &intake.FileError{Code: no.Code, Reason: no.Detail}
	}
	return err
}

func (im *importing) query(campaign int64, o intake.Options) url.Values {
	q := url.Values{
		"campaign": {strconv.FormatInt(campaign, 10)}, "list": {im.list}, "source": {o.Source},
		"duplicates": {im.duplicates}, "column": im.columns,
	}
	for key, value := range map[string]string{"region": im.region, "charset": im.charset, "delimiter": im.delimiter, "header": im.header} {
		if value != "" {
			q.Set(key, value)
		}
	}
	if im.dryRun {
		q.Set("dry_run", "true")
	}
	return q
}

// shelveThere makes a new list first when it is to have a priority, which an
// upload cannot say.
func (im *importing) shelveThere(ctx context.Context, session *client.Client, campaign int64) error {
	if im.priority == 0 || im.dryRun {
		return nil
	}
	path := fmt.Sprintf("/v1/campaigns/%d/lists", campaign)
	var there struct {
		Lists []campaigns.List `json:"lists"`
	}
	if err := session.Read(ctx, path, &there); err != nil {
		return err
	}
	for _, l := range there.Lists {
		if l.Name == im.list {
			return nil
		}
	}
	return session.Post(ctx, path, map[string]any{"name": im.list, "priority": im.priority}, nil)
}

// resultOf is what the service says of an import, in the words of package intake.
func resultOf(done api.Import) intake.Result {
	load, err := strconv.ParseInt(done.ID, 10, 64)
	if err != nil {
		load = 0 // a dry run stores none
	}
	return intake.Result{
		Load: load, Counts: done.Counts, Bars: done.Rules, Codes: done.Codes, Blank: done.Blank, PhonesOut: done.PhonesOut, Noted: done.Noted,
		Charset: intake.Charset{Name: done.Charset}, Delimiter: done.Delimiter, Columns: done.Columns, First: done.First, Samples: done.Samples, Octets: done.Bytes,
		Elapsed: done.EndedAt.Sub(done.BeganAt),
	}
}

// downloadTo writes a resource of the service into a file.
func downloadTo(ctx context.Context, session *client.Client, path, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(session.Download(ctx, path, nil, f), f.Close())
}

// campaignThere finds a campaign of the service by name.
func campaignThere(ctx context.Context, session *client.Client, name string) (int64, error) {
	id, err := session.CampaignID(ctx, name)
	if errors.Is(err, client.ErrNoCampaign) {
		return 0, usage("--campaign %s: no campaign is named so", name)
	}
	return id, err
}

func (im *importing) takeBackThere(c *cobra.Command) error {
	ctx, stop := context.WithTimeout(c.Context(), undoWithin)
	defer stop()
	session, err := im.where.login(ctx)
	if err != nil {
		return err
	}
	var u api.Undone
	if err := session.Delete(ctx, fmt.Sprintf("/v1/imports/%d", im.undo), &u); err != nil {
		return fmt.Errorf("--undo %d: %w", im.undo, err)
	}
	return im.sayUndone(c.OutOrStdout(), u.Removed, u.Kept)
}
