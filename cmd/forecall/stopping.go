package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// untilStopped returns the two contexts of a service: soft ends with the
// first signal (or with ctx), hard with the second. Call release at the end; it
// ends both.
func untilStopped(ctx context.Context) (soft, hard context.Context, release func()) {
	soft, softNow := context.WithCancel(ctx)
	hard, hardNow := context.WithCancel(context.WithoutCancel(ctx))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ended := make(chan struct{})
	go func() { // ends with release
		for stop := softNow; ; stop = hardNow {
			select {
			case <-signals:
				stop()
			case <-ended:
				return
			}
		}
	}()
	return soft, hard, sync.OnceFunc(func() {
		signal.Stop(signals)
		close(ended)
		softNow()
		hardNow()
	})
}
