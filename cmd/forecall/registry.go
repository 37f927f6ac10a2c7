package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/node"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/registry"
)

func newRegistry() *cobra.Command {
	c := &cobra.Command{
		Use: "registry", Short: "Do-not-call registers that others publish: load, list, show, verify, export", Args: cobra.NoArgs,
		Long: `Registers such as that of the United States or the British TPS, at any size. Every
version is kept, so that it can be shown what was looked up on any day. Works on a
data folder, or with --server on a service that runs.

Our own list is the matter of forecall dnc.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return usage("%[1]s load LIST FILE..., %[1]s list, %[1]s show LIST [NUMBER], %[1]s verify LIST or %[1]s export LIST VERSION", c.CommandPath())
		},
	}
	c.AddCommand(newRegistryLoad(), newRegistryList(), newRegistryShow(), newRegistryVerify(), newRegistryExport())
	return c
}

// registers is where registers are asked for: in a data folder, or at a service.
type registers struct {
	where  location
	asJSON bool
}

func (r *registers) flags(c *cobra.Command) {
	r.where.flags(c)
	c.Flags().BoolVar(&r.asJSON, "json", false, "print the result as JSON")
}

// commandLine is who works on a data folder: whoever can read it may do all of it.
var commandLine = campaigns.User{Login: byCommandLine, Role: campaigns.Compliance}

// local opens the registers of the data folder for f.
func (r *registers) local(ctx context.Context, f func(*campaigns.Registry) error) error {
	db, err := r.where.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(withShelf(ctx, r.where, db, f), db.Close())
}

// openShelf opens the registers of the data folder that db is the store of.
func openShelf(ctx context.Context, where location, db *records.DB) (*registry.Shelf, error) {
	folder, err := where.folder()
	if err != nil {
		return nil, err
	}
	versions, err := db.RegisterVersions(ctx, "")
	if err != nil {
		return nil, err
	}
	return registry.Open(filepath.Join(folder, node.RegistersFolder), versions, nil)
}

func withShelf(ctx context.Context, where location, db *records.DB, f func(*campaigns.Registry) error) error {
	shelf, err := openShelf(ctx, where, db)
	if err != nil {
		return err
	}
	service := campaigns.NewRegistry(campaigns.RegisterSettings{Ledger: db, Maker: shelf, Shelf: shelf, Book: db})
	return errors.Join(f(service), shelf.Close())
}

func newRegistryList() *cobra.Command {
	var r registers
	c := &cobra.Command{
		Use: "list", Short: "The registers as they stand", Args: cobra.NoArgs,
		Long: `Exit status 1 when one is too old for a rule that is in force, damaged, or asked
by a rule and not loaded: nobody is called on its account then.`,
		RunE: func(c *cobra.Command, _ []string) error { return r.list(c) },
	}
	r.flags(c)
	return c
}

// errNotLoaded ends list when rules refuse for want of a register.
var errNotLoaded = errors.New("a register is missing, damaged or too old: numbers that it is about are not called")

func (r *registers) list(c *cobra.Command) error {
	var lists []campaigns.RegisterList
	var err error
	if r.where.remote() {
		var out struct{ Lists []campaigns.RegisterList }
		err = r.ask(c.Context(), "/v1/registers", &out)
		lists = out.Lists
	} else {
		err = r.local(c.Context(), func(s *campaigns.Registry) (err error) {
			lists, err = s.Lists(c.Context(), commandLine, time.Now())
			return err
		})
	}
	if err != nil {
		return err
	}
	if err := r.printLists(c.OutOrStdout(), lists); err != nil {
		return err
	}
	for _, l := range lists {
		if l.Stale || !l.Loaded {
			return errNotLoaded
		}
	}
	return nil
}

func (r *registers) ask(ctx context.Context, path string, out any) error {
	session, err := r.where.login(ctx)
	if err != nil {
		return err
	}
	return session.Read(ctx, path, out)
}

func (r *registers) printLists(w io.Writer, lists []campaigns.RegisterList) error {
	if r.asJSON {
		return printJSON(w, lists)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "LIST\tVERSION\tNUMBERS\tACCESSED\tAGE\tMAX AGE\tSTATE")
	for _, l := range lists {
		if l.Version == 0 {
			fmt.Fprintf(t, "%s\t-\t-\t-\t-\t%s\tnot loaded\n", l.List, daysOf(l.MaxAge))
			continue
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\t%s\t%s\n", l.List, l.Version, l.Count, l.AccessedAt.UTC().Format("2006-01-02 15:04Z"),
			daysOf(time.Since(l.AccessedAt)), daysOf(l.MaxAge), stateOfList(l))
	}
	return t.Flush()
}

func stateOfList(l campaigns.RegisterList) string {
	switch {
	case l.Fault != "":
		return "damaged: " + l.Fault
	case l.Stale:
		return "too old"
	case !l.Loaded:
		return "not loaded"
	}
	return "in force"
}

// daysOf writes an age in days; 0 is nothing.
func daysOf(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f d", d.Hours()/24)
}

func newRegistryShow() *cobra.Command {
	var r registers
	var region string
	c := &cobra.Command{
		Use: "show LIST [NUMBER]", Short: "All versions of a register, or where a number stood in each", Args: cobra.RangeArgs(1, 2),
		Example: `  forecall registry show us-national
  forecall registry show us-national +12025550123`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				return r.show(c, args[0])
			}
			s := suppressing{region: region}
			number, err := s.number(args[1])
			if err != nil {
				return err
			}
			return r.look(c, args[0], number)
		},
	}
	r.flags(c)
	c.Flags().StringVar(&region, "region", "", "country of a number without a country code, as ES")
	return c
}

func (r *registers) show(c *cobra.Command, list string) error {
	versions, err := r.versions(c.Context(), list)
	if err != nil {
		return err
	}
	if r.asJSON {
		return printJSON(c.OutOrStdout(), versions)
	}
	t := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "VERSION\tKIND\tACCESSED\tLOADED\tBY\tNUMBERS\tCAME\tWENT\tREJECTED\tSAN\tSELLER\tSHA-256\tREASON")
	for _, v := range versions {
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\t%.12s\t%s\n", v.Version, v.Kind, v.AccessedAt.UTC().Format("2006-01-02 15:04Z"),
			v.LoadedAt.UTC().Format("2006-01-02 15:04Z"), v.By, v.Count, v.Added, v.Removed, v.Rejected, v.SAN, v.Seller, v.SHA256, v.Reason)
	}
	return t.Flush()
}

func (r *registers) versions(ctx context.Context, list string) (versions []campaigns.RegisterVersion, err error) {
	if r.where.remote() {
		var out struct{ Versions []campaigns.RegisterVersion }
		err = r.ask(ctx, "/v1/registers/"+list+"/versions", &out)
		return out.Versions, err
	}
	err = r.local(ctx, func(s *campaigns.Registry) (err error) {
		versions, err = s.Versions(ctx, commandLine, list)
		return err
	})
	return versions, err
}

func (r *registers) look(c *cobra.Command, list, number string) error {
	var all map[string][]campaigns.RegisterStanding
	err := error(nil)
	if r.where.remote() {
		session, failed := r.where.login(c.Context())
		if failed != nil {
			return failed
		}
		var out struct {
			Lists map[string][]campaigns.RegisterStanding
		}
		err = session.Post(c.Context(), "/v1/registers/look", map[string]string{"number": number}, &out)
		all = out.Lists
	} else {
		err = r.local(c.Context(), func(s *campaigns.Registry) (err error) {
			all, err = s.Standing(c.Context(), commandLine, number)
			return err
		})
	}
	standing, there := all[list]
	switch {
	case err != nil:
		return err
	case !there:
		return usage("no register is called %q", list)
	case r.asJSON:
		return printJSON(c.OutOrStdout(), standing)
	}
	t := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "VERSION\tACCESSED\tIN FORCE FROM\tNUMBER")
	for _, s := range standing {
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\n", s.Version.Version, s.Version.AccessedAt.UTC().Format("2006-01-02 15:04Z"),
			s.Version.LoadedAt.UTC().Format("2006-01-02 15:04Z"), wordOf(s))
	}
	return t.Flush()
}

func wordOf(s campaigns.RegisterStanding) string {
	switch {
	case s.Listed:
		return "listed"
	case !s.Covered:
		return "not covered"
	}
	return "not listed"
}

func newRegistryVerify() *cobra.Command {
	var r registers
	c := &cobra.Command{
		Use: "verify LIST", Short: "Build every version that is kept anew and compare it with the ledger", Args: cobra.ExactArgs(1),
		Long: `Exit status 1 when a version is not what was loaded.`,
		RunE: func(c *cobra.Command, args []string) error { return r.verify(c, args[0]) },
	}
	r.flags(c)
	return c
}

// errNotVerified ends verify when something is not as it was loaded.
var errNotVerified = errors.New("the register is not what was loaded")

func (r *registers) verify(c *cobra.Command, list string) error {
	var out struct {
		Checked  int      `json:"checked"`
		Findings []string `json:"findings"`
	}
	err := error(nil)
	if r.where.remote() {
		session, failed := r.where.login(c.Context())
		if failed != nil {
			return failed
		}
		err = session.Post(c.Context(), "/v1/registers/"+list+"/verify", nil, &out)
	} else {
		err = r.local(c.Context(), func(s *campaigns.Registry) (err error) {
			out.Checked, out.Findings, err = s.Verify(c.Context(), commandLine, list)
			return err
		})
	}
	if err != nil {
		return err
	}
	if r.asJSON {
		err = printJSON(c.OutOrStdout(), out)
	} else {
		_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %d versions built anew and compared with the ledger\n%s", list, out.Checked, lines(out.Findings))
	}
	if err == nil && len(out.Findings) > 0 {
		err = errNotVerified
	}
	return err
}

func lines(all []string) string {
	var b strings.Builder
	for _, l := range all {
		b.WriteString(l + "\n")
	}
	return b.String()
}

func newRegistryExport() *cobra.Command {
	var r registers
	c := &cobra.Command{
		Use: "export LIST VERSION", Short: "Write the numbers of a version, one a line", Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			var version int64
			if _, err := fmt.Sscan(args[1], &version); err != nil || version < 1 {
				return usage("version %q: a number as registry show prints them", args[1])
			}
			if r.where.remote() {
				session, err := r.where.login(c.Context())
				if err != nil {
					return err
				}
				return session.Download(c.Context(), fmt.Sprintf("/v1/registers/%s/versions/%d/numbers", args[0], version), nil, c.OutOrStdout())
			}
			return r.local(c.Context(), func(s *campaigns.Registry) error {
				_, err := s.Export(c.Context(), commandLine, args[0], version, c.OutOrStdout())
				return err
			})
		},
	}
	r.where.flags(c)
	return c
}
