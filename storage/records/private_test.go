package records

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/forecall/forecall/storage/sqlite"
)

func TestNobodyElseOnTheMachineMayReadTheData(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no file modes")
	}
	folder := t.TempDir()
	db, err := Open(t.Context(), Settings{Engine: sqlite.At(filepath.Join(folder, "forecall.db"))})
	must(t, err)
	defer db.Close()
	newCampaign(t, db, "c")
	files, err := os.ReadDir(folder)
	must(t, err)
	if len(files) < 4 {
		t.Fatalf("only %v", files)
	}
	for _, f := range files {
		info, err := f.Info()
		must(t, err)
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o", f.Name(), mode)
		}
	}
}
