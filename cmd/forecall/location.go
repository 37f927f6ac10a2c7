package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/node"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
)

// location is where a command works: on a data folder, or at a service that
// runs.
type location struct {
	data         string // empty = as the configuration says
	config       string
	server       string
	user         string
	passwordFile string
}

func (l *location) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&l.data, "data", "", "data folder of a service that does not run (default: as in FORECALL_DATA or the configuration, else "+config.Default().Data+")")
	f.StringVar(&l.config, configFlag, "", "configuration file that names the data folder (default ./forecall.yaml, then /etc/forecall/forecall.yaml)")
	l.serverFlags(c)
	c.MarkFlagsMutuallyExclusive("data", "server")
}

// serverFlags name a service that runs.
func (l *location) serverFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&l.server, "server", "", "address of a service that runs, as http://127.0.0.1:8080")
	f.StringVar(&l.user, "user", "", "login at the service")
	f.StringVar(&l.passwordFile, "password-file", "", "file with the password; else FORECALL_PASSWORD")
}

func (l location) remote() bool { return l.server != "" }

// settings say where the records are: in the folder of the flag, or where the
// configuration has them.
func (l location) settings() (config.Config, error) {
	if l.data != "" {
		c := config.Default()
		c.Data = l.data
		return c, nil
	}
	loaded, err := config.Load(config.Source{File: l.config})
	if err != nil {
		return config.Config{}, usage("%w; --data names the data folder without the configuration", err)
	}
	return loaded.Config, nil
}

// folder is the data folder: the flag, or what the configuration names.
func (l location) folder() (string, error) {
	c, err := l.settings()
	return c.Data, err
}

// open opens the store of the data folder, which must be there, or of the
// database that the configuration names.
func (l location) open(ctx context.Context) (*records.DB, error) {
	c, err := l.settings()
	if err != nil {
		return nil, err
	}
	if c.Storage == config.StorageSQLite {
		if _, err := os.Stat(dataFile(c.Data)); errors.Is(err, fs.ErrNotExist) {
			return nil, usage("%s holds no forecall data; name the folder with --data, or a service that runs with --server", c.Data)
		}
	}
	engine, err := node.Engine(c)
	if err != nil {
		return nil, usage("%w", err)
	}
	db, err := records.Open(ctx, records.Settings{Engine: engine})
	if errors.Is(err, sqlite.ErrInUse) {
		return nil, fmt.Errorf("%s is in use: if a service runs on it, ask that one with --server http://127.0.0.1:8080 --user NAME; if another command does, try again when it has ended: %w",
			c.Data, err)
	}
	return db, err
}

// login begins a session at the service.
func (l location) login(ctx context.Context) (*client.Client, error) {
	password, ok := os.LookupEnv("FORECALL_PASSWORD")
	if l.passwordFile != "" {
		text, err := os.ReadFile(l.passwordFile)
		if err != nil {
			return nil, usage("--password-file: %w", err)
		}
		password, ok = strings.TrimRight(string(text), "\r\n"), true
	}
	if l.user == "" || !ok {
		return nil, usage("--server needs --user, and the password in FORECALL_PASSWORD or --password-file")
	}
	if !strings.HasPrefix(l.server, "http://") && !strings.HasPrefix(l.server, "https://") {
		return nil, usage("--server %q: write the whole address, as http://127.0.0.1:8080", l.server)
	}
	c := client.New(l.server)
	if _, err := c.Login(ctx, l.user, password); err != nil {
		return nil, fmt.Errorf("log in at %s as %s: %w", l.server, l.user, err)
	}
	return c, nil
}

// dataFile is the database of a data folder.
func dataFile(folder string) string { return filepath.Join(folder, node.DataFile) }
