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
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
)

// recordingsFolder is where recordings lie, inside the data folder, by day.
const recordingsFolder = "recordings"

// recordings opens the sound of calls.
type recordings struct{ folder string }

var _ campaigns.RecordingFiles = recordings{}

func (n *Node) recordings() recordings {
	return recordings{filepath.Join(n.settings.Config.Data, recordingsFolder)}
}

// path is where a recording lies; nothing outside the folder is opened.
func (r recordings) path(rec campaigns.Recording) (string, error) {
	name := filepath.FromSlash(rec.Path)
	if !filepath.IsLocal(name) {
		return "", fmt.Errorf("recording %s: the path %q leads out of the folder", rec.Attempt, rec.Path)
	}
	whole := filepath.Join(r.folder, name)
	if _, err := os.Stat(whole); errors.Is(err, fs.ErrNotExist) {
		return whole + dialer.PartOfRecording, nil // its row is written, its name is not given yet
	}
	return whole, nil
}

// OpenRecording opens the sound for a player: 16-bit PCM, two channels.
func (r recordings) OpenRecording(rec campaigns.Recording) (io.ReadSeekCloser, error) {
	path, err := r.path(rec)
	if err != nil {
		return nil, err
	}
	return media.OpenPCM(path)
}

// Waveform draws it.
func (r recordings) Waveform(rec campaigns.Recording, buckets int) (person, house []float64, err error) {
	path, err := r.path(rec)
	if err != nil {
		return nil, nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return media.Waveform(f, buckets)
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
