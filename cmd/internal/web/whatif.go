package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
	"github.com/forecall/forecall/cmd/internal/api/edge"
	plot "github.com/forecall/forecall/cmd/internal/chart"
	"github.com/forecall/forecall/pacing/sim"
)

// Bounds of a what-if: the days it learns from, the calls it reads at most, the
// shifts it plays of each goal and how long one is, how long all of it should
// take and may take, and for how long its answer holds.
const (
	whatIfDays   = 5
	whatIfCalls  = 200_000
	whatIfShifts = 8
	whatIfLong   = 4 * time.Hour // of a shift
	whatIfTakes  = 10 * time.Second
	whatIfWithin = 2 * time.Minute
	whatIfHolds  = 15 * time.Minute
	mostWhatIfs  = 50
)

// forecasts are what-ifs: one is worked at, by one worker, so that dialing
// keeps its processors; the last answers are kept for a while.
type forecasts struct {
	turn chan struct{} // who works
	work sync.WaitGroup

	mu     sync.Mutex
	kept   map[forecastKey]*forecast
	cancel map[forecastKey]context.CancelFunc
}

func newForecasts() *forecasts {
	return &forecasts{turn: make(chan struct{}, 1), kept: map[forecastKey]*forecast{}, cancel: map[forecastKey]context.CancelFunc{}}
}

// forecastKey is what a forecast was asked for.
type forecastKey struct {
	campaign int64
	agents   int // 0 = as many as there were
}

// forecast is an answer, or how far it is.
type forecast struct {
	began time.Time
	done  bool
	steps int // goals that have been played
	of    int
	fit   report.Fit
	goals []goal
	err   error
}

// goal is what came of aiming at a share of abandoned calls.
type goal struct {
	Aim float64
	sim.Result
}

// find returns an answer that still holds, as it is now.
func (f *forecasts) find(key forecastKey) (forecast, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	kept := f.kept[key]
	if kept == nil || kept.done && time.Since(kept.began) > whatIfHolds {
		return forecast{}, false
	}
	now := *kept
	now.goals = slices.Clone(kept.goals)
	return now, true
}

// begin works at an answer in the background, unless there is one.
func (f *forecasts) begin(ctx context.Context, key forecastKey, work func(context.Context, *forecast, func(func())) error) {
	if one, there := f.find(key); there && one.err == nil { // what failed is tried again
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), whatIfWithin)
	one := &forecast{began: time.Now()}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.kept) >= mostWhatIfs {
		for k, old := range f.kept {
			if old.done {
				delete(f.kept, k)
			}
		}
	}
	f.kept[key], f.cancel[key] = one, cancel
	tell := func(change func()) {
		f.mu.Lock()
		defer f.mu.Unlock()
		change()
	}
	f.work.Go(func() {
		defer cancel()
		var err error
		select {
		case f.turn <- struct{}{}:
			err = work(ctx, one, tell)
			<-f.turn
		case <-ctx.Done():
			err = ctx.Err()
		}
		tell(func() { one.done, one.err = true, err })
	})
}

// close stops what is worked at, and waits for it.
func (f *forecasts) close() {
	f.mu.Lock()
	for _, cancel := range f.cancel {
		cancel()
	}
	f.mu.Unlock()
	f.work.Wait()
}

// whatIfView is the question and its answer.
type whatIfView struct {
	within
	Asked            bool
	Agents           int
	Wait             float64 // seconds that agents should wait at most; 0 = not said
	Running, TooFew  bool
	Failed           bool
	Done, Of         int
	Fit              report.Fit
	Goals            []goal
	Current, Reaches float64 // aims: of the campaign now, and the least that keeps the wait
	Query            string
}

// whatIf shows the answer, how far it is, or what would be asked.
func (p *Pages) whatIf(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v, key, err := p.whatIfView(r, u)
	if err != nil {
		return err
	}
	one, asked := p.futures.find(key)
	v.Asked, v.Running = asked, asked && !one.done
	v.Done, v.Of, v.Fit, v.Goals = one.steps, one.of, one.fit, one.goals
	v.TooFew = errors.Is(one.err, report.ErrTooFew)
	if v.Failed = one.err != nil && !v.TooFew; v.Failed {
		v.Wrong = edge.FaultOf(r.Context(), p.Log, one.err).Detail
		if errors.Is(one.err, context.DeadlineExceeded) {
			v.Wrong = v.Lang.T("The simulation took longer than two minutes; ask for fewer agents.")
		}
	}
	for _, g := range v.Goals {
		if v.Wait > 0 && g.WaitMean <= v.Wait && (v.Reaches == 0 || g.Aim < v.Reaches) {
			v.Reaches = g.Aim
		}
	}
	return p.render(w, http.StatusOK, "what-if.html", v)
}

func (p *Pages) whatIfView(r *http.Request, u campaigns.User) (whatIfView, forecastKey, error) {
	in, err := p.in(r, u, "what-if", "What if")
	if err != nil {
		return whatIfView{}, forecastKey{}, err
	}
	v := whatIfView{within: in, Current: aimOf(in.Campaign)}
	v.Agents, _ = strconv.Atoi(r.FormValue("agents"))       // not said = as many as there were
	v.Wait, _ = strconv.ParseFloat(r.FormValue("wait"), 64) // not said = any
	v.Agents, v.Wait = min(max(v.Agents, 0), 500), min(max(v.Wait, 0), 3600)
	if math.IsNaN(v.Wait) {
		v.Wait = 0
	}
	v.Query = fmt.Sprintf("?agents=%d&wait=%g", v.Agents, v.Wait)
	return v, forecastKey{in.Campaign.ID, v.Agents}, nil
}

// aimOf is the share that a campaign aims at.
func aimOf(c campaigns.Campaign) float64 {
	if c.Target > 0 {
		return c.Target
	}
	return targetOfCap * c.Cap
}

// targetOfCap is what is aimed at of the cap where nothing is said; see
// campaigns.Campaign.Target.
const targetOfCap = 0.98

// askWhatIf has the question worked at, and leads to where its answer will stand.
func (p *Pages) askWhatIf(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v, key, err := p.whatIfView(r, u)
	if err != nil {
		return err
	}
	if err := u.Allow(campaigns.ExportCalls); err != nil { // asked again by the log, when nobody could be told
		return err
	}
	c := v.Campaign
	p.futures.begin(r.Context(), key, func(ctx context.Context, one *forecast, tell func(func())) error {
		calls, err := p.CallLog.Calls(ctx, u, campaigns.CallFilter{Campaign: c.ID, Newest: true, Limit: whatIfCalls})
		if err != nil {
			return err
		}
		fit, err := report.FitScenario(calls, report.FitOptions{Campaign: c, Days: whatIfDays, NewestFirst: true})
		if err != nil {
			return err
		}
		if key.agents > 0 {
			fit.Scenario.Agents = key.agents
		}
		aims := aimsOf(c)
		tell(func() { one.fit, one.of = fit, len(aims) })
		return play(ctx, fit.Scenario, aims, func(g goal) {
			tell(func() { one.goals, one.steps = append(one.goals, g), one.steps+1 })
		})
	})
	http.Redirect(w, r, fmt.Sprintf("/campaigns/%d/what-if%s", c.ID, v.Query), http.StatusSeeOther)
	return nil
}

// play simulates each goal, one shift after the other: as many shifts as there
// is time for, by how long a first one takes, the same people for each goal.
func play(ctx context.Context, s sim.Scenario, aims []float64, done func(goal)) error {
	s.Shift = min(s.Shift, whatIfLong)
	first, err := sim.Run(ctx, s, "predictive", sim.Options{Shifts: 1, Workers: 1})
	if err != nil {
		return err
	}
	shifts := int(whatIfTakes.Seconds() / float64(len(aims)) / max(first.Seconds, 1e-3))
	shifts = min(max(shifts, 1), whatIfShifts)
	for _, aim := range aims {
		s.Cap = aim / targetOfCap
		r, err := sim.Run(ctx, s, "predictive", sim.Options{Shifts: shifts, Workers: 1})
		if err != nil {
			return err
		}
		done(goal{aim, r})
	}
	return nil
}

// aimsOf are the goals that are tried: across what the law lets one choose, and
// the campaign's own.
func aimsOf(c campaigns.Campaign) []float64 {
	aims := []float64{0.0025, 0.005, 0.01, 0.015, 0.02, targetOfCap * 0.03, aimOf(c)}
	if c.Cap > 0.03 {
		aims = append(aims, 0.04, targetOfCap*0.05)
	}
	slices.Sort(aims)
	return slices.CompactFunc(aims, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })
}

// saveAim takes a goal over from the answer.
func (p *Pages) saveAim(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in, err := p.in(r, u, "what-if", "What if")
	if err != nil {
		return err
	}
	f := p.form(r)
	aim := f.decimal(f.say.T("Aim at"), f.text("aim"))
	if in.Campaign.Target = aim; math.Abs(aim-targetOfCap*in.Campaign.Cap) < 1e-9 {
		in.Campaign.Target = 0
	}
	if err := f.err(); err != nil {
		return edge.NewFault(http.StatusUnprocessableEntity, "aim_invalid", err.Error())
	}
	if _, err := p.Book.Update(r.Context(), u, in.Campaign); err != nil {
		return err
	}
	http.Redirect(w, r, fmt.Sprintf("/campaigns/%d?saved", in.Campaign.ID), http.StatusSeeOther)
	return nil
}

// whatIfChart draws wait and occupancy against abandonment.
func (p *Pages) whatIfChart(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v, key, err := p.whatIfView(r, u)
	if err != nil {
		return err
	}
	one, ok := p.futures.find(key)
	if !ok || !one.done || len(one.goals) == 0 {
		return p.nothing(w, r, u)
	}
	t := v.Lang.T
	x := plot.Axis{Label: t("abandoned, of those answered by a person"), Suffix: " %"}
	wait := plot.Panel{X: x, Y: plot.Axis{Label: t("wait of an agent between calls"), Suffix: " s"}, Lines: []plot.Line{{Name: t("wait"), Strong: true}}}
	busy := plot.Panel{X: x, Y: plot.Axis{Label: t("occupancy of agents"), Suffix: " %"}, Lines: []plot.Line{{Name: t("occupancy"), Strong: true}}}
	for _, g := range one.goals {
		over := g.Abandonment > v.Campaign.Cap
		wait.Lines[0].Points = append(wait.Lines[0].Points, plot.Point{X: 100 * g.Abandonment, Y: g.WaitMean, Over: over})
		busy.Lines[0].Points = append(busy.Lines[0].Points, plot.Point{X: 100 * g.Abandonment, Y: 100 * g.Occupancy, Over: over})
	}
	figure := plot.Figure{
		Title: t("What another goal would bring"), Desc: t("Wait and occupancy of agents against the share of calls that are abandoned, simulated."),
		Panels: []plot.Panel{wait, busy},
	}
	var drawing bytes.Buffer
	if err := figure.Write(&drawing); err != nil {
		return fmt.Errorf("draw a what-if: %w", err)
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'") // the drawing's own sheet; nothing else is in it
	_, _ = drawing.WriteTo(w)                                                                  // the client may be gone
	return nil
}

// IsAim tells whether the goal is the one that is given.
func (g goal) IsAim(aim float64) bool { return math.Abs(g.Aim-aim) < 1e-9 }

// Percent2 writes a share finely: goals differ by less than a tenth of a percent.
func (v whatIfView) Percent2(share float64) string { return v.Lang.T("%.2f %%", 100*share) }
