package api

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// brought uploads a list as a form does.
func (h *house) brought(s *Uploads, by campaigns.User, campaign int64, text string) Upload {
	h.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "leads.csv")
	h.must(err)
	_, err = part.Write([]byte(text))
	h.must(err)
	h.must(form.Close())
	var up Upload
	answered := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		up, err = s.Receive(w, r, by, campaign)
		answered <- err
	}))
	defer server.Close()
	res, err := http.Post(server.URL, form.FormDataContentType(), &body)
	h.must(err)
	h.must(res.Body.Close())
	h.must(<-answered)
	return up
}

func TestFilesThatWaitAreBoundedAndAreGoneWithTheService(t *testing.T) {
	h := newHouse(t).staff()
	c, _ := h.running("Spring")
	by := h.users["manager"]
	dir := t.TempDir()
	im, err := NewImporter(h.db, dir, h.api.Imports.numbers)
	h.must(err)
	s, err := NewUploads(im, campaigns.NewLists(h.db, h.db, h.db), h.api.Log)
	h.must(err)
	first := h.brought(s, by, c.ID, "phone\n+34600111222\n")
	for i := range mostUploads {
		h.brought(s, by, c.ID, fmt.Sprintf("phone\n+346001112%02d\n", i))
	}
	waiting, err := s.Waiting(by, c.ID)
	if err != nil || len(waiting) != mostUploads {
		t.Errorf("%d files wait, want %d: %v", len(waiting), mostUploads, err)
	}
	if _, err := s.State(by, c.ID, first.ID); !isFault(err, http.StatusNotFound) {
		t.Errorf("the oldest file: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "uploads", "*"))
	if err != nil || len(files) != mostUploads {
		t.Errorf("%d files lie on disk: %v", len(files), err)
	}
	h.must(s.Close())
	if _, err := os.Stat(filepath.Join(dir, "uploads")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the files outlive the service: %v", err)
	}
	if err := s.Check(t.Context(), by, c.ID, waiting[0].ID); !isFault(err, http.StatusServiceUnavailable) {
		t.Errorf("a check while the service stops: %v", err)
	}
}

func TestAnImportThatIsCancelledKeepsWhatItStoredAndMayBeTakenBack(t *testing.T) {
	h := newHouse(t).staff()
	c, _ := h.running("Spring")
	by := h.users["manager"]
	im, err := NewImporter(h.db, t.TempDir(), h.api.Imports.numbers)
	h.must(err)
	lists := campaigns.NewLists(h.db, h.db, h.db)
	s, err := NewUploads(im, lists, h.api.Log)
	h.must(err)
	t.Cleanup(func() { h.must(s.Close()) })
	var text strings.Builder
	text.WriteString("phone,name\n")
	for i := range 100_000 {
		fmt.Fprintf(&text, "+346%08d,Ana %d\n", i, i)
	}
	up := h.brought(s, by, c.ID, text.String())
	h.must(s.Read(by, c.ID, up.ID, Reading{List: "March", Duplicates: campaigns.SkipDuplicates}))
	h.must(s.Import(t.Context(), by, c.ID, up.ID))
	if err := s.Import(t.Context(), by, c.ID, up.ID); !isFault(err, http.StatusConflict) {
		t.Errorf("imported twice at once: %v", err)
	}
	h.must(s.Cancel(t.Context(), by, c.ID, up.ID))
	loads, err := lists.Loads(t.Context(), by, c.ID)
	h.must(err)
	for _, l := range loads { // none when the cancel came before the first row
		if _, err := s.Undo(t.Context(), by, c.ID+1, l.ID); !isFault(err, http.StatusNotFound) {
			t.Errorf("taken back from another campaign: %v", err)
		}
		if done, err := s.Undo(t.Context(), by, c.ID, l.ID); err != nil || done.Removed != l.Counts.Added {
			t.Errorf("taken back %+v of %+v: %v", done, l.Counts, err)
		}
	}
	agent := h.users["agent"]
	if _, err := s.Waiting(agent, c.ID); !errors.Is(err, campaigns.ErrForbidden) {
		t.Errorf("an agent sees uploads: %v", err)
	}
}

func isFault(err error, status int) bool {
	f, ok := errors.AsType[*edge.Fault](err)
	return ok && f.Status == status
}
