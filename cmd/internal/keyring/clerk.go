package keyring

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
)

// When a checkpoint is due: so long after the last, or so many records.
const (
	every  = time.Minute
	enough = 1000
	look   = time.Second // how often the chain is looked at
)

// Ledger is the chain, and where its checkpoints stand.
type Ledger interface {
	Head(ctx context.Context) (evidence.Link, error)
	LastCheckpoint(ctx context.Context) (evidence.Checkpoint, error)
	SaveCheckpoint(ctx context.Context, c evidence.Checkpoint) error
	Checkpoints(ctx context.Context, first, last int64) ([]evidence.Checkpoint, error)
	Keys(ctx context.Context) ([]evidence.Key, error)
	AddKey(ctx context.Context, k evidence.Key, by string) error
}

// Settings say whose chain is signed; all but CopyTo and Log are needed.
type Settings struct {
	Folder  string // of the data
	Seed    []byte // of 32 octets: what all nodes of a house have their one key of; nil = a key in the folder
	CopyTo  string // a folder that gets every checkpoint too; empty = none
	Ledger  Ledger
	Program string // version
	Log     *slog.Logger
}

// Clerk signs how far the chain has grown.
type Clerk struct {
	s      Settings
	zones  string
	signer evidence.Signer

	mu     sync.Mutex // one signs at a time
	last   evidence.Checkpoint
	copied int64 // size of the last checkpoint that was copied
}

// Open reads or makes the key, and introduces it to the ledger. A key that the
// ledger does not know, when it knows another, is refused: it would look like
// somebody else's house.
func Open(ctx context.Context, s Settings) (*Clerk, error) {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	signer, err := s.signer()
	if err != nil {
		return nil, err
	}
	c := &Clerk{s: s, signer: signer, zones: Zones()}
	if err := c.introduce(ctx); err != nil {
		return nil, err
	}
	if c.last, err = s.Ledger.LastCheckpoint(ctx); err != nil {
		return nil, err
	}
	c.copied = copied(s.CopyTo)
	return c, nil
}

// signer is the key that we sign with.
func (s Settings) signer() (evidence.Signer, error) {
	switch len(s.Seed) {
	case 0:
		return load(s.Folder)
	case ed25519.SeedSize:
		return evidence.NewSigner(ed25519.NewKeyFromSeed(s.Seed)), nil
	}
	return evidence.Signer{}, fmt.Errorf("the seed of the signing key has %d octets, %d are needed", len(s.Seed), ed25519.SeedSize)
}

// ErrStranger marks a signing key that the ledger does not know.
var ErrStranger = errors.New("the signing key is not the one that the ledger was signed with")

func (c *Clerk) introduce(ctx context.Context) error {
	keys, err := c.s.Ledger.Keys(ctx)
	if err != nil {
		return err
	}
	if n := len(keys); n > 0 {
		if keys[n-1].ID == c.signer.ID() {
			return nil
		}
		if len(c.s.Seed) > 0 { // the records were moved here from a data folder
			return handOver(ctx, c.s.Folder, keys[n-1].ID, c.signer, c.s.Ledger)
		}
		if before, ok := putAside(c.s.Folder, keys[n-1].ID); ok { // the process ended while the key was exchanged
			return c.s.Ledger.AddKey(ctx, evidence.Introduce(c.signer, before, now()), "forecall")
		}
		return fmt.Errorf("%s: %w (%s): put %s of your backup back", filepath.Join(c.s.Folder, privateFile), ErrStranger, keys[n-1].ID, privateFile)
	}
	return c.s.Ledger.AddKey(ctx, evidence.Introduce(c.signer, c.signer, now()), "forecall")
}

// HandOver lets the key in a data folder introduce the one key of the nodes of a house,
// which has a seed, to the ledger that was moved to them. It does nothing when nothing
// was ever signed, or when that is done.
func HandOver(ctx context.Context, s Settings) error {
	keys, err := s.Ledger.Keys(ctx)
	if err != nil || len(keys) == 0 {
		return err
	}
	signer, err := s.signer()
	if err != nil || keys[len(keys)-1].ID == signer.ID() {
		return err
	}
	return handOver(ctx, s.Folder, keys[len(keys)-1].ID, signer, s.Ledger)
}

// handOver introduces a key by the one in a folder, which has to be the last that the
// ledger knows.
func handOver(ctx context.Context, folder, last string, next evidence.Signer, ledger Ledger) error {
	path := filepath.Join(folder, privateFile)
	before, ok := keyIn(path, last)
	if !ok {
		return fmt.Errorf("the key of cluster.secret: %w (%s): was cluster.secret changed? After a move from a data folder, put its %s at %s, and start again", ErrStranger, last, privateFile, path)
	}
	return ledger.AddKey(ctx, evidence.Introduce(next, before, now()), "forecall")
}

// now is the time as the ledger keeps it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Signer signs for the house.
func (c *Clerk) Signer() evidence.Signer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.signer
}

// Stamp is the version of the program and of its time zones.
func (c *Clerk) Stamp() (program, zones string) { return c.s.Program, c.zones }

// Sign signs the head of the chain as it stands, unless that was done.
func (c *Clerk) Sign(ctx context.Context) (evidence.Checkpoint, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	head, err := c.s.Ledger.Head(ctx)
	if err != nil || head.Seq == c.last.Size {
		return c.last, err
	}
	p := c.signer.Sign(evidence.Checkpoint{
		Size: head.Seq, Head: hex.EncodeToString(head.Hash[:]), At: now(), Zones: c.zones, Program: c.s.Program,
	})
	if err := c.s.Ledger.SaveCheckpoint(ctx, p); err != nil {
		return c.last, err
	}
	c.last = p
	return p, c.copy(ctx)
}

// copy writes the checkpoints that the other folder does not have yet. An error
// is told, and tried again with the next.
func (c *Clerk) copy(ctx context.Context) error {
	if c.s.CopyTo == "" {
		return nil
	}
	points, err := c.s.Ledger.Checkpoints(ctx, c.copied+1, 0)
	if err != nil {
		return err
	}
	for _, p := range points {
		if err := copyOne(c.s.CopyTo, p); err != nil {
			c.s.Log.Error("a checkpoint cannot be copied; it is tried again with the next", "folder", c.s.CopyTo, "error", err)
			return nil
		}
		c.copied = p.Size
	}
	return nil
}

func copyOne(folder string, p evidence.Checkpoint) error {
	day := filepath.Join(folder, p.At.Format(time.DateOnly))
	if err := os.MkdirAll(day, 0o700); err != nil {
		return err
	}
	path := filepath.Join(day, fmt.Sprintf("%012d.json", p.Size))
	if _, err := os.Stat(path); err == nil {
		return nil // of one size there is one
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return put(path, append(text, '\n'), 0o600)
}

// copied is the greatest size in the folder of copies.
func copied(folder string) int64 {
	points, err := Outside(folder)
	if err != nil || len(points) == 0 {
		return 0
	}
	return points[len(points)-1].Size
}

// Outside reads the checkpoints of a folder of copies, by size.
func Outside(folder string) (points []evidence.Checkpoint, err error) {
	if folder == "" {
		return nil, nil
	}
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var p evidence.Checkpoint
		if err := json.Unmarshal(text, &p); err != nil {
			return fmt.Errorf("%s is no checkpoint: %w", path, err)
		}
		points = append(points, p)
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	sortBySize(points)
	return points, err
}

// Run signs when it is due, until ctx is done.
func (c *Clerk) Run(ctx context.Context) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		head, err := c.s.Ledger.Head(ctx)
		if err == nil && c.due(head.Seq, time.Now()) {
			_, err = c.Sign(ctx)
		}
		if err != nil && ctx.Err() == nil {
			c.s.Log.Error("sign the chain", "error", err)
		}
	}
}

// due tells whether a checkpoint is due when the chain has so many links.
func (c *Clerk) due(size int64, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	fresh := size - c.last.Size
	return fresh >= enough || fresh > 0 && now.Sub(c.last.At) >= every
}

// Rotate draws a new key, which the old one introduces, and signs with it from
// now on. Checkpoints of the old one stay as they are.
func (c *Clerk) Rotate(ctx context.Context, by string) (evidence.Key, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := oldFile(c.s.Folder, c.signer.ID())
	if err := os.Rename(filepath.Join(c.s.Folder, privateFile), old); err != nil {
		return evidence.Key{}, fmt.Errorf("put the old key aside: %w", err)
	}
	next, err := create(c.s.Folder, filepath.Join(c.s.Folder, privateFile))
	if err != nil {
		return evidence.Key{}, errors.Join(err, os.Rename(old, filepath.Join(c.s.Folder, privateFile)))
	}
	k := evidence.Introduce(next, c.signer, now())
	if err := c.s.Ledger.AddKey(ctx, k, by); err != nil {
		return k, errors.Join(err, os.Rename(old, filepath.Join(c.s.Folder, privateFile)))
	}
	c.signer = next
	return k, nil
}

var _ campaigns.EvidenceClerk = (*Clerk)(nil)
