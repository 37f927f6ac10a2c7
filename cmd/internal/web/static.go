package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

//go:embed static
var files embed.FS

// static serves the embedded files under names that change with their
// content, so that browsers may keep them for good.
type static struct {
	content map[string][]byte
	version map[string]string
}

func newStatic() (*static, error) {
	s := &static{content: map[string][]byte{}, version: map[string]string{}}
	entries, err := fs.ReadDir(files, "static")
	if err != nil {
		return nil, fmt.Errorf("list the embedded files: %w", err)
	}
	for _, e := range entries {
		data, err := fs.ReadFile(files, "static/"+e.Name())
		if err != nil {
			return nil, fmt.Errorf("read embedded %s: %w", e.Name(), err)
		}
		sum := sha256.Sum256(data)
		s.content[e.Name()], s.version[e.Name()] = data, hex.EncodeToString(sum[:6])
	}
	return s, nil
}

// url is the address of a file, for templates; an unknown name fails the page.
func (s *static) url(name string) (string, error) {
	v, ok := s.version[name]
	if !ok {
		return "", fmt.Errorf("no embedded file %s", name)
	}
	return "/static/" + name + "?v=" + v, nil
}

func (s *static) serve(w http.ResponseWriter, r *http.Request, _ campaigns.User) error {
	name := r.PathValue("name")
	data, ok := s.content[name]
	if !ok {
		return edge.NewFault(http.StatusNotFound, "no_such_file", "There is no such file.")
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == s.version[name] {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(data)
	return nil
}
