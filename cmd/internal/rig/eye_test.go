package rig

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/forecall/forecall/campaigns"
)

// eye looks into the database beside the nodes, over a way that no fault cuts.
type eye struct {
	t    testing.TB
	addr string
	conn *pgx.Conn
	far  *far
}

// sight is what the eye saw.
type sight struct {
	ok     bool // the database answered
	leader string
	fence  int64 // of the floor: another after each takeover
	nodes  map[string]life
	open   map[int64]life // attempts, and who holds them
	begun  int64          // calls that the carrier has seen, in all
}

// life is one life of a node.
type life struct {
	name  string
	epoch int64
	state string
}

func openEye(t testing.TB, h *house) *eye {
	e := &eye{t: t, addr: h.postgres.Address("house"), far: h.far}
	t.Cleanup(e.shut)
	return e
}

func (e *eye) shut() {
	if e.conn != nil {
		_ = e.conn.Close(context.Background())
		e.conn = nil
	}
}

// look looks once; a database that does not answer within a second is away.
func (e *eye) look() sight {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s, err := e.read(ctx)
	if err != nil {
		e.shut()
		s = sight{}
	}
	s.begun = e.far.Stats().Invites
	return s
}

func (e *eye) read(ctx context.Context) (s sight, err error) {
	s = sight{ok: true, nodes: map[string]life{}, open: map[int64]life{}}
	if e.conn == nil {
		if e.conn, err = pgx.Connect(ctx, e.addr); err != nil {
			e.conn = nil
			return s, err
		}
	}
	byID := map[int64]life{}
	err = e.each(ctx, `SELECT id, name, epoch, state FROM forecall.nodes`, func(r interface{ Scan(...any) error }) error {
		var id int64
		var l life
		err := r.Scan(&id, &l.name, &l.epoch, &l.state)
		byID[id], s.nodes[l.name] = l, l
		return err
	})
	if err != nil {
		return s, err
	}
	err = e.each(ctx, `SELECT node, epoch, fence FROM forecall.duties WHERE name = 'floor' AND held = 1`, func(r interface{ Scan(...any) error }) error {
		var id, epoch int64
		err := r.Scan(&id, &epoch, &s.fence)
		if l := byID[id]; l.epoch == epoch {
			s.leader = l.name
		}
		return err
	})
	if err != nil {
		return s, err
	}
	err = e.each(ctx, `SELECT seq, node, epoch FROM forecall.placed`, func(r interface{ Scan(...any) error }) error {
		var seq, id, epoch int64
		err := r.Scan(&seq, &id, &epoch)
		s.open[seq] = life{name: byID[id].name, epoch: epoch}
		return err
	})
	return s, err
}

func (e *eye) each(ctx context.Context, query string, do func(interface{ Scan(...any) error }) error) error {
	rows, err := e.conn.Query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// whole tells whether so many nodes are up and one of them leads.
func (s sight) whole(nodes int) bool {
	up := 0
	for _, l := range s.nodes {
		if l.state == "up" {
			up++
		}
	}
	return s.ok && up == nodes && s.nodes[s.leader].state == "up"
}

// of are the open attempts of a node.
func (s sight) of(node string) (seqs []int64) {
	for seq, l := range s.open {
		if l.name == node {
			seqs = append(seqs, seq)
		}
	}
	return seqs
}

// has tells whether any of these attempts is open.
func (s sight) has(seqs []int64) bool {
	for _, seq := range seqs {
		if _, open := s.open[seq]; open {
			return true
		}
	}
	return false
}

// agents are those who had each call, by its Call-ID.
func (e *eye) agents() (map[string]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	out := map[string]string{}
	if e.conn == nil {
		var err error
		if e.conn, err = pgx.Connect(ctx, e.addr); err != nil {
			return nil, err
		}
	}
	return out, e.each(ctx, `SELECT a.id, u.login FROM forecall.attempts a JOIN forecall.outcomes o ON o.seq = a.seq JOIN forecall.users u ON u.id = o.agent`,
		func(r interface{ Scan(...any) error }) error {
			var a campaigns.Attempt
			var login string
			err := r.Scan(&a.ID, &login)
			out[a.CallID()] = login
			return err
		})
}
