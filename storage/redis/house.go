package redis

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/redis/internal/hush"
)

// What bounds every wait for Redis. No caller waits for more than callerWait,
// whatever the connection does.
const (
	dialTimeout   = time.Second
	answerTimeout = 100 * time.Millisecond // then the connection is given up
	callerWait    = 50 * time.Millisecond
	ownWait       = 400 * time.Millisecond // of the package's own goroutines
	poolTimeout   = 50 * time.Millisecond
	poolSize      = 16
	reloadEvery   = 2 * time.Second // of a cluster's map, beside the redirections
)

// Settings are what Open needs.
type Settings struct {
	Address Address
	// House separates installations that share a Redis: letters, digits, dash
	// and underscore; empty means forecall. All its keys have one hash tag and
	// so stand on one shard of a cluster: they fail over together.
	House string
	// TLS is the base of rediss' settings; nil means the system's roots.
	TLS *tls.Config
	// Log takes what an operator should see; nil discards.
	Log *slog.Logger
}

// House is what the nodes of one installation share in Redis. It is safe for
// use by many goroutines.
type House struct {
	client redis.UniversalClient
	tag    string
	log    *slog.Logger
}

var housePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Open prepares the client. Redis need not be there: whatever is asked of it
// fails within 50 ms until it is.
func Open(s Settings) (*House, error) {
	if s.House == "" {
		s.House = "forecall"
	}
	if !housePattern.MatchString(s.House) {
		return nil, &campaigns.Problem{
			Kind: campaigns.KindInvalid, Code: "redis_house",
			Text: fmt.Sprintf("The house %q in the settings of Redis has a sign that is not allowed. Use letters, digits, dash and underscore.", s.House),
		}
	}
	if len(s.Address.hosts) == 0 {
		return nil, fmt.Errorf("open redis: no address")
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	hush.GoRedis()
	return &House{client: s.Address.client(s.TLS), tag: "{forecall:" + s.House + "}:", log: s.Log}, nil
}

// Close gives the connections up. Who still uses the house fails.
func (h *House) Close() error { return h.client.Close() }

// Ping asks whether Redis answers, for health checks.
func (h *House) Ping(ctx context.Context) error {
	_, err := bounded(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, h.client.Ping(ctx).Err() })
	return err
}

func (h *House) key(kind, name string) string { return h.tag + kind + ":" + name }

// bounded asks for a caller and returns within callerWait.
func bounded[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	return within(ctx, callerWait, ask)
}

// within asks and returns within a time.
func within[T any](ctx context.Context, d time.Duration, ask func(context.Context) (T, error)) (T, error) {
	ctx, stop := context.WithTimeout(ctx, d)
	defer stop()
	return ask(ctx)
}
