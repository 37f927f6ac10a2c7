package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// life is one life of a node: as whom this process writes.
type life struct{ id, epoch int64 }

// self is as whom this process writes; nought until it has joined.
func (db *DB) self() life {
	if l := db.life.Load(); l != nil {
		return *l
	}
	return life{}
}

// nowMicros is the clock of the engine, in SQL.
const nowMicros = `CAST(unixepoch('subsec') * 1000000 AS INTEGER)`

// say writes one row beside the writer where the engine can, and reads what it
// returns; sql.ErrNoRows when it returns nothing.
func (db *DB) say(ctx context.Context, query string, args []any, dest ...any) error {
	if db.aside != nil {
		return db.aside.QueryRowContext(ctx, query, args...).Scan(dest...)
	}
	return db.do(ctx, func(t *tx) error {
		t.writes++
		return t.row(query, args, dest...)
	})
}

// schooled is an engine that says which schema its program knows.
type schooled interface{ Program() int64 }

// Join implements campaigns.Membership.
func (db *DB) Join(ctx context.Context, name, address, version string) (campaigns.Node, error) {
	n := campaigns.Node{Name: name, Address: address, Version: version, State: campaigns.NodeJoining}
	if name == "" {
		return n, fmt.Errorf("join the house: a node has a name")
	}
	var since int64
	if known, ok := db.engine.(schooled); ok {
		n.Schema = known.Program()
	}
	err := db.say(ctx, `INSERT INTO nodes (name, address, version, epoch, state, since, beat_at, schema)
		VALUES (?1, ?2, ?3, 1, ?4, `+nowMicros+`, `+nowMicros+`, ?5)
		ON CONFLICT (name) DO UPDATE SET address = excluded.address, version = excluded.version, epoch = nodes.epoch + 1,
			state = excluded.state, since = excluded.since, beat_at = excluded.beat_at, schema = excluded.schema RETURNING id, epoch, since, drain`,
		[]any{name, address, version, string(n.State), n.Schema}, &n.ID, &n.Epoch, &since, &n.Drain)
	if err != nil {
		return n, fmt.Errorf("join the house as %s: %w", name, err)
	}
	n.Since = moment(since)
	n.BeatAt = n.Since
	db.life.Store(&life{n.ID, n.Epoch})
	if db.aside == nil { // whoever had the store before is gone
		err = db.do(ctx, func(t *tx) error {
			_, err := t.exec(`UPDATE nodes SET epoch = epoch + 1, state = 'gone', since = ?2 WHERE id <> ?1 AND state <> 'gone'`, n.ID, since)
			return err
		})
	}
	return n, err
}

// Beat implements campaigns.Membership.
func (db *DB) Beat(ctx context.Context) error {
	if db.aside == nil {
		return nil // nobody else is there to listen
	}
	return db.saysItself(ctx, `beat_at = `+nowMicros)
}

// SetNodeState implements campaigns.Membership.
func (db *DB) SetNodeState(ctx context.Context, s campaigns.NodeState) error {
	if !s.Alive() {
		return fmt.Errorf("a node cannot say that it is %q", s)
	}
	return db.saysItself(ctx, `state = ?3`, string(s))
}

func (db *DB) saysItself(ctx context.Context, what string, more ...any) error {
	self := db.self()
	if self.id == 0 {
		return fmt.Errorf("a process that has not joined says nothing of itself")
	}
	var id int64
	err := db.say(ctx, `UPDATE nodes SET `+what+` WHERE id = ?1 AND epoch = ?2 RETURNING id`, append([]any{self.id, self.epoch}, more...), &id)
	if errors.Is(err, sql.ErrNoRows) {
		return campaigns.ErrFenced
	}
	if err != nil {
		return fmt.Errorf("tell the house of this node: %w", err)
	}
	return nil
}

// Nodes implements campaigns.Mourner.
func (db *DB) Nodes(ctx context.Context) (out []campaigns.Node, err error) {
	r, err := db.read.QueryContext(ctx, `SELECT id, name, address, version, epoch, state, since, beat_at, `+nowMicros+` - beat_at, drain, schema FROM nodes ORDER BY id`)
	if err == nil {
		err = eachRow(r, func(r *sql.Rows) error {
			var n campaigns.Node
			var since, beat, silent int64
			err := r.Scan(&n.ID, &n.Name, &n.Address, &n.Version, &n.Epoch, &n.State, &since, &beat, &silent, &n.Drain, &n.Schema)
			n.Since, n.BeatAt = moment(since), moment(beat)
			if db.aside != nil {
				n.Silent = max(0, time.Duration(silent)*time.Microsecond)
			}
			out = append(out, n)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("read the nodes: %w", err)
	}
	return out, nil
}

// EndNode implements campaigns.Mourner.
func (db *DB) EndNode(ctx context.Context, node int64, silent time.Duration) ([]campaigns.Attempt, error) {
	if node == db.self().id || db.aside == nil {
		return nil, campaigns.ErrNodeAlive
	}
	if err := db.Disconnect(ctx, node, silent); err != nil {
		return nil, fmt.Errorf("end node %d: %w", node, err)
	}
	err := db.do(ctx, func(t *tx) error {
		var state campaigns.NodeState
		var quiet int64
		if err := t.row(`SELECT state, `+nowMicros+` - beat_at FROM nodes WHERE id = ?`, []any{node}, &state, &quiet); err != nil {
			return noRows(err)
		}
		switch {
		case !state.Alive():
			return nil // somebody was quicker, and may have died over the rest
		case time.Duration(quiet)*time.Microsecond < silent:
			return campaigns.ErrNodeAlive
		}
		return t.endEpoch(node, campaigns.NodeFenced)
	})
	if err != nil {
		return nil, fmt.Errorf("end node %d: %w", node, err)
	}
	return db.closeNode(ctx, node)
}

// Disconnect implements campaigns.Mourner. It does not wait for the pen, which the
// other may have.
func (db *DB) Disconnect(ctx context.Context, node int64, silent time.Duration) error {
	house, several := db.engine.(House)
	if node == db.self().id || !several {
		return campaigns.ErrNodeAlive
	}
	var state campaigns.NodeState
	var quiet int64
	err := db.read.QueryRowContext(ctx, `SELECT state, `+nowMicros+` - beat_at FROM nodes WHERE id = ?`, node).Scan(&state, &quiet)
	switch {
	case err != nil:
		return noRows(err)
	case state.Alive() && time.Duration(quiet)*time.Microsecond < silent:
		return campaigns.ErrNodeAlive
	case !state.Alive():
		return nil // what it would write is refused already
	}
	return house.Disconnect(ctx, node)
}

// Leave implements campaigns.Mourner.
func (db *DB) Leave(ctx context.Context) ([]campaigns.Attempt, error) {
	self := db.self()
	if self.id == 0 {
		return nil, nil
	}
	lost, err := db.closeOpen(ctx, `node = ?1`, []any{self.id}, time.Now())
	if err == nil {
		err = db.closeUnfinished(ctx, `node = ?1`, []any{self.id}, time.Now())
	}
	if err == nil {
		err = db.do(ctx, func(t *tx) error { return t.endEpoch(self.id, campaigns.NodeGone) })
	}
	if err != nil {
		return lost, fmt.Errorf("leave the house: %w", err)
	}
	return lost, nil
}

// endEpoch ends the life of a node: what it would write from now on is refused.
func (t *tx) endEpoch(node int64, as campaigns.NodeState) error {
	_, err := t.exec(`UPDATE nodes SET epoch = epoch + 1, state = ?2, since = ?3 WHERE id = ?1`, node, string(as), micros(t.now))
	if err == nil {
		err = t.disown(node)
	}
	if err != nil {
		return err
	}
	var name string
	if err := t.row(`SELECT name FROM nodes WHERE id = ?`, []any{node}, &name); err != nil {
		return err
	}
	return t.note("node."+string(as), "", "node "+name, "")
}

// closeNode closes as lost what ended lives of a node have open.
func (db *DB) closeNode(ctx context.Context, node int64) ([]campaigns.Attempt, error) {
	const ended = `node = ?1 AND epoch < (SELECT epoch FROM nodes WHERE id = ?1)`
	lost, err := db.closeOpen(ctx, ended, []any{node}, time.Now())
	if err == nil {
		err = db.closeUnfinished(ctx, ended, []any{node}, time.Now())
	}
	if err != nil {
		return lost, fmt.Errorf("close what node %d has open: %w", node, err)
	}
	return lost, nil
}
