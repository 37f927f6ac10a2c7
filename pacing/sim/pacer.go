package sim

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/forecall/forecall/pacing"
)

// Pacer is one policy at work in one shift. It is used by one goroutine.
type Pacer interface {
	// Apply tells what has happened. Every event of the shift comes, in the order of time.
	Apply(pacing.Event)
	// Decide says what to do now. It is asked after every event and once a second. next holds the odds of the contacts that
	// could be placed next, in the order of the list, when the scenario or the policy lets them be known, and is nil otherwise;
	// it is valid until Decide returns.
	Decide(now time.Time, next []float64) Order
}

// Order is what a Pacer wants done.
type Order struct {
	// Place is how many calls to place. The world places fewer when lines or calls per second are exhausted, and asks again.
	Place int
	// Picks are the contacts to place, as indexes into next; nil means in order. As many as Place.
	Picks []int
	// Cancel are attempts in the air to withdraw. Those that have been answered meanwhile are left alone.
	Cancel []pacing.CallID
	// Again asks to be asked again after this time at the latest; 0 means at the next event or within a second. A policy
	// that thinks every 2.5 s says here when it will.
	Again time.Duration
}

// Setup is what a policy is told of its shift before it begins.
type Setup struct {
	Scenario Scenario
	Settings string    // what stood behind the colon of the policy's name
	Start    time.Time // of the shift
	Seed     uint64    // of this shift, for policies that throw dice
	// Learned is what the policy learned the day before, aged by a night; zero on the first day.
	Learned pacing.Estimates
}

// End is the end of the shift, after which nothing is placed.
func (s Setup) End() time.Time { return s.Start.Add(s.Scenario.Shift) }

// Named is a policy as people choose it.
type Named struct {
	Name  string // for --policy
	Title string // a column heading
	Text  string // one sentence
}

// Entry is a policy that Run can run.
type Entry struct {
	Named
	// New returns the policy for one shift, or an error that says what is wrong with the settings or the scenario.
	New func(Setup) (Pacer, error)
	// Tune, if set, chooses settings for the scenario before the first shift; Run uses them where none are given.
	Tune func(ctx context.Context, s Scenario, o Options) (settings string, err error)
	// Outcomes lets the policy know whether each contact would answer now, as odds of 1/share or almost 0.
	Outcomes bool
	// Releases lets the policy know when each busy agent will be ready again, as pacing.AgentFreeAt.
	Releases bool
	// Warm is a setting with which every shift is a second day: a shift with other people goes before it, and what that
	// taught comes as Setup.Learned. Empty = the policy has none.
	Warm string
}

// learner is a Pacer whose lessons outlive the shift.
type learner interface {
	Learned(now time.Time) pacing.Estimates
}

// ErrPolicy is wrapped by the errors about policy names and their settings.
var ErrPolicy = errors.New("no such policy")

// entries are all policies in the order of the table's columns.
func entries() []Entry {
	all := []Entry{progressive()}
	all = append(all, rivals()...)
	return append(all, predictive(), knownDistributions(), predictiveCancel(), knownOutcomes(), knownReleases())
}

// Policies returns every policy by name, in the order of the table's columns.
func Policies() []Named {
	var all []Named
	for _, e := range entries() {
		all = append(all, e.Named)
	}
	return all
}

// SplitPolicies cuts a list such as "predictive,ratio:2.5,vicidial-hard:max=8,available-only" into policies with their
// settings: what is no policy's name after a comma belongs to the settings before it. "all" stands for all of them.
// extra are policies beyond Policies.
func SplitPolicies(list string, extra ...Entry) ([]string, error) {
	var out []string
	for part := range strings.SplitSeq(list, ",") {
		part = strings.TrimSpace(part)
		if part == "all" {
			for _, n := range Policies() {
				out = append(out, n.Name)
			}
			continue
		}
		if part == "vicidial" {
			out = append(out, "vicidial-hard", "vicidial-average", "vicidial-tapered")
			continue
		}
		_, _, err := find(part, extra)
		last := len(out) - 1
		switch {
		case err == nil:
			out = append(out, part)
		case last >= 0 && strings.Contains(out[last], ":"):
			out[last] += "," + part
		default:
			return nil, err
		}
	}
	return out, nil
}

// find returns the entry of a policy such as "predictive" or "ratio:2.5" and the settings behind the colon.
func find(policy string, extra []Entry) (Entry, string, error) {
	name, settings, _ := strings.Cut(policy, ":")
	var names []string
	for _, e := range append(entries(), extra...) {
		if e.Name == name {
			return e, settings, nil
		}
		names = append(names, e.Name)
	}
	return Entry{}, "", fmt.Errorf("%w: %q; there are %s", ErrPolicy, name, strings.Join(names, ", "))
}
