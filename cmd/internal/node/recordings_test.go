package node

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
)

// shelf keeps the rows of recordings, or fails.
type shelf struct {
	rows []campaigns.Recording
	fail error
}

func (s *shelf) SaveRecording(_ context.Context, r campaigns.Recording) error {
	if s.fail == nil {
		s.rows = append(s.rows, r)
	}
	return s.fail
}

// killed leaves a recording behind as a process does that is killed: its sound is
// on the disk, its header says that there is none. Three seconds of it were paused.
func killed(t *testing.T, folder, attempt string) (part string) {
	t.Helper()
	part = filepath.Join(folder, filepath.FromSlash(dialer.RecordingPath(attempt, time.Now()))) + dialer.PartOfRecording
	if err := os.MkdirAll(filepath.Dir(part), 0o700); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) { // ten seconds in no time
		rec, err := media.NewRecording(part, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		tone := media.PCMU.Encode(nil, media.Tone(700, 10*time.Second).PCM())
		for i := 0; i+160 <= len(tone); i += 160 {
			switch i {
			case 2 * 8000:
				rec.Pause(time.Now())
			case 5 * 8000:
				rec.Resume(time.Now())
			}
			_ = rec.Person().WriteFrame(media.Frame{Codec: media.PCMU, Payload: tone[i : i+160], Source: 1, Seq: uint16(i / 160), Timestamp: uint32(i)})
			time.Sleep(20 * time.Millisecond)
		}
		asItWas, err := os.ReadFile(part) // before Close
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rec.Close(time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(part, asItWas, 0o600); err != nil {
			t.Fatal(err)
		}
	})
	yesterday := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(part, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	return part
}

func TestRecordingsOfAKilledProcessAreCompletedAndTakenOver(t *testing.T) {
	t.Parallel()
	r := recordings{folder: t.TempDir()}
	part := killed(t, r.folder, "attempt-1")
	atWork := filepath.Join(filepath.Dir(part), "attempt-2.wav"+dialer.PartOfRecording) // of this run
	junk := filepath.Join(filepath.Dir(part), "attempt-3.wav"+dialer.PartOfRecording)
	began := time.Now().Add(-time.Hour)
	for path, at := range map[string]time.Time{atWork: time.Now(), junk: began.Add(-time.Hour)} {
		if err := os.WriteFile(path, []byte("no sound"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	store := &shelf{}
	if err := r.adopt(t.Context(), store, began, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if len(store.rows) != 1 {
		t.Fatalf("rows %+v", store.rows)
	}
	row := store.rows[0]
	if row.Attempt != "attempt-1" || !row.Repaired || row.Duration < 7*time.Second || row.Duration > 10*time.Second || len(row.SHA256) != 64 || len(row.Gaps) != 1 {
		t.Errorf("row %+v", row)
	}
	for path, there := range map[string]bool{part: false, strings.TrimSuffix(part, dialer.PartOfRecording): true, atWork: true, junk: true} {
		if _, err := os.Stat(path); (err == nil) != there {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
	sound, err := r.OpenRecording(row)
	if err != nil {
		t.Fatal(err)
	}
	if err := sound.Close(); err != nil {
		t.Error(err)
	}
	if person, house, err := r.Waveform(row, 20); err != nil || len(person) != 20 || person[2] < 0.05 || house[2] > 0.01 {
		t.Errorf("waveform %v %v: %v", person, house, err)
	}
}

func TestARecordingThatTheStoreDoesNotTakeIsTriedAgainAtTheNextStart(t *testing.T) {
	t.Parallel()
	r := recordings{folder: t.TempDir()}
	part := killed(t, r.folder, "attempt-1")
	store := &shelf{fail: errors.New("disk full")}
	for range 2 {
		if err := r.adopt(t.Context(), store, time.Now(), slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(part); err != nil {
		t.Fatal(err)
	}
	store.fail = nil
	yesterday := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(part, yesterday, yesterday); err != nil { // the repair has touched it
		t.Fatal(err)
	}
	if err := r.adopt(t.Context(), store, time.Now(), slog.New(slog.DiscardHandler)); err != nil || len(store.rows) != 1 {
		t.Errorf("%d rows: %v", len(store.rows), err)
	}
}

func TestNoRecordingOutsideTheFolderIsOpened(t *testing.T) {
	t.Parallel()
	r := recordings{folder: t.TempDir()}
	for _, path := range []string{"../secret.wav", "/etc/passwd", "2026/../../x.wav", ""} {
		if _, err := r.OpenRecording(campaigns.Recording{Path: path}); err == nil {
			t.Errorf("%q is opened", path)
		}
		if _, _, err := r.Waveform(campaigns.Recording{Path: path}, 10); err == nil {
			t.Errorf("%q is drawn", path)
		}
	}
	if err := (recordings{folder: filepath.Join(t.TempDir(), "none")}).adopt(t.Context(), &shelf{}, time.Now(), nil); err != nil {
		t.Errorf("without a folder: %v", err)
	}
}
