package records

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

// settingsAt reads a version of a campaign's settings, once: versions do not
// change. It is nil when there is no such version, and may not be written to.
func (db *DB) settingsAt(q driver.QueryerContext, version int64) (*campaigns.Campaign, error) {
	if c, ok := db.known.version(version); ok {
		return c, nil
	}
	var c *campaigns.Campaign
	err := each(q, `SELECT detail FROM audit WHERE seq = ? AND kind IN (?, ?)`, []any{version, auditCreate, auditUpdate}, func(row *cells) error {
		c = new(campaigns.Campaign)
		return json.Unmarshal([]byte(row.text()), c)
	})
	if err != nil {
		return nil, fmt.Errorf("settings of version %d: %w", version, err)
	}
	if c != nil {
		db.known.putVersion(version, c)
	}
	return c, nil
}

func (k *known) version(version int64) (*campaigns.Campaign, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	c, ok := k.versions[version]
	return c, ok
}

func (k *known) putVersion(version int64, c *campaigns.Campaign) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.versions[version] = c
}

// forgetVersions has versions read again: one that was read may be gone.
func (k *known) forgetVersions() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.versions)
}
