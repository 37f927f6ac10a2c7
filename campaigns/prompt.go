package campaigns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
)

// PromptFile is a recorded message: a WAV file in the folder of the prompts.
type PromptFile struct {
	File     string        `json:"file"`
	Title    string        `json:"title,omitempty"`
	Language string        `json:"language,omitempty"` // BCP 47
	Octets   int64         `json:"octets"`
	Length   time.Duration `json:"-"`
	By       string        `json:"by,omitempty"` // empty = laid there by the operator
	At       time.Time     `json:"at,omitzero"`
	UsedBy   []string      `json:"used_by"` // campaigns
}

// PromptStore remembers who brought which prompt.
type PromptStore interface {
	PutPrompt(ctx context.Context, p PromptFile) error
	Prompts(ctx context.Context) ([]PromptFile, error)
	DeletePrompt(ctx context.Context, file, by string) error
}

// PromptFolder is where the files lie. Names are plain, without a folder.
type PromptFolder interface {
	List() (octets map[string]int64, err error)
	Save(file string, data []byte) error
	Open(file string) (io.ReadSeekCloser, error) // ErrNotFound when there is none
	Delete(file string) error
	// Length reads a WAV file and says how long it is; an error says what is
	// wrong with it.
	Length(data []byte) (time.Duration, error)
}

// Limits of a prompt.
const (
	MaxPrompt     = 10 << 20 // octets
	longestPrompt = 5 * time.Minute
)

// Shapes of what names a prompt: a file without a folder, and BCP 47 (RFC 5646).
var (
	promptFileName = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N} ._-]{0,95}\.(wav|WAV)$`)
	promptLanguage = regexp.MustCompile(`^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$`)
)

// Prompts is the recorded messages of the house.
type Prompts struct {
	store     PromptStore
	folder    PromptFolder
	campaigns CampaignReader
}

// NewPrompts returns the service.
func NewPrompts(store PromptStore, folder PromptFolder, campaigns CampaignReader) *Prompts {
	return &Prompts{store, folder, campaigns}
}

// List returns every file of the folder, with what is known of it.
func (p *Prompts) List(ctx context.Context, by User) ([]PromptFile, error) {
	if err := by.Allow(SeeCampaigns); err != nil {
		return nil, err
	}
	files, err := p.folder.List()
	if err != nil {
		return nil, fmt.Errorf("list the prompts: %w", err)
	}
	known, err := p.store.Prompts(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the prompts: %w", err)
	}
	uses, err := p.uses(ctx)
	if err != nil {
		return nil, err
	}
	out := []PromptFile{}
	for file, octets := range files {
		one := PromptFile{File: file}
		if i := slices.IndexFunc(known, func(k PromptFile) bool { return k.File == file }); i >= 0 {
			one = known[i]
		}
		one.Octets, one.UsedBy = octets, uses[file]
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b PromptFile) int { return strings.Compare(a.File, b.File) })
	return out, nil
}

// uses is which campaigns name which files.
func (p *Prompts) uses(ctx context.Context) (map[string][]string, error) {
	all, err := p.campaigns.Campaigns(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the campaigns: %w", err)
	}
	out := map[string][]string{}
	for _, c := range all {
		for _, file := range c.PromptFiles() {
			if !slices.Contains(out[file], c.Name) {
				out[file] = append(out[file], c.Name)
			}
		}
	}
	return out, nil
}

// PromptFiles are the recorded messages that a campaign names.
func (c Campaign) PromptFiles() []string {
	files := []string{c.SafeHarbor, c.HoldMusic, c.Recording.Announcement, c.Inbound.Greeting, c.Inbound.Closed}
	for _, file := range c.SafeHarbors {
		files = append(files, file)
	}
	return slices.DeleteFunc(files, func(f string) bool { return f == "" })
}

// Upload stores a recorded message. An existing one is replaced only when that
// is asked for: a running campaign may be playing it.
func (p *Prompts) Upload(ctx context.Context, by User, prompt PromptFile, data []byte, replace bool) (PromptFile, error) {
	if err := by.Allow(EditCampaigns); err != nil {
		return PromptFile{}, err
	}
	switch {
	case !promptFileName.MatchString(prompt.File):
		return PromptFile{}, problem(KindInvalid, "prompt_name", "The name of a prompt is a plain file name as welcome.wav: letters, digits, spaces, dots and dashes, and .wav at the end.")
	case !promptLanguage.MatchString(prompt.Language):
		return PromptFile{}, problem(KindInvalid, "language_invalid", "%q is not a language as es or pt-BR.", prompt.Language)
	case len([]rune(prompt.Title)) > 200:
		return PromptFile{}, problem(KindInvalid, "title_too_long", "A title has at most 200 characters.")
	case len(data) > MaxPrompt:
		return PromptFile{}, problem(KindInvalid, "prompt_too_large", "A prompt has at most %d MB.", MaxPrompt>>20)
	}
	length, err := p.folder.Length(data)
	if err != nil {
		return PromptFile{}, &Problem{Kind: KindInvalid, Code: "prompt_unreadable", Cause: err,
			Text: fmt.Sprintf("%s cannot be played: %v. Save it as WAV: PCM 16 bit, mu-law or A-law, mono, 8000 Hz.", prompt.File, err)}
	}
	if length > longestPrompt {
		return PromptFile{}, problem(KindInvalid, "prompt_too_long", "A prompt lasts at most %s; this one %s.", longestPrompt, length.Round(time.Second))
	}
	files, err := p.folder.List()
	if err != nil {
		return PromptFile{}, fmt.Errorf("list the prompts: %w", err)
	}
	if _, there := files[prompt.File]; there && !replace {
		return PromptFile{}, problem(KindConflict, "name_taken", "There is a prompt %q already; replace it, or choose another name.", prompt.File)
	}
	if err := p.folder.Save(prompt.File, data); err != nil {
		return PromptFile{}, fmt.Errorf("save prompt %s: %w", prompt.File, err)
	}
	prompt.Octets, prompt.Length, prompt.By, prompt.At = int64(len(data)), length, by.Login, time.Now().UTC()
	if err := p.store.PutPrompt(ctx, prompt); err != nil {
		return PromptFile{}, fmt.Errorf("store prompt %s: %w", prompt.File, err)
	}
	return prompt, nil
}

// Open opens a prompt to be listened to.
func (p *Prompts) Open(_ context.Context, by User, file string) (io.ReadSeekCloser, error) {
	if err := by.Allow(SeeCampaigns); err != nil {
		return nil, err
	}
	if !promptFileName.MatchString(file) {
		return nil, missing("prompt", ErrNotFound)
	}
	f, err := p.folder.Open(file)
	return f, missing("prompt", err)
}

// Delete removes a prompt that no campaign names.
func (p *Prompts) Delete(ctx context.Context, by User, file string) error {
	if err := by.Allow(EditCampaigns); err != nil {
		return err
	}
	if !promptFileName.MatchString(file) {
		return missing("prompt", ErrNotFound)
	}
	uses, err := p.uses(ctx)
	if err != nil {
		return err
	}
	if used := uses[file]; len(used) > 0 {
		return problem(KindConflict, "prompt_in_use", "%s is played by %s; give them another prompt first.", file, strings.Join(used, ", "))
	}
	if err := p.folder.Delete(file); err != nil {
		return missing("prompt", err)
	}
	if err := p.store.DeletePrompt(ctx, file, by.Login); err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("forget prompt %s: %w", file, err)
	}
	return nil
}
