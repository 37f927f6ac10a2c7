package records

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
)

// abandonPlace is a row of abandon_counts.
type abandonPlace struct {
	campaign, quarter, group int64
	start                    int
}

// abandonGroup is whom a call was for, and where it went.
type abandonGroup struct{ seller, purpose, countries string }

// abandonBook is what the writer's transaction keeps of abandonment: what it has
// counted and not written yet, and which group the calls of a version of settings
// are in.
type abandonBook struct {
	counted map[abandonPlace]*abandonment.Counts
	groups  map[abandonGroup]int64
	sellers map[int64]abandonGroup // by version of settings
}

// forget drops what a transaction that is undone has counted and made.
func (b *abandonBook) forget() {
	clear(b.counted)
	clear(b.groups)
	clear(b.sellers)
}

func (b *abandonBook) at(p abandonPlace) *abandonment.Counts {
	if b.counted == nil {
		b.counted = make(map[abandonPlace]*abandonment.Counts)
	}
	n := b.counted[p]
	if n == nil {
		n = new(abandonment.Counts)
		b.counted[p] = n
	}
	return n
}

// countEnding counts a finished call under its class, once for each start of the
// clock, in the transaction that writes the outcome.
func (t *tx) countEnding(b begun, a campaigns.Attempt) error {
	if b.held.inbound || !(a.Outcome.Live() || a.Outcome == campaigns.Machine) {
		return nil
	}
	group, reserved, err := t.abandonGroupOf(b.seq)
	if err != nil {
		return err
	}
	machine, err := t.saidMachine(b)
	if err != nil {
		return err
	}
	call := a.Abandonment()
	for i, from := range abandonment.Starts() {
		n := t.abandon.at(abandonPlace{b.campaign, b.intent / quarterMicros, group, i})
		class := abandonment.Judge(from, abandonment.Limit, call)
		n.Note(class, reserved)
		if machine && talkedClass(class) {
			n.AgentMachine++
		}
	}
	return nil
}

// talkedClass tells whether an agent had the call.
func talkedClass(c abandonment.Class) bool { return c == abandonment.Met || c == abandonment.Late }

// saidMachine tells whether the agent had said already that a machine answered.
func (t *tx) saidMachine(b begun) (machine bool, err error) {
	if !b.effect.Valid {
		return false, nil
	}
	err = t.row(`SELECT EXISTS (SELECT 1 FROM dispositions WHERE seq = ? AND code = ?)`, []any{b.seq, campaigns.MachineCode}, &machine)
	return machine, err
}

// countMachine counts what an agent found to be a machine, of a call whose outcome
// is written; else Finish counts it.
func (t *tx) countMachine(seq int64, code string) error {
	if code != campaigns.MachineCode {
		return nil
	}
	return t.rows(endingQuery+` WHERE o.seq = ?`, []any{seq}, func(r *sql.Rows) error {
		c, err := scanEnding(r)
		if err != nil {
			return err
		}
		group, _, err := t.abandonGroupOf(seq)
		if err != nil {
			return err
		}
		for i, from := range abandonment.Starts() {
			if talkedClass(abandonment.Judge(from, abandonment.Limit, c.call)) {
				t.abandon.at(abandonPlace{c.campaign, c.intent / quarterMicros, group, i}).AgentMachine++
			}
		}
		return nil
	})
}

// groupOfCall reads what tells the group of a call.
const groupOfCall = `SELECT settings, COALESCE(jurisdictions, ''), COALESCE(reserved, 0) FROM attempts WHERE seq = ?`

// abandonGroupOf is the group of a call by the settings that were in force when it
// was placed, and whether an agent was reserved for it.
func (t *tx) abandonGroupOf(seq int64) (group int64, reserved bool, err error) {
	var version int64
	var jurisdictions string
	err = t.row(groupOfCall, []any{seq}, &version, &jurisdictions, &reserved)
	if err != nil {
		return 0, false, fmt.Errorf("read whom the call was for: %w", err)
	}
	g, known := t.abandon.sellers[version]
	if !known {
		if g, err = sellerAt(t, version); err != nil {
			return 0, false, err
		}
		if t.abandon.sellers == nil {
			t.abandon.sellers = make(map[int64]abandonGroup)
		}
		t.abandon.sellers[version] = g
	}
	g.countries = countriesOf(jurisdictions)
	group, err = t.abandonGroup(g)
	return group, reserved, err
}

// sellerAt reads whom a version of settings calls for.
func sellerAt(q querier, version int64) (g abandonGroup, err error) {
	err = q.row(`SELECT COALESCE(detail ->> '$.seller', ''), COALESCE(detail ->> '$.purpose', '') FROM audit WHERE seq = ? AND kind IN (?, ?)`,
		[]any{version, auditCreate, auditUpdate}, &g.seller, &g.purpose)
	if errors.Is(err, sql.ErrNoRows) {
		return g, nil
	}
	if err != nil {
		return g, fmt.Errorf("seller of settings %d: %w", version, err)
	}
	return g, nil
}

// countriesOf are the countries among jurisdictions (US US-FL), sorted and joined.
func countriesOf(jurisdictions string) string {
	var out []string
	for _, j := range strings.Fields(jurisdictions) {
		country, _, _ := strings.Cut(j, "-")
		if country != "" && !slices.Contains(out, country) {
			out = append(out, country)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// abandonGroup finds or makes a group.
func (t *tx) abandonGroup(g abandonGroup) (id int64, err error) {
	if id, ok := t.abandon.groups[g]; ok {
		return id, nil
	}
	const find = `SELECT id FROM abandon_groups WHERE seller = ? AND purpose = ? AND countries = ?`
	args := []any{g.seller, g.purpose, g.countries}
	err = t.row(find, args, &id)
	if errors.Is(err, sql.ErrNoRows) {
		if _, err = t.exec(`INSERT INTO abandon_groups (seller, purpose, countries) VALUES (?, ?, ?)`, args...); err == nil {
			err = t.row(find, args, &id)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("group of abandonment: %w", err)
	}
	if t.abandon.groups == nil {
		t.abandon.groups = make(map[abandonGroup]int64)
	}
	t.abandon.groups[g] = id
	return id, nil
}

// abandonColumns are those of Counts, in the order of countsOf.
const abandonColumns = `met, late, told, told_late, silent, hung_up, machine, agent_machine, reserved`

func countsOf(n *abandonment.Counts) []any {
	return []any{&n.Met, &n.Late, &n.Told, &n.ToldLate, &n.Silent, &n.HungUp, &n.Machine, &n.AgentMachine, &n.Reserved}
}

// flushCounts writes what the whole transaction has counted: a few rows, however
// many calls have ended.
func (t *tx) flushCounts() error {
	for p, n := range t.abandon.counted {
		err := t.write(`INSERT INTO abandon_counts (campaign, quarter, grp, start, `+abandonColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (campaign, quarter, grp, start) DO UPDATE SET met = abandon_counts.met + excluded.met, late = abandon_counts.late + excluded.late, told = abandon_counts.told + excluded.told,
			told_late = abandon_counts.told_late + excluded.told_late, silent = abandon_counts.silent + excluded.silent, hung_up = abandon_counts.hung_up + excluded.hung_up,
			machine = abandon_counts.machine + excluded.machine, agent_machine = abandon_counts.agent_machine + excluded.agent_machine, reserved = abandon_counts.reserved + excluded.reserved`,
			p.campaign, p.quarter, p.group, int64(p.start),
			n.Met, n.Late, n.Told, n.ToldLate, n.Silent, n.HungUp, n.Machine, n.AgentMachine, n.Reserved)
		if err != nil {
			return fmt.Errorf("count the calls of campaign %d: %w", p.campaign, err)
		}
	}
	clear(t.abandon.counted)
	return nil
}
