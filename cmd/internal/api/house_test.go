package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/api/edge"
	"github.com/forecall/forecall/cmd/internal/api/session"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/registry"
	"github.com/forecall/forecall/storage/sqlite"
	"github.com/forecall/forecall/storage/storagetest"
)

// password is everybody's in tests.
const password = "correct horse battery"

// passwordHash is its Argon2id hash, at the cost that the service asks.
const passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$WYdCiqSLzrH63qvFPwUO7Q$5x0x11xnTTL35pS9EKRAwkGQGZGY66RfdY8UjKbGjeg"

// house is a call centre under test: a real store, the real services and the
// real server over HTTP, and a floor without calls.
type house struct {
	*testing.T
	db    *records.DB
	floor *fakeFloor
	api   *Server
	url   string
	log   *lockedBuffer
	desk  *campaigns.Desk
	acc   *campaigns.Accounts
	shelf *registry.Shelf
	users map[string]campaigns.User
}

func newHouse(t *testing.T, limits ...func(*Settings, *http.Server)) *house {
	t.Helper()
	h := &house{T: t, floor: newFakeFloor(), log: &lockedBuffer{}, users: map[string]campaigns.User{}}
	db, err := records.Open(t.Context(), records.Settings{Engine: sqlite.At(empty.Path(t))})
	h.must(err)
	t.Cleanup(func() { h.must(db.Close()) })
	h.db = db
	logger := slog.New(slog.NewTextHandler(h.log, nil))

	h.acc, err = campaigns.NewAccounts(db, db, "forecall")
	h.must(err)
	dnc := campaigns.NewSuppression(db, db, h.floor)
	h.desk = campaigns.NewDesk(campaigns.DeskSettings{
		Shift: h.floor, Seat: h.floor, Line: h.floor, Previews: h.floor, Records: db, Campaigns: db, DNC: dnc,
		Breaks: campaigns.WithShifts(db, db), Leaves: h.floor, Signs: h.floor, Calendars: db, Drafts: db, Past: db,
		Talk: h.floor, Passing: h.floor, Colleagues: h.floor,
	})
	sessions := session.New(session.Settings{Store: db.Sessions(session.UserOf), Users: db})
	importer, err := NewImporter(db, filepath.Join(t.TempDir(), "imports"), numbers.Policy{})
	h.must(err)
	book := campaigns.NewBook(db, db, db, db, h.floor)
	consents := campaigns.NewConsents(db, dnc, h.floor, db)
	h.desk.Consents = consents
	scripts := campaigns.NewScripts(campaigns.ScriptSettings{
		Store: db, People: db, Campaigns: db, Book: book, Line: h.floor, Records: db, Signs: h.floor,
	})
	h.desk.Scripts = scripts
	bell := NewBell(h.floor)
	t.Cleanup(bell.Wait)
	shelf, err := registry.Open(t.TempDir(), nil, logger)
	h.must(err)
	db.SetRegisters(shelf)
	h.shelf = shelf
	registers := campaigns.NewRegistry(campaigns.RegisterSettings{Ledger: db, Maker: shelf, Shelf: shelf, Book: db})
	loads, err := NewRegisterLoads(registers, filepath.Join(t.TempDir(), "incoming"), logger)
	h.must(err)
	t.Cleanup(func() { h.must(loads.Close()) })
	recordings := campaigns.NewRecordings(db, fakeFiles{t}, db)
	settings := Settings{
		Registry: registers, RegisterLoads: loads,
		Office: testOffice(t, db, h.desk, bell),
		Supervision: campaigns.NewSupervision(campaigns.SupervisionSettings{
			Monitors: h.floor, Headphones: h.floor, Shift: h.floor, Audit: db,
		}),
		Recordings: recordings,
		Manual:     campaigns.NewManual(h.floor, db, db, h.floor, readNumber), Agreed: campaigns.NewAgreed(db, db),
		Scripts: scripts,
		Checks:  campaigns.NewChecks(db),
		Stops:   campaigns.NewStops(db, h.floor), Abandonment: campaigns.NewAbandonment(db, db, db, campaigns.NewRuleDesk(db)),
		RuleDesk:   campaigns.NewRuleDesk(db),
		Replays:    campaigns.NewReplays(db, "2026a"),
		Compliance: complianceOf(t, db, recordings, logger),
		Meetings:   campaigns.NewMeetings(db, db, db, "forecall.example", "test"), Complaints: campaigns.NewComplaints(db), Days: campaigns.NewDays(db, db),
		Consents: consents,
		Headsets: campaigns.NewHeadsets(&fakeHeadsets{}),
		Imports:  importer, Accounts: h.acc, Desk: h.desk, Book: book, Lookup: campaigns.NewLookup(db, db, db),
		Lists: campaigns.NewLists(db, db, db), CallLog: campaigns.NewCallLog(db, db, db), DNC: dnc,
		Board: campaigns.NewWallboard(h.floor), Clock: campaigns.NewClock(db), Sessions: sessions, Watch: bell, Keys: db, Version: "test", Log: logger,
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config = edge.NewServer(nil, logger)
	for _, limit := range limits {
		limit(&settings, server.Config)
	}
	h.api, err = New(settings)
	h.must(err)
	server.Config.Handler = edge.Wrap(edge.Settings{Log: logger, Streams: h.api.Streams}, sessions.Load(h.api))
	server.Start()
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// staff adds one user of each role, whose login is the role.
func (h *house) staff() *house {
	h.Helper()
	for _, r := range campaigns.Roles() {
		h.hire(string(r), r)
	}
	return h
}

func (h *house) hire(login string, role campaigns.Role, works ...string) campaigns.User {
	h.Helper()
	u, err := h.db.PutUser(h.Context(), campaigns.User{
		Login: login, Name: "Name of " + login, Role: role, Extension: login, Campaigns: works, PasswordHash: passwordHash,
	})
	h.must(err)
	h.users[login] = u
	return u
}

// running stores a campaign that is open at every hour, with a list.
func (h *house) running(name string) (campaigns.Campaign, campaigns.List) {
	h.Helper()
	c := campaigns.NewCampaign(name)
	c.Windows, c.Script = rules.Always(), "Good day, my name is …"
	c, err := h.db.CreateCampaign(h.Context(), c, "test")
	h.must(err)
	c, err = h.db.SetStatus(h.Context(), c.ID, campaigns.Running, "test")
	h.must(err)
	l, err := h.db.CreateList(h.Context(), campaigns.List{Campaign: c.ID, Name: "list", Active: true})
	h.must(err)
	return c, l
}

// contact stores one contact and returns it as leased, ready to be called.
func (h *house) contact(c campaigns.Campaign, l campaigns.List, name, number string) campaigns.Contact {
	h.Helper()
	load, err := h.db.BeginLoad(h.Context(), campaigns.Load{Campaign: c.ID, List: l.ID, Source: "test", Policy: campaigns.SkipDuplicates, BeganAt: time.Now()})
	h.must(err)
	_, err = h.db.AddContacts(h.Context(), load, []campaigns.Contact{{
		Campaign: c.ID, List: l.ID, Load: load, Row: 1, Name: name, Fields: map[string]string{"plan": "gold"},
		Phones: []campaigns.Phone{{Number: number, Zones: []string{"Europe/Madrid"}}},
	}}, campaigns.SkipDuplicates)
	h.must(err)
	leased, err := h.db.Lease(h.Context(), c.ID, time.Now(), 10)
	h.must(err)
	if len(leased) != 1 {
		h.Fatalf("leased %d contacts, want 1", len(leased))
	}
	return leased[0]
}

// talk has an agent talk with a contact: the attempt stands in the ledger, the
// call is on the agent's line.
func (h *house) talk(u campaigns.User, c campaigns.Campaign, p campaigns.Contact) *campaigns.Attempt {
	h.Helper()
	a := campaigns.NewAttempt(c, p, "", time.Now())
	h.must(h.db.Begin(h.Context(), c, a))
	h.floor.bridge(u.ID, campaigns.CurrentCall{Attempt: a.ID, Campaign: c.ID, Contact: p, Number: a.Number}, campaigns.AgentTalking)
	return a
}

// hangUp ends the call of an agent: wrap-up, and the outcome in the ledger.
func (h *house) hangUp(u campaigns.User, a *campaigns.Attempt) {
	h.Helper()
	end := *a
	end.Agent, end.Outcome, end.EndedBy = u.ID, campaigns.Connected, "callee"
	end.SentAt, end.AnsweredAt, end.BridgedAt, end.EndedAt = a.IntentAt, time.Now(), time.Now(), time.Now()
	h.must(h.db.Finish(h.Context(), end))
	h.must(h.floor.state(u.ID, campaigns.AgentWrapUp, ""))
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// caller is somebody who talks to the API.
type caller struct {
	*house
	token string
}

// as begins a session for a user, without the price of a password.
func (h *house) as(login string) caller {
	h.Helper()
	token, _, err := h.api.Sessions.Begin(h.Context(), httptest.NewRecorder(), h.users[login])
	h.must(err)
	return caller{h, token}
}

// login logs a user in over HTTP.
func (h *house) login(login string) caller {
	h.Helper()
	var answer LoginAnswer
	caller{house: h}.send("POST", loginPath, map[string]string{"login": login, "password": password}).want(http.StatusOK).into(&answer)
	return caller{h, answer.Token}
}

// reply is an answer with its body read.
type reply struct {
	*house
	*http.Response
	body []byte
}

func (c caller) send(method, path string, body any, headers ...string) reply {
	c.Helper()
	var in io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		c.must(err)
		in = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(c.Context(), method, c.url+path, in)
	c.must(err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return c.do(req)
}

func (h *house) do(req *http.Request) reply {
	h.Helper()
	res, err := http.DefaultTransport.RoundTrip(req)
	h.must(err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	h.must(err)
	return reply{h, res, data}
}

func (r reply) want(status int) reply {
	r.Helper()
	if r.StatusCode != status {
		r.Fatalf("%s %s: status %d, want %d: %s", r.Request.Method, r.Request.URL.Path, r.StatusCode, status, r.body)
	}
	return r
}

// fault wants an error with a code, as problem details.
func (r reply) fault(status int, code string) {
	r.Helper()
	var f edge.Fault
	r.want(status).into(&f)
	if f.Code != code || f.Detail == "" || f.Status != status {
		r.Errorf("fault %+v, want code %q", f, code)
	}
	if got := r.Header.Get("Content-Type"); got != "application/problem+json" {
		r.Errorf("content type %q of a fault", got)
	}
}

func (r reply) into(v any) {
	r.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		r.Fatalf("%v: %s", err, r.body)
	}
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func contains(t *testing.T, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%q does not contain %q", text, part)
	}
}

// empty is what every store of these tests begins as.
var empty = storagetest.Empty{Make: func(path string) error {
	db, err := records.Open(context.Background(), records.Settings{Engine: sqlite.At(path)})
	if err != nil {
		return err
	}
	return db.Close()
}}
