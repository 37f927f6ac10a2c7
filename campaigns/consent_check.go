package campaigns

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/forecall/forecall/campaigns/rules"
)

// Longest texts of a consent, in bytes.
const (
	maxWording   = 20_000
	maxConsented = 1_000 // reference, note, goods
)

// consentSkew is how far in the future a consent may be dated: the clocks of
// those who write them down differ.
const consentSkew = 24 * time.Hour

// Settled is the entry with what it leaves out filled in: the level of a
// permission (express), the digest of its wording.
func (c Consent) Settled() Consent {
	if c.Level == "" && !c.Kind.Relation() {
		c.Level = LevelExpress
	}
	c.Seller, c.Purpose, c.Goods = strings.TrimSpace(c.Seller), strings.TrimSpace(c.Purpose), strings.TrimSpace(c.Goods)
	c.Channels = slices.DeleteFunc(slices.Clone(ConsentChannels()), func(ch ConsentChannel) bool { return !slices.Contains(c.Channels, ch) })
	c.WordingID = WordingDigest(c.Wording)
	c.At, c.Until = c.At.UTC().Truncate(time.Microsecond), c.Until.UTC().Truncate(time.Microsecond) // what stores keep
	return c
}

// Validate says everything that is wrong with an entry before it is kept.
func (c Consent) Validate(now time.Time) error {
	errs := []error{rules.Dialable(c.Number), c.validateKind(), c.validateTimes(now), c.validateTexts()}
	if !slices.Contains(ConsentSources(), c.Source) {
		errs = append(errs, fmt.Errorf("source %q: %s", c.Source, listed(ConsentSources())))
	}
	if c.IP != "" {
		if _, err := netip.ParseAddr(c.IP); err != nil {
			errs = append(errs, fmt.Errorf("ip %q: not an address as 192.0.2.1 or 2001:db8::1", c.IP))
		}
	}
	return errors.Join(errs...)
}

func (c Consent) validateKind() error {
	switch {
	case !slices.Contains(ConsentKinds(), c.Kind):
		return fmt.Errorf("kind %q: %s", c.Kind, listed(ConsentKinds()))
	case c.Kind.Relation() && c.Level != "":
		return fmt.Errorf("level %q: a %s has none", c.Level, c.Kind)
	case !c.Kind.Relation() && c.Level != "" && !slices.Contains(ConsentLevels(), c.Level):
		return fmt.Errorf("level %q: %s", c.Level, listed(ConsentLevels()))
	case c.Level == LevelWritten && c.Wording == "" && c.Reference == "":
		return errors.New("level express_written: needs the wording that was signed, or the reference of the paper (47 CFR 64.1200(f)(9))")
	}
	for _, ch := range c.Channels {
		if !slices.Contains(ConsentChannels(), ch) {
			return fmt.Errorf("channel %q: %s", ch, listed(ConsentChannels()))
		}
	}
	return nil
}

func (c Consent) validateTimes(now time.Time) error {
	switch {
	case c.At.IsZero():
		return errors.New("at: say when it was given")
	case c.At.After(now.Add(consentSkew)):
		return fmt.Errorf("at %s: lies in the future", c.At.Format(time.RFC3339))
	case c.At.Year() < 1970:
		return fmt.Errorf("at %s: before 1970", c.At.Format(time.RFC3339))
	case !c.Until.IsZero() && !c.Until.After(c.At):
		return fmt.Errorf("until %s: not after it was given, %s", c.Until.Format(time.RFC3339), c.At.Format(time.RFC3339))
	case c.Until.Year() > 9999:
		return errors.New("until: after the year 9999")
	}
	return nil
}

func (c Consent) validateTexts() error {
	if len(c.Wording) > maxWording {
		return fmt.Errorf("wording: %d bytes, at most %d", len(c.Wording), maxWording)
	}
	for _, f := range []struct{ name, text string }{
		{"name", c.Name}, {"seller", c.Seller}, {"purpose", c.Purpose}, {"goods_or_service", c.Goods}, {"reference", c.Reference}, {"note", c.Note},
	} {
		if len(f.text) > maxConsented {
			return fmt.Errorf("%s: %d bytes, at most %d", f.name, len(f.text), maxConsented)
		}
	}
	for _, text := range []string{c.Wording, c.Name, c.Seller, c.Purpose, c.Goods, c.Reference, c.Note} {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return errors.New("a text is not UTF-8")
		}
	}
	return nil
}

// listed names the allowed words of a field.
func listed[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	if len(out) < 2 {
		return strings.Join(out, "")
	}
	return strings.Join(out[:len(out)-1], ", ") + " or " + out[len(out)-1]
}
