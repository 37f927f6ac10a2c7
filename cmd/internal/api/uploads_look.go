package api

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// Look is the beginning of an upload as it is read, with the sheets of a workbook.
type Look struct {
	intake.Preview
	Kind   string
	Sheets []string
	Sheet  string
}

// Look reads the beginning of an upload.
func (s *Uploads) Look(by campaigns.User, campaign int64, id string) (Look, error) {
	s.mu.Lock()
	u, err := s.find(by, campaign, id)
	if err != nil {
		s.mu.Unlock()
		return Look{}, err
	}
	path, reading := u.path, u.Reading
	s.mu.Unlock()
	f, l, err := openUpload(path, reading.Sheet)
	if err != nil {
		return Look{}, fileFault(err)
	}
	defer f.Close()
	defer l.Close()
	look := Look{Kind: l.Kind, Sheets: l.Sheets, Sheet: l.Sheet}
	o := l.Fit(reading.options())
	o.Numbers = s.im.numbers
	look.Preview, err = intake.Inspect(l, o)
	return look, fileFault(err)
}

func openUpload(path, sheet string) (*os.File, *intake.ListFile, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) { // somebody who may have stood in it was erased
		return nil, nil, errNoUpload
	}
	if err != nil {
		return nil, nil, fmt.Errorf("open an upload: %w", err)
	}
	l, err := intake.OpenFile(f, sheet)
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, l, nil
}

// fileFault turns a file that cannot be read into a problem that says why.
func fileFault(err error) error {
	if file, ok := errors.AsType[*intake.FileError](err); ok {
		return edge.NewFault(http.StatusUnprocessableEntity, file.Code, file.Reason)
	}
	return err
}

func (r Reading) options() intake.Options {
	return intake.Options{
		Charset: r.Charset, Delimiter: r.Delimiter, Header: r.Header, DefaultRegion: r.Region, Columns: r.Columns, Duplicates: r.Duplicates,
	}
}
