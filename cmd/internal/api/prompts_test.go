package api

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

func TestAMessageIsAPlainFileNameAndNoWayIntoTheServersFiles(t *testing.T) {
	h := newHouse(t).staff()
	c := h.as("manager")
	var camp Campaign
	c.send("POST", "/v1/campaigns", map[string]any{
		"name": "Spring", "safe_harbor": "english 1.wav", "safe_harbors": map[string]string{"es": "español.wav", "pt-BR": "pt.wav"},
	}).want(http.StatusCreated).into(&camp)
	if want := map[string]string{"es": "español.wav", "pt-BR": "pt.wav"}; camp.SafeHarbor != "english 1.wav" || !maps.Equal(camp.SafeHarbors, want) {
		t.Errorf("created with %q and %v", camp.SafeHarbor, camp.SafeHarbors)
	}
	at := fmt.Sprintf("/v1/campaigns/%d", camp.ID)
	for _, path := range []string{"/etc/passwd", "../forecall.db", "..", ".hidden", "a/b.wav", `a\b.wav`, "C:x.wav", "a\x00.wav", strings.Repeat("x", 101)} {
		for _, change := range []map[string]any{{"safe_harbor": path}, {"safe_harbors": map[string]string{"es": path}}} {
			r := c.send("PATCH", at, change)
			r.fault(http.StatusUnprocessableEntity, "prompt_invalid")
			contains(t, string(r.body), "in the folder prompts of the service's data folder")
		}
	}
	c.send("PATCH", at, map[string]any{"safe_harbors": map[string]string{"Spanish, as spoken": "es.wav"}}).fault(http.StatusUnprocessableEntity, "language_invalid")
	camp = Campaign{}
	c.send("PATCH", at, map[string]any{"safe_harbor": "", "safe_harbors": map[string]string{}}).want(http.StatusOK).into(&camp)
	if camp.SafeHarbor != "" || len(camp.SafeHarbors) != 0 {
		t.Errorf("taken away, there are %q and %v", camp.SafeHarbor, camp.SafeHarbors)
	}
}

func TestAPathOfTheConfigurationComesBackFromAClientAsItWas(t *testing.T) {
	h := newHouse(t).staff()
	in := campaigns.NewCampaign("Spring")
	in.SafeHarbor, in.SafeHarbors = "/etc/forecall/en.wav", map[string]string{"es": "/etc/forecall/es.wav"}
	stored, err := h.db.CreateCampaign(t.Context(), in, "configuration")
	h.must(err)
	c, at := h.as("manager"), fmt.Sprintf("/v1/campaigns/%d", stored.ID)
	var camp Campaign
	c.send("GET", at, nil).want(http.StatusOK).into(&camp)
	c.send("PATCH", at, map[string]any{"safe_harbor": camp.SafeHarbor, "safe_harbors": camp.SafeHarbors}).want(http.StatusOK)
	c.send("PATCH", at, map[string]any{"safe_harbors": map[string]string{"de": "/etc/forecall/es.wav"}}).fault(http.StatusUnprocessableEntity, "prompt_invalid")
}
