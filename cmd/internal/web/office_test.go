package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/storage/records"
)

// soundFolder is a folder of prompts that are read as calls read them.
type soundFolder struct{ path string }

func (f soundFolder) List() (map[string]int64, error) {
	entries, err := os.ReadDir(f.path)
	out := map[string]int64{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		out[e.Name()] = info.Size()
	}
	return out, err
}

func (f soundFolder) Save(file string, data []byte) error {
	return os.WriteFile(filepath.Join(f.path, file), data, 0o600)
}

func (f soundFolder) Open(file string) (io.ReadSeekCloser, error) {
	r, err := os.OpenInRoot(f.path, file)
	if err != nil {
		return nil, campaigns.ErrNotFound
	}
	return r, nil
}

func (f soundFolder) Delete(file string) error {
	if os.Remove(filepath.Join(f.path, file)) != nil {
		return campaigns.ErrNotFound
	}
	return nil
}

func (f soundFolder) Length(data []byte) (time.Duration, error) {
	p, err := media.LoadWAV(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	return p.Duration(), nil
}

// oneTrunk answers every call, and sees to it that it was written down before.
type oneTrunk struct{ db *records.DB }

func (oneTrunk) TrunkStates() []campaigns.TrunkState {
	return []campaigns.TrunkState{
		{Name: "main", Up: true, Lines: 3, MaxLines: 30, Registered: "active", Placed: 200, Answered: 70, Failed: 12, AnswerRate: 0.35, Codes: map[int]int64{200: 70, 486: 58, 503: 12}, OptionsAt: time.Now(), OptionsCode: 200, OptionsRTT: 3 * time.Millisecond},
		{Name: "spare", Why: "OPTIONS is not answered", Registered: "not used"},
	}
}

func (o oneTrunk) TestCall(ctx context.Context, c *campaigns.TestCall, begin func() error) error {
	if err := begin(); err != nil {
		return err
	}
	written, err := o.db.TestCalls(ctx, 1)
	if err != nil || len(written) != 1 || written[0].ID != c.ID {
		c.Outcome = "the call was not written down before"
		return nil
	}
	c.OK, c.Code, c.Outcome = true, 200, "It was answered, and the tune was played."
	c.Steps = append(c.Steps, campaigns.TestStep{Step: "ringing", After: 800 * time.Microsecond, Code: 180}, campaigns.TestStep{Step: "answered", After: 1500 * time.Microsecond, Code: 200, Detail: "OK"})
	return nil
}

// form posts a form and wants the answer to have a status; it returns the page.
func (v visitor) form(path string, status int, pairs ...string) string {
	v.Helper()
	fields := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		fields.Add(pairs[i], pairs[i+1])
	}
	res, body := v.post(path, fields)
	if res.StatusCode != status {
		v.Fatalf("POST %s %v: %d, want %d: %s", path, pairs, res.StatusCode, status, between(body, `id="wrong"`, "</p>"))
	}
	return body
}

// page gets a page that must be there and hold some texts.
func (v visitor) page(path string, texts ...string) string {
	v.Helper()
	res, body := v.get(path)
	if res.StatusCode != http.StatusOK {
		v.Fatalf("GET %s: %d", path, res.StatusCode)
	}
	for _, text := range texts {
		if !strings.Contains(body, text) {
			v.Errorf("%s lacks %q", path, text)
		}
	}
	return body
}

func TestTheOfficeHasTheDoorsThatARoleMayOpen(t *testing.T) {
	h := newHouse(t)
	for role, want := range map[campaigns.Role]map[string]bool{
		campaigns.Admin:      {"users": true, "shifts": true, "prompts": true, "trunks": true, "webhooks": true, "complaints": true, "salespeople": true, "caller-ids": true, "pause-reasons": true, "score-form": true},
		campaigns.Manager:    {"users": false, "trunks": true, "webhooks": true, "complaints": true, "score-form": true},
		campaigns.Supervisor: {"users": false, "trunks": false, "webhooks": false, "shifts": true, "complaints": true, "pause-reasons": false},
		campaigns.Compliance: {"users": false, "trunks": false, "shifts": true, "complaints": true, "prompts": true},
	} {
		v := h.as(role)
		_, body := v.get("/office")
		for door, open := range want {
			path := "/office/" + door
			if got := strings.Contains(body, `href="`+path+`"`); got != open {
				t.Errorf("%s sees the door to %s: %t", role, door, got)
			}
			if res, _ := v.get(path); (res.StatusCode == 200) != open {
				t.Errorf("%s opens %s: %d", role, door, res.StatusCode)
			}
		}
	}
	if res, _ := h.as(campaigns.Agent).get("/office"); res.StatusCode != 403 {
		t.Errorf("an agent in the office: %d", res.StatusCode)
	}
}

func TestAUserIsMadeChangedAndDisabledByForms(t *testing.T) {
	h := newHouse(t)
	h.stocked("Spring & <Summer>")
	v := h.as(campaigns.Admin)
	v.page("/office/new-user", "Spring &amp; &lt;Summer&gt;", "New user")
	fields := []string{
		"login", "ana", "name", `Ana <b>"Ferrer"`, "role", "supervisor", "team", "Blue", "password", "long enough to keep", "campaigns", "Spring & <Summer>",
		"extension", "201", "phone_secret", "tin can", "language", "es", "start", "/performance",
	}
	v.form("/office/new-user", 303, fields...)
	ana, err := h.db.UserByLogin(t.Context(), "ana")
	h.must(err)
	if ana.Role != campaigns.Supervisor || ana.Team != "Blue" || ana.Extension != "201" || ana.Start != "/performance" || ana.Language != "es" || len(ana.Campaigns) != 1 || ana.PhoneHA1 == (campaigns.HA1{}) {
		t.Errorf("stored %+v", ana)
	}
	v.page("/office/users?done=user", "The user is saved.", `Ana &lt;b&gt;&#34;Ferrer&#34;`, `href="/office/users/ana"`, "browser only")
	if body := v.page("/office/users?q=blue", "1 of 6 users"); strings.Contains(body, "Name of agent") {
		t.Error("somebody else is found")
	}
	if body := v.form("/office/new-user", 409, fields...); !strings.Contains(body, "is taken") || strings.Contains(body, "long enough to keep") || strings.Contains(body, "tin can") {
		t.Error("a login that is taken: no sentence, or the secrets are written back")
	}
	if body := v.form("/office/new-user", 422, "login", "bob", "role", "agent", "password", "short"); !strings.Contains(body, "12 to 256 characters") || !strings.Contains(body, `value="bob"`) {
		t.Error("a short password: no sentence, or what was typed is lost")
	}
	v.page("/office/users/ana", "A secret is kept", `<option value="es" lang="es" selected>`)
	if body := v.form("/office/users/ana", 422, "role", "agent", "extension", "202"); !strings.Contains(body, "give it with the new one") {
		t.Error("another extension without its secret is not refused with a sentence")
	}
	hers := h.visitor()
	hers.form("/login", 303, "login", "ana", "password", "long enough to keep")
	if res, _ := hers.get("/"); res.Header.Get("Location") != "/performance" {
		t.Errorf("she begins at %q", res.Header.Get("Location"))
	}
	if _, body := hers.get("/nowhere"); !strings.Contains(body, `<html lang="es"`) {
		t.Error("her pages are not in the language that is set for her")
	}
	v.form("/office/users/ana", 303, "name", "Ana", "role", "agent", "extension", "201", "disabled", "yes", "start", "/office/users")
	changed, err := h.db.UserByLogin(t.Context(), "ana")
	h.must(err)
	if !changed.Disabled || changed.Start != "" || changed.Role != campaigns.Agent || changed.PhoneHA1 != ana.PhoneHA1 || changed.PasswordHash != ana.PasswordHash || len(changed.Campaigns) != 0 {
		t.Errorf("changed %+v", changed)
	}
	if body := v.form("/office/users/admin", 409, "role", "agent"); !strings.Contains(body, "their own account") {
		t.Error("the own role is changed")
	}
	if res, _ := v.get("/office/users/nobody"); res.StatusCode != 404 {
		t.Errorf("an unknown user: %d", res.StatusCode)
	}
	if res, _ := v.post("/office/users/nobody", url.Values{"role": {"agent"}}); res.StatusCode != 404 {
		t.Errorf("an unknown user is changed: %d", res.StatusCode)
	}
}

// message sends the form of a prompt with a file.
func (v visitor) message(file string, data []byte, fields map[string]string) (*http.Response, string) {
	v.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		v.must(form.WriteField(name, value))
	}
	w, err := form.CreateFormFile("file", file)
	v.must(err)
	_, err = w.Write(data)
	v.must(err)
	v.must(form.Close())
	res, err := v.client.Post(v.url+"/office/prompts", form.FormDataContentType(), &body)
	v.must(err)
	return res, v.read(res)
}

// wav is a tone as a WAV file: PCM 16 bit, mono, 8000 Hz.
func wav(d time.Duration) []byte {
	n := int(d.Seconds() * 8000)
	head := fmt.Appendf(nil, "RIFF%sWAVEfmt %s", le(36+2*n, 4), le(16, 4))
	for _, field := range [][2]int{{1, 2}, {1, 2}, {8000, 4}, {16000, 4}, {2, 2}, {16, 2}} {
		head = append(head, le(field[0], field[1])...)
	}
	head = append(append(head, "data"...), le(2*n, 4)...)
	for i := range n {
		head = append(head, le((i%16-8)*1000, 2)...)
	}
	return head
}

// le writes a number in so many bytes, the least first.
func le(v, size int) []byte {
	out := make([]byte, size)
	for i := range out {
		out[i] = byte(v >> (8 * i))
	}
	return out
}

func TestAMessageIsUploadedHeardReplacedAndDeleted(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Manager)
	v.page("/office/prompts", "There is no recorded message yet.")
	if res, body := v.message("notes.wav", []byte("just text"), nil); res.StatusCode != 422 || !strings.Contains(body, "cannot be played") {
		t.Errorf("a file that is no sound: %d", res.StatusCode)
	}
	if res, body := v.post("/office/prompts", nil); res.StatusCode != 422 || !strings.Contains(body, "Choose a WAV file") {
		t.Errorf("no file: %d", res.StatusCode)
	}
	long := wav(90 * time.Second) // 1.4 MB: more than other pages take
	if res, body := v.message(`C:\sounds\Grüße "<b>.wav`, long, map[string]string{"file_name": "hello you.wav", "title": "<i>Hello</i>", "language": "hu"}); res.StatusCode != 303 {
		t.Fatalf("upload: %d %s", res.StatusCode, between(body, `id="wrong"`, "</p>"))
	}
	v.page("/office/prompts?done=uploaded", "hello you.wav", "&lt;i&gt;Hello&lt;/i&gt;", `src="/v1/prompts/hello%20you.wav"`, "1:30", "1.4 MB", "nobody")
	if res, body := v.get("/v1/prompts/hello%20you.wav"); res.StatusCode != 200 || body != string(long) {
		t.Errorf("heard: %d, %d bytes", res.StatusCode, len(body))
	}
	if res, body := v.message("hello you.wav", wav(time.Second), nil); res.StatusCode != 409 || !strings.Contains(body, "already") {
		t.Errorf("the same name again: %d", res.StatusCode)
	}
	if res, _ := v.message("hello you.wav", wav(time.Second), map[string]string{"replace": "yes"}); res.StatusCode != 303 {
		t.Errorf("replace: %d", res.StatusCode)
	}
	if res, body := v.message("big.wav", wav(660*time.Second), nil); res.StatusCode != 422 || !strings.Contains(body, "10 MB") {
		t.Errorf("over 10 MB: %d", res.StatusCode)
	}
	c := h.stocked("Spring")
	c.SafeHarbor = "hello you.wav"
	_, err := h.db.UpdateCampaign(t.Context(), c, "test")
	h.must(err)
	v.page("/office/prompts", "in use", "Spring")
	if body := v.form("/office/prompts/delete", 409, "file", "hello you.wav"); !strings.Contains(body, "is played by Spring") {
		t.Error("a message that a campaign plays is deleted")
	}
	c.SafeHarbor = ""
	_, err = h.db.UpdateCampaign(t.Context(), c, "test")
	h.must(err)
	v.form("/office/prompts/delete", 303, "file", "hello you.wav")
	v.page("/office/prompts?done=deleted", "There is no recorded message yet.")
	if body := h.as(campaigns.Compliance).page("/office/prompts"); strings.Contains(body, "<form class=\"card form\"") {
		t.Error("who may not upload sees the form")
	}
}

func TestCallerIDsStandInPoolsAndAreChangedWithoutNumbersInAddresses(t *testing.T) {
	h := newHouse(t)
	c := h.stocked("Spring")
	c.CallerIDs = []string{"+34910000001"}
	_, err := h.db.UpdateCampaign(t.Context(), c, "test")
	h.must(err)
	v := h.as(campaigns.Manager)
	v.page("/office/caller-ids", "34910000001", "In no pool", "Spring")
	v.form("/office/caller-ids", 303, "number", "+34 910-000-001", "label", "<b>Madrid", "pool", "Centre", "region", "es", "most", "300")
	v.form("/office/caller-ids", 303, "number", "+34910000002", "pool", "Centre")
	v.page("/office/caller-ids", "Pool <bdi>Centre</bdi>", "2 numbers", "&lt;b&gt;Madrid", ">ES<")
	if body := v.form("/office/caller-ids/edit", 200, "number", "+34910000001"); !strings.Contains(body, "Change &#43;34910000001") || !strings.Contains(body, `value="300"`) {
		t.Error("the form of a number does not hold what is known of it")
	}
	if body := v.form("/office/caller-ids", 422, "number", "0910", "label", "kept"); !strings.Contains(body, "E.164") || !strings.Contains(body, `value="kept"`) {
		t.Error("a bad number: no sentence, or what was typed is lost")
	}
	v.form("/office/caller-ids", 422, "number", "+34910000002", "most", "many")
	v.form("/office/caller-ids/delete", 409, "number", "+34910000001")
	v.form("/office/caller-ids/delete", 303, "number", "+34910000002")
	if body := v.page("/office/caller-ids"); strings.Contains(body, "34910000002") {
		t.Error("the number is still there")
	}
	v.form("/office/caller-ids/edit", 404, "number", "+34910000009")
}

func TestATrunkIsTriedWithATestCallToANumberThatIsVouchedFor(t *testing.T) {
	h := newHouse(t)
	v, boss := h.as(campaigns.Admin), h.as(campaigns.Manager)
	boss.page("/office/trunks", "takes calls", "takes no calls", "OPTIONS is not answered", "486", "35.0 %", "an administrator can add one")
	if body := boss.form("/office/trunks/test-call", 403, "trunk", "main", "number", "+34910000001"); !strings.Contains(body, "test numbers of the house only") {
		t.Error("a number that nobody vouched for is called, or nothing is said")
	}
	boss.form("/office/trunks/test-numbers", 403, "number", "+34910000001", "label", "Reception")
	v.form("/office/trunks/test-numbers", 422, "number", "+34910000001")
	v.form("/office/trunks/test-numbers", 303, "number", "+34 910 000 001", "label", "<b>Reception")
	boss.form("/office/trunks/test-call", 303, "trunk", "main", "number", "+34910000001")
	boss.page("/office/trunks?done=tested", "It was answered, and the tune was played.", "1.5 ms", "180", "&lt;b&gt;Reception")
	boss.form("/office/trunks/test-call", 404, "trunk", "none", "number", "+34910000001")
	v.form("/office/trunks/test-numbers/delete", 303, "number", "+34910000001")
	v.page("/office/trunks", "There is none yet.")
}

func TestAWebhookShowsItsSecretOnceAndItsLog(t *testing.T) {
	h := newHouse(t)
	h.stocked("Spring")
	v := h.as(campaigns.Manager)
	v.page("/office/webhooks", "Nobody is told of events yet.")
	if body := v.form("/office/new-webhook", 422, "name", "CRM", "url", "ftp://example.com"); !strings.Contains(body, "an address as https") || !strings.Contains(body, `value="CRM"`) {
		t.Error("a bad address: no sentence, or what was typed is lost")
	}
	body := v.form("/office/new-webhook", 201, "name", "<b>CRM", "url", "https://example.com/hook", "events", "sale.recorded", "campaign", "1", "enabled", "yes")
	secret := between(body, `id="secret" class="fig" value="`, `"`)
	if !strings.HasPrefix(secret, "whsec_") {
		t.Fatalf("no secret is shown: %q", secret)
	}
	page := v.page("/office/webhooks/1", "&lt;b&gt;CRM", "Nothing was sent yet.", `value="sale.recorded" checked`)
	if strings.Contains(page, "whsec_") {
		t.Error("the secret is shown again")
	}
	v.form("/office/webhooks/1/test", 303)
	page = v.page("/office/webhooks/1", "webhook.test", "waits", "asked_by")
	v.form("/office/webhooks/1/replay", 303, "delivery", between(page, `name="delivery" value="`, `"`))
	v.form("/office/webhooks/1/replay", 404, "delivery", "999")
	if drawn := between(v.form("/office/webhooks/1/secret", 200), `id="secret" class="fig" value="`, `"`); !strings.HasPrefix(drawn, "whsec_") || drawn == secret {
		t.Errorf("another secret: %q", drawn)
	}
	v.page("/office/webhooks/1", "signs as well until")
	v.form("/office/webhooks/1", 422, "name", "", "url", "https://example.com")
	v.form("/office/webhooks/1", 303, "name", "CRM", "url", "https://example.com/b")
	w, err := h.db.Webhook(t.Context(), 1)
	h.must(err)
	if w.Enabled || w.URL != "https://example.com/b" || len(w.Events) != 0 || w.Campaign != 0 {
		t.Errorf("changed %+v", w)
	}
	if body := v.form("/office/webhooks/1/test", 409); !strings.Contains(body, "switched off") {
		t.Error("a webhook that is off is tested")
	}
	v.form("/office/webhooks/1/delete", 303)
	if res, _ := v.get("/office/webhooks/1"); res.StatusCode != 404 {
		t.Errorf("a webhook that is deleted: %d", res.StatusCode)
	}
}
