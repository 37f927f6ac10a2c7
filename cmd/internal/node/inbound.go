package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/testdata"
)

// queueWords is the folder of the house's words for callers.
const queueWords = "prompts/queue"

// queueVoices reads the house's words for callers in every language that it
// speaks.
func queueVoices() (map[string]dialer.QueueVoice, error) {
	folders, err := fs.ReadDir(testdata.QueueWords, queueWords)
	if err != nil {
		return nil, fmt.Errorf("words of the queue: %w", err)
	}
	voices := make(map[string]dialer.QueueVoice, len(folders))
	for _, folder := range folders {
		v, err := queueVoice(folder.Name())
		if err != nil {
			return nil, fmt.Errorf("words of the queue in %s: %w", folder.Name(), err)
		}
		voices[folder.Name()] = v
	}
	voices[""] = voices["en"]
	return voices, nil
}

// placesSaid is how many places in the queue have a sentence of their own.
const placesSaid = 9

func queueVoice(language string) (v dialer.QueueVoice, err error) {
	for name, into := range map[string]*media.Prompt{
		"greeting": &v.Greeting, "further": &v.Further, "offer": &v.Offer, "closed": &v.Closed, "sorry": &v.Sorry,
		"noted": &v.Noted, "removed": &v.Removed, "goodbye": &v.Goodbye,
	} {
		if *into, err = queueWord(language, name); err != nil {
			return v, err
		}
	}
	v.Positions = make([]media.Prompt, placesSaid)
	for i := range v.Positions {
		if v.Positions[i], err = queueWord(language, fmt.Sprintf("position-%d", i+1)); err != nil {
			return v, err
		}
	}
	for i := range v.Digits {
		if v.Digits[i], err = queueWord(language, fmt.Sprintf("digit-%d", i)); err != nil {
			return v, err
		}
	}
	return v, nil
}

func queueWord(language, name string) (media.Prompt, error) {
	f, err := testdata.QueueWords.Open(path.Join(queueWords, language, name+".wav"))
	if err != nil {
		return media.Prompt{}, err
	}
	defer f.Close()
	return media.LoadWAV(f)
}

// callers is what the people hear who call a campaign: the house's words, with
// the campaign's own greeting, message out of hours and music in their place.
func (p prompts) callers(house map[string]dialer.QueueVoice) func(campaigns.Campaign) (map[string]dialer.QueueVoice, error) {
	return func(c campaigns.Campaign) (map[string]dialer.QueueVoice, error) {
		voices := maps.Clone(house)
		for _, own := range []struct {
			setting, file string
			put           func(*dialer.QueueVoice, media.Prompt)
		}{
			{"inbound.greeting", c.Inbound.Greeting, func(v *dialer.QueueVoice, m media.Prompt) { v.Greeting = m }},
			{"inbound.closed", c.Inbound.Closed, func(v *dialer.QueueVoice, m media.Prompt) { v.Closed = m }},
			{"hold_music", c.HoldMusic, func(v *dialer.QueueVoice, m media.Prompt) { v.Music = m }},
		} {
			if own.file == "" {
				continue
			}
			prompt, err := p.read(own.file)
			if err != nil {
				return nil, &campaigns.Problem{
					Kind: campaigns.KindConflict, Code: "prompt_unreadable", Cause: err,
					Text: fmt.Sprintf("%s of campaign %s: %s cannot be read as a WAV file; messages lie in the folder %q of the data folder.",
						own.setting, c.Name, filepath.Base(own.file), promptsFolder),
				}
			}
			for language, v := range voices {
				own.put(&v, prompt)
				voices[language] = v
			}
		}
		return voices, nil
	}
}

// phoneOf is what the numbering plan says of a number.
func phoneOf(number string) campaigns.Phone {
	n, err := numbers.Parse(number, "")
	if err != nil {
		return campaigns.Phone{Number: number} // it called us; whether we may call it is for the rules
	}
	return campaigns.Phone{Number: n.E164, Region: n.Region, Kind: string(n.Kind), Zones: n.Zones}
}

// readNumber reads a number as people write it.
func readNumber(text, region string) (campaigns.Phone, error) {
	n, err := numbers.Parse(text, region)
	if err != nil {
		return campaigns.Phone{}, err
	}
	return campaigns.Phone{Number: n.E164, Region: n.Region, Kind: string(n.Kind), Zones: n.Zones}, nil
}

// hand is the engine as dialing by hand sees it.
type hand struct{ engine *dialer.Engine }

var _ campaigns.HandDialer = hand{}

// DialNumber calls a contact whose number an agent typed.
func (h hand) DialNumber(ctx context.Context, agent, campaign int64, p campaigns.Contact, look bool) error {
	err := h.engine.DialNumber(ctx, agent, campaign, p, look)
	if errors.Is(err, dialer.ErrNotTheirs) {
		return &campaigns.Problem{
			Kind: campaigns.KindConflict, Code: "campaign_not_chosen", Cause: err,
			Text: "You are not signed in for that campaign; sign in for it first.",
		}
	}
	return problemOf(err)
}
