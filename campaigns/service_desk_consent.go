package campaigns

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ConsentAsk is how agents of a campaign ask for a permission: the words that
// they read out, and how long the answer holds. The zero value asks for none.
type ConsentAsk struct {
	Text   string `json:"text"`             // read out as it stands
	Months int    `json:"months,omitempty"` // that it holds; 0 = as long as the law of the place lets it
}

// validate says what is wrong with how a campaign asks.
func (a ConsentAsk) validate() error {
	switch {
	case len(a.Text) > maxWording:
		return fmt.Errorf("consent: the words have %d bytes, at most %d", len(a.Text), maxWording)
	case a.Months < 0 || a.Months > 1200:
		return errors.New("consent: it holds from 1 to 1200 months, or 0 for no end of its own")
	case a.Months > 0 && strings.TrimSpace(a.Text) == "":
		return errors.New("consent: it holds for some months, and there are no words to ask for it")
	}
	return nil
}

// SpokenConsent is a permission given in the call at hand, in answer to the
// campaign's words.
type SpokenConsent struct {
	// WordingID is the digest of the words that the agent had on the screen: when
	// they have changed since, nothing is recorded.
	WordingID string `json:"wording_sha256"`
	Recording bool   `json:"recording"` // the person agreed to be recorded as well
	Note      string `json:"note,omitempty"`
}

// SpokenWithdrawal is a withdrawal said in the call at hand.
type SpokenWithdrawal struct {
	// Stop puts the number on the do-not-call list too: the person wants no calls,
	// whatever they were for.
	Stop bool   `json:"stop"`
	Note string `json:"note,omitempty"`
}

// DeskConsent is what an agent sees of permissions in the call at hand.
type DeskConsent struct {
	Text      string    `json:"text"` // to be read out; empty = the campaign asks for none
	WordingID string    `json:"wording_sha256,omitempty"`
	Months    int       `json:"months,omitempty"`
	Entries   []Consent `json:"entries"` // of the campaign's seller, newest first
}

// record enters what an agent heard; whether the agent may is asked by the desk.
func (s *Consents) record(ctx context.Context, by User, c Consent) (ConsentFate, error) {
	c.By = by.Login
	c = c.Settled()
	if err := c.Validate(time.Now()); err != nil {
		return ConsentFate{}, invalid("consent_invalid", err)
	}
	fates, err := s.store.AddConsents(ctx, []Consent{c})
	if err != nil {
		return ConsentFate{}, fmt.Errorf("enter a consent: %w", err)
	}
	return fates[0], nil
}

func (s *Consents) of(ctx context.Context, number string) ([]Consent, error) {
	return s.store.Consents(ctx, ConsentFilter{Number: number})
}

// Consent tells an agent what the person on the line permitted to the seller,
// and the words to ask for more.
func (d *Desk) Consent(ctx context.Context, u User) (DeskConsent, error) {
	current, campaign, err := d.consenting(ctx, u)
	if err != nil {
		return DeskConsent{}, err
	}
	out := DeskConsent{Text: campaign.Consent.Text, WordingID: WordingDigest(campaign.Consent.Text), Months: campaign.Consent.Months, Entries: []Consent{}}
	if current.Number == "" {
		return out, nil
	}
	all, err := d.Consents.of(ctx, current.Number)
	if err != nil {
		return DeskConsent{}, fmt.Errorf("consents of the person on the line: %w", err)
	}
	for _, c := range all {
		if c.Seller == "" || c.Seller == campaign.Seller {
			out.Entries = append(out.Entries, c)
		}
	}
	return out, nil
}

// GiveConsent records that the person on the line said yes to the campaign's
// words. Said again in another call it renews what stands.
func (d *Desk) GiveConsent(ctx context.Context, u User, in SpokenConsent) (ConsentFate, error) {
	current, campaign, err := d.consenting(ctx, u)
	if err != nil {
		return ConsentFate{}, err
	}
	ask := campaign.Consent
	switch {
	case ask.Text == "":
		return ConsentFate{}, problem(KindConflict, "consent_not_asked", "This campaign has no words to ask for consent with.")
	case in.WordingID != WordingDigest(ask.Text):
		return ConsentFate{}, problem(KindConflict, "consent_changed", "The words have changed since you read them out; read out the new ones.")
	case current.Number == "":
		return ConsentFate{}, problem(KindConflict, "consent_nobody", "The caller's number is withheld, so no consent can be kept for it.")
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	c := Consent{
		Number: current.Number, Name: current.Contact.Name, Kind: ConsentGiven, Level: LevelExpress, Seller: campaign.Seller, Purpose: campaign.Purpose,
		Goods: campaign.Goods, Channels: []ConsentChannel{ConsentLive}, At: now, Source: ConsentByCall, Wording: ask.Text, Note: in.Note,
		Campaign: campaign.ID, Attempt: current.Attempt,
	}
	if in.Recording {
		c.Channels = append(c.Channels, ConsentRecording)
	}
	if ask.Months > 0 {
		c.Until = now.AddDate(0, ask.Months, 0)
	}
	return d.Consents.record(ctx, u, c)
}

// WithdrawConsent records that the person on the line takes back what they
// permitted to the seller, and wants no more calls when in says so.
func (d *Desk) WithdrawConsent(ctx context.Context, u User, in SpokenWithdrawal) (ended int, err error) {
	current, campaign, err := d.consenting(ctx, u)
	if err != nil {
		return 0, err
	}
	if current.Number == "" {
		return 0, problem(KindConflict, "consent_nobody", "The caller's number is withheld, so there is nothing to withdraw.")
	}
	w := Withdrawal{
		Number: current.Number, Seller: campaign.Seller, Source: ConsentByCall, Note: in.Note, Campaign: campaign.ID, Attempt: current.Attempt,
	}
	return d.Consents.end(ctx, u, w, in.Stop)
}

// consenting is the call at hand, in a house that keeps consents.
func (d *Desk) consenting(ctx context.Context, u User) (CurrentCall, Campaign, error) {
	current, campaign, err := d.atHand(ctx, u)
	if err == nil && d.Consents == nil {
		err = problem(KindConflict, "consent_off", "This house keeps no ledger of consents.")
	}
	return current, campaign, err
}
