package main

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/cmd/internal/demo"
	"github.com/forecall/forecall/dialer/sipua"
)

func newDemoCarrier() *cobra.Command {
	far, at := demo.Far{}, ""
	c := &cobra.Command{
		Use: "carrier", Short: "The test carrier alone, as the trunk of a service that you start yourself", Args: cobra.NoArgs,
		Long: `Answers SIP calls on this machine until Ctrl-C: its callees ring, answer, talk, are
busy or never answer. Point a trunk of your configuration at it.`,
		Example: `  forecall demo carrier --listen 127.0.0.1:5070`,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if far.Listen, err = netip.ParseAddrPort(at); err != nil {
				return usage("--listen %q: write an address as 127.0.0.1:5070", at)
			}
			if err := checkSpeed(far.Speed); err != nil {
				return err
			}
			far.Out, far.Logger = c.OutOrStdout(), slog.New(slog.DiscardHandler)
			return far.Run(c.Context())
		},
	}
	f := c.Flags()
	f.StringVar(&at, "listen", "127.0.0.1:5070", "address for calls, SIP over UDP")
	f.StringVar(&far.Log, "log", "", "file that gets a line for each call, as the carrier saw it")
	demoFlags(c, &far.Seed, &far.Speed)
	return c
}

// demoFlags are those that both parts have.
func demoFlags(c *cobra.Command, seed *uint64, speed *float64) {
	c.Flags().Uint64Var(seed, "seed", 1, "draws the people")
	c.Flags().Float64Var(speed, "speed", 5, "how many times faster people ring, talk and write, 1 to 50")
}

func checkSpeed(speed float64) error {
	if !(speed >= 1 && speed <= 50) { // not a number is neither
		return usage("--speed %g: 1 to 50", speed)
	}
	return nil
}

func newDemoRobots() *cobra.Command {
	var r demo.Robots
	var nodes []string
	c := &cobra.Command{
		Use: "robots", Short: "Robot agents alone, at the desks of a service that you start yourself", Args: cobra.NoArgs,
		Long: `Logs robot1, robot2 ... in at a service, or spread over the nodes of a house, with SIP
phones of their own on this machine, and lets them take calls until Ctrl-C. A robot
whose node is gone goes on at the next, as a person would.

The users must exist, with their names as extensions. Their password is in
FORECALL_PASSWORD, the secret of their phones in FORECALL_PHONE_SECRET.`,
		Example: `  forecall demo robots --agents 12 --node http://127.0.0.2:8080,127.0.0.2:5062 --node http://127.0.0.3:8080,127.0.0.3:5062`,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if r.Homes, err = homes(nodes); err != nil {
				return err
			}
			if err := checkSpeed(r.Speed); err != nil {
				return err
			}
			r.Password, r.Secret = os.Getenv("FORECALL_PASSWORD"), os.Getenv("FORECALL_PHONE_SECRET")
			switch {
			case r.Agents < 1 || r.Agents > 200:
				return usage("--agents %d: 1 to 200", r.Agents)
			case r.Password == "" || r.Secret == "":
				return usage("the robots' password is missing in FORECALL_PASSWORD, or the secret of their phones in FORECALL_PHONE_SECRET")
			}
			r.Out, r.Log = c.OutOrStdout(), slog.New(slog.DiscardHandler)
			return r.Run(c.Context())
		},
	}
	c.Flags().StringArrayVar(&nodes, "node", []string{"http://127.0.0.1:8080,127.0.0.1:5062"}, "a node: where pages and API are, and where phones register; once for each node")
	c.Flags().IntVar(&r.Agents, "agents", 12, "how many, 1 to 200")
	demoFlags(c, &r.Seed, &r.Speed)
	return c
}

// homes reads where nodes are.
func homes(nodes []string) (out []demo.Home, err error) {
	for _, n := range nodes {
		server, phones, _ := strings.Cut(n, ",")
		at, err := netip.ParseAddrPort(phones)
		if err != nil || !strings.HasPrefix(server, "http://") && !strings.HasPrefix(server, "https://") {
			return nil, usage("--node %q: write pages and phones as http://127.0.0.2:8080,127.0.0.2:5062", n)
		}
		out = append(out, demo.Home{Server: server, Registrar: sipua.Target{Host: at.Addr().String(), Port: int(at.Port()), Transport: "udp"}})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no node is named")
	}
	return out, nil
}
