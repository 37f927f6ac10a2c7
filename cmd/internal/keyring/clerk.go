package keyring

import (
	"context"
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
	// SaveCheckpoint is evidence.ErrReplaced when the last key is another than signed.
	SaveCheckpoint(ctx context.Context, c evidence.Checkpoint) error
	Checkpoints(ctx context.Context, first, last int64) ([]evidence.Checkpoint, error)
	Keys(ctx context.Context) ([]evidence.Key, error)
	// AddKey is evidence.ErrReplaced when another than the last key introduces it.
	AddKey(ctx context.Context, k evidence.Key, by string) error
}

// Settings say whose chain is signed; all but CopyTo and Log are needed.
type Settings struct {
	Folder  string // of the data
	Seed    Seed   // what all nodes of a house have their keys of; nil = a key in the folder
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
	signer, err := s.introduce(ctx)
	if err != nil {
		return nil, err
	}
	c := &Clerk{s: s, signer: signer, zones: Zones()}
	if c.last, err = s.Ledger.LastCheckpoint(ctx); err != nil {
		return nil, err
	}
	c.copied = copied(s.CopyTo)
	return c, nil
}

// now is the time as the ledger keeps it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Signer signs for the house: with the last of its keys, which all come with it.
func (c *Clerk) Signer(ctx context.Context) (evidence.Signer, []evidence.Key, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys, err := c.follow(ctx)
	return c.signer, keys, err
}

// follow takes the key that the house signs with now: another process may have
// exchanged it.
func (c *Clerk) follow(ctx context.Context) ([]evidence.Key, error) {
	keys, err := c.s.Ledger.Keys(ctx)
	if err != nil || last(keys) == c.signer.ID() {
		return keys, err
	}
	signer, err := c.s.known(keys)
	if err != nil {
		return nil, err
	}
	c.s.Log.Info("the signing key of the house was exchanged", "key", signer.ID(), "before", c.signer.ID())
	c.signer = signer
	return keys, nil
}

// Stamp is the version of the program and of its time zones.
func (c *Clerk) Stamp() (program, zones string) { return c.s.Program, c.zones }

// Sign signs the head of the chain as it stands, unless that was done.
func (c *Clerk) Sign(ctx context.Context) (evidence.Checkpoint, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.sign(ctx)
	if errors.Is(err, evidence.ErrReplaced) { // between our look at the keys and our write
		err = c.sign(ctx)
	}
	if err != nil {
		return c.last, err
	}
	return c.last, c.copy(ctx)
}

// sign signs and keeps; the ledger refuses what a key signed that was replaced. The
// keys are read before the head: so no checkpoint of a key that follows is of less
// than one of the key before it.
func (c *Clerk) sign(ctx context.Context) error {
	if _, err := c.follow(ctx); err != nil {
		return err
	}
	head, err := c.s.Ledger.Head(ctx)
	if err != nil || head.Seq == c.last.Size {
		return err
	}
	p := c.signer.Sign(evidence.Checkpoint{
		Size: head.Seq, Head: hex.EncodeToString(head.Hash[:]), At: now(), Zones: c.zones, Program: c.s.Program,
	})
	if err := c.s.Ledger.SaveCheckpoint(ctx, p); err != nil {
		return err
	}
	c.last = p
	return nil
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

var _ campaigns.EvidenceClerk = (*Clerk)(nil)
