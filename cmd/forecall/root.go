package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit statuses of the command.
const (
	exitOK         = 0
	exitFailed     = 1 // it did not work
	exitUsage      = 2 // it was asked wrongly
	exitUnanswered = 3 // a test call was placed and not answered
)

// exitError carries the status that an error ends the program with.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// usage is an error of who called the program: status 2.
func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// run is the whole program: tests call it as a shell would.
func run(args []string, out, errOut io.Writer) int { return runWith(args, os.Stdin, out, errOut) }

func runWith(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	begun := false
	note(root, &begun)
	asked, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if !begun { // the command line itself was wrong: nothing ran
		err = usage("%w; see %s --help", err, asked.CommandPath())
	}
	fmt.Fprintln(errOut, "forecall:", err)
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.status
	}
	return exitFailed
}

// note tells when a command begins, so that errors of the command line can be
// told from errors of the work.
func note(c *cobra.Command, begun *bool) {
	if work := c.RunE; work != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			*begun = true
			return work(c, args)
		}
	}
	for _, sub := range c.Commands() {
		note(sub, begun)
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "forecall",
		Short: "An outbound predictive dialer in one binary",
		Long: `forecall loads lists of people, dials them just ahead of your agents, gives each
answered call to a free agent and records what came of it.

Begin with "forecall demo": the whole job on this machine, with a test carrier
and robot agents over real SIP.

Exit status: 0 it worked, 1 it did not, 2 it was asked wrongly (flags,
configuration), 3 a test call was placed and not answered.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newDemo(), newServe(), newCall(), newImport(), newExport(), newSimulate(), newExplain(), newAbandonment(), newReplay(), newVerify(), newSubject(), newScript(), newDNC(), newChecks(), newConsent(), newRegistry(), newClock(), newConfig(), newMigrate(), newMove(), newBackup(), newRestored(), newRekey(), newNodes(), newVersion())
	return root
}
