package script

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Canonical is a source as its version is reckoned: line ends of one kind, no
// space at the end of a line or of the file.
func Canonical(source string) string {
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(source), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// Hash is the short name of a source: eight hexadecimal digits of the SHA-256
// of its canonical form.
func Hash(source string) string {
	sum := sha256.Sum256([]byte(Canonical(source)))
	return hex.EncodeToString(sum[:4])
}

// Version names a source for the call log: how many versions the campaign has
// had with this one, and the hash. A campaign without a script has none.
func Version(no int64, source string) string {
	if Canonical(source) == "" {
		return ""
	}
	return fmt.Sprintf("%d.%s", no, Hash(source))
}
