package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/forecall/forecall/campaigns"
)

// A node that is stopped in the middle of a write has the pen: nobody else writes, and
// not even its end could be written. Whoever ends it takes the pen from it first.
func TestANodeThatSleepsWithThePenIsDisconnectedByWhoeverEndsIt(t *testing.T) {
	address := database(t)
	asleep, awake := open(t, address), open(t, address)
	sleeper := joins(t, asleep, "sleeper")
	joins(t, awake, "awake")
	c := stocked(t, awake, 4)
	people := leased(t, awake, c, 4)
	lost := begun(t, asleep, c, people[:1])[0]

	within, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	look, err := pgx.Connect(within, address)
	must(t, err)
	defer func() { must(t, look.Close(context.WithoutCancel(within))) }()
	name := fmt.Sprintf("forecall/node %d", sleeper.ID)
	var named int
	must(t, look.QueryRow(within, `SELECT count(*) FROM pg_stat_activity WHERE application_name = $1`, name).Scan(&named))
	if named != 1 {
		t.Fatalf("%d connections write for the node by name", named)
	}

	holding, err := pgx.Connect(within, address) // as its writer, which will not say another word
	must(t, err)
	defer func() { _ = holding.Close(context.WithoutCancel(within)) }()
	for _, s := range []string{`SET application_name = '` + name + `'`, `BEGIN`, `UPDATE forecall.pen SET turn = turn + 1 WHERE one = 1`} {
		_, err := holding.Exec(within, s)
		must(t, err)
	}
	if err := awake.Disconnect(within, sleeper.ID, time.Hour); !errors.Is(err, campaigns.ErrNodeAlive) {
		t.Errorf("a node that was heard of is disconnected: %v", err)
	}
	short, stop := context.WithTimeout(within, 5*time.Second) // the server itself waits for ten
	defer stop()
	closed, err := awake.EndNode(short, sleeper.ID, time.Microsecond)
	must(t, err)
	if len(closed) != 1 || closed[0].ID != lost.ID {
		t.Errorf("closed as lost: %+v", closed)
	}
	begun(t, awake, c, people[1:2])
	for err = campaigns.ErrNodeAlive; err != nil && !errors.Is(err, campaigns.ErrFenced) && within.Err() == nil; {
		err = asleep.Begin(within, c, campaigns.NewAttempt(c, people[2], "", time.Now())) // over a connection that is gone, and then over another
	}
	if !errors.Is(err, campaigns.ErrFenced) {
		t.Errorf("it wakes, and begins a call: %v", err)
	}
}
