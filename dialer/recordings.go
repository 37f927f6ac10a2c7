package dialer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
)

const (
	// recordPause is how long a recording may be paused: an agent who forgets to go
	// on must not leave the rest of the call unrecorded.
	recordPause = 5 * time.Minute
	// PartOfRecording is the end of the name of a recording that is not complete:
	// what a process leaves behind that is killed.
	PartOfRecording = ".part"
)

// RecordingPath is where the recording of a call lies below the folder of
// recordings, with slashes.
func RecordingPath(attempt string, began time.Time) string {
	return began.UTC().Format("2006/01/02") + "/" + attempt + ".wav"
}

// recorder is what is kept of a conversation. It fails closed: what it cannot
// keep is marked, and the call goes on.
//
//	off | waits for consent --> on <--> paused
//	                             +--> failed
type recorder struct {
	mode     campaigns.RecordingMode
	file     *media.Recording
	path     string // below the folder
	began    time.Time
	ended    time.Time
	untap    func()
	pausedAt time.Time // zero = not paused
	failed   bool
}

// state is the word for it.
func (r *recorder) state() string {
	switch {
	case r.failed:
		return "failed"
	case r.file != nil && !r.pausedAt.IsZero():
		return "paused"
	case r.file != nil:
		return "on"
	case r.mode == campaigns.RecordConsent:
		return "consent"
	}
	return ""
}

// startRecording begins at the first connection, if the campaign wants it; an
// announcement is heard by both and is on the recording.
func (c *conversation) startRecording(ctx context.Context) {
	policy := c.campaign.Recording
	if c.settings.Recordings == "" || policy.Mode == "" || policy.Mode == campaigns.RecordOff || c.rec.mode != "" {
		return
	}
	if c.rec.mode = policy.Mode; !policy.Records() {
		return
	}
	c.beginRecording()
	if policy.Mode == campaigns.RecordAnnounce {
		c.say(ctx, person, c.sounds.announcement)
		c.say(ctx, c.holder.party, c.sounds.announcement)
	}
}

func (c *conversation) beginRecording() {
	now, r := time.Now(), &c.rec
	r.path, r.began = RecordingPath(c.row.ID, now), now
	part := filepath.Join(c.settings.Recordings, filepath.FromSlash(r.path)) + PartOfRecording
	err := os.MkdirAll(filepath.Dir(part), 0o700)
	if err == nil {
		r.file, err = media.NewRecording(part, now)
	}
	if err != nil {
		r.file = nil
		c.recordFailed(err)
		return
	}
	r.untap = c.room.Tap(person, r.file.Person(), r.file.House())
	c.event(campaigns.EventRecordBegun, 0, "")
}

// recordFailed marks a call that should be recorded and is not, and warns the
// campaign's manager.
func (c *conversation) recordFailed(err error) {
	c.rec.failed = true
	c.log.Error("a call is not recorded", "error", err)
	c.event(campaigns.EventRecordFailed, 0, "the recording cannot be written")
	c.tell(word{Kind: wordUnrecorded})
}

// record pauses and goes on, for card data that must not be kept; with consent,
// on begins.
func (c *conversation) record(on bool) error {
	r, now := &c.rec, time.Now()
	switch {
	case r.failed:
		return fmt.Errorf("%w: the recording cannot be written", ErrNotRecorded)
	case r.file == nil && r.mode == campaigns.RecordConsent && on:
		c.event(campaigns.EventConsent, c.holder.agent, "")
		c.beginRecording()
	case r.file == nil:
		return ErrNotRecorded
	case on && !r.pausedAt.IsZero():
		c.resumeRecording(now, c.holder.agent, "")
	case !on && r.pausedAt.IsZero():
		r.file.Pause(now)
		r.pausedAt = now
		c.event(campaigns.EventRecordPaused, c.holder.agent, "")
	}
	return nil
}

func (c *conversation) resumeRecording(now time.Time, by int64, why string) {
	c.rec.file.Resume(now)
	c.rec.pausedAt = time.Time{}
	c.event(campaigns.EventRecordResumed, by, why)
}

// limitPause goes on with a recording that was paused for too long, and finds
// out when the disk does not take it any more.
func (c *conversation) limitPause(ctx context.Context, now time.Time) {
	r := &c.rec
	switch {
	case r.file == nil || r.failed:
		return
	case r.file.Err() != nil:
		c.recordFailed(r.file.Err())
	case !r.pausedAt.IsZero() && now.Sub(r.pausedAt) >= c.settings.real(recordPause):
		c.resumeRecording(now, 0, "paused for "+recordPause.String())
	default:
		return
	}
	c.settle(ctx)
}

// stopRecording takes the tap off; the file is completed when nobody waits.
func (c *conversation) stopRecording() {
	if c.rec.file == nil {
		return
	}
	c.rec.untap()
	c.rec.ended = time.Now()
	c.attempt.recorded = c.rec
}

// keepRecording completes the file, notes it in the store and gives it its name.
// Whatever of this a crash leaves undone is done at the next start.
func (a *attempt) keepRecording(write context.Context) {
	r := a.recorded
	if r.file == nil {
		return
	}
	kept, err := r.file.Close(r.ended)
	if err != nil {
		a.log.Error("a recording is not complete", "error", err)
	}
	row := RecordingOf(kept, a.row.ID, r.path)
	if a.persist(write, "recording", func() error { return a.talked.SaveRecording(write, row) }) != nil {
		return
	}
	whole := filepath.Join(a.settings.Recordings, filepath.FromSlash(r.path))
	if err := os.Rename(whole+PartOfRecording, whole); err != nil {
		a.log.Error("a recording was not given its name", "error", err)
	}
}

// RecordingOf is the row of a recording that was completed.
func RecordingOf(kept media.Recorded, attempt, path string) campaigns.Recording {
	row := campaigns.Recording{
		Attempt: attempt, Path: path, Began: kept.Began, Duration: kept.Duration, Octets: kept.Octets, SHA256: kept.SHA256,
	}
	for _, g := range kept.Gaps {
		row.Gaps = append(row.Gaps, campaigns.Gap{From: g.From, To: g.To})
	}
	return row
}

// recordingFails warns who manages the campaign.
func (l *Loop) recordingFails() {
	l.unrecorded++
	l.recordWarning = fmt.Sprintf("%d calls were not recorded: the recording cannot be written; look at the disk of the recordings", l.unrecorded)
}
