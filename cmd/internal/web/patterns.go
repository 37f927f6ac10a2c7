package web

import "net/http"

// Patterns are the addresses of all pages that can be looked at, as they are
// routed, so that who walks through the house forgets no room.
func (p *Pages) Patterns() []string {
	var out []string
	for _, line := range p.table {
		if line.method == http.MethodGet {
			out = append(out, line.path)
		}
	}
	return out
}
