package node

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
)

// listPath makes a path of the pages of do-not-call lists: a register in force,
// and a version that waits, with what files and people may bring.
func (h *hostileHouse) listPath(t *testing.T, pattern string) string {
	t.Helper()
	if !strings.Contains(pattern, "{") {
		return pattern
	}
	if strings.Contains(pattern, "{list}") {
		if _, there := h.node.shelf.Version("us-national"); there {
			return strings.ReplaceAll(pattern, "{list}", "us-national")
		}
		first := h.bring(t)
		if err := first.Post(within(t), "/v1/register-loads/"+h.loading+"/confirm", map[string]string{"reason": hostileNames[0]}, nil); err != nil {
			t.Fatal(err)
		}
		h.loading = ""
		return strings.ReplaceAll(pattern, "{list}", "us-national")
	}
	if h.loading == "" {
		h.bring(t)
	}
	return strings.ReplaceAll(pattern, "{id}", h.loading)
}

// bring sends a file of a register, and waits until it is read.
func (h *hostileHouse) bring(t *testing.T) *client.Client {
	t.Helper()
	c := client.New(h.node.URL())
	if _, err := c.Login(within(t), "cora", h.secret); err != nil {
		t.Fatal(err)
	}
	query := url.Values{
		"accessed_at": {time.Now().UTC().Format(time.RFC3339)}, "country": {"US"}, "covers": {"file"}, "san": {hostileNames[1]}, "seller": {hostileNames[2]},
		"name": {hostileNames[0]},
	}
	for key := range query {
		query.Set(key, query.Get(key)[:min(60, len(query.Get(key)))])
	}
	file := "202,5550123\n" + hostileNames[0] + "," + hostileNames[3] + "\n=1+1,<script>\n202,5550124\n"
	var l api.RegisterLoading
	if err := c.Upload(within(t), "/v1/registers/us-national/load", query, strings.NewReader(file), &l); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the file of the register is read", func() bool {
		return c.Read(within(t), "/v1/register-loads/"+l.ID, &l) == nil && l.State == "ready"
	})
	h.loading = l.ID
	return c
}
