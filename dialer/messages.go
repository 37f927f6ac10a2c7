package dialer

import (
	"strings"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
)

// messages are the safe-harbour messages of a campaign by language: BCP 47
// tags in lower case; the one under "" is for every other language.
type messages map[string]media.Prompt

func newMessages(byLanguage map[string]media.Prompt) messages {
	m := make(messages, len(byLanguage))
	for language, p := range byLanguage {
		m[tag(language)] = p
	}
	return m
}

// choose is the message in a person's language, else the one for everybody,
// else the one in the campaign's own language. Without any it has no length.
func (m messages) choose(person, campaign string) media.Prompt {
	for _, language := range []string{person, "", campaign} {
		if p := m.lookup(tag(language)); p.Duration() > 0 {
			return p
		}
	}
	return media.Prompt{}
}

// lookup takes subtags off the end until there is a message (RFC 4647 section 3.4).
func (m messages) lookup(language string) media.Prompt {
	for {
		if p := m[language]; p.Duration() > 0 {
			return p
		}
		cut := strings.LastIndexByte(language, '-')
		if cut < 0 {
			return media.Prompt{}
		}
		language = language[:cut]
	}
}

// forAll tells whether there is a message whatever language a person speaks.
func (m messages) forAll(c campaigns.Campaign) bool { return m.choose("", c.Language).Duration() > 0 }

func tag(language string) string { return strings.ToLower(strings.ReplaceAll(language, "_", "-")) }
