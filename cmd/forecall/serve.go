package main

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/node"
)

func newServe() *cobra.Command {
	c := &cobra.Command{
		Use: "serve", Short: "Run the dialer: trunks, agents, campaigns, pages and API", Args: cobra.NoArgs,
		Long: `Runs until SIGTERM or Ctrl-C. The first one drains: no new calls are placed,
conversations end by themselves, within drain.limit. A second one ends them.

Every flag is also a key of the configuration file and an environment variable:
--http-listen is http.listen is FORECALL_HTTP_LISTEN. Flags beat the
environment, which beats the file.`,
		Example: `  forecall serve --config /etc/forecall/forecall.yaml
  FORECALL_LOG_LEVEL=debug forecall serve --http-listen 0.0.0.0:8080`,
		RunE: func(c *cobra.Command, _ []string) error { return serve(c) },
	}
	addConfigFlags(c)
	return c
}

func serve(c *cobra.Command) error {
	loaded, err := loadConfig(c)
	if err != nil {
		return err
	}
	if len(loaded.Trunks) == 0 {
		return usage(`trunks: none is configured, so nobody can be called; README, "Connect a trunk", has one to copy, and forecall demo needs none`)
	}
	if err := problems(loaded.Config); err != nil {
		return usage("%s: %w", loaded.File, err)
	}
	soft, hard, release := untilStopped(c.Context())
	defer release()
	out := c.OutOrStdout()
	n, err := node.Start(soft, node.Settings{Config: loaded.Config, Version: version(), Log: newLogger(loaded.Log, c.ErrOrStderr()), FirstAdmin: func(password string) {
		fmt.Fprintf(out, "nobody could log in yet: user admin, password %s (change it at first login)\n", password)
	}})
	if err != nil {
		return taken(err, loaded.Config)
	}
	fmt.Fprintf(out, "forecall serves %s; health and metrics at %s; agents' phones register at %s\n", n.URL(), orNowhere(n.Admin()), n.PhonesAddr())
	return n.Run(soft, hard)
}

func orNowhere(addr string) string {
	if addr == "" {
		return "no address (admin.listen is empty)"
	}
	return addr
}

// taken names the key of a trunk's port that something else holds; the other
// listeners name theirs themselves.
func taken(err error, c config.Config) error {
	busy, ok := errors.AsType[*net.OpError](err)
	if !ok || !errors.Is(err, syscall.EADDRINUSE) || busy.Addr == nil {
		return err
	}
	keys := []struct{ key, addr string }{{"sip.listen", c.SIP.Listen}, {"sip.tls_listen", c.SIP.TLSListen}}
	for i, t := range c.Trunks {
		keys = append(keys, struct{ key, addr string }{fmt.Sprintf("trunks[%d].listen", i+1), t.Listen})
	}
	for _, k := range keys {
		if k.addr != "" && samePort(k.addr, busy.Addr.String()) && !samePort(c.Phones.Listen, busy.Addr.String()) {
			return fmt.Errorf("%s: %w", k.key, err)
		}
	}
	return err
}

func samePort(a, b string) bool {
	_, portA, errA := net.SplitHostPort(a)
	_, portB, errB := net.SplitHostPort(b)
	return errA == nil && errB == nil && portA == portB
}
