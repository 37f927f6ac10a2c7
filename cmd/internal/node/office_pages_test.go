package node

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/testdata"
)

// clerk uses the pages of the office as a browser without script does.
type clerk struct {
	testing.TB
	url    string
	client *http.Client
}

func (o *office) clerk(t testing.TB) clerk {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := clerk{t, o.node.URL(), &http.Client{Jar: jar}}
	c.post("/login", url.Values{"login": {managerLogin}, "password": {o.secret}})
	return c
}

// page answers the page that a request leads to in the end, which must be there.
func (c clerk) page(r *http.Request, err error) string {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
	res, err := c.client.Do(r.WithContext(within(c)))
	if err != nil {
		c.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		c.Fatalf("%s %s: %d %v %s", r.Method, r.URL.Path, res.StatusCode, err, body)
	}
	return string(body)
}

func (c clerk) get(path string) string {
	c.Helper()
	return c.page(http.NewRequest(http.MethodGet, c.url+path, nil))
}

func (c clerk) post(path string, form url.Values) string {
	c.Helper()
	r, err := http.NewRequest(http.MethodPost, c.url+path, strings.NewReader(form.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return c.page(r, err)
}

func TestAManagerTriesATrunkFromItsPageOverSIP(t *testing.T) {
	t.Parallel()
	v := openVillage(t, at50ms)
	o := openOffice(t, v.addr())
	number := fictional(1)
	if err := o.node.db.PutTestNumber(within(t), campaigns.TestNumber{Number: number, Label: "village", By: "test", At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	c := o.clerk(t)
	if page := c.get("/office/trunks"); !strings.Contains(page, "carrier") || !strings.Contains(page, "takes calls") {
		t.Error("the page does not show the trunk")
	}
	page := c.post("/office/trunks/test-call", url.Values{"trunk": {"carrier"}, "number": {number}})
	for _, want := range []string{"The test call is over", "answered", "sound came back", ">ringing<", ">180<", ">ended<", "SIP 200"} {
		if !strings.Contains(page, want) {
			t.Errorf("after the test call the page lacks %q", want)
		}
	}
}

func TestAWebhookThatIsMadeOnItsPageIsToldAndItsLogShowsTheAnswer(t *testing.T) {
	t.Parallel()
	crm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var event struct{ Type string }
		if json.NewDecoder(r.Body).Decode(&event) != nil || r.Header.Get("webhook-signature") == "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, "noted <b>"+event.Type)
	}))
	t.Cleanup(crm.Close)
	o := openOfficeWith(t, openVillage(t, at50ms).addr(), nil, func(c *config.Config) { c.Webhooks.Allow = []string{"127.0.0.1"} })
	c := o.clerk(t)
	if page := c.post("/office/new-webhook", url.Values{"name": {"crm"}, "url": {crm.URL}, "enabled": {"yes"}}); !strings.Contains(page, `value="whsec_`) {
		t.Error("the secret is not shown")
	}
	c.post("/office/webhooks/1/test", nil)
	page := ""
	eventually(t, "the test event is delivered", func() bool {
		page = c.get("/office/webhooks/1")
		return strings.Contains(page, "delivered")
	})
	if !strings.Contains(page, "noted &lt;b&gt;com.forecall.webhook.test") || !strings.Contains(page, ">202<") || strings.Contains(page, "whsec_") {
		t.Error("the log lacks the answer, or shows the secret")
	}
}

func TestAMessageIsUploadedOnItsPageAndLiesInTheFolderOfPrompts(t *testing.T) {
	t.Parallel()
	o := openOffice(t, openVillage(t, at50ms).addr())
	c := o.clerk(t)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", "nobody free.wav")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = file.Write(testdata.SafeHarbour)
	_ = form.Close()
	r, err := http.NewRequest(http.MethodPost, c.url+"/office/prompts", &body)
	if err == nil {
		r.Header.Set("Content-Type", form.FormDataContentType())
	}
	if page := c.page(r, err); !strings.Contains(page, "nobody free.wav") || !strings.Contains(page, "/v1/prompts/nobody%20free.wav") {
		t.Error("the page does not list the message")
	}
	if heard := c.get("/v1/prompts/nobody%20free.wav"); heard != string(testdata.SafeHarbour) {
		t.Errorf("%d octets are heard, want %d", len(heard), len(testdata.SafeHarbour))
	}
}
