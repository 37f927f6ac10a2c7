package web

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// trunksView is the ways to the telephone network.
type trunksView struct {
	officeView
	Trunks  []campaigns.TrunkState
	Numbers []campaigns.TestNumber
	Tests   []campaigns.TestCall
	Chosen  string // number of a test call that was refused
	Number  string // of a test number that was refused
	Label   string
}

// testsShown is how many test calls the page lists.
const testsShown = 20

func (p *Pages) trunks(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showTrunks(w, r, u, trunksView{officeView: officeIn(r, p.frame(r, "Trunks"))}, http.StatusOK)
}

func (p *Pages) showTrunks(w http.ResponseWriter, r *http.Request, u campaigns.User, v trunksView, status int) error {
	var err error
	if v.Trunks, err = p.Office.Trunks.States(u); err != nil {
		return err
	}
	if v.Numbers, err = p.Office.Trunks.Numbers(r.Context(), u); err != nil {
		return err
	}
	if v.Tests, err = p.Office.Trunks.Tests(r.Context(), u, testsShown); err != nil {
		return err
	}
	return p.render(w, status, "office-trunks.html", v)
}

// testCallWithin is how long a test call may take, rings and tune together.
const testCallWithin = 2 * time.Minute

// testCall places one, and shows what happened when it is over.
func (p *Pages) testCall(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	trunk, number := typed(r, "trunk"), typed(r, "number")
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(testCallWithin)); err != nil {
		return fmt.Errorf("give a test call time: %w", err)
	}
	_, err := p.Office.Trunks.Test(r.Context(), u, trunk, number)
	return p.led(w, r, err, "/office/trunks", "tested", func(status int, wrong string) error {
		v := trunksView{officeView: officeIn(r, p.frame(r, "Trunks")), Chosen: number}
		v.Wrong = wrong
		return p.showTrunks(w, r, u, v, status)
	})
}

func (p *Pages) vouchNumber(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	number, label := dialed(typed(r, "number")), typed(r, "label")
	err := p.Office.Trunks.Vouch(r.Context(), u, number, label)
	return p.led(w, r, err, "/office/trunks", "saved", func(status int, wrong string) error {
		v := trunksView{officeView: officeIn(r, p.frame(r, "Trunks")), Number: number, Label: label}
		v.Wrong = wrong
		return p.showTrunks(w, r, u, v, status)
	})
}

func (p *Pages) forgetNumber(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	err := p.Office.Trunks.Forget(r.Context(), u, typed(r, "number"))
	return p.led(w, r, err, "/office/trunks", "deleted", func(status int, wrong string) error {
		v := trunksView{officeView: officeIn(r, p.frame(r, "Trunks"))}
		v.Wrong = wrong
		return p.showTrunks(w, r, u, v, status)
	})
}

// codeCount is how often a SIP code was answered.
type codeCount struct {
	Code  int
	Count int64
}

// Codes lists the answers of a trunk by code.
func (trunksView) Codes(t campaigns.TrunkState) []codeCount {
	var out []codeCount
	for _, code := range slices.Sorted(maps.Keys(t.Codes)) {
		out = append(out, codeCount{code, t.Codes[code]})
	}
	return out
}

// Millis writes a short time in milliseconds.
func (trunksView) Millis(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

// Mask hides the middle of a number.
func (trunksView) Mask(number string) string { return campaigns.Mask(number) }
