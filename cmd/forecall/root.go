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

// run is the whole program: tests call it as a shell would.
func run(args []string, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(errOut, "forecall:", err)
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.status
	}
	return exitFailed
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "forecall",
		Short: "An outbound predictive dialer in one binary",
		Long: `forecall loads lists of people, dials them just ahead of your agents, gives each
answered call to a free agent and records what came of it.

Begin with "forecall demo": the whole job on this machine, with a test carrier
and robot agents over real SIP.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &exitError{exitUsage, fmt.Errorf("%w; see forecall %s --help", err, c.Name())}
	})
	root.AddCommand(newDemo(), newServe(), newCall(), newImport(), newExport(), newVerify(), newConfig(), newVersion())
	return root
}
