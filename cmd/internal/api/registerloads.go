package api

import (
	"context"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// How many files of registers are kept at once, and for how long, until they
// are in force.
const (
	mostRegisterLoads = 5
	keepRegisterLoad  = 24 * time.Hour
)

// RegisterLoads keeps files of registers while they are read, looked at and
// put in force. Reading goes on when nobody looks.
//
//	received --> reading --> ready --confirmed--> done
//	                |          '-----dropped
//	                '--> failed
//
// A file is gone when it is in force or dropped, a day after it came, and when
// the service stops.
type RegisterLoads struct {
	registry *campaigns.Registry
	dir      string
	log      *slog.Logger
	work     sync.WaitGroup
	stop     context.CancelFunc
	ctx      context.Context // of readings, which outlive the request that began them; ends with Close

	mu   sync.Mutex
	kept []*registerLoad // oldest first
}

// registerLoad is one file; RegisterLoads.mu guards what changes.
type registerLoad struct {
	RegisterLoading
	folder string
	size   int64
	order  campaigns.RegisterLoad
	read   atomic.Int64
	draft  *campaigns.RegisterDraft
	cancel context.CancelFunc
}

// RegisterLoading is how far the load of a register is.
type RegisterLoading struct {
	ID      string                     `json:"id"`
	List    string                     `json:"list"`
	Name    string                     `json:"name" doc:"Of the file."`
	By      string                     `json:"by"`
	At      time.Time                  `json:"at"`
	State   string                     `json:"state" enum:"reading,ready,failed,done"`
	Percent int                        `json:"percent" doc:"Of the file that has been read."`
	Code    string                     `json:"code,omitempty" doc:"Of the problem, when it failed."`
	Problem string                     `json:"problem,omitempty"`
	Found   *campaigns.RegisterFound   `json:"found,omitempty" doc:"What the version would hold and change, when it is ready."`
	Doubts  []campaigns.RegisterDoubt  `json:"doubts,omitempty" doc:"What speaks against it; without note, a reason is needed."`
	Taken   *campaigns.RegisterVersion `json:"taken,omitempty" doc:"The version that is in force, when it is done."`
}

// Serious tells whether something speaks against it that needs a reason.
func (l RegisterLoading) Serious() bool {
	return slices.ContainsFunc(l.Doubts, func(d campaigns.RegisterDoubt) bool { return !d.Note })
}

// NewRegisterLoads keeps files in a folder, and removes those of an earlier run.
func NewRegisterLoads(registry *campaigns.Registry, dir string, log *slog.Logger) (*RegisterLoads, error) {
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		return nil, fmt.Errorf("folder of files of registers: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	return &RegisterLoads{registry: registry, dir: dir, log: log, ctx: ctx, stop: stop}, nil
}

// Close stops what is being read, waits for it and removes the files.
func (s *RegisterLoads) Close() error {
	s.stop()
	s.work.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, l := range s.kept {
		errs = append(errs, s.forget(l))
	}
	s.kept = nil
	return errors.Join(append(errs, os.RemoveAll(s.dir))...)
}

// Receive reads a file to disk, the body itself or that of a form with its
// fields, and begins to read its numbers. order says what the file is, after
// the fields of a form have been put into values.
func (s *RegisterLoads) Receive(w http.ResponseWriter, r *http.Request, by campaigns.User,
	order func(values map[string]string) (campaigns.RegisterLoad, error),
) (RegisterLoading, error) {
	if err := by.Allow(campaigns.LoadRegisters); err != nil {
		return RegisterLoading{}, err
	}
	if err := s.room(); err != nil {
		return RegisterLoading{}, err
	}
	l := &registerLoad{RegisterLoading: RegisterLoading{ID: strings.ToLower(rand.Text()), By: by.Login, At: time.Now().UTC(), State: "reading"}}
	l.folder = filepath.Join(s.dir, l.ID)
	if err := os.Mkdir(l.folder, 0o700); err != nil {
		return RegisterLoading{}, fmt.Errorf("keep a file of a register: %w", err)
	}
	wire := &patientReader{in: r.Body, out: http.NewResponseController(w), ctx: r.Context()}
	err := wire.out.SetWriteDeadline(time.Time{}) // it runs from part to part of the file
	values := map[string]string{}
	if err == nil {
		values, err = l.spool(r, wire)
	}
	if err = errors.Join(err, wire.allowAnswer()); err == nil {
		l.order, err = order(values)
	}
	if err == nil && l.size == 0 {
		err = edge.NewFault(http.StatusUnprocessableEntity, "no_file", "Choose a file that is not empty.")
	}
	if err != nil {
		return RegisterLoading{}, errors.Join(err, os.RemoveAll(l.folder))
	}
	l.List = l.order.Version.List
	if named := l.order.Version.Source; named != "" {
		l.Name = brief(named)
	}
	l.order.Version.Source = l.Name
	s.begin(by, l)
	return s.State(by, l.ID)
}

// room makes place for one more file.
func (s *RegisterLoads) room() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = slices.DeleteFunc(s.kept, func(l *registerLoad) bool {
		old := l.State != "reading" && (time.Since(l.At) > keepRegisterLoad || l.State == "done" || l.State == "failed" && time.Since(l.At) > time.Hour)
		return old && s.forget(l) == nil
	})
	if len(s.kept) >= mostRegisterLoads {
		return edge.NewFault(http.StatusConflict, "too_many_loads", "Other files of registers wait to be put in force or dropped; do that first.")
	}
	return nil
}

// forget removes what a load has on disk.
func (s *RegisterLoads) forget(l *registerLoad) error {
	var err error
	if l.draft != nil && l.State == "ready" {
		err = s.registry.Drop(l.draft)
	}
	return errors.Join(err, os.RemoveAll(l.folder))
}

func (l *registerLoad) path() string    { return filepath.Join(l.folder, "file") }
func (l *registerLoad) rejects() string { return filepath.Join(l.folder, "rejects.csv") }

// mostField bounds a field of the form.
const mostField = 4 << 10

// spool writes the file to disk and returns the fields of a form.
func (l *registerLoad) spool(r *http.Request, wire io.Reader) (map[string]string, error) {
	values := make(map[string]string)
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		l.Name = "upload"
		l.size, err = spool(l.path(), wire)
		return values, err
	}
	form := multipart.NewReader(wire, params["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return nil, edge.NewFault(http.StatusBadRequest, "form_broken", "The form did not arrive whole.")
		}
		if part.FileName() == "" {
			text, err := io.ReadAll(io.LimitReader(part, mostField))
			if err != nil {
				return nil, err
			}
			values[part.FormName()] = strings.TrimSpace(string(text))
			continue
		}
		if l.size > 0 {
			return nil, edge.NewFault(http.StatusUnprocessableEntity, "one_file", "Send one file; put several into a zip.")
		}
		l.Name = brief(part.FileName())
		if l.size, err = spool(l.path(), part); err != nil {
			return nil, err
		}
	}
}

// begin reads the numbers beside the requests.
func (s *RegisterLoads) begin(by campaigns.User, l *registerLoad) {
	ctx, cancel := context.WithCancel(s.ctx)
	l.cancel = cancel
	s.mu.Lock()
	s.kept = append(s.kept, l)
	s.mu.Unlock()
	s.work.Go(func() {
		defer cancel()
		draft, err := s.prepare(ctx, by, l)
		s.mu.Lock()
		defer s.mu.Unlock()
		if l.draft = draft; err != nil {
			f := edge.FaultOf(ctx, s.log, err)
			l.State, l.Code, l.Problem = "failed", f.Code, f.Detail
			return
		}
		l.State, l.Found, l.Doubts = "ready", &draft.RegisterFound, draft.Doubts
	})
}

func (s *RegisterLoads) prepare(ctx context.Context, by campaigns.User, l *registerLoad) (draft *campaigns.RegisterDraft, err error) {
	f, err := os.Open(l.path())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out, err := os.OpenFile(l.rejects(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	report := csv.NewWriter(out)
	l.order.Files = []campaigns.RegisterFile{{Name: l.Name, Data: f, Size: l.size}}
	l.order.Progress = func(n int64) { l.read.Store(n) }
	l.order.Rejects = func(r campaigns.RegisterReject) error { return WriteReject(report, r) }
	if err := report.Write([]string{"file", "line", "reason", "text"}); err != nil {
		return nil, err
	}
	draft, err = s.registry.Prepare(ctx, by, l.order)
	report.Flush()
	return draft, errors.Join(err, report.Error())
}

// WriteReject writes one line that holds no number as CSV. What spreadsheets
// would take for a formula is no formula any more.
func WriteReject(w *csv.Writer, r campaigns.RegisterReject) error {
	text := r.Text
	if strings.ContainsAny(text[:min(1, len(text))], "=+-@\t\r") {
		text = "'" + text
	}
	return w.Write([]string{r.File, strconv.FormatInt(r.Line, 10), r.Reason, text})
}

// find is a load by its id.
func (s *RegisterLoads) find(by campaigns.User, id string) (*registerLoad, error) {
	if err := by.Allow(campaigns.LoadRegisters); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(s.kept, func(l *registerLoad) bool { return l.ID == id })
	if i < 0 {
		return nil, edge.NewFault(http.StatusNotFound, "load_not_found", "There is no such load; it was dropped, or the service was started again.")
	}
	return s.kept[i], nil
}

func (l *registerLoad) view() RegisterLoading {
	v := l.RegisterLoading
	if l.size > 0 {
		v.Percent = int(min(100, 100*l.read.Load()/l.size))
	}
	return v
}

// State is how far a load is.
func (s *RegisterLoads) State(by campaigns.User, id string) (RegisterLoading, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.find(by, id)
	if err != nil {
		return RegisterLoading{}, err
	}
	return l.view(), nil
}

// All are the loads that wait, oldest first.
func (s *RegisterLoads) All(by campaigns.User) ([]RegisterLoading, error) {
	if err := by.Allow(campaigns.LoadRegisters); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []RegisterLoading
	for _, l := range s.kept {
		if l.State != "done" {
			out = append(out, l.view())
		}
	}
	return out, nil
}

// Confirm puts a version that is ready in force, with the reason that its
// doubts ask for.
func (s *RegisterLoads) Confirm(ctx context.Context, by campaigns.User, id, reason string) (RegisterLoading, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.find(by, id)
	if err != nil {
		return RegisterLoading{}, err
	}
	if l.State != "ready" {
		return RegisterLoading{}, edge.NewFault(http.StatusConflict, "load_not_ready", "The load is not ready to be put in force.")
	}
	v, err := s.registry.Confirm(ctx, by, l.draft, reason)
	if err != nil {
		return RegisterLoading{}, err
	}
	l.State, l.Taken = "done", &v
	return l.view(), nil
}

// Drop forgets a load that is not in force.
func (s *RegisterLoads) Drop(by campaigns.User, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.find(by, id)
	if err != nil {
		return err
	}
	if l.State == "reading" {
		l.cancel()
		return edge.NewFault(http.StatusConflict, "load_stopping", "The file is being read; reading it stops now. Drop it again in a moment.")
	}
	s.kept = slices.DeleteFunc(s.kept, func(o *registerLoad) bool { return o == l })
	return s.forget(l)
}

// Rejects opens the report of lines without a number, as CSV.
func (s *RegisterLoads) Rejects(by campaigns.User, id string) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := s.find(by, id)
	if err != nil {
		return nil, err
	}
	if l.State == "reading" {
		return nil, edge.NewFault(http.StatusConflict, "load_not_ready", "The file is still being read.")
	}
	return os.Open(l.rejects())
}
