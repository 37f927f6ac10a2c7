package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/api/edge"
	"github.com/forecall/forecall/cmd/internal/api/session"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/registry"
	"github.com/forecall/forecall/storage/sqlite"
	"github.com/forecall/forecall/storage/storagetest"
)

// password is everybody's in tests, and its Argon2id hash.
const (
	password     = "correct horse battery"
	passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$WYdCiqSLzrH63qvFPwUO7Q$5x0x11xnTTL35pS9EKRAwkGQGZGY66RfdY8UjKbGjeg"
)

// stage is a floor that shows what a test puts on it.
type stage struct {
	mu       sync.Mutex
	snapshot campaigns.FloorSnapshot
	applied  []campaigns.Campaign
	stopped  []campaigns.Stop
	// listening is whom supervisors listen to, 0 = their phone is connected
	listening map[int64]int64
}

func (s *stage) Snapshot() campaigns.FloorSnapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.snapshot
	now.At = time.Now()
	return now
}

func (s *stage) show(f campaigns.FloorSnapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.snapshot = f
}

func (s *stage) Apply(_ context.Context, c campaigns.Campaign) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applied = append(s.applied, c)
	return nil
}

func (s *stage) Withdraw(string) {}

func (s *stage) Halt(holding []campaigns.Stop) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = holding
	return nil
}

func (s *stage) WithdrawAll([]campaigns.DoNotCall) error { return nil }

func (s *stage) Watch(context.Context, int64) <-chan struct{} { return nil }

// house serves the pages and the API over a real store.
type house struct {
	*testing.T
	db    *records.DB
	stage *stage
	pages *Pages
	url   string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, stage: &stage{}}
	db, err := records.Open(t.Context(), records.Settings{Engine: sqlite.At(empty.Path(t))})
	h.must(err)
	t.Cleanup(func() { h.must(db.Close()) })
	h.db = db
	log := slog.New(slog.DiscardHandler)
	accounts, err := campaigns.NewAccounts(db, db, "forecall")
	h.must(err)
	dnc := campaigns.NewSuppression(db, db, h.stage)
	book, board := campaigns.NewBook(db, db, db, db, h.stage), campaigns.NewWallboard(h.stage)
	why := campaigns.NewLookup(db, db, db)
	sessions := session.New(session.Settings{Store: db.Sessions(session.UserOf), Users: db})
	importer, err := api.NewImporter(db, filepath.Join(t.TempDir(), "imports"), numbers.Policy{})
	h.must(err)
	lists := campaigns.NewLists(db, db, db)
	uploads, err := api.NewUploads(importer, lists, log)
	h.must(err)
	t.Cleanup(func() { h.must(uploads.Close()) })
	scripts := campaigns.NewScripts(campaigns.ScriptSettings{Store: db, People: db, Campaigns: db, Book: book, Records: db})
	bell := api.NewBell(h.stage)
	t.Cleanup(bell.Wait)
	callLog, office, heard := campaigns.NewCallLog(db, db, db), officeOf(t, db, bell), campaigns.NewRecordings(db, soundFiles{}, db)
	meetings := campaigns.NewMeetings(db, db, db, "forecall.example", "test")
	desk := deskOf(h, heard)
	server, err := api.New(api.Settings{
		Compliance: desk,
		Office:     office, Recordings: heard, Supervision: h.stage.supervision(db),
		Scripts:  scripts,
		Accounts: accounts, Desk: campaigns.NewDesk(campaigns.DeskSettings{Shift: h.stage, Seat: h.stage, Audit: db, Records: db, Campaigns: db, DNC: dnc}), Book: book,
		Lists: lists, CallLog: callLog, DNC: dnc, Board: board, Lookup: why, Clock: campaigns.NewClock(db),
		Sessions: sessions, Imports: importer, Watch: bell, Keys: db, Version: "test", Log: log,
	})
	h.must(err)
	shelf, err := registry.Open(t.TempDir(), nil, log)
	h.must(err)
	registers := campaigns.NewRegistry(campaigns.RegisterSettings{Ledger: db, Maker: shelf, Shelf: shelf, Book: db})
	loads, err := api.NewRegisterLoads(registers, filepath.Join(t.TempDir(), "incoming"), log)
	h.must(err)
	t.Cleanup(func() { h.must(loads.Close()) })
	h.pages, err = New(Settings{
		Compliance: Compliance{Registry: registers, RegisterLoads: loads, DNC: dnc, Proof: proofOf(db), Abandonment: campaigns.NewAbandonment(db, db, db, campaigns.NewRuleDesk(db)), Search: desk.Search, Exports: desk.Exports, Dossiers: desk.Dossiers, Refused: desk.Refused, Rules: campaigns.NewRuleDesk(db), Stops: campaigns.NewStops(db, h.stage), Consents: campaigns.NewConsents(db, dnc, h.stage, db), Outlook: campaigns.NewConsentOutlook(db, db, db)},
		Lists:      lists, Uploads: uploads,
		Floor: h.stage, CallLog: callLog, Office: office, Heard: heard, Browse: campaigns.NewCallBrowser(db), Meetings: meetings, Cases: campaigns.NewComplaints(db),
		Scripts: scripts, Accounts: accounts, Book: book, Board: board, Lookup: why, Sessions: sessions, Log: log,
	})
	h.must(err)
	t.Cleanup(h.pages.Close)
	mux := http.NewServeMux()
	mux.Handle("/v1/", server)
	mux.Handle("/docs/", server)
	mux.Handle("/", h.pages)
	handler := edge.Wrap(edge.Settings{Log: log, Streams: func(r *http.Request) bool { return server.Streams(r) || h.pages.Streams(r) }}, sessions.Load(mux))
	srv := httptest.NewUnstartedServer(handler)
	srv.Config = edge.NewServer(handler, log)
	srv.Start()
	t.Cleanup(srv.Close)
	h.url = srv.URL
	for _, r := range campaigns.Roles() {
		_, err := db.PutUser(t.Context(), campaigns.User{Login: string(r), Name: "Name of " + string(r), Role: r, PasswordHash: passwordHash})
		h.must(err)
	}
	return h
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// visitor is a browser without script.
type visitor struct {
	*house
	client *http.Client
}

func (h *house) visitor() visitor {
	jar, err := cookiejar.New(nil)
	h.must(err)
	return visitor{h, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (v visitor) get(path string) (*http.Response, string) {
	v.Helper()
	res, err := v.client.Get(v.url + path)
	v.must(err)
	return res, v.read(res)
}

func (v visitor) post(path string, form url.Values) (*http.Response, string) {
	v.Helper()
	res, err := v.client.PostForm(v.url+path, form)
	v.must(err)
	return res, v.read(res)
}

func (v visitor) read(res *http.Response) string {
	v.Helper()
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	v.must(err)
	return string(data)
}

// as is a visitor who has logged in by the form.
func (h *house) as(r campaigns.Role) visitor {
	h.Helper()
	v := h.visitor()
	res, body := v.post("/login", url.Values{"login": {string(r)}, "password": {password}})
	if res.StatusCode != http.StatusSeeOther {
		h.Fatalf("login: %d %s", res.StatusCode, body)
	}
	return v
}

// hostile are names that lists have brought, or could.
var hostile = []string{
	`<script>document.title="stolen"</script>`,
	`"><img src=x onerror="document.title='stolen'">`,
	"\u202Eevil\u202D txt.exe", // right to left override
	"{{.User.PasswordHash}} ${7*7}",
	"👩🏽‍💻 Zoë 王小明 عمر",
	"bad \xff\xfe bytes",
}

// stocked stores a running campaign with one contact, Ana, who has two phones.
func (h *house) stocked(name string) campaigns.Campaign {
	h.Helper()
	c := campaigns.NewCampaign(name)
	c, err := h.db.CreateCampaign(h.Context(), c, "test")
	h.must(err)
	c, err = h.db.SetStatus(h.Context(), c.ID, campaigns.Running, "test")
	h.must(err)
	l, err := h.db.CreateList(h.Context(), campaigns.List{Campaign: c.ID, Name: "March", Active: true})
	h.must(err)
	load, err := h.db.BeginLoad(h.Context(), campaigns.Load{Campaign: c.ID, List: l.ID, Source: "test", Policy: campaigns.SkipDuplicates, BeganAt: time.Now()})
	h.must(err)
	_, err = h.db.AddContacts(h.Context(), load, []campaigns.Contact{{
		Row: 1, Name: "Ana <b>Ferrer</b>",
		Phones: []campaigns.Phone{{Number: "+34600111222", Zones: []string{"Europe/Madrid"}}, {Number: "+34910000001", Zones: []string{"Europe/Madrid"}}},
	}}, campaigns.SkipDuplicates)
	h.must(err)
	return c
}

// empty is what every store of these tests begins as.
var empty = storagetest.Empty{Make: func(path string) error {
	db, err := records.Open(context.Background(), records.Settings{Engine: sqlite.At(path)})
	if err != nil {
		return err
	}
	return db.Close()
}}
