package web

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/api/edge"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

// form reads the fields of a form that was sent, and gathers what cannot be
// read, to be said all at once.
type form struct {
	r    *http.Request
	say  *catalog.Catalog
	errs []error
}

func (p *Pages) form(r *http.Request) *form { return &form{r: r, say: p.lang(r)} }

func (f *form) bad(text string, values ...any) {
	f.errs = append(f.errs, errors.New(f.say.T(text, values...)))
}

func (f *form) text(name string) string { return strings.TrimSpace(f.r.PostFormValue(name)) }

func (f *form) on(name string) bool { return f.r.PostFormValue(name) != "" }

// all are the values of a field that occurs several times.
func (f *form) all(name string) []string {
	_ = f.r.PostFormValue(name)
	return f.r.PostForm[name]
}

// at is the value of one row of a table of fields.
func at(values []string, i int) string {
	if i >= len(values) {
		return ""
	}
	return strings.TrimSpace(values[i])
}

// lines are the lines of a field that are not empty.
func (f *form) lines(name string) []string {
	var out []string
	for line := range strings.Lines(f.r.PostFormValue(name)) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// whole reads a whole number; an empty field is 0.
func (f *form) whole(what, text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		f.bad("%s: %q is not a whole number.", what, brief(text))
	}
	return n
}

// decimal reads a number with a point or a comma.
func (f *form) decimal(what, text string) float64 {
	if text == "" {
		return 0
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", "."), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		f.bad("%s: %q is not a number.", what, brief(text))
		return 0
	}
	return v
}

// percent reads percent as a share.
func (f *form) percent(what, text string) float64 {
	return math.Round(f.decimal(what, text)*1e6) / 1e8
}

// length reads a length of time as 25s, 15m or 4h; a number alone is of seconds.
func (f *form) length(what, text string) time.Duration {
	if text == "" {
		return 0
	}
	if n, err := strconv.Atoi(text); err == nil && n < 1e6 {
		return time.Duration(n) * time.Second
	}
	d, err := time.ParseDuration(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		f.bad("%s: %q is not a length of time; write it as 25s, 15m or 4h.", what, brief(text))
	}
	return d
}

// money reads an amount as 12.50 into the smallest unit of a currency.
func (f *form) money(what, text, currency string) int64 {
	v := f.decimal(what, text) * math.Pow10(minor(currency))
	if math.Abs(v) > 1e15 {
		f.bad("%s: %q is too much.", what, brief(text))
		return 0
	}
	return int64(math.Round(v))
}

// err is what cannot be read, together.
func (f *form) err() error { return errors.Join(f.errs...) }

// minor is how many digits a currency has behind the point (ISO 4217).
func minor(currency string) int {
	switch strings.ToUpper(currency) {
	case "JPY", "KRW", "CLP", "ISK", "VND", "XAF", "XOF", "XPF", "PYG", "UGX", "RWF", "KMF", "GNF", "DJF", "BIF", "VUV":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	}
	return 2
}

// amount writes money as a form takes it.
func amount(v int64, currency string) string {
	return strconv.FormatFloat(float64(v)/math.Pow10(minor(currency)), 'f', minor(currency), 64)
}

// length writes a length of time as a form takes it; nothing for none.
func length(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return api.Duration(d).String()
}

// inPercent writes a share as a form takes it.
func inPercent(share float64) string {
	return strconv.FormatFloat(math.Round(share*1e6)/1e4, 'f', -1, 64)
}

// brief bounds what is repeated of what somebody typed.
func brief(text string) string {
	if r := []rune(text); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return text
}

// saved ends a form of a campaign: back to the page with all well, or the page
// again with what is wrong and everything as it was typed.
func (p *Pages) saved(w http.ResponseWriter, r *http.Request, u campaigns.User, f *form, v *within, to string, again func(status int) error) error {
	if err := f.err(); err != nil {
		v.Wrong = err.Error()
		return again(http.StatusUnprocessableEntity)
	}
	_, err := p.Book.Update(r.Context(), u, v.Campaign)
	var problem *campaigns.Problem
	switch {
	case err == nil:
		http.Redirect(w, r, fmt.Sprintf("/campaigns/%d%s?saved", v.Campaign.ID, to), http.StatusSeeOther)
		return nil
	case errors.As(err, &problem):
		v.Wrong = problem.Text
		return again(edge.FaultOf(r.Context(), p.Log, err).Status)
	}
	return err
}
