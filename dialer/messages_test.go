package dialer

import (
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
)

func TestAMessageIsChosenByTheLanguageOfThePerson(t *testing.T) {
	m := newMessages(map[string]media.Prompt{
		"": media.Silence(time.Second), "es": media.Silence(2 * time.Second),
		"pt-BR": media.Silence(3 * time.Second), "zh-Hant": media.Silence(4 * time.Second),
	})
	for person, want := range map[string]time.Duration{
		"": time.Second, "fr": time.Second, "pt": time.Second, "e": time.Second, "est": time.Second,
		"es": 2 * time.Second, "ES": 2 * time.Second, "es-MX": 2 * time.Second, "es_419": 2 * time.Second,
		"pt-BR": 3 * time.Second, "pt-br": 3 * time.Second, "zh-Hant-TW": 4 * time.Second, "zh-Hans": time.Second,
	} {
		if d := m.choose(person, "es").Duration(); d != want {
			t.Errorf("%q hears %s, want %s", person, d, want)
		}
	}
	spanish := newMessages(map[string]media.Prompt{"es": media.Silence(time.Second)})
	for _, tc := range []struct {
		campaign string
		want     bool
	}{{"es", true}, {"es-ES", true}, {"en", false}, {"", false}} {
		if got := spanish.forAll(campaigns.Campaign{Language: tc.campaign}); got != tc.want {
			t.Errorf("a Spanish message is for everybody in a campaign in %q: %t", tc.campaign, got)
		}
	}
}

func TestAPersonWhomNobodyTakesHearsTheMessageInTheirLanguage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(10*time.Second, time.Minute) })
		h.engine.settings.Messages = func(campaigns.Campaign) (map[string]media.Prompt, error) {
			return map[string]media.Prompt{"": media.Silence(4 * time.Second), "es": media.Silence(7 * time.Second)}, nil
		}
		h.store.load(1, 1)
		h.store.contacts[1].Language = "es-MX"
		h.run()
		h.agent(1, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Progressive, nil }))
		h.until(20*time.Second, "ringing", h.callState(CallRinging))
		h.phones[1].vanish()
		h.until(time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
		h.stop()
		if d := h.only().MessageEndAt.Sub(h.only().MessageAt); d < 7*time.Second || d > 7100*time.Millisecond {
			t.Errorf("the message lasted %s, not the seven seconds of the Spanish one", d)
		}
	})
}
