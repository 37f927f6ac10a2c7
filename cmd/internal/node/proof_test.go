package node

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/forecall/forecall/cmd/internal/config"
)

func TestANumberIsForgottenInFilesHoweverItIsWritten(t *testing.T) {
	data := t.TempDir()
	report, calls := filepath.Join(data, "imports", "1.csv"), filepath.Join(data, "exports", "2.parquet")
	sound := filepath.Join(data, recordingsFolder, "2026", "a.wav")
	sheet := filepath.Join(data, "imports", "uploads", "abc")
	for path, text := range map[string]string{
		sheet:  "PK\x03\x04 a workbook in which nobody is found as they stand",
		report: "row,number,why\n2,+34 612 34 56 78,listed\n3,612-345-678 (home),double\n4,+34611111111,double\n", calls: "calls", sound: "sound",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	exported, err := filesAt(config.Config{Data: data}, "exports", "", exportsFolder)
	if err != nil {
		t.Fatal(err)
	}
	p := personFiles{recordings: recordings{folder: filepath.Join(data, recordingsFolder)}, exported: exported, data: data}
	if err := p.Forget(t.Context(), "+34612345678"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(report)
	if err != nil || string(text) != "row,number,why\n4,+34611111111,double\n" {
		t.Errorf("the report reads %q, %v", text, err)
	}
	for _, path := range []string{calls, sheet} {
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("%s is there: %v", path, err)
		}
	}
	for range 2 { // a second time it is gone already
		if err := p.Remove("2026/a.wav"); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(sound); !os.IsNotExist(err) {
		t.Errorf("the recording is there: %v", err)
	}
	if err := p.Remove("../x"); err == nil {
		t.Error("a path leads out of the folder")
	}
}
