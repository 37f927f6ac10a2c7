package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/node"
	"github.com/forecall/forecall/storage/records"
)

func newRekey() *cobra.Command {
	var where location
	var oldSecret string
	c := &cobra.Command{
		Use: "rekey", Short: "Exchange the key that signs the ledger, or cluster.secret", Args: cobra.NoArgs,
		Long: `Brings the next key that signs how far the ledger has grown. The one before it
introduces it and signs nothing any more; what it signed stays proved, and whoever
knows any of the keys can follow to the others.

A node that stands alone (storage: sqlite) is stopped first: its new key lies in
evidence.key of the data folder, the old one beside it. The nodes of a house make
their keys of cluster.secret, and take the new one while they run; a node that is
down takes it when it starts.

With --old-secret-file the secret itself was changed: every node is stopped, the
new secret put into cluster.secret_file, and this run once, on one machine. Then
all nodes are started, with the new secret. Keep the old one with the backups of
its time: records that are restored from them know no other.`,
		Example: `  forecall rekey --config /etc/forecall/forecall.yaml
  forecall rekey --old-secret-file /root/cluster.secret.old --config /etc/forecall/forecall.yaml`,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			conf, err := where.settings()
			if err != nil {
				return err
			}
			before, err := oldSecretOf(oldSecret, conf)
			if err != nil {
				return err
			}
			db, err := where.open(c.Context())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			k, err := rekey(c, conf, before, db)
			if err != nil {
				return err
			}
			if k.ID == "" {
				_, err = fmt.Fprintln(c.OutOrStdout(), "cluster.secret is that of this house already: nothing was changed")
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "the house signs with the key %s from now on, which %s has introduced\npublic key, for whoever verifies: %x\n", k.ID, k.SignedBy, k.Public)
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&where.data, "data", "", "data folder (default: as in FORECALL_DATA or the configuration)")
	f.StringVar(&where.config, configFlag, "", "configuration file that names the records, and the new cluster.secret")
	f.StringVar(&oldSecret, "old-secret-file", "", "file with the cluster.secret that the house had until now")
	return c
}

// oldSecretOf reads the secret before; empty when no file is named.
func oldSecretOf(file string, conf config.Config) (string, error) {
	if file == "" {
		return "", nil
	}
	if !conf.Several() {
		return "", usage("--old-secret-file: storage: %s is for one node that stands alone; it has no cluster.secret", conf.Storage)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", usage("--old-secret-file: %w", err)
	}
	secret := strings.TrimRight(string(text), "\r\n") // as cluster.secret_file is read
	if secret == "" {
		return "", usage("--old-secret-file: %s is empty", file)
	}
	return secret, nil
}

func rekey(c *cobra.Command, conf config.Config, before string, db *records.DB) (evidence.Key, error) {
	if before != "" {
		return node.ChangeSecret(c.Context(), conf, before, db, operator.Login)
	}
	clerk, err := node.Clerk(c.Context(), conf, db, version())
	if err != nil {
		return evidence.Key{}, err
	}
	return clerk.Rotate(c.Context(), operator.Login)
}
