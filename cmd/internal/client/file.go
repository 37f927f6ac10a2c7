package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Fetch asks with a body, in which numbers may stand, and copies the file that
// comes to w.
func (c *Client) Fetch(ctx context.Context, path string, body any, w io.Writer) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("fetch %s: %w", path, err)
	}
	res, err := c.send(ctx, http.MethodPost, path, bytes.NewReader(text), "application/json", nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(w, res.Body); err != nil {
		return fmt.Errorf("fetch %s: %w", path, err)
	}
	return nil
}
