package campaigns

import (
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

func TestWhatACampaignMaySetOfCallersAndCardsIsBounded(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Campaign)
		says   string // empty = it is fine
	}{
		"nothing": {func(*Campaign) {}, ""},
		"all of it": {func(c *Campaign) {
			c.Inbound = InboundPolicy{Queue: time.Minute, Places: 3, LastAgentWait: time.Second}
		}, ""},
		"a queue of days":      {func(c *Campaign) { c.Inbound.Queue = 24 * time.Hour }, "queue"},
		"a negative wait":      {func(c *Campaign) { c.Inbound.LastAgentWait = -1 }, "last_agent_wait"},
		"too many places":      {func(c *Campaign) { c.Inbound.Places = 5000 }, "places"},
		"a countdown by key":   {func(c *Campaign) { c.PreviewDial = 0 }, ""},
		"a countdown too fast": {func(c *Campaign) { c.PreviewDial = time.Second }, "preview_dial"},
		"a grace of a year":    {func(c *Campaign) { c.CallbackGrace = 365 * 24 * time.Hour }, "callback_grace"},
	} {
		c := NewCampaign("spring")
		tc.change(&c)
		err := c.Validate()
		if (err != nil) != (tc.says != "") || (err != nil && !strings.Contains(err.Error(), tc.says)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACallerIsCalledBackWhenTheWindowIsOpenAndNotAtOnce(t *testing.T) {
	c := NewCampaign("spring") // 09:00 to 20:00 on working days
	zones := []string{"Europe/Budapest"}
	loc, err := rules.Location(zones[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ now, want string }{
		{"2026-11-23T10:00:00", "2026-11-23T10:01:00"}, // Monday
		{"2026-11-23T21:00:00", "2026-11-24T09:00:00"},
		{"2026-11-21T12:00:00", "2026-11-23T09:00:00"}, // Saturday
	} {
		now, _ := time.ParseInLocation("2006-01-02T15:04:05", tc.now, loc)
		at, ok := c.CallbackAt(zones, now)
		if got := at.In(loc).Format("2006-01-02T15:04:05"); !ok || got != tc.want {
			t.Errorf("asked at %s: called back at %s (%t), want %s", tc.now, got, ok, tc.want)
		}
	}
	if _, ok := c.CallbackAt(nil, time.Now()); ok {
		t.Error("somebody of an unknown place is called back")
	}
}

func TestOutcomesOfCallsToUsAreNeitherAnswersNorTries(t *testing.T) {
	n := 0
	for _, o := range Outcomes() {
		if !o.Inbound() {
			continue
		}
		n++
		if o.Live() || o.Abandoned() || o.Counts() {
			t.Errorf("%s counts as one of ours", o)
		}
	}
	if n != 4 {
		t.Errorf("%d outcomes of calls to us", n)
	}
}
