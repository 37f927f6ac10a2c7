package report

import (
	"archive/zip"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"time"

	"github.com/forecall/forecall/campaigns"
)

//go:embed subject.html
var subjectPage string

// WriteSubject writes the file that a person gets who asks what is known of
// them (GDPR article 15): subject.json for programs, index.html for people, and
// the sound of their calls. Sound opens a recording; one whose file is gone is
// left out, and its row says that it was there.
func WriteSubject(w io.Writer, f campaigns.SubjectFile, sound func(campaigns.Recording) (io.ReadSeekCloser, error)) error {
	z := zip.NewWriter(w)
	if err := subjectJSON(z, f); err != nil {
		return err
	}
	if err := subjectHTML(z, f); err != nil {
		return err
	}
	for _, r := range f.Recordings {
		if r.Path == "" || sound == nil {
			continue
		}
		if err := subjectSound(z, r, sound); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("file of a person: %w", err)
	}
	return nil
}

func part(z *zip.Writer, name string, at time.Time) (io.Writer, error) {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at})
	if err != nil {
		return nil, fmt.Errorf("file of a person, %s: %w", name, err)
	}
	return w, nil
}

func subjectJSON(z *zip.Writer, f campaigns.SubjectFile) error {
	w, err := part(z, "subject.json", f.MadeAt)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(f); err != nil {
		return fmt.Errorf("file of a person: %w", err)
	}
	return nil
}

func subjectHTML(z *zip.Writer, f campaigns.SubjectFile) error {
	page, err := template.New("subject").Funcs(template.FuncMap{
		"when": func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.UTC().Format("2006-01-02 15:04:05 MST")
		},
		"days": func(d time.Duration) int64 { return int64(d / (24 * time.Hour)) },
		"json": func(v any) string { b, _ := json.Marshal(v); return string(b) },
	}).Parse(subjectPage)
	if err != nil {
		return fmt.Errorf("file of a person: %w", err)
	}
	w, err := part(z, "index.html", f.MadeAt)
	if err != nil {
		return err
	}
	if err := page.Execute(w, f); err != nil {
		return fmt.Errorf("file of a person: %w", err)
	}
	return nil
}

func subjectSound(z *zip.Writer, r campaigns.Recording, sound func(campaigns.Recording) (io.ReadSeekCloser, error)) error {
	in, err := sound(r)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("file of a person, recording: %w", err)
	}
	defer in.Close()
	w, err := part(z, "recordings/"+path.Base(r.Attempt)+".wav", r.Began)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, in); err != nil {
		return fmt.Errorf("file of a person, recording: %w", err)
	}
	return nil
}
