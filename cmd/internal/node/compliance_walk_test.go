package node

import (
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/api"
)

// refuse has a rule refuse a call to somebody with a hostile name, and returns
// the decision's id.
func (h *hostileHouse) refuse(t *testing.T) string {
	t.Helper()
	db := h.node.db
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	c := campaigns.NewCampaign("Closed <b>")
	c.Windows = rules.Week{}
	c, err := db.CreateCampaign(within(t), c, "test")
	must(err)
	c, err = db.SetStatus(within(t), c.ID, campaigns.Running, "test") // in the store alone: the engine is not told
	must(err)
	l, err := db.CreateList(within(t), campaigns.List{Campaign: c.ID, Name: "April", Active: true})
	must(err)
	load, err := db.BeginLoad(within(t), campaigns.Load{Campaign: c.ID, List: l.ID, Source: "test", Policy: campaigns.SkipDuplicates, BeganAt: time.Now()})
	must(err)
	_, err = db.AddContacts(within(t), load, []campaigns.Contact{{
		Row: 1, Name: hostileNames[0], Phones: []campaigns.Phone{{Number: fictional(90), Zones: []string{"America/New_York"}}},
	}}, campaigns.SkipDuplicates)
	must(err)
	people, err := db.Lease(within(t), c.ID, time.Now(), 1)
	must(err)
	if len(people) != 1 {
		t.Fatal("nobody is leased")
	}
	if err := db.Begin(within(t), c, campaigns.NewAttempt(c, people[0], fictional(91), time.Now())); err == nil {
		t.Fatal("a call is placed in no window")
	}
	denied, err := db.Denials(within(t), campaigns.RefusalFilter{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour), Campaign: c.ID, Limit: 1})
	must(err)
	if len(denied) != 1 {
		t.Fatal("the refusal is not kept")
	}
	return denied[0].ID
}

// exportAll has a file of all calls written, for a hostile reason, and returns its
// id.
func (h *hostileHouse) exportAll(t *testing.T) int64 {
	t.Helper()
	var job api.ExportJob
	if err := h.manager.Post(within(t), "/v1/exports", map[string]any{"search": map[string]any{}, "format": "csv", "reason": hostileNames[0]}, &job); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; {
		e, err := h.node.db.Export(within(t), job.ID)
		switch {
		case err != nil:
			t.Fatal(err)
		case e.State == campaigns.ExportDone:
			return job.ID
		case e.Over() || time.Now().After(deadline):
			t.Fatalf("export %+v", e)
		}
		<-time.After(20 * time.Millisecond)
	}
}
