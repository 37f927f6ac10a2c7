package node

import (
	"bufio"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/pacing/sim"
	"github.com/forecall/forecall/storage/redis/redistest"
)

// exported is the names of all series that a node shows.
func exported(t *testing.T, n *Node) map[string]bool {
	t.Helper()
	answer, err := http.Get("http://" + n.Admin() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	names := map[string]bool{}
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if line := lines.Text(); !strings.HasPrefix(line, "#") {
			names[line[:strings.IndexAny(line, "{ ")]] = true
		}
	}
	return names
}

// TestWhatDashboardsAndAlertsAskForIsExportedByARunningNode: a name that changes, or is
// misspelt, is an alert that never comes.
func TestWhatDashboardsAndAlertsAskForIsExportedByARunningNode(t *testing.T) {
	far := folk(t, filepath.Join(t.TempDir(), "carrier.log"), 24000, 24999, sim.Callees{
		Person: 1, Ring: sim.Dist{Mean: 100 * time.Millisecond}, Talk: sim.Dist{Mean: time.Second},
	})
	redis := redistest.Start(t)
	o := openTownWith(t, far.Addr("udp"), 1, func(c *config.Config) { c.Live, c.Redis.URL = config.LiveRedis, redis.URL() }, "ana")
	defer o.crew(t, []string{"ana"})()
	o.order(t, o.nodes[0], []string{fictional(1), fictional(2)})
	node := o.nodes[0].node
	eventually(t, "calls are counted, and Redis was asked", func() bool {
		names := exported(t, node)
		return names["forecall_calls_ended_total"] && names["forecall_abandon_ratio"] && names["forecall_sip_responses_total"] &&
			names["forecall_redis_nodes"] && names["forecall_trunk_shared"]
	})
	names, word := exported(t, node), regexp.MustCompile(`\bforecall_[a-z_]+`)
	for file, least := range map[string]int{"deploy/grafana.json": 20, "deploy/alerts.yaml": 10, "runbook.md": 2} {
		text, err := os.ReadFile(filepath.Join("../../../docs", file))
		if err != nil {
			t.Fatal(err)
		}
		asked := word.FindAllString(string(text), -1)
		if len(asked) < least {
			t.Errorf("%s asks for %d series: this test does not read it", file, len(asked))
		}
		for _, name := range asked {
			if !names[name] {
				t.Errorf("%s asks for %s, which a node does not export", file, name)
			}
		}
	}
}

// TestEveryAlertHasItsParagraphInTheRunbook: whom it wakes finds what to do, and no
// paragraph is left of an alert that is gone.
func TestEveryAlertHasItsParagraphInTheRunbook(t *testing.T) {
	text, err := os.ReadFile("../../../docs/deploy/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr, For string
				Labels           map[string]string
				Annotations      map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil || len(file.Groups) != 1 || len(file.Groups[0].Rules) < 10 {
		t.Fatalf("%v, %+v", err, file)
	}
	book, err := os.ReadFile("../../../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	if paragraphs := strings.Count(string(book), "\n## "); paragraphs != len(file.Groups[0].Rules) {
		t.Errorf("%d alerts, %d paragraphs in docs/runbook.md", len(file.Groups[0].Rules), paragraphs)
	}
	for _, r := range file.Groups[0].Rules {
		head := "\n## " + r.Alert + "\n\n"
		i := strings.Index(string(book), head)
		if i < 0 || len(book[i+len(head):]) < 40 {
			t.Errorf("%s has no paragraph in docs/runbook.md", r.Alert)
		}
		if r.Expr == "" || r.Labels["severity"] == "" || r.Annotations["runbook"] != "docs/runbook.md#"+strings.ToLower(r.Alert) {
			t.Errorf("%s: %+v", r.Alert, r)
		}
		if _, err := time.ParseDuration(r.For); err != nil {
			t.Errorf("%s: for %q: %v", r.Alert, r.For, err)
		}
	}
}
