package campaigns

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

func TestANewCampaignIsValid(t *testing.T) {
	if err := NewCampaign("Spring solar").Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidateNamesEverythingThatIsWrong(t *testing.T) {
	for _, c := range []struct {
		spoil func(*Campaign)
		says  string
	}{
		{func(c *Campaign) { c.Name = "" }, "name"},
		{func(c *Campaign) { c.Name = "a/b" }, `name "a/b"`},
		{func(c *Campaign) { c.Name = strings.Repeat("a", 65) }, "64"},
		{func(c *Campaign) { c.Mode = "turbo" }, "preview, progressive or predictive"},
		{func(c *Campaign) { c.RingTime = 14 * time.Second }, "310.4(b)(4)(ii)"},
		{func(c *Campaign) { c.Hold = 0 }, "hold"},
		{func(c *Campaign) { c.Hold = 2*time.Second + 1 }, "64.1200(a)(7)"},
		{func(c *Campaign) { c.Cap = 0 }, "cap"},
		{func(c *Campaign) { c.Cap = 0.051 }, "cap"},
		{func(c *Campaign) { c.Cap = math.NaN() }, "cap"},
		{func(c *Campaign) { c.Target = 0.04 }, "target"},
		{func(c *Campaign) { c.Target = math.NaN() }, "target"},
		{func(c *Campaign) { c.Ceiling = 0.49 }, "ceiling"},
		{func(c *Campaign) { c.Ceiling = 1.01 }, "ceiling"},
		{func(c *Campaign) { c.Ceiling = -0.8 }, "ceiling"},
		{func(c *Campaign) { c.Ceiling = math.NaN() }, "ceiling"},
		{func(c *Campaign) { c.MaxAttempts = 0 }, "max_attempts"},
		{func(c *Campaign) { c.Windows = rules.Week{} }, "windows"},
		{func(c *Campaign) { c.Cooldown = -1 }, "cooldown"},
		{func(c *Campaign) { c.WrapUp = -1 }, "wrap_up"},
		{func(c *Campaign) { c.MaxLines = -1 }, "max_lines"},
		{func(c *Campaign) { c.CallerIDs = []string{"+34910000000", "910000000"} }, `"910000000"`},
		{func(c *Campaign) { c.Retry["often"] = RetryRule{} }, `"often" is not an outcome`},
		{func(c *Campaign) { c.Retry[Busy] = RetryRule{Delay: -time.Second} }, "busy"},
		{func(c *Campaign) { c.Schedule = []Job{{Spec: "every day", Zone: "UTC", Action: ActionStart}} }, `schedule "every day"`},
		{func(c *Campaign) { c.Schedule = []Job{{Spec: "0 9 * * 1", Zone: "Mars", Action: ActionStart}} }, "Mars"},
		{func(c *Campaign) { c.Schedule = []Job{{Spec: "0 9 * * 1", Zone: "", Action: ActionStart}} }, "time zone"},
		{func(c *Campaign) { c.Schedule = []Job{{Spec: "@daily", Zone: "Europe/Madrid", Action: "dance"}} }, "start, pause, stop, reload or recycle"},
		{func(c *Campaign) {
			c.Dispositions = append(c.Dispositions, DispositionType{Code: "sale", Effect: EffectDone})
		}, `"sale" stands there twice`},
		{func(c *Campaign) { c.Dispositions[0].Code = "" }, "number 1 has no code"},
		{func(c *Campaign) { c.Dispositions[0].Effect = "explode" }, "done, retry, callback, dnc, wrong_number or refused"},
		{func(c *Campaign) { c.Dispositions[0].Delay = -1 }, "delay"},
	} {
		campaign := NewCampaign("x")
		c.spoil(&campaign)
		if err := campaign.Validate(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v does not say %q", err, c.says)
		}
	}
	if err := (Campaign{}).Validate(); err == nil || strings.Count(err.Error(), "\n") < 5 {
		t.Errorf("an empty campaign has more faults than %v", err)
	}
	if err := (Job{Spec: "30 18 * * 1-5", Zone: "Europe/Budapest", Action: ActionStop}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestACampaignSurvivesJSON(t *testing.T) {
	want := NewCampaign("Árvíztűrő 2026")
	want.Schedule = []Job{{Spec: "0 9 * * 1-5", Zone: "Europe/Budapest", Action: ActionStart}}
	want.CallerIDs = []string{"+36301234567"}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Campaign
	if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(normal(got), normal(want)) {
		t.Errorf("%v\n%+v\n%+v", err, got, want)
	}
}

// normal evens out empty and absent days.
func normal(c Campaign) Campaign {
	for d := range c.Windows {
		if len(c.Windows[d]) == 0 {
			c.Windows[d] = nil
		}
	}
	return c
}

func TestACampaignGoesOnlyAlongTheDrawing(t *testing.T) {
	all := []Status{Draft, Running, Paused, Draining, Stopped}
	may := map[[2]Status]bool{
		{Draft, Running}: true, {Running, Paused}: true, {Running, Draining}: true, {Running, Stopped}: true, {Paused, Running}: true,
		{Paused, Draining}: true, {Paused, Stopped}: true, {Draining, Stopped}: true, {Draining, Running}: true, {Stopped, Running}: true,
	}
	for _, from := range all {
		for _, to := range all {
			if got := from.May(to); got != may[[2]Status{from, to}] {
				t.Errorf("%s to %s: %v", from, to, got)
			}
		}
	}
	if Status("odd").May(Running) {
		t.Error("an unknown status goes somewhere")
	}
}
