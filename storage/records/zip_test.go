package records

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"
)

// zipFiles unpacks a zip.
func zipFiles(t *testing.T, file []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	must(t, err)
	out := map[string][]byte{}
	for _, f := range z.File {
		in, err := f.Open()
		must(t, err)
		out[f.Name], err = io.ReadAll(in)
		must(t, err)
		must(t, in.Close())
	}
	return out
}
