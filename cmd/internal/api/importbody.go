package api

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// options turns the query into what intake wants to know.
func (in *importInput) options() (intake.Options, error) {
	o := intake.Options{
		Campaign: in.Campaign, Source: in.Source, Duplicates: campaigns.Duplicates(in.Duplicates), DryRun: in.DryRun,
		DefaultRegion: in.Region, Charset: in.Charset, Header: intake.Header(in.Header), Size: max(in.r.ContentLength, 0),
	}
	for _, text := range in.Columns {
		a, err := intake.ParseAssignment(text)
		if err != nil {
			return o, edge.NewFault(http.StatusUnprocessableEntity, "column_invalid", err.Error())
		}
		o.Columns = append(o.Columns, a)
	}
	switch {
	case in.Delimiter == "tab":
		o.Delimiter = '\t'
	case len(in.Delimiter) == 1:
		o.Delimiter = in.Delimiter[0]
	case in.Delimiter != "":
		return o, edge.NewFault(http.StatusUnprocessableEntity, "delimiter_invalid", "The delimiter is one character, or tab.")
	}
	return o, nil
}

// open finds the list in the body: the body itself, or the first file of a form.
func (in *importInput) open(o *intake.Options) (io.Reader, *patientReader, error) {
	p := &patientReader{in: in.r.Body, out: http.NewResponseController(in.w), ctx: in.r.Context()}
	if err := p.out.SetWriteDeadline(time.Time{}); err != nil {
		return nil, nil, fmt.Errorf("lift the deadline of an upload: %w", err)
	}
	list, err := io.Reader(p), error(nil)
	kind, _, malformed := mime.ParseMediaType(in.r.Header.Get("Content-Type"))
	if malformed == nil && kind == "multipart/form-data" {
		in.r.Body = io.NopCloser(p)
		list, err = openForm(in.r, o)
	}
	if o.Source == "" {
		o.Source = "upload"
	}
	return list, p, err
}

func openForm(r *http.Request, o *intake.Options) (io.Reader, error) {
	none := edge.NewFault(http.StatusUnprocessableEntity, "no_file", "The form holds no file.")
	form, err := r.MultipartReader()
	if err != nil {
		return nil, none
	}
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, none
		}
		if part.FileName() == "" {
			continue
		}
		if o.Source == "" {
			o.Source = clipped(filepath.Base(part.FileName()), 200)
		}
		o.Size = 0 // the form is longer than its file
		return part, nil
	}
}

// clipped bounds a name that somebody else chose, in characters.
func clipped(name string, longest int) string {
	n := 0
	for i := range name {
		if n++; n > longest {
			return strings.ToValidUTF8(name[:i], "\uFFFD") + "…"
		}
	}
	return strings.ToValidUTF8(name, "\uFFFD")
}
