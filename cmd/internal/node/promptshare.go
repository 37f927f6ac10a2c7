package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/blobs"
	"github.com/forecall/forecall/storage/records"
)

// This file is how a recorded message that was brought to one node is played by any.
//
//	uploaded at any node ----------------------> the record store --> played by every node
//	in the folder of a node, or named with  ------^
//	its path by the configuration, when that node leads
//
// Nothing of it happens when the node stands alone, or when files.prompts names a
// place that all nodes share.

// sharedPrompts are the prompts of a house of several nodes: those of the record
// store, and beside them what lies in the folder of this one and the store never had.
type sharedPrompts struct {
	db   *records.DB
	here *blobs.Folder
}

var _ blobs.Store = sharedPrompts{}

// sharePrompts lets the record store keep the prompts, when nothing else is shared by
// the nodes.
func (n *Node) sharePrompts() {
	c := n.settings.Config
	here, is := n.prompts.files.(*blobs.Folder)
	if c.Several() && c.Files.Prompts == "" && is {
		n.prompts.files, n.prompts.shared = sharedPrompts{n.db, here}, true
	}
}

// keptFile is a file that was read whole.
type keptFile struct{ *bytes.Reader }

// Close has nothing to close.
func (keptFile) Close() error { return nil }

// Open reads what the store keeps, or else what lies here.
func (s sharedPrompts) Open(ctx context.Context, name string) (blobs.File, error) {
	body, _, err := s.db.PromptFileBody(ctx, name)
	switch {
	case errors.Is(err, campaigns.ErrNotFound) && filepath.IsLocal(name):
		return s.here.Open(ctx, name)
	case errors.Is(err, campaigns.ErrNotFound), err == nil && len(body) == 0:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case err != nil:
		return nil, err
	}
	return keptFile{bytes.NewReader(body)}, nil
}

// List lists both.
func (s sharedPrompts) List(ctx context.Context, below string) iter.Seq2[blobs.Blob, error] {
	return func(yield func(blobs.Blob, error) bool) {
		kept, err := s.db.PromptFiles(ctx)
		if err != nil {
			yield(blobs.Blob{}, err)
			return
		}
		all := make(map[string]blobs.Blob)
		for b, err := range s.here.List(ctx, below) {
			if err != nil {
				yield(blobs.Blob{}, err)
				return
			}
			all[b.Name] = b
		}
		for name, f := range kept {
			if delete(all, name); f.Octets > 0 && filepath.IsLocal(name) {
				all[name] = blobs.Blob{Name: name, Octets: f.Octets, At: f.At}
			}
		}
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if !yield(all[name], nil) {
				return
			}
		}
	}
}

// Put keeps a file for all nodes.
func (s sharedPrompts) Put(ctx context.Context, name string, content io.ReadSeeker) error {
	body, err := io.ReadAll(io.LimitReader(content, campaigns.MaxPrompt+1))
	if err != nil {
		return err
	}
	if len(body) == 0 || len(body) > campaigns.MaxPrompt {
		return fmt.Errorf("%s has %d octets; a prompt has one, and at most %d", name, len(body), campaigns.MaxPrompt)
	}
	return s.db.KeepPromptFile(ctx, name, body)
}

// Take keeps a file of this machine.
func (s sharedPrompts) Take(ctx context.Context, name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := errors.Join(s.Put(ctx, name, f), f.Close()); err != nil {
		return err
	}
	return os.Remove(path)
}

// Delete deletes a file everywhere: a copy in the folder of another node is not played
// any more.
func (s sharedPrompts) Delete(ctx context.Context, name string) error {
	if err := s.db.KeepPromptFile(ctx, name, nil); err != nil {
		return err
	}
	return s.here.Delete(ctx, name)
}

// givePrompts gives the store what only this node has: files of its folder that the
// store never had, and those that campaigns name with their path. What cannot be given
// is told, and plays on this node alone.
func (n *lead) givePrompts(ctx context.Context) error {
	shared, is := n.prompts.files.(sharedPrompts)
	if !is {
		return nil
	}
	kept, err := n.db.PromptFiles(ctx)
	if err != nil {
		return err
	}
	for b, err := range shared.here.List(ctx, "") {
		if err != nil {
			n.log.Warn("list the prompts of this node", "error", err)
			break
		}
		if _, known := kept[b.Name]; !known {
			n.givePrompt(ctx, shared, b.Name, filepath.Join(shared.here.Path(), filepath.FromSlash(b.Name)))
		}
	}
	all, err := n.db.Campaigns(ctx)
	for _, c := range all {
		for _, file := range soundFiles(c) {
			if filepath.IsAbs(file) {
				n.givePrompt(ctx, shared, file, file)
			}
		}
	}
	return err
}

// givePrompt gives one, unless the store has the same.
func (n *lead) givePrompt(ctx context.Context, shared sharedPrompts, name, path string) {
	body, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return // another node has it, and gave it when it led
	}
	if err == nil {
		there, _, missing := n.db.PromptFileBody(ctx, name)
		if missing == nil && bytes.Equal(there, body) {
			return
		}
		err = shared.Put(ctx, name, bytes.NewReader(body))
	}
	if err != nil {
		n.log.Warn("a prompt of this node cannot be given to the others", "file", filepath.Base(name), "error", err)
	}
}

// soundFiles are the files that a campaign plays.
func soundFiles(c campaigns.Campaign) []string {
	all := []string{c.SafeHarbor, c.Inbound.Greeting, c.Inbound.Closed, c.Recording.Announcement, c.HoldMusic}
	return append(all, slices.Collect(maps.Values(c.SafeHarbors))...)
}
