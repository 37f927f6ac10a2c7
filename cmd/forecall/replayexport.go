package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/cmd/internal/keyring"
)

// readExport replays the decisions of an evidence export that is what was
// signed; of another it says what is wrong.
func (x *replaying) readExport(c *cobra.Command, name string, from, to time.Time) (r campaigns.Replay, err error) {
	f, size, err := openExport(name)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	checked, err := evidence.VerifyFile(c.Context(), f, size, evidence.Known{Key: x.key})
	if err != nil {
		return r, fmt.Errorf("%s: %w", name, err)
	}
	if !checked.Clean() {
		return r, errors.Join(sayReport(c.ErrOrStderr(), name, checked), errTampered)
	}
	kept, err := evidence.OpenKept(f, size)
	if err != nil {
		return r, err
	}
	return campaigns.NewExportReplays(kept, keyring.Zones()).Run(c.Context(), operator, campaigns.DecisionFilter{From: from, To: to}, nil)
}

// openExport opens an export, or packs the folder that one was unpacked into.
func openExport(name string) (*os.File, int64, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, 0, usage("%w", err)
	}
	if info.IsDir() {
		return packed(name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, usage("%w", err)
	}
	return f, info.Size(), nil
}

// packed puts a folder into a zip that has no name and goes when it is closed.
func packed(folder string) (*os.File, int64, error) {
	f, err := os.CreateTemp("", "forecall-*.zip")
	if err != nil {
		return nil, 0, err
	}
	if err := os.Remove(f.Name()); err != nil { // what is open stays readable
		return nil, 0, errors.Join(err, f.Close())
	}
	if err := pack(f, os.DirFS(folder)); err != nil {
		return nil, 0, errors.Join(usage("%s: %w", folder, err), f.Close())
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// pack writes the files of a folder, and no entries for folders in it.
func pack(to io.Writer, folder fs.FS) error {
	z := zip.NewWriter(to)
	err := fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		in, err := folder.Open(name)
		if err != nil {
			return err
		}
		defer in.Close()
		out, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = io.Copy(out, in)
		}
		return err
	})
	return errors.Join(err, z.Close())
}
