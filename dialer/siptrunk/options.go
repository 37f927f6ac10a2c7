package siptrunk

import (
	"context"
	"fmt"
	"time"
)

// Options asks the server of a trunk for a sign of life (RFC 3261 section 11)
// and returns its status and how long the answer took. It fails when there is
// no such trunk or no answer came in time.
func (t *Trunks) Options(ctx context.Context, trunk string) (code int, rtt time.Duration, err error) {
	for _, r := range t.routes {
		if r.trunk.Name != trunk {
			continue
		}
		asking, cancel := context.WithTimeout(ctx, pingLimit)
		defer cancel()
		if code, rtt, err = r.ua.Options(asking, r.target); err != nil {
			return 0, 0, fmt.Errorf("OPTIONS to trunk %s: %w", trunk, err)
		}
		return code, rtt, nil
	}
	return 0, 0, fmt.Errorf("there is no trunk %q", trunk)
}
