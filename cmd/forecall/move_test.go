package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
)

func TestAFolderIsMovedIntoADatabaseAndBothVerifyWithTheSameHead(t *testing.T) {
	file, folder := onPostgres(t), t.TempDir()
	said := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if status := run(args, &out, &errs); status != want {
			t.Errorf("%v: status %d\n%s%s", args, status, &out, &errs)
		}
		return out.String() + errs.String()
	}
	move := []string{"move", "--from", "sqlite", "--to", "postgres", "--data", folder, "--config", file}
	if text := said(exitUsage, move...); !strings.Contains(text, "holds no forecall data") {
		t.Errorf("an empty folder: %s", text)
	}
	db, err := records.Open(t.Context(), records.Settings{Engine: sqlite.At(filepath.Join(folder, "forecall.db"))})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, number := range []string{"+12025550101", "+12025550102", "+12025550103"} {
		said(exitOK, "dnc", "add", number, "--reason", "asked", "--data", folder)
	}
	before, err := os.ReadFile(filepath.Join(folder, "forecall.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "evidence.key"), []byte("key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text := said(exitOK, move...); !strings.Contains(text, "every law holds") || !strings.Contains(text, "evidence.key: keep it") {
		t.Errorf("moved: %s", text)
	}
	if after, err := os.ReadFile(filepath.Join(folder, "forecall.db")); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the folder has changed, %v", err)
	}
	if text := said(exitOK, move...); !strings.Contains(text, "finished before") {
		t.Errorf("once more: %s", text)
	}
	head := regexp.MustCompile(`head [0-9a-f]{64}`)
	here, there := head.FindString(said(exitOK, "verify", "--data", folder)), head.FindString(said(exitOK, "verify", "--config", file))
	if here == "" || here != there {
		t.Errorf("the folder ends with %q, the database with %q", here, there)
	}
	if text := said(exitOK, "dnc", "check", "+12025550102", "--config", file); !strings.Contains(text, "+12025550102") {
		t.Errorf("what was listed: %s", text)
	}
	if text := said(exitUsage, "move", "--from", "postgres", "--to", "sqlite", "--config", file); !strings.Contains(text, "another move there is not") {
		t.Errorf("back: %s", text)
	}
}

func TestAFolderIsBackedUpIntoANewFileAndARestoredHouseIsStoppedOnce(t *testing.T) {
	folder, backup := t.TempDir(), filepath.Join(t.TempDir(), "backup.db")
	said := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if status := run(append(args, "--data", folder), &out, &errs); status != want {
			t.Errorf("%v: status %d\n%s%s", args, status, &out, &errs)
		}
		return out.String() + errs.String()
	}
	if text := said(exitUsage, "backup", backup); !strings.Contains(text, "holds no forecall data") {
		t.Errorf("nothing is there: %s", text)
	}
	db, err := records.Open(t.Context(), records.Settings{Engine: sqlite.At(filepath.Join(folder, "forecall.db"))})
	if err != nil {
		t.Fatal(err)
	}
	said(exitOK, "backup", backup) // beside whoever has the folder open
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if text := said(exitUsage, "backup", backup); !strings.Contains(text, "new file") {
		t.Errorf("over another backup: %s", text)
	}
	if info, err := os.Stat(backup); err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
		t.Errorf("the backup: %v, %v", info, err)
	}
	if text := said(exitOK, "restored"); !strings.Contains(text, "until stop 1 is lifted") {
		t.Errorf("restored: %s", text)
	}
	if text := said(exitOK, "restored"); !strings.Contains(text, "stopped already") {
		t.Errorf("once more: %s", text)
	}
}
