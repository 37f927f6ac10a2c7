package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/config"
)

// holidaysFolder lies in the data folder; files in it replace the built-in
// holidays of their countries.
const holidaysFolder = "holidays"

// openRules puts holidays in force, and in a data folder that is new the rule
// sets that the configuration names. A data folder that has been used adopts
// nothing by itself: whoever answers for the rules does.
func (n *lead) openRules(ctx context.Context) error {
	h, err := Holidays(n.settings.Config)
	if err != nil {
		return err
	}
	if err := n.db.SetHolidays(ctx, h, byConfig); err != nil {
		return err
	}
	fresh, err := n.untouched(ctx)
	if err != nil {
		return err
	}
	if fresh {
		return n.adoptPresets(ctx)
	}
	now, err := n.db.Adopted(ctx)
	if err == nil && len(now) == 0 {
		n.log.Warn("no rule sets are in force: calls are judged by the base rules alone; see /compliance/rules")
	}
	return err
}

// byConfig is who did it, in the audit, when the configuration did.
const byConfig = "configuration"

// untouched tells whether nobody has used the data folder yet.
func (n *lead) untouched(ctx context.Context) (bool, error) {
	history, err := n.db.Adoptions(ctx)
	if err != nil {
		return false, err
	}
	all, err := n.db.Campaigns(ctx)
	if err != nil {
		return false, err
	}
	return len(history)+len(all) == 0, nil
}

func (n *lead) adoptPresets(ctx context.Context) error {
	sets, err := presetsNamed(n.settings.Config.Rules.Adopt)
	if err != nil || len(sets) == 0 {
		return err
	}
	done, err := n.db.Adopt(ctx, sets, campaigns.Adoption{By: byConfig, Reason: "rules.adopt of a new data folder: " + n.settings.Config.Rules.Adopt})
	if err != nil {
		return err
	}
	names := make([]string, len(done))
	for i, a := range done {
		names[i] = fmt.Sprintf("%s@%d", a.Set, a.Version)
	}
	n.log.Info("rule sets adopted; have them confirmed by counsel", "sets", strings.Join(names, " "))
	return nil
}

// presetsNamed finds the sets that rules.adopt names: auto is every preset that
// is not optional, none and nothing are none.
func presetsNamed(which string) ([]*rules.Set, error) {
	var out []*rules.Set
	switch which {
	case config.AdoptNone, "":
		return nil, nil
	case config.AdoptAuto:
		for _, s := range rules.Presets() {
			if !s.Optional {
				out = append(out, s)
			}
		}
		return out, nil
	}
	for _, id := range strings.FieldsFunc(which, func(r rune) bool { return r == ',' || r == ' ' }) {
		s, ok := rules.Preset(id)
		if !ok {
			return nil, fmt.Errorf("rules.adopt: there is no preset %q; auto, none, or some of: %s", id, presetIDs())
		}
		out = append(out, s)
	}
	return out, nil
}

func presetIDs() string {
	var ids []string
	for _, s := range rules.Presets() {
		ids = append(ids, s.ID)
	}
	return strings.Join(ids, ", ")
}

// Holidays are the built-in ones with those of the operator's folder over them.
func Holidays(c config.Config) (*rules.Holidays, error) {
	folder := c.Rules.Holidays
	if folder == "" {
		folder = filepath.Join(c.Data, holidaysFolder)
	}
	built := rules.BuiltHolidays()
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) && c.Rules.Holidays == "" {
		return built, nil
	} else if err != nil {
		return nil, fmt.Errorf("rules.holidays: %w", err)
	}
	own, err := rules.ReadHolidays(os.DirFS(folder))
	if err != nil {
		return nil, fmt.Errorf("rules.holidays %s: %w", folder, err)
	}
	return built.Merge(own), nil
}
