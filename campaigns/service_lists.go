package campaigns

import (
	"context"
	"errors"
	"fmt"
)

// ListStore keeps the lists of campaigns.
type ListStore interface {
	CreateList(ctx context.Context, l List) (List, error)
	Lists(ctx context.Context, campaign int64) ([]List, error)
	List(ctx context.Context, id int64) (List, error)
}

// ListSwitch changes how a list is dialed.
type ListSwitch interface {
	SetListActive(ctx context.Context, id int64, active bool, by string) error
	SetListPriority(ctx context.Context, id int64, priority int, by string) error
}

// LoadStore remembers imports and takes them back.
type LoadStore interface {
	Loads(ctx context.Context, campaign int64) ([]Load, error)
	Load(ctx context.Context, id int64) (Load, error)
	UndoLoad(ctx context.Context, id int64, by string) (removed, kept int64, err error)
}

// Lists is the loads of contacts that campaigns dial from.
type Lists struct {
	store ListStore
	knobs ListSwitch
	loads LoadStore
}

// NewLists returns the service.
func NewLists(store ListStore, knobs ListSwitch, loads LoadStore) *Lists {
	return &Lists{store: store, knobs: knobs, loads: loads}
}

// Lists returns those of a campaign.
func (l *Lists) Lists(ctx context.Context, by User, campaign int64) ([]List, error) {
	if err := by.Allow(SeeCampaigns); err != nil {
		return nil, err
	}
	return l.store.Lists(ctx, campaign)
}

// Named finds the list of a name in a campaign, 0 when there is none.
func (l *Lists) Named(ctx context.Context, by User, campaign int64, name string) (int64, error) {
	if err := by.Allow(ImportLists); err != nil {
		return 0, err
	}
	lists, err := l.store.Lists(ctx, campaign)
	if err != nil {
		return 0, missing("campaign", err)
	}
	for _, list := range lists {
		if list.Name == name {
			return list.ID, nil
		}
	}
	return 0, nil
}

// Create adds an empty, active list.
func (l *Lists) Create(ctx context.Context, by User, list List) (List, error) {
	if err := by.Allow(ImportLists); err != nil {
		return List{}, err
	}
	if !namePattern.MatchString(list.Name) {
		return List{}, problem(KindInvalid, "list_name", "A list's name has 1 to 64 letters, digits, spaces, dots or dashes.")
	}
	created, err := l.store.CreateList(ctx, list)
	if errors.Is(err, ErrExists) {
		return List{}, problem(KindConflict, "name_taken", "The campaign has a list %q already.", list.Name)
	}
	if err != nil {
		return List{}, missing("campaign", fmt.Errorf("create list %q: %w", list.Name, err))
	}
	return created, nil
}

// Change says which of a list's switches to set; nil leaves one as it is.
type Change struct {
	Active   *bool
	Priority *int
}

// Change sets a list's switches.
func (l *Lists) Change(ctx context.Context, by User, id int64, c Change) (List, error) {
	if err := by.Allow(EditCampaigns); err != nil {
		return List{}, err
	}
	if c.Active != nil {
		if err := l.knobs.SetListActive(ctx, id, *c.Active, by.Login); err != nil {
			return List{}, missing("list", err)
		}
	}
	if c.Priority != nil {
		if err := l.knobs.SetListPriority(ctx, id, *c.Priority, by.Login); err != nil {
			return List{}, missing("list", err)
		}
	}
	list, err := l.store.List(ctx, id)
	return list, missing("list", err)
}

// Loads lists the imports of a campaign.
func (l *Lists) Loads(ctx context.Context, by User, campaign int64) ([]Load, error) {
	if err := by.Allow(ImportLists); err != nil {
		return nil, err
	}
	return l.loads.Loads(ctx, campaign)
}

// Load returns one import.
func (l *Lists) Load(ctx context.Context, by User, id int64) (Load, error) {
	if err := by.Allow(ImportLists); err != nil {
		return Load{}, err
	}
	load, err := l.loads.Load(ctx, id)
	return load, missing("import", err)
}

// Undo takes an import back: contacts that were never dialed go, those that
// were are done with.
func (l *Lists) Undo(ctx context.Context, by User, id int64) (removed, kept int64, err error) {
	if err := by.Allow(ImportLists); err != nil {
		return 0, 0, err
	}
	removed, kept, err = l.loads.UndoLoad(ctx, id, by.Login)
	return removed, kept, missing("import", err)
}
