package keyring

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/forecall/forecall/campaigns/evidence"
)

// Seed is what the nodes of a house have their n-th key of, from 0: 32 octets, the
// same on each. So no private key is kept or handed around, and after an exchange
// every node finds the new one by what the ledger knows.
type Seed func(n int) ([]byte, error)

// at is the n-th key.
func (f Seed) at(n int) (evidence.Signer, error) {
	seed, err := f(n)
	if err == nil && len(seed) != ed25519.SeedSize {
		err = fmt.Errorf("the seed of the signing key has %d octets, %d are needed", len(seed), ed25519.SeedSize)
	}
	if err != nil {
		return evidence.Signer{}, err
	}
	return evidence.NewSigner(ed25519.NewKeyFromSeed(seed)), nil
}

// find is the key of a name; ok is false when none of the first n is.
func (f Seed) find(id string, n int) (s evidence.Signer, ok bool, err error) {
	for i := range n {
		if s, err = f.at(i); err != nil || s.ID() == id {
			return s, err == nil, err
		}
	}
	return s, false, nil
}

// next is the first key that was never in use.
func (f Seed) next(keys []evidence.Key) (s evidence.Signer, err error) {
	for n := range len(keys) + 1 {
		s, err = f.at(n)
		if err != nil || !slices.ContainsFunc(keys, func(k evidence.Key) bool { return k.ID == s.ID() }) {
			break
		}
	}
	return s, err
}

// last is the name of the key that the house signs with; empty when it has none.
func last(keys []evidence.Key) string {
	if len(keys) == 0 {
		return ""
	}
	return keys[len(keys)-1].ID
}

// ErrStranger marks a signing key that the ledger does not know.
var ErrStranger = errors.New("the signing key is not the one that the ledger was signed with")

// known is our key that is the last of the ledger's.
func (s Settings) known(keys []evidence.Key) (evidence.Signer, error) {
	id := last(keys)
	if s.Seed == nil {
		path := filepath.Join(s.Folder, privateFile)
		if signer, ok := keyIn(path, id); ok {
			return signer, nil
		}
		return evidence.Signer{}, fmt.Errorf("%s: %w (%s): put %s of your backup back", path, ErrStranger, id, privateFile)
	}
	signer, ok, err := s.Seed.find(id, len(keys))
	if err == nil && !ok {
		err = s.stranger(id)
	}
	return signer, err
}

// stranger says that our seed is not the house's.
func (s Settings) stranger(id string) error {
	return fmt.Errorf("cluster.secret: that of this node is not that of the house, whose ledger is signed with the key %s: put the secret of the other nodes there, and start again. "+
		"If it is to be another for all: stop every node, then once forecall rekey --old-secret-file FILE. After a move from a data folder: put its %s at %s, and start again: %w",
		id, privateFile, filepath.Join(s.Folder, privateFile), ErrStranger)
}
