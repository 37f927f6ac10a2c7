package node

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/blobs"
	"github.com/forecall/forecall/testdata"
)

func TestMessagesAreReadByLanguageFromTheFolderOrWhereTheConfigurationSays(t *testing.T) {
	t.Parallel()
	folder, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "en.wav")
	for file, sound := range map[string][]byte{filepath.Join(folder, "es.wav"): testdata.SafeHarbourSpanish, elsewhere: testdata.SafeHarbour} {
		if err := os.WriteFile(file, sound, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := campaigns.Campaign{Name: "Fibre", SafeHarbor: elsewhere, SafeHarbors: map[string]string{"es": "es.wav"}}
	messages, err := promptsIn(t, folder).safeHarbor(c)
	if err != nil {
		t.Fatal(err)
	}
	english, spanish := messages[""].Duration(), messages["es"].Duration()
	if len(messages) != 2 || english < 5*spanish/4 || spanish == 0 {
		t.Errorf("%d messages; English lasts %s, Spanish %s", len(messages), english, spanish)
	}
	if messages, err := (promptsIn(t, folder)).safeHarbor(campaigns.Campaign{}); err != nil || len(messages) != 0 {
		t.Errorf("a campaign without any has %d: %v", len(messages), err)
	}
}

func TestAMessageThatCannotBeReadIsNamedAndNoLinkLeadsOutOfTheFolder(t *testing.T) {
	t.Parallel()
	folder, secret := t.TempDir(), filepath.Join(t.TempDir(), "secret.wav")
	if err := os.WriteFile(secret, testdata.SafeHarbour, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(folder, "link.wav")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "text.wav"), []byte("not a sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"missing.wav", "link.wav", "text.wav", "../" + filepath.Base(folder) + "/text.wav"} {
		_, err := promptsIn(t, folder).safeHarbor(campaigns.Campaign{Name: "Fibre", SafeHarbors: map[string]string{"es": file}})
		problem, ok := errors.AsType[*campaigns.Problem](err)
		if !ok || !strings.Contains(problem.Text, filepath.Base(file)) || strings.Contains(problem.Text, folder) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// promptsIn are those of a folder.
func promptsIn(t *testing.T, folder string) prompts {
	t.Helper()
	files, err := blobs.NewFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	return prompts{files: files}
}
