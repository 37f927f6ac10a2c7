package blobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/minio/minio-go/v7"
)

// Open opens an object: its size is asked for, its octets come when they are read.
func (b *Bucket) Open(ctx context.Context, name string) (File, error) {
	if err := check("open", name); err != nil {
		return nil, err
	}
	there, err := b.core.StatObject(ctx, b.name, b.key(name), minio.StatObjectOptions{})
	if err != nil {
		return nil, fmt.Errorf("open %s of bucket %s: %w", name, b.name, missing("open", name, err))
	}
	// The reader outlives the call that opened it; Close ends it.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	return &ranged{ctx: ctx, cancel: cancel, bucket: b, name: name, etag: there.ETag, size: there.Size}, nil
}

// ranged reads an object on from where it was read last in one request, and from
// elsewhere in another.
type ranged struct {
	ctx    context.Context // of the requests: the reader is one
	cancel context.CancelFunc
	bucket *Bucket
	name   string
	etag   string // of the object that was opened: another one of the name is not read
	size   int64
	at     int64 // of the next Read

	body io.ReadCloser // nil = no request goes on
	next int64         // what body reads next
}

// Size is how many octets there are.
func (r *ranged) Size() int64 { return r.size }

// Seek sets where the next Read begins.
func (r *ranged) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return r.at, errors.New("seek before the beginning")
	}
	r.at = offset
	return offset, nil
}

// Read reads on.
func (r *ranged) Read(p []byte) (int, error) {
	n, err := r.some(p, r.at)
	r.at += int64(n)
	return n, err
}

// ReadAt reads all of p from a place on, or says why not.
func (r *ranged) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && err == nil {
		var got int
		got, err = r.some(p[n:], off+int64(n))
		n += got
	}
	if n == len(p) {
		err = nil
	}
	return n, err
}

// some reads what comes at once; a connection that breaks is begun again, a few
// times.
func (r *ranged) some(p []byte, off int64) (n int, err error) {
	if off >= r.size {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	for range tries {
		if err = r.from(off); err != nil {
			continue
		}
		body := r.body
		stuck := time.AfterFunc(answerWithin, func() { _ = body.Close() }) // ends the Read
		n, err = body.Read(p[:min(int64(len(p)), r.size-off)])
		stuck.Stop()
		r.next += int64(n)
		if n > 0 {
			return n, nil // an error comes again
		}
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // it ends before its end
		}
		r.stop()
	}
	return 0, fmt.Errorf("read %s of bucket %s: %w", r.name, r.bucket.name, err)
}

// stepOver is how much is rather read and thrown away than asked for anew.
const stepOver = 64 << 10

// from has a request that reads from a place on.
func (r *ranged) from(off int64) error {
	if r.body != nil && r.next == off {
		return nil
	}
	if r.body != nil && off > r.next && off-r.next <= stepOver {
		n, err := io.CopyN(io.Discard, r.body, off-r.next)
		r.next += n
		if err == nil {
			return nil
		}
	}
	r.stop()
	var o minio.GetObjectOptions
	if err := errors.Join(o.SetRange(off, 0), o.SetMatchETag(r.etag)); err != nil {
		return err
	}
	if off == 0 {
		o = minio.GetObjectOptions{} // all of it
		if err := o.SetMatchETag(r.etag); err != nil {
			return err
		}
	}
	body, _, _, err := r.bucket.core.GetObject(r.ctx, r.bucket.name, r.bucket.key(r.name), o)
	if err != nil {
		return missing("read", r.name, err)
	}
	r.body, r.next = body, off
	return nil
}

func (r *ranged) stop() {
	if r.body != nil {
		_ = r.body.Close() // whatever it did not read is not wanted
		r.body = nil
	}
}

// Close ends the request that goes on.
func (r *ranged) Close() error {
	r.stop()
	r.cancel()
	return nil
}
