package campaigns

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// RecordingMode says when the calls of a campaign are recorded.
type RecordingMode string

// The recording modes.
const (
	RecordOff      RecordingMode = "off"
	RecordOn       RecordingMode = "on"       // from the connection on
	RecordAnnounce RecordingMode = "announce" // the same, and an announcement says so
	RecordConsent  RecordingMode = "consent"  // from when the agent says that the person has agreed
)

// RecordingPolicy is how the calls of a campaign are recorded. The zero value
// records none.
type RecordingPolicy struct {
	Mode         RecordingMode `json:"mode,omitempty"`
	Announcement string        `json:"announcement,omitempty"` // WAV file among the prompts, of announce
}

// Records tells whether calls are recorded without being asked.
func (p RecordingPolicy) Records() bool { return p.Mode == RecordOn || p.Mode == RecordAnnounce }

// Department is where agents of a campaign may pass a call on to: its agents,
// longest idle first, else its number.
type Department struct {
	Name   string   `json:"name"`
	Agents []string `json:"agents,omitempty"` // logins
	Number string   `json:"number,omitempty"` // E.164
}

// Recording is the sound of a call that was kept: two channels, left the
// person, right what the person heard.
type Recording struct {
	Attempt  string        `json:"attempt_id"`
	Path     string        `json:"path"` // below the folder of recordings, with slashes
	Began    time.Time     `json:"began"`
	Duration time.Duration `json:"duration"`
	Octets   int64         `json:"octets"`
	SHA256   string        `json:"sha256"` // of the file, hexadecimal
	Gaps     []Gap         `json:"gaps,omitempty"`
	// Repaired: the process ended during the call, and the file was made whole
	// at the next start.
	Repaired bool `json:"repaired,omitempty"`
}

// Gap is a stretch of a recording that is silent because it was paused.
type Gap struct {
	From time.Duration `json:"from"` // since the recording began
	To   time.Duration `json:"to"`
}

// validateTalk says what is wrong with the settings of conversations.
func (c Campaign) validateTalk() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch c.Recording.Mode {
	case "", RecordOff, RecordOn, RecordConsent:
	case RecordAnnounce:
		if c.Recording.Announcement == "" {
			bad("recording: mode announce needs an announcement, a WAV file among the prompts")
		}
	default:
		bad("recording: mode %q: off, on, announce or consent", c.Recording.Mode)
	}
	for what, file := range map[string]string{"recording.announcement": c.Recording.Announcement, "hold_music": c.HoldMusic} {
		if err := promptName(file); err != nil {
			bad("%s: %w", what, err)
		}
	}
	seen := map[string]bool{}
	for i, d := range c.Departments {
		switch {
		case strings.TrimSpace(d.Name) == "" || len(d.Name) > 64:
			bad("departments: number %d needs a name of at most 64 characters", i+1)
		case seen[d.Name]:
			bad("departments: %q stands there twice", d.Name)
		case len(d.Agents) == 0 && d.Number == "":
			bad("departments: %q has neither agents nor a number", d.Name)
		}
		seen[d.Name] = true
		if d.Number != "" {
			if err := rules.Dialable(d.Number); err != nil {
				bad("departments: %q: number: %w", d.Name, err)
			}
		}
	}
	return errors.Join(errs...)
}

// promptName refuses a name that leads out of the folder of the prompts. An
// absolute path, which only the configuration can give, is left to it.
func promptName(file string) error {
	if file == "" || filepath.IsAbs(file) || filepath.IsLocal(file) {
		return nil
	}
	return fmt.Errorf("%q is not a file among the prompts", file)
}

// Department finds a department of the campaign by its name.
func (c Campaign) Department(name string) (Department, bool) {
	for _, d := range c.Departments {
		if d.Name == name {
			return d, true
		}
	}
	return Department{}, false
}

// MayPassTo tells whether agents of the campaign may pass calls on to an
// outside number: any, or that of a department.
func (c Campaign) MayPassTo(number string) bool {
	if c.OutsideTransfer {
		return true
	}
	for _, d := range c.Departments {
		if d.Number == number && number != "" {
			return true
		}
	}
	return false
}
