package node

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/storage/blobs"
)

// The folders of files inside the data folder, where the configuration names no
// other place: recordings by day, exports, and the messages that campaigns name over
// the API.
const (
	recordingsFolder = "recordings"
	exportsFolder    = "exports"
	promptsFolder    = "prompts"
)

// filesAt opens where one kind of files lies.
func filesAt(c config.Config, key, address, folder string) (blobs.Store, error) {
	if address == "" {
		address = filepath.Join(c.Data, folder)
	}
	store, err := blobs.At(address, blobs.Server{Endpoint: c.S3.Endpoint, Region: c.S3.Region, AccessKey: c.S3.AccessKey, SecretKey: c.S3.SecretKey})
	if err != nil {
		return nil, fmt.Errorf("files.%s: %w", key, err)
	}
	return store, nil
}

// recordingsAt says where recordings are made, and where they are moved to.
func recordingsAt(c config.Config) (recordings, error) {
	r := recordings{folder: filepath.Join(c.Data, recordingsFolder)}
	if !blobs.Remote(c.Files.Recordings) {
		if c.Files.Recordings != "" {
			r.folder = c.Files.Recordings
		}
		return r, nil
	}
	away, err := filesAt(c, "recordings", c.Files.Recordings, recordingsFolder)
	r.away, r.moving = away, new(sync.Mutex)
	return r, err
}

// openFiles opens where files lie.
func (n *Node) openFiles(context.Context) (err error) {
	c := n.settings.Config
	if n.tapes, err = recordingsAt(c); err != nil {
		return err
	}
	if n.exported, err = filesAt(c, "exports", c.Files.Exports, exportsFolder); err != nil {
		return err
	}
	if n.prompts.files, err = filesAt(c, "prompts", c.Files.Prompts, promptsFolder); err != nil {
		return err
	}
	n.sharePrompts()
	return nil
}

// warnOfVersions says when a bucket keeps what is deleted in it: then nobody is
// erased before its rules let old versions expire.
func (n *Node) warnOfVersions(ctx context.Context) {
	b, is := n.tapes.away.(*blobs.Bucket)
	if !is {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, awayWithin)
	defer cancel()
	keeps, err := b.Versions(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		n.log.Warn("the bucket of the recordings does not answer; recordings wait on this machine's disk", "error", err)
	case keeps:
		n.log.Warn("the bucket of the recordings keeps versions of what is deleted: let its lifecycle delete old ones, or nobody's recordings are erased")
	}
}
