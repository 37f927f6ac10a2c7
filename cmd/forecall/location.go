package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/storage/sqlite"
)

// location is where a command works: on a data folder, or at a service that
// runs.
type location struct {
	data         string
	server       string
	user         string
	passwordFile string
}

func (l *location) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&l.data, "data", config.Default().Data, "data folder of a service that does not run")
	f.StringVar(&l.server, "server", "", "address of a service that runs, as http://127.0.0.1:8080")
	f.StringVar(&l.user, "user", "", "login at the service")
	f.StringVar(&l.passwordFile, "password-file", "", "file with the password; else FORECALL_PASSWORD")
	c.MarkFlagsMutuallyExclusive("data", "server")
}

func (l location) remote() bool { return l.server != "" }

// open opens the store of the data folder, which must be there.
func (l location) open(ctx context.Context) (*sqlite.DB, error) {
	file := dataFile(l.data)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil, &exitError{exitUsage, fmt.Errorf("%s holds no forecall data; name the folder with --data, or a service that runs with --server", l.data)}
	}
	db, err := sqlite.Open(ctx, sqlite.Settings{Path: file})
	if errors.Is(err, sqlite.ErrInUse) {
		return nil, fmt.Errorf("%s is in use by a service that runs; ask that one with --server http://127.0.0.1:8080 --user NAME: %w", l.data, err)
	}
	return db, err
}

// login begins a session at the service.
func (l location) login(ctx context.Context) (*client.Client, error) {
	password, ok := os.LookupEnv("FORECALL_PASSWORD")
	if l.passwordFile != "" {
		text, err := os.ReadFile(l.passwordFile)
		if err != nil {
			return nil, fmt.Errorf("--password-file: %w", err)
		}
		password, ok = strings.TrimRight(string(text), "\r\n"), true
	}
	if l.user == "" || !ok {
		return nil, &exitError{exitUsage, errors.New("--server needs --user, and the password in FORECALL_PASSWORD or --password-file")}
	}
	c := client.New(l.server)
	if _, err := c.Login(ctx, l.user, password); err != nil {
		return nil, err
	}
	return c, nil
}
