package registry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/forecall/forecall/campaigns"
)

// This file is how a version that is about to come into force on one shelf is kept by
// another, so that it outlives the first.

// holdMark begins the names of folders of versions that are kept for another shelf.
const holdMark = ".held-"

func (s *Shelf) holdFolder(list string, version int64) string {
	return filepath.Join(s.folder, list, fmt.Sprintf("%s%06d", holdMark, version))
}

// Hold keeps a version that another shelf is about to put into force, and that has
// the SHA-256 of v; durable on return. It is not in force here before TakeHeld. What
// was held of the list before goes.
func (s *Shelf) Hold(ctx context.Context, v campaigns.RegisterVersion, files []Held, fetch Fetcher) (err error) {
	if err := CheckName(v.List); err != nil {
		return err
	}
	folder, err := s.stageFolder(v.List)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if err := s.fetchInto(ctx, folder, v, files, fetch); err != nil {
		return fmt.Errorf("hold version %d of %s: %w", v.Version, v.List, err)
	}
	if err := errors.Join(s.unhold(v.List), syncFolder(folder)); err != nil {
		return err
	}
	if err := os.Rename(folder, s.holdFolder(v.List, v.Version)); err != nil {
		return fmt.Errorf("hold version %d of %s: %w", v.Version, v.List, err)
	}
	return syncFolder(filepath.Join(s.folder, v.List))
}

// TakeHeld puts a version into force that the ledger has and that is held here;
// ErrNoVersion when it is not, or another is held under its number.
func (s *Shelf) TakeHeld(v campaigns.RegisterVersion) error {
	if err := CheckName(v.List); err != nil {
		return err
	}
	folder := s.holdFolder(v.List, v.Version)
	if err := fits(filepath.Join(folder, partName(v.Version, partSet)), v, v.Version, partSet); err != nil {
		return fmt.Errorf("version %d of %s is not held here: %w: %w", v.Version, v.List, ErrNoVersion, err)
	}
	if err := s.takeIn(v, folder); err != nil {
		return err
	}
	return s.unhold(v.List)
}

// unhold removes what is held of a list.
func (s *Shelf) unhold(list string) error {
	found, err := os.ReadDir(filepath.Join(s.folder, list))
	if err != nil {
		return fmt.Errorf("look at what is held of %s: %w", list, err)
	}
	var errs []error
	for _, f := range found {
		if strings.HasPrefix(f.Name(), holdMark) {
			errs = append(errs, os.RemoveAll(filepath.Join(s.folder, list, f.Name())))
		}
	}
	return errors.Join(errs...)
}
