package blobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// ErrAltered marks a blob that is not stored as it was sent.
var ErrAltered = errors.New("what was stored is not what was sent")

// Blob is what is known of one.
type Blob struct {
	Name   string
	Octets int64
	At     time.Time // when it was stored
}

// File is a blob that is read, from any place on, by one reader at a time.
type File interface {
	io.ReadSeekCloser
	io.ReaderAt
	Size() int64
}

// Reader finds blobs. List goes by name, below a prefix of whole elements; empty is
// all.
type Reader interface {
	Open(ctx context.Context, name string) (File, error)
	List(ctx context.Context, below string) iter.Seq2[Blob, error]
}

// Writer changes blobs. Take moves a file of this machine in. Delete of what is not
// there is no error.
type Writer interface {
	Put(ctx context.Context, name string, content io.ReadSeeker) error
	Take(ctx context.Context, name, path string) error
	Delete(ctx context.Context, name string) error
}

// Store is either engine.
type Store interface {
	Reader
	Writer
}

var (
	_ Store = (*Folder)(nil)
	_ Store = (*Bucket)(nil)
)

// At opens the store of an address: a folder, or s3://bucket/prefix with the server
// and its keys.
func At(address string, server Server) (Store, error) {
	if !Remote(address) {
		return NewFolder(address)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("%q is not an address as s3://bucket/prefix", address)
	}
	return NewBucket(server, u.Host, strings.Trim(u.Path, "/"))
}

// Remote tells whether an address is that of a bucket.
func Remote(address string) bool { return strings.HasPrefix(address, "s3://") }

// check refuses names that a store does not keep.
func check(op, name string) error {
	if !fs.ValidPath(name) || name == "." || !filepath.IsLocal(filepath.FromSlash(name)) || strings.Contains("/"+name, "/.") {
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	return nil
}
