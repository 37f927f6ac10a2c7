package records

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/forecall/forecall/campaigns"
)

// Audit entries whose detail is the whole of the settings, as JSON: each is a
// version of them. Attempts name the one in force, so that what a call was
// about, and which windows bound it, can be read and proved later.
const (
	auditCreate = "campaign.create"
	auditUpdate = "campaign.update"
)

// known is what the store keeps in memory of the few rows that every call
// needs: campaigns, lists, logins. The writer changes it after a commit.
type known struct {
	mu        sync.RWMutex
	campaigns map[int64]campaigns.Campaign
	lists     map[int64]campaigns.List
	logins    map[int64]string
	versions  map[int64]*campaigns.Campaign // settings by version, as they were asked for
}

func newKnown() *known {
	return &known{
		campaigns: make(map[int64]campaigns.Campaign),
		lists:     make(map[int64]campaigns.List),
		logins:    make(map[int64]string),
		versions:  make(map[int64]*campaigns.Campaign),
	}
}

func (k *known) load(t *tx) error {
	now := newKnown()
	if err := now.read(t); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.campaigns, k.lists, k.logins = now.campaigns, now.lists, now.logins
	return nil
}

// read fills a known that nobody else has yet.
func (k *known) read(t *tx) error {
	err := t.rows(`SELECT id, name, status, settings, created_at FROM campaigns`, nil, func(r *sql.Rows) error {
		c, err := scanCampaign(r)
		k.campaigns[c.ID] = c
		return err
	})
	if err != nil {
		return fmt.Errorf("read campaigns: %w", err)
	}
	err = t.rows(`SELECT `+listColumns+` FROM lists`, nil, func(r *sql.Rows) error {
		l, err := scanList(r)
		k.lists[l.ID] = l
		return err
	})
	if err != nil {
		return fmt.Errorf("read lists: %w", err)
	}
	err = t.rows(`SELECT id, login FROM users`, nil, func(r *sql.Rows) error {
		var id int64
		var login string
		err := r.Scan(&id, &login)
		k.logins[id] = login
		return err
	})
	if err != nil {
		return fmt.Errorf("read logins: %w", err)
	}
	return nil
}

func (k *known) campaign(id int64) (campaigns.Campaign, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	c, ok := k.campaigns[id]
	return c, ok
}

func (k *known) list(id int64) (campaigns.List, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	l, ok := k.lists[id]
	return l, ok
}

func (k *known) listName(id int64) string {
	l, _ := k.list(id)
	return l.Name
}

func (k *known) login(id int64) string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.logins[id]
}

func (k *known) putCampaign(c campaigns.Campaign) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.campaigns[c.ID] = c
}

func (k *known) putList(l campaigns.List) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lists[l.ID] = l
}

func (k *known) putLogin(id int64, login string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.logins[id] = login
}

// CreateCampaign stores a new campaign and returns it with its id. A name
// that is taken is campaigns.ErrExists.
func (db *DB) CreateCampaign(ctx context.Context, c campaigns.Campaign, by string) (campaigns.Campaign, error) {
	err := db.do(ctx, func(t *tx) error {
		if err := t.nameFree(c.Name, 0); err != nil {
			return err
		}
		if err := t.row(`SELECT COALESCE(MAX(id), 0) + 1 FROM campaigns`, nil, &c.ID); err != nil {
			return err
		}
		c.CreatedAt = t.now
		return t.putCampaign(c, auditCreate, by)
	})
	if err != nil {
		return campaigns.Campaign{}, fmt.Errorf("create campaign %s: %w", c.Name, err)
	}
	return c, nil
}

// UpdateCampaign stores changed settings; the status stays as it is stored,
// and so does the day of creation.
func (db *DB) UpdateCampaign(ctx context.Context, c campaigns.Campaign, by string) (campaigns.Campaign, error) {
	err := db.do(ctx, func(t *tx) error {
		old, err := t.campaign(c.ID)
		if err != nil {
			return err
		}
		if err := t.nameFree(c.Name, c.ID); err != nil {
			return err
		}
		if err := t.zoneFree(old, c); err != nil {
			return err
		}
		c.Status, c.CreatedAt, c.SellersBefore = old.Status, old.CreatedAt, c.Renamed(old)
		return t.putCampaign(c, auditUpdate, by)
	})
	if err != nil {
		return campaigns.Campaign{}, fmt.Errorf("update campaign %d: %w", c.ID, err)
	}
	return c, nil
}

// SetStatus moves a campaign to another status and returns it. A move that
// the status does not allow is campaigns.ErrStatus; to the same one is no move.
func (db *DB) SetStatus(ctx context.Context, id int64, to campaigns.Status, by string) (campaigns.Campaign, error) {
	var c campaigns.Campaign
	err := db.do(ctx, func(t *tx) (err error) {
		if c, err = t.campaign(id); err != nil {
			return err
		}
		if c.Status == to {
			return nil
		}
		if !c.Status.May(to) {
			return fmt.Errorf("%s to %s: %w", c.Status, to, campaigns.ErrStatus)
		}
		from := c.Status
		c.Status = to
		return t.putStatus(c, from, by)
	})
	if err != nil {
		return campaigns.Campaign{}, fmt.Errorf("set status of campaign %d: %w", id, err)
	}
	return c, nil
}

// Campaign reads one campaign.
func (db *DB) Campaign(_ context.Context, id int64) (campaigns.Campaign, error) {
	c, ok := db.known.campaign(id)
	if !ok {
		return c, fmt.Errorf("campaign %d: %w", id, campaigns.ErrNotFound)
	}
	return copyCampaign(c), nil
}

// CampaignByName finds a campaign by its name.
func (db *DB) CampaignByName(ctx context.Context, name string) (campaigns.Campaign, error) {
	all, err := db.Campaigns(ctx)
	if err != nil {
		return campaigns.Campaign{}, err
	}
	i := slices.IndexFunc(all, func(c campaigns.Campaign) bool { return c.Name == name })
	if i < 0 {
		return campaigns.Campaign{}, fmt.Errorf("campaign %q: %w", name, campaigns.ErrNotFound)
	}
	return all[i], nil
}

// Campaigns lists all campaigns by id.
func (db *DB) Campaigns(context.Context) ([]campaigns.Campaign, error) {
	db.known.mu.RLock()
	all := slices.Collect(maps.Values(db.known.campaigns))
	db.known.mu.RUnlock()
	slices.SortFunc(all, func(a, b campaigns.Campaign) int { return cmp.Compare(a.ID, b.ID) })
	for i, c := range all {
		all[i] = copyCampaign(c)
	}
	return all, nil
}

// settings are the campaign's settings that bind at this place of the chain:
// those that an operation before in the same transaction has set, else those
// in memory.
func (t *tx) settings(id int64) (campaigns.Campaign, bool) {
	if c, ok := t.changed[id]; ok {
		return c, true
	}
	return t.db.known.campaign(id)
}

// campaign reads a campaign as the transaction has it, which is newer than
// memory when another operation of the group has changed it.
func (t *tx) campaign(id int64) (c campaigns.Campaign, err error) {
	found := false
	err = t.rows(`SELECT id, name, status, settings, created_at FROM campaigns WHERE id = ?`, []any{id}, func(r *sql.Rows) error {
		found = true
		c, err = scanCampaign(r)
		return err
	})
	if err == nil && !found {
		err = campaigns.ErrNotFound
	}
	return c, err
}

func (t *tx) nameFree(name string, but int64) error {
	t.db.known.mu.RLock()
	defer t.db.known.mu.RUnlock()
	for id, c := range t.db.known.campaigns {
		if c.Name == name && id != but {
			return fmt.Errorf("name %q: %w", name, campaigns.ErrExists)
		}
	}
	return nil
}

func (t *tx) putCampaign(c campaigns.Campaign, kind, by string) error {
	settings, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	_, err = t.exec(`INSERT INTO campaigns (id, name, status, settings, version, created_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, status = excluded.status, settings = excluded.settings,
		version = excluded.version`,
		c.ID, c.Name, string(c.Status), string(settings), t.audit+1, micros(c.CreatedAt))
	if t.isTaken(err) {
		return fmt.Errorf("name %q: %w", c.Name, campaigns.ErrExists)
	}
	if err != nil {
		return err
	}
	c = copyCampaign(c)
	t.changed[c.ID] = c
	t.after = append(t.after, func() { t.db.known.putCampaign(c) })
	return t.note(kind, by, subject("campaign", c.ID), string(settings))
}

func (t *tx) putStatus(c campaigns.Campaign, from campaigns.Status, by string) error {
	if _, err := t.exec(`UPDATE campaigns SET status = ? WHERE id = ?`, string(c.Status), c.ID); err != nil {
		return err
	}
	t.changed[c.ID] = c
	t.after = append(t.after, func() { t.db.known.putCampaign(c) })
	return t.note("campaign.status", by, subject("campaign", c.ID), string(from)+" to "+string(c.Status))
}

func subject(noun string, id int64) string { return fmt.Sprintf("%s %d", noun, id) }

func scanCampaign(r *sql.Rows) (campaigns.Campaign, error) {
	var c campaigns.Campaign
	var id, created int64
	var name, status, settings string
	if err := r.Scan(&id, &name, &status, &settings, &created); err != nil {
		return c, err
	}
	if err := json.Unmarshal([]byte(settings), &c); err != nil {
		return c, fmt.Errorf("settings of campaign %d: %w", id, err)
	}
	c.ID, c.Name, c.Status, c.CreatedAt = id, name, campaigns.Status(status), moment(created)
	return c, nil
}

// copyCampaign shares no map or slice with c: what callers change in theirs
// stays theirs.
func copyCampaign(c campaigns.Campaign) campaigns.Campaign {
	c.Retry, c.SafeHarbors = maps.Clone(c.Retry), maps.Clone(c.SafeHarbors)
	for d, spans := range c.Windows {
		c.Windows[d] = slices.Clone(spans)
	}
	c.CallerIDs, c.CallerPools, c.Trunks = slices.Clone(c.CallerIDs), slices.Clone(c.CallerPools), slices.Clone(c.Trunks)
	c.Dispositions, c.Schedule, c.SellersBefore = slices.Clone(c.Dispositions), slices.Clone(c.Schedule), slices.Clone(c.SellersBefore)
	c.PauseReasons, c.ScoreForm = slices.Clone(c.PauseReasons), slices.Clone(c.ScoreForm)
	c.Products, c.Reasons, c.Complaints = slices.Clone(c.Products), slices.Clone(c.Reasons), slices.Clone(c.Complaints)
	c.Departments = slices.Clone(c.Departments)
	for i, d := range c.Departments {
		c.Departments[i].Agents = slices.Clone(d.Agents)
	}
	return c
}
