package records

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"github.com/forecall/forecall/campaigns"
)

// Contacts are claimed beside the pen where several nodes write: a hopper that is
// filled must hold up no call of any node. A claim is a transaction of its own, over
// a connection of its own:
//
//	node        its epoch is still this life's     FOR SHARE: whoever ends the life,
//	campaign    its owner is this node              or takes the campaign, comes before
//	                                                or after the claim, never between
//	contacts    the first that nobody has           FOR UPDATE SKIP LOCKED
//	depths      what was moved, with COMMIT in      rows in one order for everybody
//	            the same packet
//
// A claim only moves contacts that are ready or wait, and waits for nobody once it
// has some. Whoever has the pen and moves a contact by the state that it reads pins
// it first (tx.pin): claims pass it over. A contact that is leased, in a call or
// done is moved under the pen alone.

// Claimer is an engine in which contacts are claimed beside the pen.
type Claimer interface {
	// Claims is a pool of one connection, whose commits wait neither for the pen nor
	// for the disk: a claim that a crash has lost was used by nobody, for the calls
	// that it led to are behind it in the same log.
	Claims() *sql.DB
	// Claim begins a transaction there for a node.
	Claim(ctx context.Context, c *sql.Conn, node int64) error
}

// claimer claims contacts for this process, one batch after the other.
type claimer struct {
	engine Claimer
	turn   chan struct{}   // who has put something in has the fields below
	credit map[int64]int64 // of lists in a mix
	doubt  []int64         // contacts of a claim whose commit was not answered
}

func newClaimer(e Claimer) *claimer {
	return &claimer{engine: e, turn: make(chan struct{}, 1), credit: make(map[int64]int64)}
}

// claim leases contacts in a transaction beside the pen.
func (db *DB) claim(ctx context.Context, lease func(*tx) ([]storedContact, error)) ([]storedContact, error) {
	cl := db.claims
	select {
	case cl.turn <- struct{}{}:
		defer func() { <-cl.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-db.stop:
		return nil, ErrClosed
	}
	if err := cl.settle(ctx, db); err != nil {
		return nil, err
	}
	out, lost, err := cl.take(ctx, db, lease)
	if lost { // a connection that had died unnoticed: nothing of it was written
		out, _, err = cl.take(ctx, db, lease)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// take claims once. Lost tells, with an error, that the connection is gone and that
// nothing was claimed.
func (cl *claimer) take(ctx context.Context, db *DB, lease func(*tx) ([]storedContact, error)) (out []storedContact, lost bool, err error) {
	conn, err := cl.engine.Claims().Conn(ctx)
	if err != nil {
		return nil, false, err
	}
	t := &tx{db: db, conn: conn, stmts: make(map[string]*sql.Stmt), moves: make(map[place]int64), credit: cl.credit, beside: true}
	defer t.close()
	out, ending, err := t.claim(ctx, cl.engine, lease)
	if err != nil && ending {
		for _, c := range out {
			cl.doubt = append(cl.doubt, c.person.ID)
		}
	}
	return out, err != nil && !ending && t.lost(), err
}

// settle returns what a claim may have taken of which nobody knows: it is in no
// hopper. One that was not written, or that somebody has by now, is put back once
// too often, and its hopper is told at Begin.
func (cl *claimer) settle(ctx context.Context, db *DB) error {
	if len(cl.doubt) == 0 {
		return nil
	}
	if err := db.Release(ctx, cl.doubt); err != nil {
		return fmt.Errorf("settle a claim whose answer was lost: %w", err)
	}
	cl.doubt = nil
	return nil
}

// claim runs lease in a transaction of its own. Ending tells, with an error, that it
// is not known whether that was written.
func (t *tx) claim(ctx context.Context, e Claimer, lease func(*tx) ([]storedContact, error)) (out []storedContact, ending bool, err error) {
	self := t.db.self()
	if err := e.Claim(ctx, t.conn, self.id); err != nil {
		return nil, false, err
	}
	if out, err = t.claimAs(self, lease); err != nil {
		_, _ = t.exec("ROLLBACK") // of a connection that is gone, the server has done it
		return nil, false, err
	}
	if _, err := t.exec("COMMIT"); err != nil {
		return out, true, fmt.Errorf("commit: %w", err)
	}
	return out, true, nil
}

func (t *tx) claimAs(self life, lease func(*tx) ([]storedContact, error)) ([]storedContact, error) {
	if self.id != 0 {
		var epoch int64
		err := t.row(`SELECT epoch FROM nodes WHERE id = ? FOR SHARE`, []any{self.id}, &epoch)
		if err = ignoreMissing(noRows(err)); err != nil {
			return nil, err
		}
		if epoch != self.epoch {
			return nil, campaigns.ErrFenced
		}
	}
	out, err := lease(t)
	if err == nil {
		err = t.flushMoves()
	}
	return out, err
}

// skipping ends a statement that picks contacts: those which somebody is moving are
// passed over.
func (t *tx) skipping() string {
	if t.beside {
		return " FOR UPDATE OF c SKIP LOCKED"
	}
	return ""
}

// sharing ends a statement that reads what must stand until the transaction ends.
func (t *tx) sharing() string {
	if t.beside {
		return " FOR SHARE"
	}
	return ""
}

// pinning ends a statement by whose answer contacts c are moved: claims leave them
// alone until the transaction ends.
func (t *tx) pinning() string {
	if t.db.claims != nil {
		return " FOR UPDATE OF c"
	}
	return ""
}

// pin keeps a contact from being claimed until the transaction ends. What is read
// of it afterwards stands until then.
func (t *tx) pin(contact int64) error {
	return t.pinWhere(`SELECT c.id FROM contacts c WHERE c.id = ?`, contact)
}

// pinCalled is pin for the contact of an attempt.
func (t *tx) pinCalled(attempt string) error {
	return t.pinWhere(`SELECT c.id FROM contacts c WHERE c.id = (SELECT contact FROM attempts WHERE id = ?)`, attempt)
}

func (t *tx) pinWhere(query string, arg any) error {
	if t.db.claims == nil {
		return nil
	}
	writes := t.writes
	err := t.write(query+t.pinning(), arg)
	t.writes = writes // nothing that would have to be undone
	return err
}

// inOrder are the places in the order in which everybody counts them: two that count
// the same never wait for each other.
func inOrder(moves map[place]int64) []place {
	return slices.SortedFunc(maps.Keys(moves), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.list, b.list), cmp.Compare(a.state, b.state))
	})
}
