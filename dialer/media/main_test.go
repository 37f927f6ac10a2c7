package media

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// generatorEnv makes this test binary the far ends of the calls of BenchmarkRelay:
// a process of its own, so that its CPU is not taken for the relay's.
const generatorEnv = "FORECALL_MEDIA_GENERATOR"

func TestMain(m *testing.M) {
	if os.Getenv(generatorEnv) != "" {
		if err := generate(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "generator:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if path := os.Getenv(recorderEnv); path != "" {
		fmt.Fprintln(os.Stderr, "recorder:", recordUntilKilled(path))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}
