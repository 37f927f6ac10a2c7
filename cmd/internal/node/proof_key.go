package node

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/keyring"
	"github.com/forecall/forecall/cmd/internal/peer"
	"github.com/forecall/forecall/storage/records"
)

// signing is where a house has its signing key: in the data folder, or each node of
// several makes it of the secret that all share.
func signing(c config.Config, db *records.DB) keyring.Settings {
	s := keyring.Settings{Folder: c.Data, Ledger: db}
	if c.Several() {
		s.Seed = seedOf(c.Cluster.Secret)
	}
	return s
}

// seedOf is what the keys of a secret are made of.
func seedOf(secret string) keyring.Seed {
	return func(n int) ([]byte, error) {
		purpose := "evidence"
		if n > 0 {
			purpose += fmt.Sprint(" ", n)
		}
		seed, err := peer.Key([]byte(secret), purpose)
		if err != nil {
			return nil, fmt.Errorf("cluster.secret: %w", err)
		}
		return seed, nil
	}
}

// HandOverKey lets the signing key of a data folder introduce that of the nodes to the
// records that were moved to them: without it none of them could lead.
func HandOverKey(ctx context.Context, c config.Config, folder string, db *records.DB) error {
	s := signing(c, db)
	s.Folder, s.Seed = folder, seedOf(c.Cluster.Secret)
	return keyring.HandOver(ctx, s)
}

// Clerk signs for a house at the command line.
func Clerk(ctx context.Context, c config.Config, db *records.DB, version string) (*keyring.Clerk, error) {
	s := signing(c, db)
	s.Program = version
	return keyring.Open(ctx, s)
}

// ErrNodesLive is why the secret of a house is not changed while nodes have the old one.
var ErrNodesLive = errors.New("nodes of this house are running")

// stillThere is how long a node is silent that runs no more, surely.
const stillThere = 10 * time.Second

// ChangeSecret makes the cluster.secret of the configuration that of the house, which
// was another before. Nothing is changed while a node lives. The key is zero when the
// secret is the house's already.
func ChangeSecret(ctx context.Context, c config.Config, before string, db *records.DB, by string) (k evidence.Key, err error) {
	nodes, err := db.Nodes(ctx)
	if err != nil {
		return k, err
	}
	var alive []string
	for _, n := range nodes {
		if n.State.Alive() && n.Silent < stillThere {
			alive = append(alive, n.Name)
		}
	}
	if len(alive) > 0 {
		return k, fmt.Errorf("%w, with the old secret: stop %s, wait %.0f s, and do it again", ErrNodesLive, strings.Join(alive, ", "), stillThere.Seconds())
	}
	return keyring.Succeed(ctx, signing(c, db), seedOf(before), by)
}

// checkKeyEvery is how often a node compares its secret with that of the house.
const checkKeyEvery = 10 * time.Second

// keepKey notes whether the secret of this node is that of the house: it is asked for
// at the start, and may be changed over it, by records that are restored.
func (s *several) keepKey(ctx context.Context) {
	tick := time.NewTicker(checkKeyEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.checkKey(ctx)
	}
}

func (s *several) checkKey(ctx context.Context) {
	within, cancel := context.WithTimeout(ctx, writableWithin)
	defer cancel()
	err := keyring.Check(within, signing(s.n.settings.Config, s.n.db))
	switch {
	case errors.Is(err, keyring.ErrStranger):
		if s.strange.Swap(&err) == nil {
			s.n.log.Error("this node has another secret than its house", "node", s.name, "error", err)
		}
	case err == nil:
		s.strange.Store(nil)
	}
}

// stranger is why this node is not one of the house; nil = it is.
func (s *several) stranger() error {
	if err := s.strange.Load(); err != nil {
		return *err
	}
	return nil
}
