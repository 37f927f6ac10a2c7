package campaigns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// HandDialer calls a contact whose number an agent typed; look shows the card
// before the call.
type HandDialer interface {
	DialNumber(ctx context.Context, agent, campaign int64, p Contact, look bool) error
}

// HandStore finds or makes the contact of a typed number, and decides a call to
// it as the ledger would.
type HandStore interface {
	ByHand(ctx context.Context, campaign int64, phone Phone) (Contact, error)
	Weigh(ctx context.Context, c Campaign, p Contact, number string, manual bool, now time.Time) (*rules.Decision, error)
	// KeepRefusal keeps the record of a call that was refused before an attempt
	// was begun.
	KeepRefusal(ctx context.Context, c Campaign, p Contact, number string, d *rules.Decision) error
}

// ReadNumber reads a number as people write it; region (ISO 3166-1 alpha-2) is
// where one without a country code belongs. The error is a sentence for people.
type ReadNumber func(text, region string) (Phone, error)

// Manual is dialing by hand: a number that an agent types, for a campaign that
// allows it. Every rule that binds the dialer binds the hand.
type Manual struct {
	shift     Shift
	campaigns CampaignReader
	store     HandStore
	dialer    HandDialer
	read      ReadNumber
}

// NewManual returns the service.
func NewManual(shift Shift, campaigns CampaignReader, store HandStore, dialer HandDialer, read ReadNumber) *Manual {
	return &Manual{shift: shift, campaigns: campaigns, store: store, dialer: dialer, read: read}
}

// Dial calls a number that the agent typed, for a campaign of theirs by name. A
// number without a country code belongs to the country of the campaign's first
// caller ID. What forbids the call is the error at once; nothing was sent then.
// It returns the number as it is dialed.
func (m *Manual) Dial(ctx context.Context, u User, campaign, number string, look bool) (Phone, error) {
	c, err := m.allowed(ctx, u, campaign)
	if err != nil {
		return Phone{}, err
	}
	phone, err := m.read(strings.TrimSpace(number), m.region(c))
	if err != nil {
		return Phone{}, &Problem{Kind: KindInvalid, Code: "number_invalid", Text: "This number cannot be dialed: " + err.Error() + ".", Cause: err}
	}
	if err := m.may(ctx, c, phone); err != nil {
		return Phone{}, err
	}
	p, err := m.store.ByHand(ctx, c.ID, phone)
	if err != nil {
		return Phone{}, fmt.Errorf("contact of a number dialed by hand: %w", err)
	}
	if err := m.mayContact(ctx, c, p, phone.Number); err != nil {
		return Phone{}, err
	}
	return phone, m.dialer.DialNumber(ctx, u.ID, c.ID, p, look)
}

// Campaigns names those of the agent's campaigns that let them dial by hand.
func (m *Manual) Campaigns(ctx context.Context, u User) ([]string, error) {
	var names []string
	if u.Allow(DialManually) != nil {
		return nil, nil
	}
	for _, name := range u.Campaigns {
		c, err := m.campaigns.CampaignByName(ctx, name)
		switch {
		case errors.Is(err, ErrNotFound): // it was renamed since
		case err != nil:
			return nil, fmt.Errorf("campaign %q of agent %d: %w", name, u.ID, err)
		case c.ManualDial:
			names = append(names, name)
		}
	}
	return names, nil
}

// allowed finds the campaign, if the agent may dial by hand for it now.
func (m *Manual) allowed(ctx context.Context, u User, campaign string) (Campaign, error) {
	if err := u.Allow(DialManually); err != nil {
		return Campaign{}, err
	}
	if _, ok := m.shift.Agent(u.ID); !ok {
		return Campaign{}, errNotSignedIn
	}
	if !slices.Contains(u.Campaigns, campaign) {
		return Campaign{}, problem(KindForbidden, "campaign_not_yours", "You do not work for campaign %q.", campaign)
	}
	c, err := m.campaigns.CampaignByName(ctx, campaign)
	if err != nil {
		return Campaign{}, missing("campaign", err)
	}
	if !c.ManualDial {
		return Campaign{}, problem(KindForbidden, "manual_dial_off", "Campaign %q does not let its agents dial by hand; ask your manager.", campaign)
	}
	return c, nil
}

// region is the country of the campaign's first caller ID, "" when it has none.
func (m *Manual) region(c Campaign) string {
	if len(c.CallerIDs) == 0 {
		return ""
	}
	own, err := m.read(c.CallerIDs[0], "")
	if err != nil {
		return ""
	}
	return own.Region
}

// may asks the rules about the number alone, before a contact is made for it.
func (m *Manual) may(ctx context.Context, c Campaign, phone Phone) error {
	return m.mayContact(ctx, c, Contact{Phones: []Phone{phone}}, phone.Number)
}

func (m *Manual) mayContact(ctx context.Context, c Campaign, p Contact, number string) error {
	d, err := m.store.Weigh(ctx, c, p, number, true, time.Now())
	if err != nil {
		return fmt.Errorf("what forbids a number dialed by hand: %w", err)
	}
	refusal := d.Refusal()
	if refusal == nil {
		return nil
	}
	if err := m.store.KeepRefusal(ctx, c, p, number, d); err != nil {
		return fmt.Errorf("keep why a number is not dialed by hand: %w", err)
	}
	return HandRefused(refusal)
}

// HandRefused says why a rule does not let an agent dial a number.
func HandRefused(r *rules.Refusal) error {
	v := r.Primary
	text := fmt.Sprintf("This number may not be called now: %s.", v.Detail)
	if !v.Next.IsZero() {
		text = fmt.Sprintf("This number may not be called now: %s. It may be from %s on.", v.Detail, stamp(v.Next))
	}
	return &Problem{Kind: KindConflict, Code: "refused_" + strings.ReplaceAll(string(v.Rule), ".", "_"), Text: text, Cause: r}
}

// AgreedReader lists callbacks with who is called back.
type AgreedReader interface {
	AgreedCallbacks(ctx context.Context, f CallbackFilter) ([]AgreedCallback, error)
}

// Agreed is what was agreed with people, for those who keep it.
type Agreed struct {
	store     AgreedReader
	campaigns CampaignReader
}

// NewAgreed returns the service.
func NewAgreed(store AgreedReader, campaigns CampaignReader) *Agreed {
	return &Agreed{store: store, campaigns: campaigns}
}

// DueCallback is an agreed callback as its agent sees it.
type DueCallback struct {
	AgreedCallback
	CampaignName string
	LocalTime    time.Time // of the agreed time, where the person is; zero when that is not known
	Overdue      bool
	// Anybody is when it goes to whoever is free, because its agent has not come
	// to it; zero = it is anybody's already.
	Anybody time.Time
}

// List returns agreed callbacks by time: an agent's own, or those of the filter
// for whoever sees campaigns. Numbers of others' callbacks are masked for those
// who may not export them.
func (a *Agreed) List(ctx context.Context, by User, f CallbackFilter, mine bool) ([]DueCallback, error) {
	if by.Allow(SeeCampaigns) != nil {
		if err := by.Allow(DoCalls); err != nil {
			return nil, err
		}
		mine = true
	}
	if mine {
		f.Agent = by.ID
	}
	list, err := a.store.AgreedCallbacks(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("agreed callbacks: %w", err)
	}
	out, known, now := make([]DueCallback, len(list)), make(map[int64]Campaign), time.Now()
	for i, c := range list {
		campaign, err := a.campaign(ctx, known, c.Campaign)
		if err != nil {
			return nil, err
		}
		if c.Agent != by.ID && by.Allow(ExportCalls) != nil {
			c.Number = Mask(c.Number)
		}
		out[i] = DueCallback{AgreedCallback: c, CampaignName: campaign.Name, Overdue: !c.Done && c.At.Before(now)}
		if c.Agent != 0 && !c.Done {
			out[i].Anybody = c.At.Add(campaign.Grace())
		}
		if len(c.Zones) > 0 {
			if loc, err := rules.Location(c.Zones[0]); err == nil {
				out[i].LocalTime = c.At.In(loc)
			}
		}
	}
	return out, nil
}

func (a *Agreed) campaign(ctx context.Context, known map[int64]Campaign, id int64) (Campaign, error) {
	if c, ok := known[id]; ok {
		return c, nil
	}
	c, err := a.campaigns.Campaign(ctx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return c, fmt.Errorf("campaign of a callback: %w", err)
	}
	known[id] = c
	return c, nil
}
