package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/cmd/internal/config"
)

const (
	// countriesName is the campaign that sells in three countries.
	countriesName = "Three countries"
	mainCaller    = "+12025550100"
	officerLogin  = "compliance"
	// lawInForce are the rule sets that the demo adopts: those of the countries
	// that its second campaign calls. All others lie ready on /compliance/rules.
	lawInForce = "us-federal us-states es fr eu general"
)

// countriesCampaign sells, so that the law of sales calls binds it: it has no
// hours of its own, the rule sets close it. Everybody is called once.
func (s Settings) countriesCampaign(demo config.Campaign) config.Campaign {
	demo.Name, demo.Purpose, demo.MaxAttempts, demo.Retry = countriesName, "sales", 1, nil
	demo.Recording = config.Recording{}
	demo.CallerIDs = nil
	for _, c := range s.countries() {
		demo.CallerIDs = append(demo.CallerIDs, c.caller)
	}
	return demo
}

// countries are the lists, smaller when the demo is.
func (s Settings) countries() []country { return threeCountries(s.Contacts, time.Now().UTC()) }

// callers are all numbers of the demo's house.
func (s Settings) callers() []string {
	if s.Scenario != nil {
		return []string{mainCaller}
	}
	var out []string
	for _, c := range s.countries() {
		out = append(out, c.caller)
	}
	return out
}

// obey gives the house what the law asks for: the right to its numbers, each
// tried by a test call, and the registers. The officer does it, as in any house.
func (r *run) obey(ctx context.Context) error {
	r.officer = client.New(r.node.URL())
	if _, err := r.officer.Login(ctx, officerLogin, r.secret.desk); err != nil {
		return err
	}
	for _, c := range r.lists {
		if err := r.authorize(ctx, c); err != nil {
			return fmt.Errorf("the number shown in %s: %w", c.name, err)
		}
		if c.register == "" {
			continue
		}
		if err := r.loadRegister(ctx, c); err != nil {
			return fmt.Errorf("register %s: %w", c.register, err)
		}
	}
	return r.node.LearnCallers(ctx)
}

// authorize says whom a number of ours is shown to and by what right, and calls
// it as a person would who calls back.
func (r *run) authorize(ctx context.Context, c country) error {
	id := campaigns.CallerID{Number: c.caller, Label: c.name, Region: c.code, Area: callingCodes[c.code]}
	if err := r.manager.Put(ctx, "/v1/caller-ids", map[string]any{"number": id.Number, "label": id.Label, "region": id.Region, "area": id.Area}, nil); err != nil {
		return err
	}
	right := map[string]any{"number": c.caller, "holder": "Demo Telecom", "contract": "demo, drawn", "valid_from": time.Now().AddDate(0, -1, 0).UTC()}
	if err := r.manager.Post(ctx, "/v1/caller-ids/rights", right, nil); err != nil {
		return err
	}
	var tried api.CallerCheck
	if err := r.manager.Post(ctx, "/v1/caller-ids/checks", map[string]string{"number": c.caller}, &tried); err != nil {
		return err
	}
	if !tried.Answered {
		return fmt.Errorf("a test call to it was not answered: %s", tried.Detail)
	}
	return nil
}

var callingCodes = map[string]string{"ES": "+34", "US": "+1", "FR": "+33"}

// loadRegister uploads a register as of this morning and puts it in force.
func (r *run) loadRegister(ctx context.Context, c country) error {
	query := url.Values{"kind": {"full"}, "accessed_at": {time.Now().UTC().Format(time.RFC3339)}, "name": {c.register + ".txt"}, "san": {"demo"}}
	var load api.RegisterLoading
	if err := r.officer.Upload(ctx, "/v1/registers/"+c.register+"/load", query, bytes.NewReader(c.registerFile()), &load); err != nil {
		return err
	}
	path := "/v1/register-loads/" + load.ID
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for load.State == "reading" {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := r.officer.Read(ctx, path, &load); err != nil {
			return err
		}
	}
	if load.State != "ready" {
		return errors.New(load.Problem)
	}
	return r.officer.Post(ctx, path+"/confirm", map[string]string{"reason": "drawn for the demo: few area codes"}, nil)
}

// importCountries uploads the three lists, and what people took back since.
func (r *run) importCountries(ctx context.Context) (campaign int64, err error) {
	if campaign, err = r.manager.CampaignID(ctx, countriesName); err != nil {
		return 0, err
	}
	for _, c := range r.lists {
		added, barred := int64(0), int64(0)
		for _, region := range c.regions() {
			query := url.Values{"campaign": {fmt.Sprint(campaign)}, "list": {c.name}, "region": {region}, "source": {"people drawn for " + c.name}}
			var result api.Import
			if err := r.manager.Upload(ctx, "/v1/imports", query, bytes.NewReader(c.file(region)), &result); err != nil {
				return 0, fmt.Errorf("import %s: %w", c.name, err)
			}
			added, barred = added+int64(result.Counts.Added), barred+result.Rules.Barred
		}
		r.watch.say("imported %s: %d people, %d of whom no hour lets be called", c.name, added, barred)
		for _, p := range c.people {
			if !p.revoked {
				continue
			}
			take := map[string]any{"number": p.phone, "source": "web_form", "note": "demo: withdrawn on the web page"}
			if err := r.officer.Post(ctx, "/v1/consents/withdraw", take, nil); err != nil {
				return 0, fmt.Errorf("withdraw the consent of %s: %w", p.id, err)
			}
		}
	}
	return campaign, nil
}
