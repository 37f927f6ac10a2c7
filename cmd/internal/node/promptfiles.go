package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
)

// promptFolder is the prompts as the service of prompts sees them. Files lie side by
// side: no name and no link leads elsewhere.
type promptFolder prompts

var _ campaigns.PromptFolder = promptFolder{}

// List returns the WAV files with their lengths.
func (p promptFolder) List() (map[string]int64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), awayWithin)
	defer cancel()
	out := map[string]int64{}
	for b, err := range p.files.List(ctx, "") {
		if err != nil {
			return nil, err
		}
		if !strings.Contains(b.Name, "/") && strings.EqualFold(path.Ext(b.Name), ".wav") {
			out[b.Name] = b.Octets
		}
	}
	return out, nil
}

// Save writes a file whole or not at all, so that a campaign that starts meanwhile
// reads the old one or the new one.
func (p promptFolder) Save(file string, data []byte) error {
	return p.files.Put(context.Background(), file, bytes.NewReader(data))
}

// Open opens a file to be heard.
func (p promptFolder) Open(file string) (io.ReadSeekCloser, error) {
	ctx, cancel := context.WithTimeout(context.Background(), awayWithin)
	defer cancel()
	f, err := p.files.Open(ctx, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", file, campaigns.ErrNotFound)
	}
	return f, err
}

// Delete removes a file.
func (p promptFolder) Delete(file string) error {
	f, err := p.Open(file) // to say that there is none
	if err != nil {
		return err
	}
	_ = f.Close() // nothing was read
	return p.files.Delete(context.Background(), file)
}

// Length reads a WAV file as a call would and says how long it is.
func (p promptFolder) Length(data []byte) (time.Duration, error) {
	prompt, err := media.LoadWAV(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	return prompt.Duration(), nil
}
