package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// How many uploads are kept at once, and for how long, until they are imported.
const (
	mostUploads = 20
	keepUpload  = 24 * time.Hour
)

// Uploads keeps files that managers have brought while they look at them, check
// them and import them. Checks and imports go on when nobody looks.
//
//	received --> read, mapped --> checked --> imported --> taken back
//	                  ^--------------'
//
// A file is gone when its import has ended, when it is dropped, a day after it
// came, and when the service stops.
type Uploads struct {
	im    *Importer
	lists *campaigns.Lists
	dir   string
	log   *slog.Logger
	work  sync.WaitGroup // checks and imports under way

	mu     sync.Mutex
	kept   []*upload // oldest first
	closed bool
}

// upload is one file and what is done with it; Uploads.mu guards what changes.
type upload struct {
	Upload
	path   string
	check  *importJob
	load   *importJob
	octets int64 // of its text, known after a check
}

// Upload is a file that waits to be imported, as its manager sees it.
type Upload struct {
	ID       string
	Campaign int64
	Name     string // of the file, as the browser said
	Size     int64  // octets
	By       string
	At       time.Time
	Reading
}

// Reading is how a file is read and where it goes; what is empty is found out.
type Reading struct {
	List       string // name
	Sheet      string
	Charset    string
	Delimiter  byte
	Header     intake.Header
	Region     string // ISO 3166-1, of numbers without a country code
	Columns    []intake.Assignment
	Duplicates campaigns.Duplicates
}

// NewUploads keeps files in a folder beside the reports of imports, and removes
// those of an earlier run.
func NewUploads(im *Importer, lists *campaigns.Lists, log *slog.Logger) (*Uploads, error) {
	dir := filepath.Join(im.dir, "uploads")
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("remove old uploads: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of uploads: %w", err)
	}
	return &Uploads{im: im, lists: lists, dir: dir, log: log}, nil
}

// Close stops checks and imports, waits for them and removes the files. What an
// import has stored stays, as a load that can be undone.
func (s *Uploads) Close() error {
	s.mu.Lock()
	s.closed = true
	for _, u := range s.kept {
		u.stop()
	}
	s.mu.Unlock()
	s.work.Wait()
	return os.RemoveAll(s.dir)
}

func (u *upload) stop() {
	for _, job := range []*importJob{u.check, u.load} {
		if job != nil {
			job.cancel()
		}
	}
}

func (u *upload) busy() bool {
	return u.check != nil && !u.check.finished() || u.load != nil && !u.load.finished()
}

// Receive reads the file of a form to disk. The time allowed runs from one part
// of it to the next.
func (s *Uploads) Receive(w http.ResponseWriter, r *http.Request, by campaigns.User, campaign int64) (Upload, error) {
	if err := by.Allow(campaigns.ImportLists); err != nil {
		return Upload{}, err
	}
	in := importInput{exchange: exchange{w: w, r: r}}
	var o intake.Options
	list, wire, err := in.open(&o)
	if err != nil {
		return Upload{}, err
	}
	u := &upload{Upload: Upload{
		ID: strings.ToLower(rand.Text()), Campaign: campaign, Name: brief(o.Source), By: by.Login, At: time.Now().UTC(),
		Reading: Reading{Duplicates: campaigns.SkipDuplicates},
	}}
	u.path = filepath.Join(s.dir, u.ID)
	if u.Size, err = spool(u.path, list); err == nil && u.Size == 0 {
		err = edge.NewFault(http.StatusUnprocessableEntity, "no_file", "Choose a file that is not empty.")
	}
	if err = errors.Join(err, wire.allowAnswer()); err == nil {
		err = s.keep(u)
	}
	if err != nil {
		return Upload{}, errors.Join(err, gone(u.path))
	}
	return u.Upload, nil
}

// spool writes what is read into a file.
func spool(path string, in io.Reader) (int64, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("keep an upload: %w", err)
	}
	n, err := io.Copy(f, in)
	if err != nil {
		err = fmt.Errorf("keep an upload: %w", err)
	}
	return n, errors.Join(err, f.Close())
}

func gone(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove an upload: %w", err)
	}
	return nil
}

// keep notes an upload; the oldest make room.
func (s *Uploads) keep(u *upload) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errStopping
	}
	s.kept = append(s.kept, u)
	var err error
	s.kept = slices.DeleteFunc(s.kept, func(old *upload) bool {
		late := time.Since(old.At) > keepUpload || len(s.kept) > mostUploads && old == s.kept[0]
		if old == u || old.busy() || !late {
			return false
		}
		err = errors.Join(err, gone(old.path))
		return true
	})
	return err
}

var errNoUpload = edge.NewFault(http.StatusNotFound, "upload_not_found", "That upload is no longer there: files are kept for a day on the node that took them: until it stops, until another node leads, and until a person is erased. Bring the file again.")

var errStopping = edge.NewFault(http.StatusServiceUnavailable, "stopping", "The service stops; try again in a minute.")

// find returns an upload of a campaign.
func (s *Uploads) find(by campaigns.User, campaign int64, id string) (*upload, error) {
	if err := by.Allow(campaigns.ImportLists); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(s.kept, func(u *upload) bool { return u.ID == id && u.Campaign == campaign })
	if i < 0 {
		return nil, errNoUpload
	}
	return s.kept[i], nil
}

// Progress is an upload, its last check and its import; nil = there is none.
type Progress struct {
	Upload
	Check, Import *Import
}

// Busy tells whether something is under way.
func (p Progress) Busy() bool {
	return p.Check != nil && p.Check.State == "running" || p.Import != nil && p.Import.State == "running"
}

func (u *upload) progress() Progress {
	p := Progress{Upload: u.Upload}
	for _, of := range []struct {
		job *importJob
		to  **Import
	}{{u.check, &p.Check}, {u.load, &p.Import}} {
		if of.job != nil {
			i := importOf(of.job)
			*of.to = &i
		}
	}
	return p
}

// State says how far an upload is.
func (s *Uploads) State(by campaigns.User, campaign int64, id string) (Progress, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.find(by, campaign, id)
	if err != nil {
		return Progress{}, err
	}
	return u.progress(), nil
}

// Waiting lists the uploads of a campaign, newest first.
func (s *Uploads) Waiting(by campaigns.User, campaign int64) ([]Progress, error) {
	if err := by.Allow(campaigns.ImportLists); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Progress
	for _, u := range s.kept {
		if u.Campaign == campaign {
			out = append(out, u.progress())
		}
	}
	slices.Reverse(out)
	return out, nil
}

// Read says how an upload is to be read from now on. A check that was made
// before no longer counts.
func (s *Uploads) Read(by campaigns.User, campaign int64, id string, r Reading) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.find(by, campaign, id)
	if err != nil {
		return err
	}
	if u.load != nil || u.busy() {
		return edge.NewFault(http.StatusConflict, "upload_busy", "The file is being read; wait for the end, or cancel.")
	}
	if u.check != nil && !sameReading(u.Reading, r) {
		u.check = nil
	}
	u.Reading = r
	return nil
}

// sameReading tells whether a check of one holds for the other: what is done
// with those who are known already judges nobody.
func sameReading(a, b Reading) bool {
	columns := slices.Equal(a.Columns, b.Columns)
	a.Columns, b.Columns, a.List, b.List = nil, nil, "", ""
	return columns && a.Sheet == b.Sheet && a.Charset == b.Charset && a.Delimiter == b.Delimiter && a.Header == b.Header &&
		a.Region == b.Region
}

// Drop forgets an upload on which nothing is under way.
func (s *Uploads) Drop(by campaigns.User, campaign int64, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.find(by, campaign, id)
	if err != nil {
		return err
	}
	if u.busy() {
		return edge.NewFault(http.StatusConflict, "upload_busy", "The file is being read; wait for the end, or cancel.")
	}
	s.kept = slices.DeleteFunc(s.kept, func(k *upload) bool { return k == u })
	return gone(u.path)
}

// Undo takes an import back; one that still runs is stopped first.
func (s *Uploads) Undo(ctx context.Context, by campaigns.User, campaign, load int64) (Undone, error) {
	l, err := s.lists.Load(ctx, by, load)
	if err != nil {
		return Undone{}, err
	}
	if l.Campaign != campaign {
		return Undone{}, edge.NewFault(http.StatusNotFound, "import_not_found", "There is no such import.")
	}
	if err := s.im.stop(ctx, fmt.Sprint(load)); err != nil {
		return Undone{}, err
	}
	removed, kept, err := s.lists.Undo(ctx, by, load)
	return Undone{Removed: removed, Kept: kept}, err
}

// Past lists the imports of a campaign, newest first, those that run included.
func (s *Uploads) Past(ctx context.Context, by campaigns.User, campaign int64) ([]Import, error) {
	loads, err := s.lists.Loads(ctx, by, campaign)
	if err != nil {
		return nil, err
	}
	out := make([]Import, 0, len(loads))
	for _, l := range loads {
		one := importOfLoad(l)
		if job, ok := s.im.find(one.ID); ok && !job.finished() {
			one = importOf(job)
		}
		out = append(out, one)
	}
	slices.SortStableFunc(out, func(a, b Import) int { return b.BeganAt.Compare(a.BeganAt) })
	return out, nil
}

// Reported tells whether the refused rows of an import can be taken away.
func (s *Uploads) Reported(id string) bool {
	if !plainID(id) {
		return false
	}
	_, err := os.Stat(s.im.path(id))
	return err == nil
}

func plainID(id string) bool {
	return id != "" && strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyz-") == ""
}
