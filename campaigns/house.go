package campaigns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// HouseStore keeps what holds for the whole house, a value by its name;
// ErrNotFound before it was set.
type HouseStore interface {
	HouseValue(ctx context.Context, name string) (string, error)
	SetHouseValue(ctx context.Context, name, value, by string) error
}

// House is settings that belong to no campaign.
type House struct {
	store     HouseStore
	campaigns CampaignReader
}

// NewHouse returns the service.
func NewHouse(store HouseStore, campaigns CampaignReader) *House { return &House{store, campaigns} }

const housePauseReasons = "pause_reasons"

// DefaultPauseReasons are those of a house that has set none.
func DefaultPauseReasons() []string {
	return []string{"Break", "Lunch", "Meeting", "Training", "Technical problem"}
}

// PauseReasons are what an agent chooses from: those of their campaigns that
// have some, else those of the house. Others see those of the house.
func (h *House) PauseReasons(ctx context.Context, by User) ([]string, error) {
	if by.Allow(DoCalls) != nil {
		if err := by.Allow(SeeFloor); err != nil {
			return nil, err
		}
		return h.ofHouse(ctx)
	}
	all, err := h.campaigns.Campaigns(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the campaigns: %w", err)
	}
	var out []string
	for _, c := range all {
		if !slices.Contains(by.Campaigns, c.Name) {
			continue
		}
		for _, r := range c.PauseReasons {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	return h.ofHouse(ctx)
}

func (h *House) ofHouse(ctx context.Context) ([]string, error) {
	value, err := h.store.HouseValue(ctx, housePauseReasons)
	if errors.Is(err, ErrNotFound) {
		return DefaultPauseReasons(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the reasons to pause: %w", err)
	}
	var out []string
	if err := json.Unmarshal([]byte(value), &out); err != nil {
		return nil, fmt.Errorf("read the reasons to pause: %w", err)
	}
	return out, nil
}

// SetPauseReasons replaces the reasons of the house.
func (h *House) SetPauseReasons(ctx context.Context, by User, reasons []string) error {
	if err := by.Allow(EditCampaigns); err != nil {
		return err
	}
	for i := range reasons {
		reasons[i] = strings.TrimSpace(reasons[i])
	}
	if len(reasons) == 0 {
		return problem(KindInvalid, "reasons_missing", "An agent needs at least one reason to pause.")
	}
	if err := validateReasons("pause reasons", reasons); err != nil {
		return invalid("reasons_invalid", err)
	}
	value, err := json.Marshal(reasons)
	if err != nil {
		return err
	}
	return h.store.SetHouseValue(ctx, housePauseReasons, string(value), by.Login)
}
