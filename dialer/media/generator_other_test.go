//go:build !linux

package media

import (
	"errors"
	"io"
)

func generate(io.Reader, io.Writer) error { return errors.New("the generator needs Linux") }
