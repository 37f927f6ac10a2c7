package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// callView is one call with all that is known of it.
type callView struct {
	frame
	Call     campaigns.CallDetail
	Line     []callMoment
	Facts    []fact
	Wave     wave
	Form     []scoreField
	Scores   []campaigns.Score
	Comment  string
	Wrong    string // what is wrong with the score
	MayHear  bool
	MayScore bool
}

// callMoment is one line of the time line of a call.
type callMoment struct {
	At     time.Time
	What   string // a code
	By     string
	Detail string
	Offset float64 // seconds since the recording began; below zero = not in it
}

// Sounds tells whether the moment can be heard.
func (m callMoment) Sounds() bool { return m.Offset >= 0 }

// Clock writes where it lies in the recording.
func (m callMoment) Clock() string { return elapsed(time.Duration(m.Offset * float64(time.Second))) }

// fact is a name and a value.
type fact struct{ Name, Value string }

// scoreField is a question of the form with what this scorer said.
type scoreField struct {
	campaigns.ScoreQuestion
	Value string
}

// Choices are what may be answered, the codes.
func (f scoreField) Choices() []string {
	if f.Kind == campaigns.ScoreYesNo {
		return []string{"yes", "no"}
	}
	return []string{"1", "2", "3", "4", "5"}
}

func (p *Pages) call(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showCall(w, r, u, callView{}, http.StatusOK)
}

func (p *Pages) showCall(w http.ResponseWriter, r *http.Request, u campaigns.User, v callView, status int) error {
	ctx, attempt := r.Context(), r.PathValue("attempt")
	d, err := p.Heard.Call(ctx, u, attempt)
	if err != nil {
		return err
	}
	v.frame, v.Call = p.frame(r, "Call"), d
	v.Line, v.Facts = timeLine(d), factsOf(v.Lang, d)
	v.MayHear = d.Recording != nil && u.Role.May(campaigns.HearRecordings)
	if v.MayHear {
		person, house, err := p.Heard.Waveform(ctx, u, attempt, waveBuckets)
		if err != nil {
			edge.FaultOf(ctx, p.Log, err) // the page shows what else there is
		}
		v.Wave = waveOf(person, house, *d.Recording, v.Line)
	}
	sheet, err := p.Office.Scoring.Sheet(ctx, u, attempt)
	if err != nil {
		return err
	}
	v.Scores = sheet.Scores
	v.MayScore = u.Role.May(campaigns.ScoreCalls) && len(sheet.Form) > 0 && d.Agent != 0 && d.Agent != u.ID
	if v.MayScore && v.Form == nil {
		v.Form, v.Comment = formOf(sheet, u)
	}
	return p.render(w, status, "call.html", v)
}

// formOf is the form with what the scorer said before.
func formOf(sheet campaigns.Sheet, u campaigns.User) (fields []scoreField, comment string) {
	given := map[string]string{}
	for _, s := range sheet.Scores {
		if s.Scorer != u.ID {
			continue
		}
		comment = s.Comment
		for _, a := range s.Answers {
			given[a.Key] = a.Value
		}
	}
	for _, q := range sheet.Form {
		fields = append(fields, scoreField{q, given[q.Key]})
	}
	return fields, comment
}

// scoreCall takes the scoring form of a call.
func (p *Pages) scoreCall(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	ctx, attempt := r.Context(), r.PathValue("attempt")
	sheet, err := p.Office.Scoring.Sheet(ctx, u, attempt)
	if err != nil {
		return err
	}
	v := callView{Comment: r.PostFormValue("comment")}
	var answers []campaigns.ScoreAnswer
	for _, q := range sheet.Form {
		value := r.PostFormValue("q." + q.Key)
		v.Form = append(v.Form, scoreField{q, value})
		answers = append(answers, campaigns.ScoreAnswer{Key: q.Key, Value: value})
	}
	_, err = p.Office.Scoring.Score(ctx, u, attempt, answers, v.Comment)
	var wrong *campaigns.Problem
	if errors.As(err, &wrong) && wrong.Kind == campaigns.KindInvalid {
		v.Wrong = wrong.Text
		return p.showCall(w, r, u, v, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/calls/"+attempt+"#h-score", http.StatusSeeOther)
	return nil
}

// timeLine is what happened, in the order of time: what the line did, and what
// people did.
func timeLine(d campaigns.CallDetail) []callMoment {
	var line []callMoment
	add := func(at time.Time, what, detail string) {
		if !at.IsZero() {
			line = append(line, callMoment{At: at, What: what, Detail: detail})
		}
	}
	add(d.IntentAt, "decided", "")
	add(d.SentAt, "dialed", d.Trunk)
	add(d.RingingAt, "ringing", "")
	add(d.AnsweredAt, "answered", "")
	add(d.MessageAt, "message_begun", "")
	add(d.MessageEndAt, "message_ended", "")
	bridged := func(e campaigns.CallEvent) bool { return e.Kind == campaigns.EventBridged }
	if !slices.ContainsFunc(d.Events, bridged) {
		add(d.BridgedAt, string(campaigns.EventBridged), d.AgentLogin)
	}
	for _, e := range d.Events {
		line = append(line, callMoment{At: e.At, What: string(e.Kind), By: e.ByLogin, Detail: e.Detail})
	}
	add(d.EndedAt, "ended", strings.ReplaceAll(d.EndedBy, "_", " "))
	if d.Disposition != nil {
		add(d.Disposition.At, "disposition", d.Disposition.Code)
	}
	slices.SortStableFunc(line, func(a, b callMoment) int { return a.At.Compare(b.At) })
	for i := range line {
		line[i].Offset = -1
		if rec := d.Recording; rec != nil {
			if at := line[i].At.Sub(rec.Began); at >= -time.Second && at <= rec.Duration+time.Second {
				line[i].Offset = min(max(at, 0), rec.Duration).Seconds()
			}
		}
	}
	return line
}

// Sold are the lines of the order in words.
func (v callView) Sold() []string {
	d := v.Call.Disposition
	if d == nil || d.Sale == nil {
		return nil
	}
	var out []string
	for _, l := range d.Sale.Lines {
		name := l.Name
		if name == "" {
			name = l.Product
		}
		out = append(out, fmt.Sprintf("%d × %s", l.Quantity, name))
	}
	return out
}

// Percent writes the share of a score; a dash when nothing had points.
func (v callView) Percent(share float64) string {
	if share < 0 {
		return "–"
	}
	return v.Lang.T("%.0f %%", share*100)
}
