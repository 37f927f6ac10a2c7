package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheSigningKeyAndTheSecretOfAHouseAreExchangedFromTheCommandLine: and what was
// exported before, and is now, proves itself.
func TestTheSigningKeyAndTheSecretOfAHouseAreExchangedFromTheCommandLine(t *testing.T) {
	file := onPostgres(t)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	secret := "0123456789abcdef0123456789abcdef"
	other := write(t, "other.yaml", strings.ReplaceAll(string(text), secret, strings.Repeat("z", 32)))
	old, wrong := write(t, "old.secret", secret+"\n"), write(t, "wrong.secret", strings.Repeat("y", 32))
	cases := filepath.Join(t.TempDir(), "before.zip")
	for _, tt := range []struct {
		args string
		want int
		say  string
	}{
		{"dnc add +12025550101 --reason asked --config " + file, exitOK, ""},
		{"export --evidence " + cases + " --config " + file, exitOK, "the export is what was signed"},
		{"rekey --config " + file, exitOK, "the house signs with the key "},
		{"export --evidence " + cases + ".2 --config " + file, exitOK, "the export is what was signed"},
		{"rekey --config " + other, exitFailed, "stop every node, then once forecall rekey --old-secret-file FILE"},
		{"rekey --config " + other + " --old-secret-file " + wrong, exitFailed, "the old secret is not that of the house either"},
		{"rekey --config " + other + " --old-secret-file " + old, exitOK, "the house signs with the key "},
		{"rekey --config " + other + " --old-secret-file " + old, exitOK, "nothing was changed"},
		{"export --evidence " + cases + ".3 --config " + file, exitFailed, "cluster.secret: that of this node is not that of the house"},
		{"export --evidence " + cases + ".3 --config " + other, exitOK, "the export is what was signed"},
		{"verify --config " + other, exitOK, "every law holds"},
		{"verify " + cases, exitOK, "the export is what was signed"},
		{"rekey --old-secret-file " + old + " --data " + t.TempDir(), exitUsage, "it has no cluster.secret"},
		{"rekey --old-secret-file /nowhere --config " + other, exitUsage, "--old-secret-file: "},
	} {
		status, out, errOut := forecall(strings.Fields(tt.args)...)
		if status != tt.want || !strings.Contains(out+errOut, tt.say) {
			t.Errorf("%s: status %d, want %d and %q in\n%s%s", tt.args, status, tt.want, tt.say, out, errOut)
		}
	}
}
