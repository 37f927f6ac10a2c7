package node

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// ready asks the node whether new work should come.
func (n *Node) ready(t *testing.T, ctx context.Context) (status int, state readiness) {
	t.Helper()
	w := httptest.NewRecorder()
	n.readyz(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/readyz", nil))
	if err := json.Unmarshal(w.Body.Bytes(), &state); err != nil {
		t.Fatal(err)
	}
	return w.Code, state
}

func TestReadinessNamesEveryReasonAgainstNewWork(t *testing.T) {
	t.Parallel()
	o := &office{data: t.TempDir(), secret: "a secret of the house"}
	n, err := Start(within(t), Settings{Config: o.config(netip.AddrPortFrom(loopback, 5999), nil), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.shut() }) // says that the store is closed already
	if status, state := n.ready(t, within(t)); status != http.StatusOK || !state.Ready || len(state.Why) != 0 {
		t.Errorf("at first: %d %+v", status, state)
	}
	late, stop := context.WithCancel(within(t))
	stop()
	if status, state := n.ready(t, late); status != http.StatusServiceUnavailable || len(state.Why) != 1 || !strings.Contains(state.Why[0], "takes no writes") {
		t.Errorf("a store that does not answer in time: %d %+v", status, state)
	}
	if err := n.db.Close(); err != nil {
		t.Fatal(err)
	}
	n.web.draining.Store(true)
	if status, state := n.ready(t, within(t)); status != http.StatusServiceUnavailable || state.Ready || !state.Draining || len(state.Why) != 2 ||
		!strings.Contains(state.Why[1], "takes no writes") {
		t.Errorf("at the end: %d %+v", status, state)
	}
}
