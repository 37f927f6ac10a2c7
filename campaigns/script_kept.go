package campaigns

import (
	"time"

	"github.com/forecall/forecall/campaigns/script"
)

// ScriptVersion is a script as agents read it from a time on. Versions are
// kept for ever: the call log names the one that was read.
type ScriptVersion struct {
	Campaign int64
	No       int64  // from 1, within the campaign
	Hash     string // of package script
	Source   string
	By       string // login
	At       time.Time
}

// Name is how the call log names the version: its number and its hash.
func (v ScriptVersion) Name() string { return script.Version(v.No, v.Source) }

// Wording is how an agent says a step, beside the official text.
type Wording struct {
	Campaign int64
	Agent    int64
	Login    string
	Step     string // or objection
	Language string
	Text     string // as a script's text is written
	Official string // hash of the official text that it was written beside
	At       time.Time
	Outdated bool // the official text has changed since
}

// CallWalk is where an agent stands in the script of a call.
type CallWalk struct {
	Version string      `json:"version"` // of the script
	Walk    script.Walk `json:"walk"`
	Trail   []Visit     `json:"trail,omitempty"` // what was read, in the order of time
}

// Visit is when an agent came to a step or an objection.
type Visit struct {
	Step string    `json:"step"`
	At   time.Time `json:"at"`
}

// maxTrail is how many visits of one call are kept.
const maxTrail = 1000

// visit notes that a step was come to.
func (w *CallWalk) visit(step string, at time.Time) {
	if n := len(w.Trail); (n > 0 && w.Trail[n-1].Step == step) || n >= maxTrail {
		return
	}
	w.Trail = append(w.Trail, Visit{Step: step, At: at.UTC()})
}
