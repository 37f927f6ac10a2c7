package node

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/keyring"
	"github.com/forecall/forecall/storage/blobs"
	"github.com/forecall/forecall/storage/records"
)

var (
	_ campaigns.EvidenceStore  = (*records.DB)(nil)
	_ campaigns.SubjectStore   = (*records.DB)(nil)
	_ campaigns.RetentionStore = (*records.DB)(nil)
	_ campaigns.AuditPager     = (*records.DB)(nil)
	_ campaigns.SubjectFiles   = personFiles{}
)

// signWithin bounds the last signature of a run.
const signWithin = 10 * time.Second

// openClerk reads the signing key; what was written is signed a last time
// before the store is closed.
func (n *lead) openClerk(ctx context.Context) error {
	s := signing(n.settings.Config, n.db)
	s.CopyTo, s.Program, s.Log = n.settings.Config.Evidence.CopyTo, n.settings.Version, n.log
	clerk, err := keyring.Open(ctx, s)
	if err != nil {
		return err
	}
	n.clerk = clerk
	n.later(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), signWithin)
		defer cancel()
		_, err := clerk.Sign(ctx)
		return err
	})
	return nil
}

// openProof makes the services that hand the ledger over and answer persons.
func (n *lead) openProof(context.Context) error {
	keep := campaigns.NewRetention(n.db)
	quiet := func(d campaigns.DoNotCall) error { return n.floor.WithdrawAll([]campaigns.DoNotCall{d}) }
	n.proof = campaigns.Proof{
		Evidence:  campaigns.NewEvidenceDesk(n.db, n.clerk, n.db),
		Subjects:  campaigns.NewSubjects(n.db, personFiles{recordings: n.recordings(), exported: n.exported, data: n.settings.Config.Data}, quiet, keep, n.db),
		Retention: keep,
		Audit:     campaigns.NewAuditTrail(n.db, n.db),
	}
	return nil
}

const (
	// resumeEvery is how often erasures are tried again that a call or a hold
	// kept back.
	resumeEvery = 30 * time.Second
	// nightly is when what is over is deleted: the quietest hour, by the local
	// clock.
	nightly = "15 3 * * *"
)

// keepProof signs, finishes what the last run left of erasures, and deletes at
// night what is over.
func (n *lead) keepProof(ctx context.Context) {
	n.work.Go(func() { n.clerk.Run(ctx) })
	n.work.Go(func() { n.resumeErasures(ctx) })
	n.work.Go(func() { n.retain(ctx) })
}

func (n *lead) resumeErasures(ctx context.Context) {
	tick := time.NewTicker(resumeEvery)
	defer tick.Stop()
	for {
		done, err := n.proof.Subjects.Resume(ctx)
		if err != nil && ctx.Err() == nil {
			n.log.Error("erasures that wait", "error", err)
		} else if done > 0 {
			n.log.Info("erasures are done that waited", "count", done)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// retain runs the retention every night.
func (n *lead) retain(ctx context.Context) {
	schedule, err := cron.ParseStandard(nightly)
	if err != nil {
		n.log.Error("schedule of the retention", "error", err)
		return
	}
	for {
		timer := time.NewTimer(time.Until(schedule.Next(time.Now())))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		gone, err := n.proof.Retention.Run(ctx, time.Now())
		if err == nil {
			err = n.proof.Subjects.Clear(ctx)
		}
		if err != nil && ctx.Err() == nil {
			n.log.Error("retention", "error", err)
		}
		for kind, count := range gone {
			if count > 0 {
				n.log.Info("deleted, for its time is over", "kind", kind, "count", count)
			}
		}
	}
}

// personFiles are the files of a data folder that may know of persons.
type personFiles struct {
	recordings recordings
	exported   blobs.Store
	data       string
}

// Remove deletes a recording, whole or in the making.
func (p personFiles) Remove(path string) error { return p.recordings.Remove(path) }

// Forget deletes files of calls that were exported, for whoever is erased may
// stand in them and they can be made again, and takes the lines of a number out
// of reports of imports and of lists that somebody has just brought.
func (p personFiles) Forget(ctx context.Context, number string) error {
	for b, err := range p.exported.List(ctx, "") {
		if err == nil {
			err = p.exported.Delete(ctx, b.Name)
		}
		if err != nil {
			return err
		}
	}
	// What is being written for one.
	if err := eachFile(ctx, filepath.Join(p.data, exportsFolder), os.Remove); err != nil {
		return err
	}
	digits := strings.TrimPrefix(number, "+")
	if len(digits) > nationalDigits {
		digits = digits[len(digits)-nationalDigits:]
	}
	return eachFile(ctx, filepath.Join(p.data, "imports"), func(path string) error {
		packed, err := packed(path)
		if err != nil {
			return err
		}
		if packed {
			return os.Remove(path)
		}
		return withoutLines(path, digits)
	})
}

// packed tells whether a file is a list in which nothing is found as it stands: a
// spreadsheet, which is a zip, or something compressed. Whoever brought it brings
// it again.
func packed(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 4)
	n, err := io.ReadFull(f, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	head = head[:n]
	for _, mark := range []string{"PK\x03\x04", "\x1f\x8b", "\xd0\xcf\x11\xe0", "\x28\xb5\x2f\xfd", "BZh"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return true, err
		}
	}
	return false, err
}

// nationalDigits are those of a number by which it is known however it is
// written: with or without the country, with spaces, dots or brackets.
const nationalDigits = 8

func eachFile(ctx context.Context, folder string, do func(string) error) error {
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if err := do(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return ctx.Err()
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// withoutLines writes a file anew without the lines in which digits stand.
func withoutLines(path, digits string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var kept bytes.Buffer
	for line := range bytes.Lines(text) {
		if !bytes.Contains(onlyDigits(line), []byte(digits)) {
			kept.Write(line)
		}
	}
	if kept.Len() == len(text) {
		return nil
	}
	return os.WriteFile(path, kept.Bytes(), 0o600)
}

func onlyDigits(line []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, line)
}

// Subjects is the service over the data of a configuration of which nothing runs,
// and what opens recordings of it.
func Subjects(db *records.DB, c config.Config) (*campaigns.Subjects, func(campaigns.Recording) (io.ReadSeekCloser, error), error) {
	tapes, err := recordingsAt(c)
	if err != nil {
		return nil, nil, err
	}
	exported, err := filesAt(c, "exports", c.Files.Exports, exportsFolder)
	if err != nil {
		return nil, nil, err
	}
	nobody := func(campaigns.DoNotCall) error { return nil }
	s := campaigns.NewSubjects(db, personFiles{recordings: tapes, exported: exported, data: c.Data}, nobody, campaigns.NewRetention(db), db)
	return s, tapes.OpenRecording, nil
}
