package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/cmd/internal/config"
)

// housekeeping is what the nodes of a house are asked.
type housekeeping struct {
	where  location
	asJSON bool
	wait   bool
	errs   io.Writer
}

func newNodes() *cobra.Command {
	var h housekeeping
	c := &cobra.Command{
		Use: "nodes", Short: "The nodes of a house of several: list, drain, undrain", Args: cobra.NoArgs,
		Long: `Lists the nodes that share a database (storage: postgres): what they run, who
leads (floor), how many calls and agents are there, when each was heard last, and why
one calls nobody: its clock is off, its store takes no writes.

Asks a service with --server, or reads the database that the configuration names;
that works also while no node runs, and then nobody counts agents or asks a node.

"nodes drain NAME" lets a node take no new work: no call is placed there any more,
another node leads, /readyz answers 503 so that the load balancer sends nobody
there, and conversations go on. Drained means that it carries no call. Agents whose
phone is there keep it, and talk over the lines of other nodes: stop the node with
SIGTERM, which lets each finish the present call. The mark stays, also over a restart,
until "nodes undrain NAME".`,
		Example: `  forecall nodes --server http://127.0.0.1:8080 --user boss
  forecall nodes drain node-2 --wait --config /etc/forecall/forecall.yaml`,
		RunE: func(c *cobra.Command, _ []string) error { return h.list(c) },
	}
	h.where.flags(c)
	c.Flags().BoolVar(&h.asJSON, "json", false, "print JSON, as GET /v1/nodes answers it")
	c.AddCommand(newNodesDrain(), newNodesUndrain())
	return c
}

func newNodesDrain() *cobra.Command {
	var h housekeeping
	c := &cobra.Command{
		Use: "drain NAME", Short: "Let a node take no new work; its conversations go on", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return h.drain(c, args[0], true) },
	}
	h.where.flags(c)
	c.Flags().BoolVar(&h.wait, "wait", false, "return when no call is left there")
	return c
}

func newNodesUndrain() *cobra.Command {
	var h housekeeping
	c := &cobra.Command{
		Use: "undrain NAME", Short: "Let a node take work again", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return h.drain(c, args[0], false) },
	}
	h.where.flags(c)
	return c
}

// inventory is the nodes of a house, and the trunks that are dialed at their own shares.
type inventory struct {
	nodes []campaigns.NodeStanding
	apart []campaigns.TrunkShare
}

// nodeSource is where the nodes are known: the database, or a service.
type nodeSource struct {
	list    func(context.Context) (inventory, error)
	drain   func(ctx context.Context, name string, drain bool) error
	counted bool // agents are counted
}

func (h *housekeeping) open(ctx context.Context) (nodeSource, func() error, error) {
	if h.where.remote() {
		return h.remote(ctx)
	}
	c, err := h.where.settings()
	if err != nil {
		return nodeSource{}, nil, err
	}
	if c.Storage != config.StoragePostgres {
		return nodeSource{}, nil, usage("storage: %s is for one node that stands alone; several share a database (storage: postgres), and --server asks a service that runs", c.Storage)
	}
	db, err := h.where.open(ctx)
	if err != nil {
		return nodeSource{}, nil, err
	}
	nodes := campaigns.NewNodes(db, db, nil)
	return nodeSource{
		list: func(ctx context.Context) (inventory, error) {
			all, err := nodes.List(ctx, operator)
			return inventory{nodes: all}, err
		},
		drain: func(ctx context.Context, name string, drain bool) error {
			if drain {
				return nodes.Drain(ctx, operator, name)
			}
			return nodes.Undrain(ctx, operator, name)
		},
	}, db.Close, nil
}

func (h *housekeeping) remote(ctx context.Context) (nodeSource, func() error, error) {
	var session *client.Client
	err := untilLed(ctx, h.errs, func() (err error) { session, err = h.where.login(ctx); return err })
	if err != nil {
		return nodeSource{}, nil, err
	}
	return nodeSource{
		counted: true,
		list: func(ctx context.Context) (out inventory, err error) {
			var answer api.NodeList
			err = session.Read(ctx, "/v1/nodes", &answer)
			for _, n := range answer.Nodes {
				out.nodes = append(out.nodes, n.Standing())
			}
			out.apart = answer.SafeShares
			return out, err
		},
		drain: func(ctx context.Context, name string, drain bool) error {
			verb := "undrain"
			if drain {
				verb = "drain"
			}
			return session.Post(ctx, "/v1/nodes/"+url.PathEscape(name)+"/"+verb, nil, nil)
		},
	}, func() error { return nil }, nil
}

func (h *housekeeping) list(c *cobra.Command) (err error) {
	h.errs = c.ErrOrStderr()
	ask, done, err := h.open(c.Context())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	var all inventory
	err = untilLed(c.Context(), h.errs, func() (err error) { all, err = ask.list(c.Context()); return err })
	if err != nil {
		return err
	}
	if h.asJSON {
		out := api.NodeList{Nodes: []api.Node{}, SafeShares: all.apart}
		for _, n := range all.nodes {
			out.Nodes = append(out.Nodes, api.NodeOf(n))
		}
		return printJSON(c.OutOrStdout(), out)
	}
	if err := printNodes(c.OutOrStdout(), all.nodes, ask.counted); err != nil {
		return err
	}
	for _, s := range all.apart {
		fmt.Fprintf(c.OutOrStdout(), "Redis is away: trunk %s is dialed at the safe share of each node; where the lead is, %.3g of %g calls a second, %d of %d lines\n",
			s.Trunk, s.CPS, s.AllCPS, s.Lines, s.AllLines)
	}
	return nil
}

// printNodes writes the nodes for people.
func printNodes(w io.Writer, all []campaigns.NodeStanding, counted bool) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "no node has joined: this house is one node that stands alone, or none was ever started")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "node\tstate\trole\tcalls\tagents\tversion\tschema\theard\tsince\taddress")
	for _, n := range all {
		agents, heard := "-", "-"
		if counted {
			agents = strconv.Itoa(n.Agents)
		}
		if n.State.Alive() {
			heard = fmt.Sprintf("%.0f s ago", n.Silent.Seconds())
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\t%d\t%s\t%s\t%s\n", n.Name, nodeState(n), n.Role, n.Lines, agents, n.Version, n.Schema, heard, clockTime(n.Since), n.Address)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, n := range all {
		for _, bar := range n.Barred {
			if _, err := fmt.Fprintf(w, "%s calls nobody: %s\n", n.Name, bar.Why); err != nil {
				return err
			}
		}
	}
	return nil
}

// nodeState says in words where a node stands.
func nodeState(n campaigns.NodeStanding) string {
	switch {
	case n.State == campaigns.NodeGone:
		return "stopped"
	case n.State == campaigns.NodeFenced:
		return "lost: others do its work"
	case !n.Alive():
		return "silent"
	case n.Drain != "" && n.Drained():
		return "drained by " + n.Drain
	case n.Drain != "":
		return "drains for " + n.Drain
	case n.State == campaigns.NodeDraining:
		return "stops"
	}
	return string(n.State)
}

func (h *housekeeping) drain(c *cobra.Command, name string, drain bool) (err error) {
	h.errs = c.ErrOrStderr()
	ask, done, err := h.open(c.Context())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if err := untilLed(c.Context(), h.errs, func() error { return ask.drain(c.Context(), name, drain) }); err != nil {
		return err
	}
	switch {
	case !drain:
		fmt.Fprintf(c.OutOrStdout(), "%s takes work again\n", name)
	case !h.wait:
		fmt.Fprintf(c.OutOrStdout(), "%s takes no new work; forecall nodes says when it is drained\n", name)
	default:
		return waitDrained(c, ask, name)
	}
	return nil
}

// untilLed asks again while no node leads, for which a takeover is the reason: who
// asks for the nodes has just seen one end.
func untilLed(ctx context.Context, say io.Writer, ask func() error) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for began := time.Now(); ; {
		err := ask()
		var said *client.Refusal
		if !errors.As(err, &said) || said.Code != noFloor || time.Since(began) > answerless {
			return err
		}
		fmt.Fprintln(say, said.Detail)
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// noFloor is the code of the answer of a house in which no node leads.
const noFloor = "no_floor"

// lookEvery is how often a node that drains is looked at.
const lookEvery = time.Second

// answerless is how long nobody may answer meanwhile: the node that drains may be the
// one that leads.
const answerless = 20 * time.Second

// waitDrained returns when no call is left at a node, saying how many are.
func waitDrained(c *cobra.Command, ask nodeSource, name string) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	answered := time.Now()
	for last := -1; ; {
		there, err := ask.list(c.Context())
		if err == nil {
			answered = time.Now()
		}
		all := there.nodes
		i := slices.IndexFunc(all, func(n campaigns.NodeStanding) bool { return n.Name == name })
		switch {
		case err != nil && time.Since(answered) > answerless:
			return err
		case err != nil: // the floor changes hands
		case i < 0:
			return fmt.Errorf("node %s is not known any more", name)
		case all[i].Drain == "" && all[i].Alive():
			return fmt.Errorf("somebody lets %s take work again", name)
		case all[i].Drained():
			fmt.Fprintf(c.OutOrStdout(), "%s is drained: it carries no call\n", name)
			if n := all[i].Agents; n > 0 {
				fmt.Fprintf(c.OutOrStdout(), "agents with their phone there: %d; a stop (SIGTERM) lets each finish the present call, then they sign in at another node\n", n)
			}
			return nil
		case all[i].Lines != last:
			last = all[i].Lines
			fmt.Fprintf(c.ErrOrStderr(), "%s: calls: %d, role: %s\n", name, last, all[i].Role)
		}
		select {
		case <-c.Context().Done():
			return c.Context().Err()
		case <-tick.C:
		}
	}
}
