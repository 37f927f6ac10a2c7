package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/storage/records"
)

// filter is which calls are meant, in the data folder.
func (ex *exporting) filter(ctx context.Context, db *records.DB) (campaigns.CallFilter, error) {
	f := campaigns.CallFilter{From: ex.begin, To: ex.end}
	if ex.outcome != "" {
		f.Outcomes = []campaigns.Outcome{campaigns.Outcome(ex.outcome)}
	}
	if ex.campaign != "" {
		c, err := db.CampaignByName(ctx, ex.campaign)
		if err != nil {
			return f, noCampaign(ex.campaign, err)
		}
		f.Campaign = c.ID
	}
	if ex.agent == "" {
		return f, nil
	}
	u, err := db.UserByLogin(ctx, ex.agent)
	switch {
	case err == nil:
		f.Agent = u.ID
	case errors.Is(err, campaigns.ErrNotFound):
		f.Agent, err = ex.agentNumber()
	}
	return f, err
}

// agentNumber reads --agent as the number of an agent.
func (ex *exporting) agentNumber() (int64, error) {
	n, err := strconv.ParseInt(ex.agent, 10, 64)
	if err != nil || n < 1 {
		return 0, usage("--agent %s: nobody has this login, and it is not the number of an agent", ex.agent)
	}
	return n, nil
}

// download asks the service for the log.
func (ex *exporting) download(ctx context.Context, w io.Writer) error {
	session, err := ex.where.login(ctx)
	if err != nil {
		return err
	}
	query, err := ex.query(ctx, session)
	if err != nil {
		return err
	}
	return session.Download(ctx, "/v1/calls/export", query, w)
}

// query is the same filter, in the words of the API.
func (ex *exporting) query(ctx context.Context, session *client.Client) (url.Values, error) {
	q := url.Values{"format": {ex.format}, "what": {ex.what}}
	if ex.raw {
		q.Set("raw", "true")
	}
	if ex.campaign != "" {
		id, err := campaignThere(ctx, session, ex.campaign)
		if err != nil {
			return nil, err
		}
		q.Set("campaign", strconv.FormatInt(id, 10))
	}
	if ex.agent != "" {
		id, err := ex.agentThere(ctx, session)
		if err != nil {
			return nil, err
		}
		q.Set("agent", strconv.FormatInt(id, 10))
	}
	if ex.outcome != "" {
		q.Set("outcome", ex.outcome)
	}
	for key, t := range map[string]time.Time{"from": ex.begin, "to": ex.end} {
		if !t.IsZero() {
			q.Set(key, t.UTC().Format(time.RFC3339))
		}
	}
	return q, nil
}

// agentThere finds an agent of the service by login. Only an administrator
// may list the users; everybody else gives the number.
func (ex *exporting) agentThere(ctx context.Context, session *client.Client) (int64, error) {
	id, err := session.UserID(ctx, ex.agent)
	no, refused := errors.AsType[*client.Refusal](err)
	switch {
	case err == nil:
		return id, nil
	case errors.Is(err, client.ErrNoUser):
		return ex.agentNumber()
	case refused && no.Status == http.StatusForbidden:
		if n, err := ex.agentNumber(); err == nil {
			return n, nil
		}
		return 0, fmt.Errorf("--agent %s: only an administrator may look up logins at a service; give the agent's number, which the log shows as agent_id", ex.agent)
	}
	return 0, err
}
