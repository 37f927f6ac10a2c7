package blobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// partEnd is the end of the name of a file that is not whole.
const partEnd = ".part"

// Folder keeps blobs as files below a folder. No name and no link leads out of it.
type Folder struct{ path string }

// NewFolder makes the folder if it is not there.
func NewFolder(path string) (*Folder, error) {
	if path == "" {
		return nil, errors.New("a folder of files needs a path")
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	return &Folder{path}, nil
}

// Path is where it lies.
func (f *Folder) Path() string { return f.path }

// inside does something in the folder, out of which nothing leads.
func (f *Folder) inside(op, name string, do func(root *os.Root, name string) error) error {
	if err := check(op, name); err != nil {
		return err
	}
	root, err := os.OpenRoot(f.path)
	if err != nil {
		return err
	}
	defer root.Close()
	return do(root, filepath.FromSlash(name))
}

// Put writes a blob whole.
func (f *Folder) Put(_ context.Context, name string, content io.ReadSeeker) error {
	return f.inside("put", name, func(root *os.Root, name string) error { return write(root, name, content) })
}

// write writes beside the place of a file, and moves it there.
func write(root *os.Root, name string, content io.Reader) error {
	folder, base := filepath.Split(name)
	if err := root.MkdirAll(filepath.Clean(folder), 0o700); err != nil {
		return err
	}
	part := folder + "." + base + partEnd
	out, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, content)
	if err = errors.Join(err, out.Sync(), out.Close()); err == nil {
		err = root.Rename(part, name)
	}
	if err != nil {
		return errors.Join(err, root.Remove(part))
	}
	return syncFolder(root, folder)
}

// syncFolder makes names durable.
func syncFolder(root *os.Root, folder string) error {
	d, err := root.Open(filepath.Clean(folder))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Take gives a file of this machine its place; on another disk it is copied.
func (f *Folder) Take(_ context.Context, name, path string) error {
	return f.inside("take", name, func(root *os.Root, name string) error {
		folder, _ := filepath.Split(name)
		if err := root.MkdirAll(filepath.Clean(folder), 0o700); err != nil {
			return err
		}
		err := os.Rename(path, filepath.Join(f.path, name))
		if errors.Is(err, syscall.EXDEV) {
			return f.copyIn(root, name, path)
		}
		if err != nil {
			return err
		}
		return syncFolder(root, folder)
	})
}

func (f *Folder) copyIn(root *os.Root, name, path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := errors.Join(write(root, name, in), in.Close()); err != nil {
		return err
	}
	return os.Remove(path)
}

// Open opens a blob.
func (f *Folder) Open(_ context.Context, name string) (file File, err error) {
	err = f.inside("open", name, func(root *os.Root, name string) error {
		opened, err := root.Open(name)
		if err != nil {
			return err
		}
		info, err := opened.Stat()
		if err == nil && !info.Mode().IsRegular() {
			err = &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		if err != nil {
			return errors.Join(err, opened.Close())
		}
		file = local{opened, info.Size()}
		return nil
	})
	return file, err
}

// local is an open file with its size.
type local struct {
	*os.File
	size int64
}

func (l local) Size() int64 { return l.size }

// Delete deletes a blob.
func (f *Folder) Delete(_ context.Context, name string) error {
	return f.inside("delete", name, func(root *os.Root, name string) error {
		if err := root.Remove(name); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

// List lists the blobs below a prefix, by name.
func (f *Folder) List(ctx context.Context, below string) iter.Seq2[Blob, error] {
	return func(yield func(Blob, error) bool) {
		start := f.path
		if below != "" {
			if err := check("list", below); err != nil {
				yield(Blob{}, err)
				return
			}
			start = filepath.Join(f.path, filepath.FromSlash(below))
		}
		err := filepath.WalkDir(start, func(path string, d fs.DirEntry, err error) error {
			if err == nil {
				err = ctx.Err()
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil // gone meanwhile, or never there
			}
			if err != nil {
				return err
			}
			b, ok := f.blob(path, d)
			if ok && !yield(b, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(Blob{}, fmt.Errorf("list files: %w", err))
		}
	}
}

// blob is what a name of the folder stands for; not ok of what is none.
func (f *Folder) blob(path string, d fs.DirEntry) (Blob, bool) {
	if d.IsDir() || strings.HasPrefix(d.Name(), ".") || strings.HasSuffix(d.Name(), partEnd) {
		return Blob{}, false
	}
	info, err := d.Info()
	name, bad := filepath.Rel(f.path, path)
	if err != nil || bad != nil || !info.Mode().IsRegular() {
		return Blob{}, false
	}
	return Blob{filepath.ToSlash(name), info.Size(), info.ModTime()}, true
}
