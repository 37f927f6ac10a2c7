//go:build !unix

package registry

import "os"

// mapFile reads a file where files are not mapped.
func mapFile(path string) (data []byte, unmap func([]byte) error, err error) {
	data, err = os.ReadFile(path)
	return data, func([]byte) error { return nil }, err
}
