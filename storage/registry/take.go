package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/forecall/forecall/campaigns"
)

// This file is how a version comes from the shelf of one node to that of another.

// Held is a file of a list as it lies on a shelf.
type Held struct {
	Name string `json:"name"`
	Size int64  `json:"size"` // in bytes
}

// Held are the files of a version of a list and of all that came and went before
// it; ErrNoVersion when the shelf does not hold that version.
func (s *Shelf) Held(list string, version int64) ([]Held, error) {
	if err := CheckName(list); err != nil {
		return nil, err
	}
	found, err := os.ReadDir(filepath.Join(s.folder, list))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("look at the files of %s: %w", list, err)
	}
	var out []Held
	set := partName(version, partSet)
	for _, f := range found {
		v, part, ok := partOf(f.Name())
		if !ok || v > version || part == partSet && v != version {
			continue
		}
		info, err := f.Info()
		if err != nil {
			return nil, fmt.Errorf("look at the files of %s: %w", list, err)
		}
		out = append(out, Held{Name: f.Name(), Size: info.Size()})
	}
	if !slices.ContainsFunc(out, func(h Held) bool { return h.Name == set }) {
		return nil, fmt.Errorf("version %d of %s: %w", version, list, ErrNoVersion)
	}
	return out, nil
}

// ReadHeld reads from a file that Held has named, as io.ReaderAt does.
func (s *Shelf) ReadHeld(list, name string, into []byte, at int64) (int, error) {
	version, part, ok := partOf(name)
	if err := CheckName(list); err != nil || !ok {
		return 0, errors.Join(err, fmt.Errorf("%q is no file of %s: %w", name, list, ErrNoVersion))
	}
	f, err := os.Open(s.path(list, version, part))
	if err != nil {
		return 0, fmt.Errorf("read a register: %w", err)
	}
	defer func() { _ = f.Close() }() // read only
	return f.ReadAt(into, at)
}

// Fetcher writes a file of another shelf into w.
type Fetcher func(ctx context.Context, name string, w io.Writer) error

// Take puts a version into force that the ledger has and that another shelf holds,
// whose files are named. Every byte that comes is checked: the numbers must have the
// SHA-256 of the ledger. A shelf that has this version or a later one is left as it
// is.
func (s *Shelf) Take(ctx context.Context, v campaigns.RegisterVersion, files []Held, fetch Fetcher) (err error) {
	if err := CheckName(v.List); err != nil {
		return err
	}
	if now, ok := s.Version(v.List); ok && now.Version >= v.Version {
		return nil
	}
	folder, err := s.stageFolder(v.List)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if err := s.fetchInto(ctx, folder, v, files, fetch); err != nil {
		return fmt.Errorf("take version %d of %s: %w", v.Version, v.List, err)
	}
	return s.takeIn(v, folder)
}

// fetchInto brings the files that the shelf has not got into a folder, each checked.
func (s *Shelf) fetchInto(ctx context.Context, folder string, v campaigns.RegisterVersion, files []Held, fetch Fetcher) error {
	for _, f := range files {
		version, part, ok := partOf(f.Name)
		if !ok || version > v.Version {
			return fmt.Errorf("%q is no file of it", f.Name)
		}
		if _, err := openSet(s.path(v.List, version, part), true); err == nil && part != partSet {
			continue // we have it
		}
		if err := fetchFile(ctx, filepath.Join(folder, f.Name), f, fetch); err != nil {
			return err
		}
		if err := fits(filepath.Join(folder, f.Name), v, version, part); err != nil {
			return err
		}
	}
	return nil
}

// fetchFile writes a file, durable on return.
func fetchFile(ctx context.Context, path string, h Held, fetch Fetcher) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, private)
	if err != nil {
		return err
	}
	return errors.Join(fetch(ctx, h.Name, f), f.Sync(), f.Close())
}

// fits tells whether a file is whole, and the part of the version that it should be.
func fits(path string, v campaigns.RegisterVersion, version int64, part string) error {
	set, err := openSet(path, true)
	if err != nil {
		return err
	}
	if set.Part != part || set.Version.List != v.List || set.Version.Version != version || part == partSet && set.SHA256 != v.SHA256 {
		return fmt.Errorf("%w: it is %s of version %d of %s with the SHA-256 %.12s, the ledger has %.12s (their beginnings)",
			ErrDamaged, set.Part, set.Version.Version, set.Version.List, set.SHA256, v.SHA256)
	}
	return nil
}

// takeIn gives the files of a folder their names and puts the version into force.
func (s *Shelf) takeIn(v campaigns.RegisterVersion, folder string) error {
	files, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("put a register in force: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := (*s.now.Load())[v.List]; now != nil && now.set.Version.Version >= v.Version {
		return nil // it came in another way meanwhile
	}
	for _, f := range files {
		if err := os.Rename(filepath.Join(folder, f.Name()), filepath.Join(s.folder, v.List, f.Name())); err != nil {
			return fmt.Errorf("put a register in force: %w", err)
		}
	}
	if err := syncFolder(filepath.Join(s.folder, v.List)); err != nil {
		return err
	}
	set, err := openSet(s.path(v.List, v.Version, partSet), true)
	if err != nil {
		return err
	}
	e, err := s.edition(set)
	if err != nil {
		return err
	}
	s.put(v.List, e)
	return s.forget(v.List, v.Version-1)
}
