package keyring

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/forecall/forecall/campaigns/evidence"
)

// Introduce makes our key known to a ledger that knows none. Its error is ErrStranger
// when the ledger's is another's.
func Introduce(ctx context.Context, s Settings) error {
	_, err := s.introduce(ctx)
	return err
}

// introduce finds our key, and makes it known when the ledger knows none or when an
// exchange of keys is to be finished.
func (s Settings) introduce(ctx context.Context) (evidence.Signer, error) {
	signer, err := s.introduceOnce(ctx)
	if errors.Is(err, evidence.ErrReplaced) { // another node was quicker
		signer, err = s.introduceOnce(ctx)
	}
	return signer, err
}

func (s Settings) introduceOnce(ctx context.Context) (evidence.Signer, error) {
	keys, err := s.Ledger.Keys(ctx)
	if err != nil {
		return evidence.Signer{}, err
	}
	if s.Seed != nil {
		return s.introduceSeeded(ctx, keys)
	}
	signer, err := load(s.Folder)
	if err != nil || last(keys) == signer.ID() {
		return signer, err
	}
	if len(keys) == 0 {
		return signer, s.Ledger.AddKey(ctx, evidence.Introduce(signer, signer, now()), "forecall")
	}
	if before, ok := putAside(s.Folder, last(keys)); ok { // the process ended while the key was exchanged
		return signer, s.Ledger.AddKey(ctx, evidence.Introduce(signer, before, now()), "forecall")
	}
	return s.known(keys) // says that it is a stranger's
}

func (s Settings) introduceSeeded(ctx context.Context, keys []evidence.Key) (evidence.Signer, error) {
	if len(keys) == 0 {
		signer, err := s.Seed.at(0)
		if err != nil {
			return signer, err
		}
		return signer, s.Ledger.AddKey(ctx, evidence.Introduce(signer, signer, now()), "forecall")
	}
	signer, err := s.known(keys)
	if !errors.Is(err, ErrStranger) {
		return signer, err
	}
	before, ok := keyIn(filepath.Join(s.Folder, privateFile), last(keys))
	if !ok {
		return signer, err
	}
	if signer, err = s.Seed.next(keys); err != nil { // the records were moved here from a data folder
		return signer, err
	}
	return signer, s.Ledger.AddKey(ctx, evidence.Introduce(signer, before, now()), "forecall")
}

// HandOver lets the key in a data folder introduce the one key of the nodes of a house,
// which has a seed, to the ledger that was moved to them. It does nothing when nothing
// was ever signed, or when that is done.
func HandOver(ctx context.Context, s Settings) error {
	keys, err := s.Ledger.Keys(ctx)
	if err != nil || len(keys) == 0 {
		return err
	}
	_, err = s.introduce(ctx)
	return err
}

// Check tells whether our key is the one that the house signs with, or would be: its
// error is ErrStranger when it is another's. Nothing is written.
func Check(ctx context.Context, s Settings) error {
	keys, err := s.Ledger.Keys(ctx)
	if err != nil || len(keys) == 0 {
		return err
	}
	_, err = s.known(keys)
	return err
}

// Succeed lets the last key of the seed before introduce one of ours: the secret of
// the house was changed. The key is zero when ours is the house's already. No node with
// the secret before may run.
func Succeed(ctx context.Context, s Settings, before Seed, by string) (k evidence.Key, err error) {
	keys, err := s.Ledger.Keys(ctx)
	if err != nil {
		return k, err
	}
	if len(keys) == 0 {
		return k, nil // the first node that starts brings its own
	}
	if _, ours, err := s.Seed.find(last(keys), len(keys)); err != nil || ours {
		return k, err
	}
	signer, ok, err := before.find(last(keys), len(keys))
	if err != nil {
		return k, err
	}
	if !ok {
		return k, fmt.Errorf("the old secret is not that of the house either, whose ledger is signed with the key %s: %w", last(keys), ErrStranger)
	}
	next, err := s.Seed.next(keys)
	if err != nil {
		return k, err
	}
	k = evidence.Introduce(next, signer, now())
	return k, s.Ledger.AddKey(ctx, k, by)
}

// Rotate brings a new key, which the old one introduces, and signs with it from
// now on. Checkpoints of the old one stay as they are. Where there is a seed it is one
// write to the ledger, and every other process of the house signs with the new key
// after it.
func (c *Clerk) Rotate(ctx context.Context, by string) (evidence.Key, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys, err := c.follow(ctx)
	if err != nil {
		return evidence.Key{}, err
	}
	if c.s.Seed == nil {
		return c.rotateFile(ctx, by)
	}
	next, err := c.s.Seed.next(keys)
	if err != nil {
		return evidence.Key{}, err
	}
	k := evidence.Introduce(next, c.signer, now())
	if err := c.s.Ledger.AddKey(ctx, k, by); err != nil {
		return evidence.Key{}, err
	}
	c.signer = next
	return k, nil
}

// rotateFile draws the new key into the folder. Killed in between, the next start
// finishes it (introduce).
func (c *Clerk) rotateFile(ctx context.Context, by string) (evidence.Key, error) {
	path, old := filepath.Join(c.s.Folder, privateFile), oldFile(c.s.Folder, c.signer.ID())
	if err := os.Rename(path, old); err != nil {
		return evidence.Key{}, fmt.Errorf("put the old key aside: %w", err)
	}
	next, err := create(c.s.Folder, path)
	if err != nil {
		return evidence.Key{}, errors.Join(err, os.Rename(old, path))
	}
	k := evidence.Introduce(next, c.signer, now())
	if err := c.s.Ledger.AddKey(ctx, k, by); err != nil {
		return evidence.Key{}, errors.Join(err, os.Rename(old, path))
	}
	c.signer = next
	return k, nil
}
