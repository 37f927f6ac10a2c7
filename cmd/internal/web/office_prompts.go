package web

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// promptsView is the recorded messages of the house.
type promptsView struct {
	officeView
	Prompts []campaigns.PromptFile
	Typed   campaigns.PromptFile // of a form that was refused
}

func (p *Pages) prompts(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showPrompts(w, r, u, promptsView{officeView: officeIn(r, p.frame(r, "Recorded messages"))}, http.StatusOK)
}

func (p *Pages) showPrompts(w http.ResponseWriter, r *http.Request, u campaigns.User, v promptsView, status int) error {
	var err error
	if v.Prompts, err = p.Office.Prompts.List(r.Context(), u); err != nil {
		return err
	}
	return p.render(w, status, "office-prompts.html", v)
}

// Bounds of an upload by a form: the message, what stands around it, and how
// long a slow line may take for it.
const (
	promptForm   = campaigns.MaxPrompt + 1<<20
	promptWithin = 3 * time.Minute
)

// Streams tells whether a request of a page may carry a large body; the page
// bounds it then.
func (p *Pages) Streams(r *http.Request) bool {
	return r.Method == http.MethodPost && (r.URL.Path == "/office/prompts" || r.URL.Path == listsPath) || p.listStreams(r)
}

// uploadPrompt takes a file from the form.
func (p *Pages) uploadPrompt(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	wire := http.NewResponseController(w)
	if err := errors.Join(wire.SetReadDeadline(time.Now().Add(promptWithin)), wire.SetWriteDeadline(time.Now().Add(promptWithin+time.Minute))); err != nil {
		return fmt.Errorf("give an upload time: %w", err)
	}
	r.Body = http.MaxBytesReader(w, r.Body, promptForm)
	data, name, err := sound(r)
	prompt := campaigns.PromptFile{File: cmp.Or(typed(r, "file_name"), name), Title: typed(r, "title"), Language: typed(r, "language")}
	if err == nil {
		_, err = p.Office.Prompts.Upload(r.Context(), u, prompt, data, typed(r, "replace") != "")
	}
	return p.led(w, r, err, "/office/prompts", "uploaded", func(status int, wrong string) error {
		v := promptsView{officeView: officeIn(r, p.frame(r, "Recorded messages")), Typed: prompt}
		v.Wrong = wrong
		return p.showPrompts(w, r, u, v, status)
	})
}

// sound reads the file of a form, and what it is called.
func sound(r *http.Request) (data []byte, name string, err error) {
	none := &campaigns.Problem{Kind: campaigns.KindInvalid, Code: "no_file", Text: "Choose a WAV file of at most 10 MB."}
	file, head, err := r.FormFile("file")
	if err != nil {
		none.Cause = err
		return nil, "", none
	}
	defer file.Close()
	if data, err = io.ReadAll(io.LimitReader(file, campaigns.MaxPrompt+1)); err != nil {
		none.Cause = err
		return nil, "", none
	}
	return data, path.Base(strings.ReplaceAll(head.Filename, "\\", "/")), nil
}

func (p *Pages) deletePrompt(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	err := p.Office.Prompts.Delete(r.Context(), u, typed(r, "file"))
	return p.led(w, r, err, "/office/prompts", "deleted", func(status int, wrong string) error {
		v := promptsView{officeView: officeIn(r, p.frame(r, "Recorded messages"))}
		v.Wrong = wrong
		return p.showPrompts(w, r, u, v, status)
	})
}

// Size writes how large a file is.
func (promptsView) Size(octets int64) string {
	if octets < 1<<20 {
		return fmt.Sprintf("%d kB", (octets+1023)>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(octets)/(1<<20))
}

// Length writes how long a message is; nothing when it is not known.
func (promptsView) Length(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return elapsed(d.Round(time.Second))
}
