package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/forecall/forecall/storage/postgres/pgtest"
)

// onPostgres is a configuration that keeps its records in a new, empty database.
func onPostgres(t *testing.T) (file string) {
	t.Helper()
	s, err := pgtest.Start("fsync=off", "full_page_writes=off")
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	name, err := s.Database(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "forecall.yaml")
	text := "data: " + t.TempDir() + "\nstorage: postgres\npostgres: {url: \"" + s.Address(name) + "\"}\ncluster: {secret: 0123456789abcdef0123456789abcdef}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestADatabaseIsMigratedOnceAndThenWorkedWithByEveryCommand(t *testing.T) {
	file := onPostgres(t)
	for _, tt := range []struct {
		args string
		want string
	}{
		{"migrate", "the schema went from version 0 to "},
		{"migrate", "the schema is that of this program already"},
		{"dnc add +12025550101 --reason asked", ""},
		{"dnc check +12025550101", "+12025550101"},
		{"verify", "0 attempts"},
	} {
		var out, errs bytes.Buffer
		if status := run(append(strings.Fields(tt.args), "--config", file), &out, &errs); status != exitOK || !strings.Contains(out.String(), tt.want) {
			t.Errorf("%s: status %d, want %q in\n%s%s", tt.args, status, tt.want, &out, &errs)
		}
	}
}

func TestADataFolderNeedsNoMigrate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "forecall.yaml")
	if err := os.WriteFile(file, []byte("storage: sqlite\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if status := run([]string{"migrate", "--config", file}, &out, &errs); status != exitUsage || !strings.Contains(errs.String(), "needs no migrate") {
		t.Errorf("status %d: %s", status, &errs)
	}
}
