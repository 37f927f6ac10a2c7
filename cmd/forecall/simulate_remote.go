package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
)

// backFor is how far back a service is asked for the days of --days: it dials on fewer days than there are.
func backFor(days int) time.Duration { return time.Duration(3*days+7) * 24 * time.Hour }

// fitThere fits the scenario to the calls of a service that runs.
func (m *campaignModel) fitThere(ctx context.Context) (report.Fit, error) {
	session, err := m.where.login(ctx)
	if err != nil {
		return report.Fit{}, err
	}
	id, err := campaignThere(ctx, session, m.name)
	if err != nil {
		return report.Fit{}, err
	}
	var c api.Campaign
	if err := session.Read(ctx, fmt.Sprintf("/v1/campaigns/%d", id), &c); err != nil {
		return report.Fit{}, err
	}
	return m.fitCalls(recordedThere(ctx, session, id, time.Now().Add(-backFor(m.days))), report.FitOptions{Campaign: settingsOf(c)})
}

// settingsOf are the settings of a campaign that a scenario needs.
func settingsOf(c api.Campaign) campaigns.Campaign {
	return campaigns.Campaign{
		ID: c.ID, Name: c.Name, Cap: c.Cap, Hold: time.Duration(c.Hold), RingTime: time.Duration(c.RingTime), WrapUp: time.Duration(c.WrapUp),
		MaxLines: c.MaxLines, KnowOdds: c.BestTime,
	}
}

// exported is what a scenario needs of a line of the exported call log.
type exported struct {
	Outcome    campaigns.Outcome `json:"outcome"`
	Mode       campaigns.Mode    `json:"mode"`
	Manual     bool              `json:"manual_single_dial"`
	SentAt     time.Time         `json:"dialed_at"`
	AnsweredAt time.Time         `json:"answered_at"`
	BridgedAt  time.Time         `json:"agent_bridged_at"`
	EndedAt    time.Time         `json:"ended_at"`
	Agent      int64             `json:"agent_id"`
	SaidAt     time.Time         `json:"disposition_at"`
}

func (x exported) call() campaigns.Call {
	c := campaigns.Call{Attempt: campaigns.Attempt{
		Outcome: x.Outcome, Mode: x.Mode, Manual: x.Manual, SentAt: x.SentAt, AnsweredAt: x.AnsweredAt, BridgedAt: x.BridgedAt,
		EndedAt: x.EndedAt, Agent: x.Agent,
	}}
	if !x.SaidAt.IsZero() {
		c.Disposition = &campaigns.Disposition{At: x.SaidAt}
	}
	return c
}

// recordedThere streams the calls of a campaign from its export, oldest first.
func recordedThere(ctx context.Context, session *client.Client, campaign int64, from time.Time) iter.Seq2[campaigns.Call, error] {
	return func(yield func(campaigns.Call, error) bool) {
		r, w := io.Pipe()
		var download sync.WaitGroup
		download.Go(func() { // ends with the export, or when nobody reads any more
			_ = w.CloseWithError(session.Download(ctx, "/v1/calls/export", url.Values{
				"format": {"jsonl"}, "campaign": {strconv.FormatInt(campaign, 10)}, "from": {from.UTC().Format(time.RFC3339)},
			}, w)) // always nil
		})
		defer download.Wait()
		defer r.Close()
		for lines := json.NewDecoder(r); ; {
			var x exported
			err := lines.Decode(&x)
			if errors.Is(err, io.EOF) || !yield(x.call(), err) || err != nil {
				return
			}
		}
	}
}
