package registry

import (
	"context"
	"errors"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/registry/source"
)

var _ campaigns.RegisterMaker = (*Shelf)(nil)

// Make reads files into the next version of a list. What is wrong with the
// files, or with what was said of them, is a *campaigns.Problem.
func (s *Shelf) Make(ctx context.Context, l campaigns.RegisterLoad) (campaigns.StagedRegister, error) {
	files := make([]source.File, len(l.Files))
	for i, f := range l.Files {
		files[i] = source.File{Name: f.Name, ReaderAt: f.Data, Size: f.Size}
	}
	o := source.Options{RegisterReading: l.Reading, Change: l.Version.Kind == campaigns.RegisterChange, Rejects: l.Rejects, Progress: l.Progress}
	st, err := s.stage(ctx, l.Version, l.CoversFile, func(ctx context.Context, into *Builder) (campaigns.RegisterReport, error) {
		return source.Read(ctx, files, o, into)
	})
	if err != nil {
		return nil, said(err)
	}
	return st, nil
}

// said turns what people can do something about into a problem.
func said(err error) error {
	for cause, code := range map[error]string{source.ErrFile: "register_file", ErrNoBase: "register_no_base", ErrName: "register_name", ErrCover: "register_covers"} {
		if errors.Is(err, cause) {
			return &campaigns.Problem{Kind: campaigns.KindInvalid, Code: code, Text: sentence(err.Error()), Cause: err}
		}
	}
	if errors.Is(err, ErrOvertaken) {
		return &campaigns.Problem{Kind: campaigns.KindConflict, Code: "register_overtaken", Text: sentence(err.Error()), Cause: err}
	}
	return err
}

// sentence begins with a capital and ends with a stop.
func sentence(text string) string {
	if c := text[0]; c >= 'a' && c <= 'z' {
		text = string(c-'a'+'A') + text[1:]
	}
	if text[len(text)-1] != '.' {
		text += "."
	}
	return text
}
