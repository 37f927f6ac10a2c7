package api

import (
	"fmt"
	"regexp"

	"github.com/forecall/forecall/campaigns"
)

// Shapes of what names a message: a file with no folder, so that nobody reads
// or probes the server's files through it, and a BCP 47 tag (RFC 5646).
var (
	plainFile   = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N} ._-]{0,99}$`)
	languageTag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
)

// applyPrompts sets the messages. A value that stands in the campaign already
// is left: it may be a path of the configuration, which a client sends back.
func (ch CampaignChange) applyPrompts(c *campaigns.Campaign) error {
	if name := ch.SafeHarbor; name != nil {
		if *name != "" && *name != c.SafeHarbor && !plainFile.MatchString(*name) {
			return promptProblem("safe_harbor")
		}
		c.SafeHarbor = *name
	}
	if ch.SafeHarbors == nil {
		return nil
	}
	for language, name := range ch.SafeHarbors {
		if !languageTag.MatchString(language) {
			return &campaigns.Problem{
				Kind: campaigns.KindInvalid, Code: "language_invalid",
				Text: fmt.Sprintf("safe_harbors: %q is not a language as es or pt-BR.", language),
			}
		}
		if name != c.SafeHarbors[language] && !plainFile.MatchString(name) {
			return promptProblem("safe_harbors." + language)
		}
	}
	c.SafeHarbors = ch.SafeHarbors
	return nil
}

func promptProblem(field string) error {
	return &campaigns.Problem{
		Kind: campaigns.KindInvalid, Code: "prompt_invalid",
		Text: field + ": the plain name of a WAV file, as es.wav, that lies in the folder prompts of the service's data folder; a path is not taken.",
	}
}
