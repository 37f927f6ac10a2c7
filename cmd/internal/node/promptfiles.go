package node

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
)

// promptFolder is the folder of the prompts as the service of prompts sees it.
// Every file is opened inside it: no name and no link leads out.
type promptFolder prompts

var _ campaigns.PromptFolder = promptFolder{}

func (p promptFolder) root() (*os.Root, error) { return os.OpenRoot(p.folder) }

// List returns the WAV files with their lengths.
func (p promptFolder) List() (map[string]int64, error) {
	entries, err := os.ReadDir(p.folder)
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !strings.EqualFold(filepath.Ext(e.Name()), ".wav") {
			continue // a file that has just gone, or none of ours
		}
		out[e.Name()] = info.Size()
	}
	return out, nil
}

// Save writes a file whole or not at all: it is written beside its place and
// moved there, so that a campaign that starts meanwhile reads one or the other.
func (p promptFolder) Save(file string, data []byte) error {
	root, err := p.root()
	if err != nil {
		return err
	}
	defer root.Close()
	draft := "." + file + ".part"
	f, err := root.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = root.Rename(draft, file)
	}
	if err != nil {
		return errors.Join(err, root.Remove(draft))
	}
	return nil
}

// Open opens a file to be heard.
func (p promptFolder) Open(file string) (io.ReadSeekCloser, error) {
	f, err := os.OpenInRoot(p.folder, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", file, campaigns.ErrNotFound)
	}
	return f, err
}

// Delete removes a file.
func (p promptFolder) Delete(file string) error {
	root, err := p.root()
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.Remove(file); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", file, campaigns.ErrNotFound)
	} else if err != nil {
		return err
	}
	return nil
}

// Length reads a WAV file as a call would and says how long it is.
func (p promptFolder) Length(data []byte) (time.Duration, error) {
	prompt, err := media.LoadWAV(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	return prompt.Duration(), nil
}
