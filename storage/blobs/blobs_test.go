package blobs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/forecall/forecall/storage/blobs"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// trouble is what happens to requests on their way to an S3 server.
type trouble struct {
	mu   sync.Mutex // guards what follows
	with func(next http.Handler, w http.ResponseWriter, r *http.Request)
	seen []string // method and range of each
}

func (f *trouble) set(with func(next http.Handler, w http.ResponseWriter, r *http.Request)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.with, f.seen = with, nil
}

func (f *trouble) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.seen)
}

func (f *trouble) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		with := f.with
		f.seen = append(f.seen, r.Method+" "+r.Header.Get("Range"))
		f.mu.Unlock()
		if with == nil {
			next.ServeHTTP(w, r)
			return
		}
		with(next, w, r)
	})
}

// server starts an S3 server in memory.
func server(t testing.TB) (blobs.Server, *trouble) {
	t.Helper()
	back, f := s3mem.New(), &trouble{}
	must(t, back.CreateBucket("calls"))
	s := httptest.NewUnstartedServer(f.around(gofakes3.New(back).Server()))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of the troubles that are made here
	s.Start()
	t.Cleanup(s.Close)
	return blobs.Server{Endpoint: s.URL, Region: "us-east-1", AccessKey: "key", SecretKey: "secret"}, f
}

func bucket(t testing.TB, prefix string) (*blobs.Bucket, *trouble) {
	t.Helper()
	s, f := server(t)
	b, err := blobs.NewBucket(s, "calls", prefix)
	must(t, err)
	return b, f
}

// engines runs a test on each.
func engines(t *testing.T, test func(t *testing.T, s blobs.Store)) {
	t.Run("folder", func(t *testing.T) {
		f, err := blobs.NewFolder(t.TempDir())
		must(t, err)
		test(t, f)
	})
	for _, prefix := range []string{"", "house/one"} {
		t.Run("bucket "+prefix, func(t *testing.T) {
			b, _ := bucket(t, prefix)
			test(t, b)
		})
	}
}

func read(t testing.TB, s blobs.Store, name string) []byte {
	t.Helper()
	f, err := s.Open(t.Context(), name)
	must(t, err)
	defer func() { must(t, f.Close()) }()
	all, err := io.ReadAll(f)
	must(t, err)
	return all
}

func TestABlobIsStoredReplacedListedAndDeleted(t *testing.T) {
	engines(t, func(t *testing.T, s blobs.Store) {
		ctx := t.Context()
		for _, name := range []string{"b.wav", "2026/11/22/a.wav", "2026/11/21/z.wav", "2026/11x/no.wav"} {
			must(t, s.Put(ctx, name, strings.NewReader(name)))
			if got := read(t, s, name); string(got) != name {
				t.Errorf("%s: %q", name, got)
			}
		}
		must(t, s.Put(ctx, "b.wav", strings.NewReader("another")))
		if got := read(t, s, "b.wav"); string(got) != "another" {
			t.Errorf("%q", got)
		}
		for below, want := range map[string][]string{
			"": {"2026/11/21/z.wav", "2026/11/22/a.wav", "2026/11x/no.wav", "b.wav"}, "2026/11": {"2026/11/21/z.wav", "2026/11/22/a.wav"}, "none": nil,
		} {
			var names []string
			for b, err := range s.List(ctx, below) {
				must(t, err)
				names = append(names, b.Name)
				if b.At.IsZero() || b.Name == "b.wav" && b.Octets != 7 {
					t.Errorf("%+v", b)
				}
			}
			if !slices.Equal(names, want) {
				t.Errorf("below %q: %v", below, names)
			}
		}
		must(t, s.Delete(ctx, "b.wav"))
		must(t, s.Delete(ctx, "b.wav"))
		if _, err := s.Open(ctx, "b.wav"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("what was deleted: %v", err)
		}
	})
}

func TestAFileOfThisMachineIsMovedIn(t *testing.T) {
	engines(t, func(t *testing.T, s blobs.Store) {
		path := filepath.Join(t.TempDir(), "local.wav")
		must(t, os.WriteFile(path, []byte("sound"), 0o600))
		must(t, s.Take(t.Context(), "2026/a.wav", path))
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("it is there still: %v", err)
		}
		if got := read(t, s, "2026/a.wav"); string(got) != "sound" {
			t.Errorf("%q", got)
		}
	})
}

func TestABlobIsReadFromAnyPlaceOn(t *testing.T) {
	engines(t, func(t *testing.T, s blobs.Store) {
		chance := rand.New(rand.NewPCG(1, 2))
		content := make([]byte, 300_000)
		for i := range content {
			content[i] = byte(chance.Uint32())
		}
		must(t, s.Put(t.Context(), "a", bytes.NewReader(content)))
		f, err := s.Open(t.Context(), "a")
		must(t, err)
		defer func() { must(t, f.Close()) }()
		if f.Size() != int64(len(content)) {
			t.Errorf("size %d", f.Size())
		}
		for range 40 {
			from := chance.IntN(len(content))
			part := make([]byte, chance.IntN(len(content)-from)+1)
			if n, err := f.ReadAt(part, int64(from)); n != len(part) || err != nil || !bytes.Equal(part, content[from:from+len(part)]) {
				t.Fatalf("%d octets from %d: %d, %v", len(part), from, n, err)
			}
			if _, err := f.Seek(int64(from), io.SeekStart); err != nil {
				t.Fatal(err)
			}
			if n, err := io.ReadFull(f, part); err != nil || !bytes.Equal(part, content[from:from+n]) {
				t.Fatalf("%d octets from %d: %v", len(part), from, err)
			}
		}
		part := make([]byte, 100)
		if n, err := f.ReadAt(part, int64(len(content))-10); n != 10 || !errors.Is(err, io.EOF) {
			t.Errorf("over the end: %d, %v", n, err)
		}
		if at, err := f.Seek(-1, io.SeekEnd); at != int64(len(content))-1 || err != nil {
			t.Errorf("%d, %v", at, err)
		}
	})
}

func TestNoNameLeadsOut(t *testing.T) {
	engines(t, func(t *testing.T, s blobs.Store) {
		for _, name := range []string{"", ".", "..", "../x", "/x", "a/../../x", "a//b", ".hidden", "a/.b.part", "a/"} {
			if err := s.Put(t.Context(), name, strings.NewReader("x")); !errors.Is(err, fs.ErrInvalid) {
				t.Errorf("put %q: %v", name, err)
			}
			if _, err := s.Open(t.Context(), name); !errors.Is(err, fs.ErrInvalid) {
				t.Errorf("open %q: %v", name, err)
			}
			if err := s.Delete(t.Context(), name); !errors.Is(err, fs.ErrInvalid) {
				t.Errorf("delete %q: %v", name, err)
			}
		}
	})
}

func TestALinkInAFolderDoesNotLeadOutEither(t *testing.T) {
	outside, inside := t.TempDir(), t.TempDir()
	must(t, os.WriteFile(filepath.Join(outside, "secret"), []byte("x"), 0o600))
	if err := os.Symlink(outside, filepath.Join(inside, "link")); err != nil {
		t.Skip(err)
	}
	f, err := blobs.NewFolder(inside)
	must(t, err)
	if _, err := f.Open(t.Context(), "link/secret"); err == nil {
		t.Error("it was opened")
	}
	if err := f.Put(t.Context(), "link/new", strings.NewReader("x")); err == nil {
		t.Error("it was written")
	}
}

// isPut tells a PUT from the questions around it.
func isPut(r *http.Request) bool { return r.Method == http.MethodPut }

func TestAFileStaysUntilTheServerHasItWholeAndUnchanged(t *testing.T) {
	type way = func(next http.Handler, w http.ResponseWriter, r *http.Request)
	content := bytes.Repeat([]byte("sound "), 50_000)
	for name, with := range map[string]way{
		"the server fails": func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if isPut(r) {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			next.ServeHTTP(w, r)
		},
		"the connection is cut in mid-upload": func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if isPut(r) {
				_, _ = io.CopyN(io.Discard, r.Body, 100_000)
				panic(http.ErrAbortHandler)
			}
			next.ServeHTTP(w, r)
		},
		"the server says yes and stores a part": func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if isPut(r) {
				r = stores(r, content[:1000])
			}
			next.ServeHTTP(w, r)
		},
		"the server says yes and stores something else": func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if isPut(r) {
				r = stores(r, bytes.ToUpper(content))
			}
			next.ServeHTTP(w, r)
		},
		"the server says yes and stores nothing": func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if isPut(r) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("ETag", `"0"`)
				return
			}
			next.ServeHTTP(w, r)
		},
		"the ETag is no sum and the content is changed": func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if isPut(r) {
				r = stores(r, bytes.ToUpper(content))
			}
			otherETag(next, w, r)
		},
		"the bucket is forbidden": func(_ http.Handler, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, f := bucket(t, "p")
			path := filepath.Join(t.TempDir(), "a.wav")
			must(t, os.WriteFile(path, content, 0o600))
			f.set(with)
			if err := b.Take(t.Context(), "a.wav", path); err == nil {
				t.Fatal("it was taken")
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
				t.Fatalf("the file is gone: %v", err)
			}
			f.set(nil) // and then all is well
			must(t, b.Take(t.Context(), "a.wav", path))
			if !bytes.Equal(read(t, b, "a.wav"), content) {
				t.Error("it is another one")
			}
		})
	}
}

// stores makes a PUT carry something else, as a server that is broken stores it.
func stores(r *http.Request, other []byte) *http.Request {
	_, _ = io.Copy(io.Discard, r.Body)
	c := r.Clone(r.Context())
	c.Body, c.ContentLength = io.NopCloser(bytes.NewReader(other)), int64(len(other))
	for _, h := range []string{"Content-Md5", "X-Amz-Content-Sha256"} {
		c.Header.Del(h)
	}
	c.Header.Set("Content-Length", fmt.Sprint(len(other)))
	return c
}

// otherETag answers as a server that encrypts with a key of its own.
func otherETag(next http.Handler, w http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	next.ServeHTTP(answer, r)
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	if w.Header().Get("ETag") != "" {
		w.Header().Set("ETag", `"11111111111111111111111111111111"`)
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func TestWhereTheETagIsNoSumWhatIsStoredIsReadBack(t *testing.T) {
	b, f := bucket(t, "")
	f.set(otherETag)
	must(t, b.Put(t.Context(), "a", strings.NewReader("content")))
	if seen := f.requests(); !slices.Contains(seen, "GET ") {
		t.Errorf("requests: %v", seen)
	}
}

func TestAPutThatNobodyWaitsForAnyMoreEnds(t *testing.T) {
	b, f := bucket(t, "")
	arrived := make(chan struct{}, 10)
	f.set(func(_ http.Handler, _ http.ResponseWriter, r *http.Request) { // slow for ever
		_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that the client goes
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	path := filepath.Join(t.TempDir(), "a.wav")
	must(t, os.WriteFile(path, []byte("sound"), 0o600))
	answer := make(chan error, 1)
	go func() { answer <- b.Take(ctx, "a.wav", path) }()
	<-arrived
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestAReadThatBreaksOffGoesOnWhereItWas(t *testing.T) {
	b, f := bucket(t, "")
	content := bytes.Repeat([]byte("0123456789"), 50_000)
	must(t, b.Put(t.Context(), "a", bytes.NewReader(content)))
	var cuts int
	var mu sync.Mutex
	f.set(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		cut := r.Method == http.MethodGet && cuts < 4
		if cut {
			cuts++
		}
		mu.Unlock()
		if !cut {
			next.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(&cutOff{ResponseWriter: w, left: 60_000}, r)
	})
	if !bytes.Equal(read(t, b, "a"), content) {
		t.Error("something else was read")
	}
	for _, want := range []string{"GET bytes=60000-", "GET bytes=120000-"} {
		if !slices.Contains(f.requests(), want) {
			t.Errorf("%s is not among %v", want, f.requests())
		}
	}
}

// cutOff ends a connection after some octets.
type cutOff struct {
	http.ResponseWriter
	left int
}

func (c *cutOff) Write(p []byte) (int, error) {
	if len(p) > c.left {
		_, _ = c.ResponseWriter.Write(p[:c.left])
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(p)
	return c.ResponseWriter.Write(p)
}

func TestAnAddressNamesAFolderOrABucket(t *testing.T) {
	s, _ := server(t)
	folder := filepath.Join(t.TempDir(), "made")
	for address, ok := range map[string]bool{folder: true, "s3://calls/a/b": true, "s3://calls": true, "s3://": false, "s3:///x": false, "s3://u:p@calls/x": false} {
		if _, err := blobs.At(address, s); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, endpoint := range []string{"s3.example.com", "ftp://x", "https://x/path"} {
		if _, err := blobs.At("s3://calls", blobs.Server{Endpoint: endpoint}); err == nil {
			t.Errorf("server %q passes", endpoint)
		}
	}
}
