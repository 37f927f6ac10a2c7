package postgres

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Patience of connections: how long opening one may take where the address does
// not say, and after what silence of a wire it is taken for cut. A server that is
// merely slow answers on the wire, whatever it is busy with.
const (
	connectTimeout = 5 * time.Second
	wireTimeout    = 10 * time.Second
)

// patient sets how connections find out that nobody is at the other end. Without
// it the kernel tries for a quarter of an hour.
func patient(config *pgx.ConnConfig) {
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	d := &net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3},
		Control:         wire,
	}
	timeout := config.ConnectTimeout
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return d.DialContext(ctx, network, address)
	}
}

// Compiling a plan (jit) takes longer than any statement of ours runs.
//
// The same at the server's end. Who has the pen and says nothing for ten seconds is
// asleep or cut off, and others wait. (A starved machine was seen to need over three.)
const (
	session = `SET search_path = forecall, pg_catalog; SET timezone = 'UTC'; SET jit = off; SET tcp_keepalives_idle = 5;
		SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 10000`
	writing = session + `; SET idle_in_transaction_session_timeout = '10s'`
	reading = session + `; SET idle_in_transaction_session_timeout = '10min'; SET default_transaction_read_only = on`
)

// connect opens a connection and tells it what it is for.
func connect(ctx context.Context, config *pgx.ConnConfig, setup string) (*pgconn.PgConn, error) {
	pg, err := pgconn.ConnectConfig(ctx, &config.Config)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	if err := pg.Exec(ctx, setup).Close(); err != nil {
		gone(pg)
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	return pg, nil
}

// gone closes a connection.
func gone(pg *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = pg.Close(ctx) // it is no use any more
}
