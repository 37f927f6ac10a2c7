package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// callerIDsView is the numbers that people see.
type callerIDsView struct {
	officeView
	Pools []callerPool
	Typed campaigns.CallerID // in the form
	Edit  bool               // the form changes a number that is there
	Names []string           // of the pools
}

// callerPool is numbers that belong together.
type callerPool struct {
	Name    string // empty = in no pool
	Numbers []campaigns.CallerID
	Today   int64
}

func (p *Pages) callerIDs(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showCallerIDs(w, r, u, callerIDsView{officeView: officeIn(r, p.frame(r, "Caller IDs"))}, http.StatusOK)
}

// counted is how far back calls are counted.
const counted = 24 * time.Hour

func (p *Pages) showCallerIDs(w http.ResponseWriter, r *http.Request, u campaigns.User, v callerIDsView, status int) error {
	all, err := p.Office.CallerIDs.List(r.Context(), u, time.Now().Add(-counted))
	if err != nil {
		return err
	}
	for _, c := range all {
		i := slices.IndexFunc(v.Pools, func(o callerPool) bool { return o.Name == c.Pool })
		if i < 0 {
			i, v.Pools = len(v.Pools), append(v.Pools, callerPool{Name: c.Pool})
			if c.Pool != "" {
				v.Names = append(v.Names, c.Pool)
			}
		}
		v.Pools[i].Numbers, v.Pools[i].Today = append(v.Pools[i].Numbers, c), v.Pools[i].Today+c.Today
	}
	slices.SortFunc(v.Pools, func(a, b callerPool) int {
		if (a.Name == "") != (b.Name == "") { // those in no pool come last
			return strings.Compare(b.Name, a.Name)
		}
		return strings.Compare(a.Name, b.Name)
	})
	return p.render(w, status, "office-caller-ids.html", v)
}

// editCallerID fills the form with what is known of a number. It is a post so
// that numbers do not stand in addresses, which end in logs.
func (p *Pages) editCallerID(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	all, err := p.Office.CallerIDs.List(r.Context(), u, time.Now())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(c campaigns.CallerID) bool { return c.Number == typed(r, "number") })
	if i < 0 {
		return p.nothing(w, r, u)
	}
	return p.showCallerIDs(w, r, u, callerIDsView{officeView: officeIn(r, p.frame(r, "Caller IDs")), Typed: all[i], Edit: true}, http.StatusOK)
}

func (p *Pages) putCallerID(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in := campaigns.CallerID{
		Number: dialed(typed(r, "number")), Label: typed(r, "label"), Region: strings.ToUpper(typed(r, "region")), Pool: typed(r, "pool"),
		Area: typed(r, "area"), Rest: typed(r, "rest") != "", Blocked: typed(r, "blocked"), Profile: typed(r, "profile"),
	}
	var err error
	if most := typed(r, "most"); most != "" {
		if in.Most, err = strconv.ParseInt(most, 10, 64); err != nil {
			err = &campaigns.Problem{Kind: campaigns.KindInvalid, Code: "most_invalid", Text: "Calls a day are 0 for no warning, or more.", Cause: err}
		}
	}
	if err == nil {
		err = p.Office.CallerIDs.Put(r.Context(), u, in)
	}
	return p.led(w, r, err, "/office/caller-ids", "saved", func(status int, wrong string) error {
		v := callerIDsView{officeView: officeIn(r, p.frame(r, "Caller IDs")), Typed: in, Edit: typed(r, "edit") != ""}
		v.Wrong = wrong
		return p.showCallerIDs(w, r, u, v, status)
	})
}

func (p *Pages) deleteCallerID(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	err := p.Office.CallerIDs.Delete(r.Context(), u, typed(r, "number"))
	return p.led(w, r, err, "/office/caller-ids", "deleted", func(status int, wrong string) error {
		v := callerIDsView{officeView: officeIn(r, p.frame(r, "Caller IDs"))}
		v.Wrong = wrong
		return p.showCallerIDs(w, r, u, v, status)
	})
}

// dialed is a number without what people write between the digits.
func dialed(number string) string {
	return strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "", "/", "", "\u00a0", "").Replace(number)
}
