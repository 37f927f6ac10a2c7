package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// Check judges every row of an upload and stores nothing.
func (s *Uploads) Check(ctx context.Context, by campaigns.User, campaign int64, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.find(by, campaign, id)
	if err != nil {
		return err
	}
	u.check, err = s.begin(ctx, by, u, 0, true)
	return err
}

// Import stores an upload in its list, which is created when it is not there.
func (s *Uploads) Import(ctx context.Context, by campaigns.User, campaign int64, id string) error {
	u, err := s.State(by, campaign, id)
	if err != nil {
		return err
	}
	list, err := s.lists.Named(ctx, by, campaign, u.List)
	if err == nil && list == 0 {
		var l campaigns.List
		l, err = s.lists.Create(ctx, by, campaigns.List{Campaign: campaign, Name: u.List, Active: true})
		list = l.ID
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(by, campaign, id)
	if err != nil {
		return err
	}
	found.load, err = s.begin(ctx, by, found, list, false)
	return err
}

// begin starts a job on an upload; it does not end with the request. Uploads.mu
// is held.
func (s *Uploads) begin(ctx context.Context, by campaigns.User, u *upload, list int64, dry bool) (*importJob, error) {
	if u.load != nil || u.busy() {
		return u.load, edge.NewFault(http.StatusConflict, "upload_busy", "The file is being read already; wait for the end, or cancel.")
	}
	if s.closed {
		return nil, errStopping
	}
	f, l, err := openUpload(u.path, u.Sheet)
	if err != nil {
		return nil, fileFault(err)
	}
	o := l.Fit(u.options())
	o.Campaign, o.List, o.Source, o.By, o.DryRun = u.Campaign, list, u.Name, by.Login, dry
	if u.octets > 0 {
		o.Size = u.octets
	}
	ctx, job, err := s.im.prepare(context.WithoutCancel(ctx), o)
	if err != nil {
		return nil, errors.Join(err, l.Close(), f.Close())
	}
	s.work.Go(func() {
		err := s.im.work(ctx, job, l)
		if err = errors.Join(l.Close(), f.Close(), s.ended(u, job, err)); err != nil {
			s.log.Error("import of an upload", "campaign", u.Campaign, "error", err)
		}
	})
	return job, nil
}

// ended notes what a job has found out; a file that was imported is removed. An
// error of the file is told on the page, and is nobody's fault here.
func (s *Uploads) ended(u *upload, job *importJob, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	job.mu.Lock()
	octets := job.result.Octets
	job.mu.Unlock()
	if job.options.DryRun && err == nil {
		u.octets = octets
	}
	if _, ok := errors.AsType[*edge.Fault](err); ok || errors.Is(err, context.Canceled) {
		err = nil
	}
	switch {
	case job.options.DryRun:
	case job.name() == "": // nothing was stored: the page says why, and it may be tried again
		u.check, u.load = job, nil
	default:
		err = errors.Join(err, gone(u.path))
	}
	return err
}

// Cancel stops what is under way, and waits until it has.
func (s *Uploads) Cancel(ctx context.Context, by campaigns.User, campaign int64, id string) error {
	s.mu.Lock()
	u, err := s.find(by, campaign, id)
	var jobs []*importJob
	if err == nil {
		u.stop()
		jobs = []*importJob{u.check, u.load}
	}
	s.mu.Unlock()
	for _, job := range jobs {
		if job == nil {
			continue
		}
		select {
		case <-job.done:
		case <-ctx.Done():
			return fmt.Errorf("wait for an import to stop: %w", ctx.Err())
		}
	}
	return err
}
