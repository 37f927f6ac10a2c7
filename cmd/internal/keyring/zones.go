package keyring

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/forecall/forecall/campaigns/evidence"
)

// Zones is the version of the time zones that windows are judged by: of the
// machine's, which Go reads first, else of those within the program.
func Zones() string {
	for _, folder := range []string{os.Getenv("ZONEINFO"), "/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/etc/zoneinfo"} {
		if folder == "" {
			continue
		}
		if text, err := os.ReadFile(filepath.Join(folder, "+VERSION")); err == nil {
			return strings.TrimSpace(string(text))
		}
		if text, err := os.ReadFile(filepath.Join(folder, "tzdata.zi")); err == nil {
			first, _, _ := strings.Cut(string(text), "\n")
			return strings.TrimSpace(strings.TrimPrefix(first, "# version"))
		}
	}
	return "of " + runtime.Version()
}

func sortBySize(points []evidence.Checkpoint) {
	slices.SortFunc(points, func(a, b evidence.Checkpoint) int { return int(a.Size - b.Size) })
}
