// Command forecall is an outbound predictive dialer: one binary that serves,
// demonstrates, imports, exports and checks itself. See README.md.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }
