package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const oneOfSeveral = `
storage: postgres
live: redis
postgres: {url: "postgres://forecall:hush@db/forecall"}
redis: {url: "redis://:quiet@cache:6379"}
cluster: {name: node-1, listen: "0.0.0.0:7443", advertise: "10.0.0.11:7443", secret: 0123456789abcdef0123456789abcdef}
`

func read(t *testing.T, text string) (*Loaded, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "forecall.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(Source{File: file})
}

func TestANodeOfSeveralIsConfiguredAndShownWithoutItsSecrets(t *testing.T) {
	l, err := read(t, oneOfSeveral)
	if err != nil {
		t.Fatal(err)
	}
	if name, err := l.NodeName(); err != nil || name != "node-1" || !l.Several() || l.Cluster.Reached() != "10.0.0.11:7443" {
		t.Errorf("%q, %v, several %t, reached at %s", name, err, l.Several(), l.Cluster.Reached())
	}
	var shown strings.Builder
	if err := l.Show(&shown); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"hush", "quiet", "0123456789abcdef"} {
		if strings.Contains(shown.String(), secret) {
			t.Errorf("%s is shown", secret)
		}
	}
	if !strings.Contains(shown.String(), "postgres.url: ********") || !strings.Contains(shown.String(), "storage: postgres") {
		t.Error(shown.String())
	}
}

func TestAddressesAndTheSecretOfAHouseAreReadFromFiles(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"pg": "postgres://db/forecall\n", "redis": "redis://cache\n", "secret": strings.Repeat("s", 32) + "\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := read(t, "storage: postgres\nlive: redis\npostgres: {url_file: "+folder+"/pg}\nredis: {url_file: "+folder+"/redis}\ncluster: {secret_file: "+folder+"/secret}\n")
	if err != nil {
		t.Fatal(err)
	}
	if l.Postgres.URL != "postgres://db/forecall" || l.Redis.URL != "redis://cache" || len(l.Cluster.Secret) != 32 {
		t.Errorf("%+v %+v, a secret of %d", l.Postgres, l.Redis, len(l.Cluster.Secret))
	}
}

func TestWhatKeepsNodesFromStandingTogetherIsNamed(t *testing.T) {
	for _, tt := range []struct{ from, to, want string }{
		{"storage: postgres", "storage: mysql", `storage: "mysql": sqlite or postgres`},
		{"live: redis", "live: kafka", `live: "kafka": memory or redis`},
		{"storage: postgres", "storage: sqlite", "live: redis is for several nodes"},
		{`{url: "postgres://forecall:hush@db/forecall"}`, "{}", "postgres.url: missing"},
		{`{url: "redis://:quiet@cache:6379"}`, "{}", "redis.url: missing"},
		{"node-1", "Node_1", `cluster.name: "Node_1"`},
		{"10.0.0.11:7443", "0.0.0.0:7443", "cluster.advertise: \"0.0.0.0:7443\": other nodes cannot call every address"},
		{"10.0.0.11:7443", "10.0.0.11", "cluster.advertise: \"10.0.0.11\" is not an address"},
		{"0123456789abcdef0123456789abcdef", "short", "cluster.secret: it has 5 characters"},
	} {
		if _, err := read(t, strings.Replace(oneOfSeveral, tt.from, tt.to, 1)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.to, err, tt.want)
		}
	}
}

func TestANodeThatNobodyConfiguredStandsAlone(t *testing.T) {
	c := Default()
	if err := c.Validate(); err != nil || c.Several() || c.Live != LiveMemory {
		t.Errorf("%v, %+v", err, c)
	}
}
