package node

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/config"
)

// hostileNames are names that lists have brought, or could.
var hostileNames = []string{
	`<script>document.title="stolen"</script>`,
	`"><img src=x onerror="document.title='stolen'">`,
	"\u202Eevil\u202D txt.exe", // right to left override
	"{{.User.PasswordHash}} ${7*7}",
	"👩🏽‍💻 Zoë 王小明 عمر",
	strings.Repeat("ш", 100_000/2), // 100 kB
	"Ana\nFerrer\t\x00",
}

// hostileHouse is an office whose list is full of such names: some were called
// and written about, one of them talks now.
type hostileHouse struct {
	*office
	ana     *desk
	attempt string // a call that is over
	load    int64
	list    int64
	waiting string // an upload that waits
	webhook int64
	export  int64  // a file that is written
	refused string // decision that let a call not be placed
	loading string // a version of a register that waits
}

func openHostileHouse(t *testing.T) *hostileHouse {
	t.Helper()
	v := openVillage(t, at50ms)
	h := &hostileHouse{}
	h.office = openOfficeWith(t, v.addr(), nil, func(c *config.Config) {
		c.Campaigns[0].Script, c.Campaigns[0].ScriptVer = branching, "spring"
		for login, role := range map[string]campaigns.Role{"sue": campaigns.Supervisor, "cora": campaigns.Compliance, "root": campaigns.Admin} {
			c.Users = append(c.Users, config.User{Login: login, Name: "Name of " + login, Role: string(role), Password: c.Users[0].Password})
		}
		c.Users[1].Name = `Ana <i onclick="alert(1)">Ferrer</i>`
	}, "ana", "ben")
	at := fmt.Sprintf("/v1/campaigns/%d", h.campaign)
	if err := h.manager.Change(within(t), at, map[string]any{"recording": map[string]any{"mode": "on"}}, nil); err != nil {
		t.Fatal(err)
	}
	var hook api.Webhook
	if err := h.manager.Post(within(t), "/v1/webhooks", map[string]any{"name": "<b>crm</b>", "url": "https://crm.example/hook", "enabled": false, "events": []string{"sale.recorded"}}, &hook); err != nil {
		t.Fatal(err)
	}
	h.webhook = hook.ID
	if err := h.manager.Post(within(t), "/v1/salespeople", map[string]any{
		"name": hostileNames[0], "zone": "America/New_York", "hours": map[string]any{"mon-sun": []string{"00:00-24:00"}},
		"slot": "1h", "buffer": "0s", "place": hostileNames[1], "phone": true, "active": true,
	}, nil); err != nil {
		t.Fatal(err)
	}
	h.stock(t)
	h.plug(t, "ana", newWatcher())
	h.ana = h.seat(t, "ana")
	if err := h.manager.Post(within(t), at+"/start", nil, nil); err != nil {
		t.Fatal(err)
	}
	notes := []api.Disposition{
		{Code: "sale", Note: hostileNames[0], Sale: &api.Sale{Currency: "EUR", Lines: []api.OrderLine{{Product: hostileNames[1], Quantity: 2, UnitPrice: 2990}}}},
		{Code: "appointment", Note: hostileNames[1], Appointment: &api.Appointment{
			At: time.Now().Add(26 * time.Hour), Zone: "America/New_York", Place: hostileNames[1], Person: hostileNames[0],
		}},
		{Code: "not_interested", Note: hostileNames[2] + hostileNames[4]},
	}
	for _, note := range notes {
		card := h.ana.connected(t)
		h.attempt = card.Attempt
		close(v.line(card.Number).enough)
		h.ana.until(t, "call_ended")
		h.ana.dispose(t, card.Attempt, note)
	}
	h.refused, h.export = h.refuse(t), h.exportAll(t)
	h.fillDesk(t)
	h.ana.connected(t) // and goes on
	return h
}

// stock puts the names into the store as a list brings them, past every check
// of an import.
func (h *hostileHouse) stock(t *testing.T) {
	t.Helper()
	db := h.node.db
	l, err := db.CreateList(within(t), campaigns.List{Campaign: h.campaign, Name: "March <b>", Active: true})
	if err != nil {
		t.Fatal(err)
	}
	load, err := db.BeginLoad(within(t), campaigns.Load{Campaign: h.campaign, List: l.ID, Source: `"><img src=x onerror=alert(1)>.csv`, Policy: campaigns.SkipDuplicates, BeganAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	h.list, h.load = l.ID, load
	var people []campaigns.Contact
	for i, which := range []int{0, 2, 1, 5, 3, 4, 6} { // the fourth, of 100 kB, is on the line during the walk
		name := hostileNames[which]
		people = append(people, campaigns.Contact{
			Row: i + 1, Name: name, Company: hostileNames[(which+1)%len(hostileNames)], Fields: map[string]string{"<i>plan": name, "city": "\u202Ednomder"},
			Phones: []campaigns.Phone{{Number: fictional(40 + i), Zones: []string{"America/New_York"}}},
		})
	}
	if _, err := db.AddContacts(within(t), load, people, campaigns.SkipDuplicates); err != nil {
		t.Fatal(err)
	}
}

// upload brings a file with a hostile name and hostile cells through the page.
func (h *hostileHouse) upload(w *window) {
	w.Helper()
	w.logIn(managerLogin)
	var rows strings.Builder
	file := csv.NewWriter(&rows)
	_ = file.Write([]string{"name", "phone", "<script>", "=cmd|' /C calc'!A0"}) // a builder takes everything
	for i, name := range hostileNames[:5] {
		_ = file.Write([]string{name, fictional(60 + i), "<b>cell", "x"})
	}
	file.Flush()
	content, err := json.Marshal(rows.String())
	if err != nil {
		w.Fatal(err)
	}
	h.waiting = asked[string](w, `(async () => {
		const form = new FormData();
		form.append("file", new File([`+string(content)+`], "<img src=x onerror=alert(1)>\u202Efdp.csv", { type: "text/csv" }));
		const r = await fetch("/campaigns/`+fmt.Sprint(h.campaign)+`/upload", { method: "POST", body: form });
		return r.ok ? new URL(r.url).pathname.split("/").pop() : String(r.status) + " " + (await r.text()).slice(0, 2000);
	})()`)
	w.Logf("the upload is %.200s", h.waiting)
}

// fill makes a path of a pattern; empty = nothing to look at there.
func (h *hostileHouse) fill(t *testing.T, pattern string) string {
	t.Helper()
	switch pattern {
	case "/{$}":
		return "/"
	case "/": // every other address
		return ""
	case "/static/{name}":
		return "/static/forecall.css"
	case "/words/{lang}":
		return "/words/es"
	case "/compliance/consents/{id}":
		return "/compliance/consents/" + h.consent(t)
	case "/compliance/rules/{id}":
		return "/compliance/rules/us-states" // a preset can be read before it binds
	}
	if strings.HasPrefix(pattern, "/compliance/lists/") {
		return h.listPath(t, pattern)
	}
	id := fmt.Sprint(h.campaign)
	if strings.HasPrefix(pattern, "/office/webhooks/") {
		id = fmt.Sprint(h.webhook)
	}
	if strings.HasPrefix(pattern, "/compliance/exports/") {
		id = fmt.Sprint(h.export)
	}
	if strings.HasPrefix(pattern, "/compliance/refusals/") {
		id = h.refused
	}
	path := strings.NewReplacer("{id}", id, "{login}", "ana", "{no}", "1", "{attempt}", h.attempt, "{upload}", h.waiting,
		"{list}", fmt.Sprint(h.list), "{import}", fmt.Sprint(h.load), "{agent}", fmt.Sprint(h.where(t, "ana").ID)).Replace(pattern)
	if strings.ContainsAny(path, "{}") {
		t.Errorf("the walk does not know what %s is", pattern)
		return ""
	}
	return path
}
