package web

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

// The size of a small spark in its own units, and how many points it has.
const (
	chartWidth, chartHeight = 120, 28
	chartPoints             = 120
)

// spark is one figure over the last hour, drawn: the page puts it in as it is.
type spark struct {
	Figure string `json:"figure"`
	Title  string `json:"-"`
	Now    string `json:"now"`   // in words of the reader
	Path   string `json:"path"`  // of an SVG path; empty before there is something to draw
	Limit  string `json:"limit"` // y of the line of the limit; empty = it has none
	Top    string `json:"top"`   // what the upper edge stands for
}

// measure is a figure that has a spark. NaN is a moment of which nothing is
// known, where the line is broken.
type measure struct {
	figure string
	least  float64 // the upper edge stands for this at least
	value  func(past []sample, i int) float64
	say    func(c *catalog.Catalog, v float64) string
}

func measures() []measure {
	percent := func(c *catalog.Catalog, v float64) string { return c.T("%.1f %%", v*100) }
	whole := func(c *catalog.Catalog, v float64) string { return c.T("%.0f", v) }
	seconds := func(c *catalog.Catalog, v float64) string { return c.T("%.0f s", v) }
	return []measure{
		{"share", 0.01, func(p []sample, i int) float64 { return p[i].share }, percent},
		{"air", 4, func(p []sample, i int) float64 { return float64(p[i].air) }, whole},
		{"answer_rate", 0.1, answerRate, percent},
		{"wait", 10, waitBetween, seconds},
		{"occupancy", 1, occupancy, percent},
		{"rate", 4, func(p []sample, i int) float64 { return p[i].rate }, whole},
	}
}

// answerRate is answered by a person over placed.
func answerRate(p []sample, i int) float64 {
	s := over(p, i)
	return ratio(float64(s.answered), float64(s.placed))
}

// waitBetween is how long an agent waits for a call, in seconds.
func waitBetween(p []sample, i int) float64 {
	s := over(p, i)
	return ratio(s.free.Seconds(), float64(s.bridged))
}

// occupancy is the share of their time, pauses aside, that agents work.
func occupancy(p []sample, i int) float64 {
	s := over(p, i)
	return ratio(s.busy.Seconds(), (s.busy + s.free).Seconds())
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	return a / b
}

// charts draws the last hour of a campaign.
func charts(c *catalog.Catalog, past []sample, limit float64) []spark {
	titles := map[string]string{
		"share": c.T("Abandoned"), "air": c.T("Calls in the air"), "answer_rate": c.T("Answer rate"),
		"wait": c.T("Wait between calls"), "occupancy": c.T("Occupancy"), "rate": c.T("Calls a minute"),
	}
	var out []spark
	for _, m := range measures() {
		values := make([]float64, len(past))
		for i := range past {
			values[i] = m.value(past, i)
		}
		of := 0.0
		if m.figure == "share" {
			of = limit
		}
		d := draw(values, max(m.least, of*1.25), of)
		d.Figure, d.Title, d.Now = m.figure, titles[m.figure], c.T("not known yet")
		if n := len(values); n > 0 && !math.IsNaN(values[n-1]) {
			d.Now = m.say(c, values[n-1])
		}
		d.Top = m.say(c, highest(values, max(m.least, of*1.25)))
		out = append(out, d)
	}
	return out
}

func highest(values []float64, least float64) float64 {
	top := least
	for _, v := range values {
		if !math.IsNaN(v) {
			top = max(top, v)
		}
	}
	return top
}

// draw lays values over the width of an hour, the newest at the right edge.
func draw(values []float64, least, limit float64) (d spark) {
	top := highest(values, least)
	y := func(v float64) string { return strconv.FormatFloat(chartHeight-1-v/top*(chartHeight-2), 'f', 1, 64) }
	if limit > 0 {
		d.Limit = y(limit)
	}
	var path strings.Builder
	every, pen := lastHour/chartPoints, false
	for i := range values {
		if (len(values)-1-i)%every != 0 {
			continue
		}
		if math.IsNaN(values[i]) {
			pen = false
			continue
		}
		x := chartWidth - float64(len(values)-1-i)*chartWidth/float64(lastHour)
		if pen {
			path.WriteByte('L')
		} else {
			path.WriteByte('M')
		}
		pen = true
		path.WriteString(strconv.FormatFloat(x, 'f', 1, 64) + " " + y(values[i]))
	}
	d.Path = path.String()
	return d
}

// chartsOf are those of every campaign on the floor, by its number.
func (p *Pages) chartsOf(c *catalog.Catalog, all []campaigns.CampaignStatus) map[int64][]spark {
	out := make(map[int64][]spark, len(all))
	for _, s := range all {
		out[s.ID] = charts(c, p.past.hour(s.ID), s.Cap)
	}
	return out
}

// liveCharts answers the charts again, for a page that is open.
func (p *Pages) liveCharts(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	floor, err := p.Board.Snapshot(u)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(p.chartsOf(p.lang(r), floor.Campaigns))
}
