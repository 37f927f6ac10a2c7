package blobs

import (
	"context"
	"crypto/md5" //nolint:gosec // what S3 answers with; it guards against accidents, the signature against people
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Server is an S3 server. Without keys those of the environment (AWS_...) or of the
// machine's role are taken.
type Server struct {
	Endpoint  string // https://s3.eu-west-1.amazonaws.com; empty = Amazon's
	Region    string // empty = what the server says
	AccessKey string
	SecretKey string
}

const (
	// answerWithin is how long a server may take to begin an answer.
	answerWithin = 30 * time.Second
	// putWithin and slowest bound a PUT: so long, and for each octet at this rate.
	putWithin = time.Minute
	slowest   = 64 << 10 // octets a second
	tries     = 3
)

// Bucket keeps blobs as objects of a bucket, below a prefix.
type Bucket struct {
	core         *minio.Core
	name, prefix string
}

// NewBucket names a bucket, which must be there; nothing is sent yet.
func NewBucket(s Server, bucket, prefix string) (*Bucket, error) {
	if s.Endpoint == "" {
		s.Endpoint = "https://s3.amazonaws.com"
	}
	u, err := url.Parse(s.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("%q is not the address of an S3 server as https://s3.example.com", s.Endpoint)
	}
	secure := u.Scheme == "https"
	transport, err := minio.DefaultTransport(secure)
	if err != nil {
		return nil, err
	}
	transport.ResponseHeaderTimeout = answerWithin
	transport.DisableCompression = true
	keys := credentials.NewStaticV4(s.AccessKey, s.SecretKey, "")
	if s.AccessKey == "" {
		keys = credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.IAM{}})
	}
	core, err := minio.NewCore(u.Host, &minio.Options{Creds: keys, Secure: secure, Transport: transport, Region: s.Region, MaxRetries: tries})
	if err != nil {
		return nil, fmt.Errorf("S3 server %s: %w", s.Endpoint, err)
	}
	return &Bucket{core: core, name: bucket, prefix: prefix}, nil
}

// key is the name of an object.
func (b *Bucket) key(name string) string { return path.Join(b.prefix, name) }

// Versions tells whether the bucket keeps what was deleted or replaced: then what is
// erased is erased only when its rules let versions expire.
func (b *Bucket) Versions(ctx context.Context) (bool, error) {
	v, err := b.core.GetBucketVersioning(ctx, b.name)
	if err != nil {
		return false, fmt.Errorf("bucket %s: %w", b.name, err)
	}
	return v.Status != "", nil
}

// sums are those of a blob before it is sent.
type sums struct {
	octets      int64
	md5, sha256 []byte
}

// measure reads a blob once, and goes back to its beginning.
func measure(content io.ReadSeeker) (s sums, err error) {
	if _, err = content.Seek(0, io.SeekStart); err != nil {
		return s, err
	}
	quick, strong := md5.New(), sha256.New() //nolint:gosec // see above
	if s.octets, err = io.Copy(io.MultiWriter(quick, strong), content); err != nil {
		return s, err
	}
	s.md5, s.sha256 = quick.Sum(nil), strong.Sum(nil)
	_, err = content.Seek(0, io.SeekStart)
	return s, err
}

// Put stores a blob and asks for it back: its size, and its sum.
func (b *Bucket) Put(ctx context.Context, name string, content io.ReadSeeker) error {
	if err := check("put", name); err != nil {
		return err
	}
	s, err := measure(content)
	if err != nil {
		return fmt.Errorf("store %s: %w", name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, putWithin+time.Duration(s.octets/slowest)*time.Second)
	defer cancel()
	// One PUT, never several parts, so that the ETag is the sum of the whole. The
	// server compares what comes with both sums before it takes it.
	_, err = b.core.PutObject(ctx, b.name, b.key(name), content, s.octets, base64.StdEncoding.EncodeToString(s.md5), hex.EncodeToString(s.sha256),
		minio.PutObjectOptions{UserMetadata: map[string]string{"sha256": hex.EncodeToString(s.sha256)}, DisableMultipart: true})
	if err == nil {
		err = b.verify(ctx, name, s)
	}
	if err != nil {
		return fmt.Errorf("store %s in bucket %s: %w", name, b.name, err)
	}
	return nil
}

// verify compares what is stored with what was sent.
func (b *Bucket) verify(ctx context.Context, name string, s sums) error {
	there, err := b.core.StatObject(ctx, b.name, b.key(name), minio.StatObjectOptions{})
	switch {
	case err != nil:
		return err
	case there.Size != s.octets:
		return fmt.Errorf("%w: %d octets of %d", ErrAltered, there.Size, s.octets)
	case strings.EqualFold(strings.Trim(there.ETag, `"`), hex.EncodeToString(s.md5)):
		return nil
	}
	body, _, _, err := b.core.GetObject(ctx, b.name, b.key(name), minio.GetObjectOptions{})
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, body)
	if err = errors.Join(err, body.Close()); err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	if string(sum.Sum(nil)) != string(s.sha256) {
		return ErrAltered
	}
	return nil
}

// Take stores a file of this machine, and deletes it when that is verified.
func (b *Bucket) Take(ctx context.Context, name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := errors.Join(b.Put(ctx, name, f), f.Close()); err != nil {
		return err
	}
	return os.Remove(path)
}

// Delete deletes an object.
func (b *Bucket) Delete(ctx context.Context, name string) error {
	if err := check("delete", name); err != nil {
		return err
	}
	err := b.core.Client.RemoveObject(ctx, b.name, b.key(name), minio.RemoveObjectOptions{})
	if err := missing("delete", name, err); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete %s of bucket %s: %w", name, b.name, err)
	}
	return nil
}

// List lists the objects below a prefix, by name.
func (b *Bucket) List(ctx context.Context, below string) iter.Seq2[Blob, error] {
	return func(yield func(Blob, error) bool) {
		prefix := b.prefix
		if below != "" {
			if err := check("list", below); err != nil {
				yield(Blob{}, err)
				return
			}
			prefix = b.key(below)
		}
		if prefix != "" {
			prefix += "/"
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		for o := range b.core.Client.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
			if o.Err != nil {
				yield(Blob{}, fmt.Errorf("list bucket %s: %w", b.name, o.Err))
				return
			}
			name := o.Key
			if b.prefix != "" {
				name = strings.TrimPrefix(name, b.prefix+"/")
			}
			if check("list", name) == nil && !yield(Blob{name, o.Size, o.LastModified}, nil) {
				return
			}
		}
	}
}

// missing turns the server's words for what is not there into ours.
func missing(op, name string, err error) error {
	switch minio.ToErrorResponse(err).Code {
	case "NoSuchKey", "NotFound":
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return err
}
