package source

import (
	"archive/zip"
	"context"
	"fmt"
	"path"
	"strings"
)

// archive reads every file of a zip, in the order of its index.
func (j *job) archive(ctx context.Context, f File) error {
	z, err := zip.NewReader(f, f.Size)
	if err != nil {
		return unreadable("it is no whole zip file: %v", err)
	}
	read := 0
	for _, member := range z.File {
		base := path.Base(member.Name)
		if member.FileInfo().IsDir() || strings.HasPrefix(base, ".") || strings.HasPrefix(member.Name, "__MACOSX/") {
			continue
		}
		j.name = f.Name + "/" + base
		if err := j.member(ctx, member); err != nil {
			return fmt.Errorf("%s: %w", base, err)
		}
		read++
	}
	if read == 0 {
		return unreadable("the archive holds no file")
	}
	return nil
}

func (j *job) member(ctx context.Context, m *zip.File) error {
	in, err := m.Open()
	if err != nil {
		return unreadable("%v", err)
	}
	defer in.Close()
	return j.plain(ctx, in)
}
