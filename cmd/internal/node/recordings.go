package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/storage/blobs"
)

// recordings opens the sound of calls: of the folder in which calls are recorded,
// or of where it was moved when its call was over.
type recordings struct {
	folder string
	away   blobs.Store // where whole ones are moved to; nil = they stay in the folder
	// moving is held while one is moved, and while one is deleted, so that none comes
	// back that was erased meanwhile.
	moving *sync.Mutex
}

var _ campaigns.RecordingFiles = recordings{}

func (n *Node) recordings() recordings { return n.tapes }

// name checks where a recording lies; nothing outside the folder is opened.
func (r recordings) name(path string) (string, error) {
	name := filepath.FromSlash(path)
	if !filepath.IsLocal(name) {
		return "", fmt.Errorf("the path %q of a recording leads out of the folder", path)
	}
	return name, nil
}

// open opens a recording where it is: whole; with its row written and its name not
// given yet; moved.
func (r recordings) open(rec campaigns.Recording) (media.Sound, error) {
	name, err := r.name(rec.Path)
	if err != nil {
		return nil, err
	}
	whole := filepath.Join(r.folder, name)
	for _, path := range []string{whole, whole + dialer.PartOfRecording, whole} { // whole again: it may be given its name meanwhile
		f, err := os.Open(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	if r.away == nil {
		return nil, &fs.PathError{Op: "open", Path: whole, Err: fs.ErrNotExist}
	}
	ctx, cancel := context.WithTimeout(context.Background(), awayWithin)
	defer cancel()
	return r.away.Open(ctx, rec.Path)
}

// awayWithin bounds a question to a server of files.
const awayWithin = 30 * time.Second

// OpenRecording opens the sound for a player: 16-bit PCM, two channels.
func (r recordings) OpenRecording(rec campaigns.Recording) (io.ReadSeekCloser, error) {
	sound, err := r.open(rec)
	if err != nil {
		return nil, err
	}
	return media.NewPCM(sound)
}

// Waveform draws it.
func (r recordings) Waveform(rec campaigns.Recording, buckets int) (person, house []float64, err error) {
	f, err := r.open(rec)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return media.Waveform(f, buckets)
}

// Remove deletes a recording, whole or in the making, wherever it is; one that is
// not there is no error.
func (r recordings) Remove(path string) error {
	name, err := r.name(path)
	if err != nil {
		return err
	}
	if r.moving != nil {
		r.moving.Lock()
		defer r.moving.Unlock()
	}
	return r.drop(context.Background(), name)
}

// drop is Remove while nothing is moved.
func (r recordings) drop(ctx context.Context, name string) error {
	whole := filepath.Join(r.folder, name)
	for _, f := range []string{whole, whole + dialer.PartOfRecording} {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if r.away == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, awayWithin)
	defer cancel()
	return r.away.Delete(ctx, filepath.ToSlash(name))
}

// recordingStore notes recordings.
type recordingStore interface {
	SaveRecording(ctx context.Context, r campaigns.Recording) error
}

// adoptRecordings takes over what the last run left behind, beside the calls of
// this one.
func (n *Node) adoptRecordings(ctx context.Context, began time.Time) {
	if err := n.recordings().adopt(ctx, n.db, began, n.log); err != nil {
		n.log.Error("recordings of the last run", "error", err)
	}
}

// adopt completes what a process that was killed left behind: recordings that
// are not whole, or not in the store. What was written since began is at work.
func (r recordings) adopt(ctx context.Context, store recordingStore, began time.Time, log *slog.Logger) error {
	err := filepath.WalkDir(r.folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir() || !strings.HasSuffix(path, dialer.PartOfRecording):
			return nil
		}
		if info, err := d.Info(); err != nil || !info.ModTime().Before(began) {
			return nil // gone meanwhile, or of a call of this run
		}
		if err := r.adoptOne(ctx, store, path); err != nil && ctx.Err() == nil {
			log.Error("a recording of the last run cannot be taken over", "file", filepath.Base(path), "error", err)
		} else if err == nil {
			log.Warn("a recording of the last run was completed", "file", filepath.Base(path))
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (r recordings) adoptOne(ctx context.Context, store recordingStore, part string) error {
	kept, err := media.RepairRecording(part)
	if err != nil {
		return err
	}
	whole := strings.TrimSuffix(part, dialer.PartOfRecording)
	below, err := filepath.Rel(r.folder, whole)
	if err != nil {
		return err
	}
	row := dialer.RecordingOf(kept, strings.TrimSuffix(filepath.Base(whole), ".wav"), filepath.ToSlash(below))
	row.Repaired = true
	if err := store.SaveRecording(ctx, row); err != nil {
		return err
	}
	return os.Rename(part, whole)
}
