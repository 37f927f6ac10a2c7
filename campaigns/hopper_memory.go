package campaigns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns/odds"
)

// OddsMemory keeps what is learned of who answers between shifts. Odds is
// ErrNotFound when nothing was kept.
type OddsMemory interface {
	SaveOdds(ctx context.Context, campaign int64, model []byte) error
	Odds(ctx context.Context, campaign int64) ([]byte, error)
}

// How often what was learned is kept, and how soon it is read again when it
// could not be.
const (
	keepOdds  = 5 * time.Minute
	readAgain = 30 * time.Second
)

// recall reads what was learned before, once, and keeps what is learned now.
// As long as it could not be read, nothing is written over it; calls are placed
// meanwhile, as by a campaign that knows nothing yet.
func (h *Hopper) recall(ctx context.Context) {
	if h.settings.Memory == nil {
		return
	}
	h.mu.Lock()
	read, wait := h.read, !h.kept.IsZero() && time.Since(h.kept) < readAgain
	h.mu.Unlock()
	if read {
		h.remember(ctx, false)
		return
	}
	if wait {
		return
	}
	model, err := ReadOdds(ctx, h.settings.Memory, h.id())
	if errors.Is(err, odds.ErrGarbled) {
		h.settings.Log.Warn("the answer odds cannot be read; they are learned anew", "campaign", h.id(), "error", err)
		model, err = odds.New(), nil
	}
	if err != nil && ctx.Err() == nil {
		h.settings.Log.Error("the answer odds cannot be read now", "campaign", h.id(), "error", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept = time.Now()
	if err == nil {
		h.read, h.learned = true, model
		h.rank(h.kept)
	}
}

// remember keeps what was learned, when it is time or at the end. A store that
// fails is asked again at the next time: odds are worth no more than that.
func (h *Hopper) remember(ctx context.Context, last bool) {
	h.mu.Lock()
	if h.settings.Memory == nil || !h.read || !h.dirty || (!last && time.Since(h.kept) < keepOdds) {
		h.mu.Unlock()
		return
	}
	id := h.campaign.ID
	model, err := json.Marshal(h.learned)
	h.dirty, h.kept = false, time.Now()
	h.mu.Unlock()
	if err == nil {
		err = h.settings.Memory.SaveOdds(ctx, id, model)
	}
	if err != nil {
		h.settings.Log.Error("the answer odds could not be kept", "campaign", id, "error", err)
		h.mu.Lock()
		h.dirty = true
		h.mu.Unlock()
	}
}

// OddsReader reads what was learned of who answers.
type OddsReader interface {
	Odds(ctx context.Context, campaign int64) ([]byte, error)
}

// ReadOdds reads the model of a campaign; one that knows nothing when none was
// kept, and odds.ErrGarbled when it is none.
func ReadOdds(ctx context.Context, from OddsReader, campaign int64) (*odds.Model, error) {
	body, err := from.Odds(ctx, campaign)
	if errors.Is(err, ErrNotFound) {
		return odds.New(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the answer odds of campaign %d: %w", campaign, err)
	}
	model, err := odds.Read(body)
	if err != nil {
		return nil, fmt.Errorf("answer odds of campaign %d: %w", campaign, err)
	}
	return model, nil
}
