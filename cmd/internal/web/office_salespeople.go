package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// salespeopleView is whom people may meet, and the appointments to come.
type salespeopleView struct {
	officeView
	People    []campaigns.Salesperson
	Campaigns []campaigns.Campaign
	Bookings  []campaigns.Booking
}

// Campaign is what a calendar's campaign is called.
func (v salespeopleView) Campaign(id int64) string { return campaignName(v.Campaigns, id) }

// bookingsShown is how many appointments a page lists.
const bookingsShown = 200

func (p *Pages) salespeople(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := salespeopleView{officeView: officeIn(r, p.frame(r, "Salespeople"))}
	var err error
	if v.People, err = p.Meetings.Salespeople(r.Context(), u, 0); err != nil {
		return err
	}
	if v.Campaigns, err = p.campaignsByName(r, u); err != nil {
		return err
	}
	if v.Bookings, err = p.Meetings.Bookings(r.Context(), u, campaigns.BookingFilter{From: time.Now(), To: time.Now().AddDate(10, 0, 0), Limit: bookingsShown}); err != nil {
		return err
	}
	return p.render(w, http.StatusOK, "office-salespeople.html", v)
}

// dayHours is the hours of one day of the week, as they are written.
type dayHours struct{ Key, Name, Hours string }

// salespersonView is one calendar.
type salespersonView struct {
	officeView
	Who       campaigns.Salesperson
	New       bool
	Days      []dayHours
	Campaigns []campaigns.Campaign
	Bookings  []campaigns.Booking
	Free      []campaigns.Slot // of the next two weeks
	AwayFrom  string           // typed, of a form that was refused
	AwayTo    string
	AwayNote  string
}

// Local writes an instant by the salesperson's own clock.
func (v salespersonView) Local(t time.Time) string { return localMinute(t, v.Who.Zone) }

// localMinute writes an instant by the clock of a zone.
func localMinute(t time.Time, zone string) string {
	loc, err := rules.Location(zone)
	if err != nil {
		loc = time.UTC
	}
	return t.In(loc).Format("2006-01-02 15:04")
}

// Minutes writes a length of time as the form takes it.
func (salespersonView) Minutes(d time.Duration) int { return int(d.Minutes()) }

// Hours writes a length of time as the form takes it.
func (salespersonView) Hours(d time.Duration) string {
	return strconv.FormatFloat(d.Hours(), 'f', -1, 64)
}

// Days off, one in a line.
func (v salespersonView) DaysOff() string { return strings.Join(v.Who.Holidays, "\n") }

func (p *Pages) newSalesperson(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	hours, err := rules.ParseWeek(map[string][]string{"mon-fri": {"09:00-13:00", "14:00-18:00"}})
	if err != nil {
		return err
	}
	who := campaigns.Salesperson{Zone: "UTC", Slot: time.Hour, Notice: 2 * time.Hour, Hours: hours, Active: true}
	return p.showSalesperson(w, r, u, salespersonView{officeView: officeIn(r, p.frame(r, "New calendar")), Who: who, New: true}, http.StatusOK)
}

func (p *Pages) salesperson(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	who, err := p.Meetings.Salesperson(r.Context(), u, pathNumber(r, "id"))
	if err != nil {
		return err
	}
	return p.showSalesperson(w, r, u, salespersonView{officeView: officeIn(r, p.frame(r, "Calendar")), Who: who}, http.StatusOK)
}

// weekDays are the days in the order of a week, by their keys in hours.
func weekDays(f frame) []dayHours {
	lang := f.Lang
	return []dayHours{
		{Key: "mon", Name: lang.T("Monday")}, {Key: "tue", Name: lang.T("Tuesday")}, {Key: "wed", Name: lang.T("Wednesday")}, {Key: "thu", Name: lang.T("Thursday")},
		{Key: "fri", Name: lang.T("Friday")}, {Key: "sat", Name: lang.T("Saturday")}, {Key: "sun", Name: lang.T("Sunday")},
	}
}

// freeAhead is how far free slots are shown.
const freeAhead = 14 * 24 * time.Hour

// showSalesperson fills in the campaigns, the meetings and the free slots.
// Hours that were typed and refused stay as they are.
func (p *Pages) showSalesperson(w http.ResponseWriter, r *http.Request, u campaigns.User, v salespersonView, status int) error {
	var err error
	if v.Campaigns, err = p.campaignsByName(r, u); err != nil {
		return err
	}
	if v.Days == nil {
		v.Days = weekDays(v.frame)
		for i, days := 0, v.Who.Hours.Days(); i < len(v.Days); i++ {
			v.Days[i].Hours = strings.Join(days[v.Days[i].Key], ", ")
		}
	}
	if !v.New {
		now := time.Now()
		v.Title = v.Brief(v.Who.Name)
		f := campaigns.BookingFilter{Salesperson: v.Who.ID, From: now.Add(-24 * time.Hour), To: now.AddDate(10, 0, 0), Cancelled: true, Limit: bookingsShown}
		if v.Bookings, err = p.Meetings.Bookings(r.Context(), u, f); err != nil {
			return err
		}
		if v.Free, err = p.freeOf(r, u, v.Who.ID, v.Who.Campaign); err != nil {
			return err
		}
	}
	return p.render(w, status, "office-salesperson.html", v)
}

// freeOf is the free slots of a salesperson.
func (p *Pages) freeOf(r *http.Request, u campaigns.User, salesperson, campaign int64) ([]campaigns.Slot, error) {
	free, err := p.Meetings.Slots(r.Context(), u, campaign, time.Now(), time.Now().Add(freeAhead))
	return slices.DeleteFunc(free, func(s campaigns.Slot) bool { return s.Salesperson != salesperson }), err
}

// putSalesperson adds a calendar or changes one.
func (p *Pages) putSalesperson(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := salespersonView{New: r.PathValue("id") == ""}
	if v.New {
		v.officeView = officeIn(r, p.frame(r, "New calendar"))
	} else {
		v.officeView = officeIn(r, p.frame(r, "Calendar"))
		var err error
		if v.Who, err = p.Meetings.Salesperson(r.Context(), u, pathNumber(r, "id")); err != nil {
			return err
		}
	}
	stored, err := v.Who, v.read(r)
	if err == nil {
		stored, err = p.Meetings.Put(r.Context(), u, v.Who)
	}
	return p.led(w, r, err, fmt.Sprintf("/office/salespeople/%d", stored.ID), "saved", func(status int, wrong string) error {
		v.Wrong = wrong
		return p.showSalesperson(w, r, u, v, status)
	})
}

// read fills a calendar from the form.
func (v *salespersonView) read(r *http.Request) error {
	who := &v.Who
	who.Name, who.Email, who.Zone, who.Place = typed(r, "name"), cut(typed(r, "email"), 320), typed(r, "zone"), cut(typed(r, "place"), 1000)
	who.Campaign, _ = strconv.ParseInt(typed(r, "campaign"), 10, 64) // 0 = all
	who.Phone, who.Active, who.Holidays = typed(r, "phone") != "", typed(r, "active") != "", lines(r, "holidays")
	v.AwayFrom, v.AwayTo, v.AwayNote = typed(r, "away_from"), typed(r, "away_to"), cut(typed(r, "away_note"), 200)
	v.Days = weekDays(v.frame)
	days := map[string][]string{}
	for i := range v.Days {
		d := &v.Days[i]
		if d.Hours = typed(r, "hours_"+d.Key); d.Hours != "" {
			days[d.Key] = strings.Split(d.Hours, ",")
		}
	}
	drop := r.PostForm["away_drop"]
	kept := make([]campaigns.Away, 0, len(who.Away))
	for i, a := range who.Away {
		if !slices.Contains(drop, strconv.Itoa(i)) {
			kept = append(kept, a)
		}
	}
	who.Away = kept
	hours, err := rules.ParseWeek(days)
	if err != nil {
		return refusal("hours_invalid", err.Error(), err)
	}
	who.Hours = hours
	if who.Slot, err = typedLength(r, "slot", time.Minute); err != nil {
		return err
	}
	if who.Buffer, err = typedLength(r, "buffer", time.Minute); err != nil {
		return err
	}
	if who.Notice, err = typedLength(r, "notice", time.Hour); err != nil {
		return err
	}
	return v.readAway()
}

// readAway adds the time away that was typed.
func (v *salespersonView) readAway() error {
	if v.AwayFrom == "" && v.AwayTo == "" {
		return nil
	}
	from, errFrom := typedMinute(v.AwayFrom, v.Who.Zone)
	to, errTo := typedMinute(v.AwayTo, v.Who.Zone)
	if err := cmp.Or(errFrom, errTo); err != nil {
		return refusal("away_invalid", "Say from when and until when nobody can be met.", err)
	}
	v.Who.Away = append(v.Who.Away, campaigns.Away{From: from.UTC(), To: to.UTC(), Note: v.AwayNote})
	return nil
}

// refusal is a form that was filled in wrongly, in a sentence.
func refusal(code, text string, cause error) error {
	return &campaigns.Problem{Kind: campaigns.KindInvalid, Code: code, Text: text, Cause: cause}
}

// typedLength reads a number of minutes or hours; empty is none.
func typedLength(r *http.Request, name string, unit time.Duration) (time.Duration, error) {
	text := strings.Replace(typed(r, name), ",", ".", 1)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 0 || n > 10_000 {
		return 0, refusal("length_invalid", "A length of time is a number that is not less than 0.", err)
	}
	return time.Duration(n * float64(unit)), nil
}

// typedMinute reads what a field for day and time holds, by the clock of a zone.
func typedMinute(text, zone string) (time.Time, error) {
	loc, err := rules.Location(zone)
	if err != nil {
		return time.Time{}, err
	}
	return time.ParseInLocation("2006-01-02T15:04", text, loc)
}
