package campaigns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// CallReaderOne reads one call and what happened in it.
type CallReaderOne interface {
	Attempt(ctx context.Context, id string) (Call, error)
	CallEvents(ctx context.Context, attempt string) ([]CallEvent, error)
	Talks(ctx context.Context, attempt string) ([]AgentTalk, error)
	SideLegs(ctx context.Context, attempt string) ([]SideLeg, error)
	Recording(ctx context.Context, attempt string) (Recording, error)
}

// RecordingFiles opens the sound of recordings: 16-bit PCM, two channels, as a
// WAV file; and draws it, so many peaks a channel, 0 to 1.
type RecordingFiles interface {
	OpenRecording(r Recording) (io.ReadSeekCloser, error)
	Waveform(r Recording, buckets int) (person, house []float64, err error)
}

// CallDetail is one call with all that is known of it.
type CallDetail struct {
	Call
	Events    []CallEvent
	Talks     []AgentTalk // of a call that was passed on
	Sides     []SideLeg
	Recording *Recording // nil = none
}

// Recordings is what was said in calls, for those who may hear it.
type Recordings struct {
	calls CallReaderOne
	files RecordingFiles
	audit Auditor

	mu    sync.Mutex
	heard map[hearing]time.Time // when somebody began to hear a recording
}

type hearing struct {
	user    int64
	attempt string
}

// A player asks for a recording many times while it plays: what it asks within
// an hour is one hearing. So many hearings are remembered.
const (
	oneHearing   = time.Hour
	keepHearings = 10_000
)

// NewRecordings returns the service.
func NewRecordings(calls CallReaderOne, files RecordingFiles, audit Auditor) *Recordings {
	return &Recordings{calls: calls, files: files, audit: audit, heard: make(map[hearing]time.Time)}
}

// Call reads one call with its time line. Who may not export calls sees the last
// digits of numbers alone.
func (r *Recordings) Call(ctx context.Context, by User, attempt string) (CallDetail, error) {
	if err := by.Allow(SeeCalls); err != nil {
		return CallDetail{}, err
	}
	call, err := r.calls.Attempt(ctx, attempt)
	if errors.Is(err, ErrUnknownAttempt) {
		err = ErrNotFound
	}
	if err != nil {
		return CallDetail{}, missing("call", err)
	}
	d := CallDetail{Call: call}
	if d.Events, err = r.calls.CallEvents(ctx, attempt); err != nil {
		return CallDetail{}, err
	}
	if d.Talks, err = r.calls.Talks(ctx, attempt); err != nil {
		return CallDetail{}, err
	}
	if d.Sides, err = r.calls.SideLegs(ctx, attempt); err != nil {
		return CallDetail{}, err
	}
	rec, err := r.calls.Recording(ctx, attempt)
	switch {
	case err == nil:
		d.Recording = &rec
	case !errors.Is(err, ErrNotFound):
		return CallDetail{}, err
	}
	if by.Allow(ExportCalls) != nil {
		d.mask()
	}
	return d, nil
}

// mask hides numbers but for their last digits.
func (d *CallDetail) mask() {
	d.Number = Mask(d.Number)
	for i := range d.Sides {
		d.Sides[i].Number = Mask(d.Sides[i].Number)
	}
	for i, e := range d.Events {
		switch e.Kind {
		case EventTransferAsked, EventTransferAnswered, EventTransferFailed, EventTransferCanceled, EventTransferDone, EventConference:
			d.Events[i].Detail = maskNumbers(e.Detail)
		}
	}
}

// maskNumbers masks what looks like a number in E.164 in a sentence.
func maskNumbers(text string) string {
	out, from := "", 0
	for i := 0; i < len(text); i++ {
		if text[i] != '+' {
			continue
		}
		end := i + 1
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		if end-i > 7 {
			out += text[from:i] + Mask(text[i:end])
			from = end
		}
		i = end - 1
	}
	return out + text[from:]
}

// Hear opens the sound of a call, to be played or taken away. That it was heard
// is written to the audit log first, once an hour for one listener; each
// download is.
func (r *Recordings) Hear(ctx context.Context, by User, attempt string, download bool) (Recording, io.ReadSeekCloser, error) {
	if err := by.Allow(HearRecordings); err != nil {
		return Recording{}, nil, err
	}
	rec, err := r.calls.Recording(ctx, attempt)
	if err != nil {
		return Recording{}, nil, missing("recording", err)
	}
	sound, err := r.files.OpenRecording(rec)
	if err != nil {
		return Recording{}, nil, gone(attempt, err)
	}
	if err := r.note(ctx, by, attempt, download); err != nil {
		return Recording{}, nil, errors.Join(err, sound.Close())
	}
	return rec, sound, nil
}

// gone is the problem of a recording whose file cannot be opened.
func gone(attempt string, err error) error {
	return &Problem{
		Kind: KindUnavailable, Code: "recording_gone", Text: "The file of this recording cannot be opened; ask your administrator.",
		Cause: fmt.Errorf("recording of %s: %w", attempt, err),
	}
}

func (r *Recordings) note(ctx context.Context, by User, attempt string, download bool) error {
	kind, key, now := "recording.heard", hearing{by.ID, attempt}, time.Now()
	if download {
		kind = "recording.downloaded"
	} else if r.heardLately(key, now) {
		return nil
	}
	err := r.audit.AddAudit(ctx, AuditEntry{At: now.UTC(), Kind: kind, By: by.Login, Subject: "attempt " + attempt})
	if err != nil {
		return fmt.Errorf("write down who hears a recording: %w", err)
	}
	if !download {
		r.remember(key, now)
	}
	return nil
}

func (r *Recordings) heardLately(key hearing, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, known := r.heard[key]
	return known && now.Sub(at) < oneHearing
}

func (r *Recordings) remember(key hearing, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.heard) >= keepHearings {
		for k, at := range r.heard {
			if now.Sub(at) >= oneHearing {
				delete(r.heard, k)
			}
		}
		if len(r.heard) >= keepHearings {
			clear(r.heard) // then some are written twice
		}
	}
	r.heard[key] = now
}

// Waveform draws the sound of a call: so many peaks of each channel, 0 to 1.
func (r *Recordings) Waveform(ctx context.Context, by User, attempt string, buckets int) (person, house []float64, err error) {
	if err := by.Allow(HearRecordings); err != nil {
		return nil, nil, err
	}
	rec, err := r.calls.Recording(ctx, attempt)
	if err != nil {
		return nil, nil, missing("recording", err)
	}
	person, house, err = r.files.Waveform(rec, buckets)
	if err != nil {
		return nil, nil, gone(attempt, err)
	}
	return person, house, nil
}
