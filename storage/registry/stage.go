package registry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/forecall/forecall/campaigns"
)

// Reader reads the numbers of a file into a builder.
type Reader func(ctx context.Context, into *Builder) (campaigns.RegisterReport, error)

// Staged is a version that lies ready on disk and is not in force.
type Staged struct {
	shelf  *Shelf
	folder string
	before *edition // nil = the list's first version
	found  campaigns.RegisterFound
}

// ErrOvertaken marks a version that was made while another came into force.
var ErrOvertaken = errors.New("another version of the list came into force meanwhile")

// ErrNoBase marks a change list for a list that is not loaded.
var ErrNoBase = errors.New("there is no version that it could change: load the full list first")

// ErrName marks a name that no list can have.
var ErrName = errors.New("this is no name of a list")

// namePattern is that of lists: rules name them so, and folders are called so.
var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// CheckName says what is wrong with the name of a list.
func CheckName(list string) error {
	if !namePattern.MatchString(list) {
		return fmt.Errorf("%w: %q; up to 64 small letters, digits and dashes, as us-national", ErrName, list)
	}
	return nil
}

// Stage makes the next version of v.List out of what read brings; a change list
// is read on top of the version in force. It says what it would change; nothing
// is in force before Publish. The caller publishes or discards it.
func (s *Shelf) Stage(ctx context.Context, v campaigns.RegisterVersion, read Reader) (*Staged, error) {
	return s.stage(ctx, v, false, read)
}

// stage is Stage; with coversFile the version covers the area codes that the
// files hold, and no others.
func (s *Shelf) stage(ctx context.Context, v campaigns.RegisterVersion, coversFile bool, read Reader) (staged *Staged, err error) {
	if err := errors.Join(CheckName(v.List), CheckCover(v.Covers)); err != nil {
		return nil, err
	}
	st := &Staged{shelf: s, before: (*s.now.Load())[v.List]}
	base, before := (*Set)(nil), (*Set)(nil)
	if st.before != nil {
		before = st.before.set
	}
	if v.Kind == campaigns.RegisterChange {
		if before == nil {
			return nil, ErrNoBase
		}
		base = before
	}
	into := NewBuilder(base)
	st.found.Report, err = read(ctx, into)
	if err != nil {
		return nil, err
	}
	if st.folder, err = s.stageFolder(v.List); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, st.Discard())
		}
	}()
	if coversFile {
		if v.Covers = st.found.Report.AreaCodes; len(v.Covers) == 0 {
			return nil, fmt.Errorf("%w: the files hold numbers outside of the North American plan, and have no area codes to cover", ErrCover)
		}
	}
	st.found.Version = v
	return st, st.save(ctx, into, before)
}

func (s *Shelf) stageFolder(list string) (string, error) {
	if err := os.MkdirAll(filepath.Join(s.folder, list), 0o700); err != nil {
		return "", fmt.Errorf("make a version of a register: %w", err)
	}
	folder, err := os.MkdirTemp(filepath.Join(s.folder, list), stageMark)
	if err != nil {
		return "", fmt.Errorf("make a version of a register: %w", err)
	}
	return folder, nil
}

// save writes the version's files, and fills in what they hold.
func (st *Staged) save(ctx context.Context, into *Builder, before *Set) error {
	v := &st.found.Version
	v.Version = st.lastVersion() + 1
	v.Lines, v.Rejected, v.SourceSum = st.found.Report.Lines, st.found.Report.Rejected, st.found.Report.SHA256
	added, removed := into.Diff(before)
	v.Added, v.Removed = added.Count(), removed.Count()
	if before != nil {
		st.found.Before = before.Version
	}
	h := Header{Part: partSet, Version: *v}
	if err := into.save(st.path(partSet), &h); err != nil {
		return err
	}
	*v = h.Version
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if v.Version == 1 {
		return nil
	}
	for part, some := range map[string]*Builder{partAdd: added, partDel: removed} {
		h := Header{Part: part, Version: *v, Before: st.found.Before.AccessedAt}
		if err := some.save(st.path(part), &h); err != nil {
			return err
		}
	}
	return nil
}

// lastVersion is the number of the version before. One whose file is damaged
// was known to the ledger: the next version does not take its number.
func (st *Staged) lastVersion() int64 {
	last := st.found.Version.Version
	if st.before != nil {
		last = max(last, st.before.set.Version.Version)
	}
	return last
}

func (st *Staged) path(part string) string {
	return filepath.Join(st.folder, partName(st.found.Version.Version, part))
}

// Found is what the version holds and changes.
func (st *Staged) Found() campaigns.RegisterFound { return st.found }

// Publish puts the version in force: its files get their names, record writes
// it into the ledger, and from the return of Publish on every look-up sees it.
// When record fails the version before stays in force, and Publish may be tried again.
func (st *Staged) Publish(record func(campaigns.RegisterVersion) error) error {
	return said(st.publish(record))
}

func (st *Staged) publish(record func(campaigns.RegisterVersion) error) error {
	s, v := st.shelf, st.found.Version
	s.mu.Lock()
	defer s.mu.Unlock()
	if (*s.now.Load())[v.List] != st.before {
		return ErrOvertaken
	}
	parts := []string{partSet, partAdd, partDel}
	if v.Version == 1 || st.before == nil {
		parts = parts[:1]
	}
	set, err := openSet(st.path(partSet), true) // as it lies on disk now
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := os.Rename(st.path(part), s.path(v.List, v.Version, part)); err != nil {
			return errors.Join(fmt.Errorf("put a register in force: %w", err), st.unnamed(parts))
		}
	}
	err = syncFolder(filepath.Join(s.folder, v.List))
	if err == nil {
		err = record(v)
	}
	if err != nil {
		return errors.Join(err, st.unnamed(parts))
	}
	return errors.Join(st.inForce(set), st.Discard())
}

// inForce swaps the editions. Old files of the set go, but for the one before:
// what they held is what is in force with its changes undone.
func (st *Staged) inForce(set *Set) error {
	s, v := st.shelf, st.found.Version
	e, err := s.edition(set)
	s.put(v.List, e)
	if err != nil { // the ledger has the new version: the old one must not answer in its place
		s.faults[v.List] = err
		return err
	}
	return s.forget(v.List, v.Version-1)
}

// edition joins a version with the changes before it; nil with an error.
func (s *Shelf) edition(set *Set) (*edition, error) {
	changes, err := s.changes(set.Version.List, set.Version.Version)
	if err != nil {
		return nil, err
	}
	return newEdition(set, changes)
}

// forget removes the sets of versions before one.
func (s *Shelf) forget(list string, before int64) error {
	found, err := os.ReadDir(filepath.Join(s.folder, list))
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range found {
		if version, part, ok := partOf(f.Name()); ok && part == partSet && version < before {
			errs = append(errs, os.Remove(filepath.Join(s.folder, list, f.Name())))
		}
	}
	return errors.Join(errs...)
}

// unnamed takes the names of files back: the version may be published again.
func (st *Staged) unnamed(parts []string) error {
	var errs []error
	for _, part := range parts {
		err := os.Rename(st.shelf.path(st.found.Version.List, st.found.Version.Version, part), st.path(part))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Discard removes what is not in force. It may be called twice.
func (st *Staged) Discard() error {
	if st.folder == "" {
		return nil
	}
	return os.RemoveAll(st.folder)
}
