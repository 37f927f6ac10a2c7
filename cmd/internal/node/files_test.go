package node

import (
	"errors"
	"io"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/testdata"
)

func TestAPromptThatOneNodeSavedIsPlayedByAnother(t *testing.T) {
	t.Parallel()
	v := openVault(t)
	at := func() promptFolder { // each with a folder of its own
		c := config.Config{Data: t.TempDir(), Files: config.Files{Prompts: "s3://calls/prompts"}, S3: v.S3}
		files, err := filesAt(c, "prompts", c.Files.Prompts, promptsFolder)
		if err != nil {
			t.Fatal(err)
		}
		return promptFolder{files: files}
	}
	one, other := at(), at()
	if err := one.Save("sorry.wav", testdata.SafeHarbour); err != nil {
		t.Fatal(err)
	}
	if there, err := other.List(); err != nil || len(there) != 1 || there["sorry.wav"] != int64(len(testdata.SafeHarbour)) {
		t.Errorf("%v, %v", there, err)
	}
	messages, err := prompts(other).safeHarbor(campaigns.Campaign{SafeHarbor: "sorry.wav"})
	if err != nil || messages[""].Duration() == 0 {
		t.Errorf("%v, %v", messages, err)
	}
	f, err := other.Open("sorry.wav")
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil || len(all) != len(testdata.SafeHarbour) {
		t.Errorf("%d octets, %v", len(all), err)
	}
	if err := other.Delete("sorry.wav"); err != nil {
		t.Fatal(err)
	}
	for _, p := range []promptFolder{one, other} {
		if err := p.Delete("sorry.wav"); !errors.Is(err, campaigns.ErrNotFound) {
			t.Errorf("what is gone: %v", err)
		}
	}
}
