package config

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
)

// What storage and live may say.
const (
	StorageSQLite   = "sqlite"
	StoragePostgres = "postgres"
	LiveMemory      = "memory"
	LiveRedis       = "redis"
)

// Postgres is the database of several nodes. Addresses carry a password, so
// they stand in a file, in the environment, or without one beside PGPASSFILE.
type Postgres struct {
	URL         string `key:"url" secret:"true" doc:"address of the database, as postgres://forecall@db.example.com/forecall"`
	URLFile     string `key:"url_file" doc:"file with the address of the database"`
	Reports     string `key:"reports" secret:"true" doc:"address of a read replica for performance, exports, evidence and verify; empty = the database itself"`
	ReportsFile string `key:"reports_file" doc:"file with the address of the replica"`
}

// Redis is the bell of several nodes: what it says is fast, and never the truth.
type Redis struct {
	URL     string `key:"url" secret:"true" doc:"address: redis://host:6379, rediss:// with TLS, redis+sentinel://h1,h2/master, redis+cluster://h1,h2"`
	URLFile string `key:"url_file" doc:"file with the address"`
}

// Cluster is this node among others.
type Cluster struct {
	Name       string `key:"name" doc:"name of this node, the same at each start; empty = the name of the machine"`
	Listen     string `key:"listen" doc:"address for the other nodes (TLS)"`
	Advertise  string `key:"advertise" doc:"that address as the other nodes reach it, as 10.0.0.11:7443; empty = listen"`
	Secret     string `key:"secret" secret:"true" doc:"what all nodes of one house know and nobody else does, 32 characters or more"`
	SecretFile string `key:"secret_file" doc:"file with the secret"`
}

// Several tells whether this node may be one of several: its records are in a
// database that others can reach.
func (c Config) Several() bool { return c.Storage == StoragePostgres }

// NodeName is the name of this node: cluster.name, or that of the machine.
func (c Config) NodeName() (string, error) {
	if c.Cluster.Name != "" {
		return c.Cluster.Name, nil
	}
	name, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("cluster.name: name this node; the machine's own name cannot be read: %w", err)
	}
	name, _, _ = strings.Cut(strings.ToLower(name), ".")
	if !nodeName.MatchString(name) {
		return "", fmt.Errorf("cluster.name: name this node; that of the machine, %q, has other signs than a-z, 0-9 and -", name)
	}
	return name, nil
}

// Reached is the address at which the other nodes reach this one.
func (c Cluster) Reached() string {
	if c.Advertise != "" {
		return c.Advertise
	}
	return c.Listen
}

// nodeName is a DNS label (RFC 1123 section 2.1).
var nodeName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// leastSecret is how long cluster.secret is at least, in octets.
const leastSecret = 32

func (c *Config) readClusterSecrets() error {
	for _, s := range []struct {
		what, file string
		into       *string
	}{
		{"postgres url", c.Postgres.URLFile, &c.Postgres.URL},
		{"postgres reports", c.Postgres.ReportsFile, &c.Postgres.Reports},
		{"redis url", c.Redis.URLFile, &c.Redis.URL},
		{"cluster secret", c.Cluster.SecretFile, &c.Cluster.Secret},
		{"s3 secret_key", c.S3.SecretKeyFile, &c.S3.SecretKey},
	} {
		if err := readSecret(s.what, s.file, s.into); err != nil {
			return err
		}
	}
	return nil
}

// checkCluster says what is wrong with how nodes stand together.
func (c Config) checkCluster() []error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: "+format, append([]any{key}, args...)...))
	}
	if !slices.Contains([]string{StorageSQLite, StoragePostgres}, c.Storage) {
		bad("storage", "%q: sqlite or postgres", c.Storage)
	}
	if !slices.Contains([]string{LiveMemory, LiveRedis}, c.Live) {
		bad("live", "%q: memory or redis", c.Live)
	}
	if c.Live == LiveRedis && c.Redis.URL == "" {
		bad("redis.url", "missing: live is redis; write its address as redis://127.0.0.1:6379")
	}
	if c.Live == LiveRedis && c.Storage == StorageSQLite {
		bad("live", "redis is for several nodes, and these need storage: postgres; with storage: sqlite leave live at memory")
	}
	if c.Cluster.Name != "" && !nodeName.MatchString(c.Cluster.Name) {
		bad("cluster.name", "%q: letters a-z, digits and dashes, at most 63", c.Cluster.Name)
	}
	if !c.Several() {
		return errs
	}
	if c.Postgres.URL == "" {
		bad("postgres.url", "missing: storage is postgres; write its address as postgres://forecall@db.example.com/forecall, best into postgres.url_file")
	}
	if err := checkAddr(c.Cluster.Listen); err != nil {
		bad("cluster.listen", "%w", err)
	}
	if err := checkReached(c.Cluster.Reached()); err != nil {
		bad("cluster.advertise", "%w", err)
	}
	if len(c.Cluster.Secret) < leastSecret {
		bad("cluster.secret", "it has %d characters, and %d are needed: all nodes share it; make one with: openssl rand -hex 32", len(c.Cluster.Secret), leastSecret)
	}
	return errs
}

// checkReached tells whether other nodes could call an address.
func checkReached(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%q is not an address as 10.0.0.11:7443", addr)
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		return fmt.Errorf("%q: other nodes cannot call every address of this machine; name the one that they reach, as 10.0.0.11:%s", addr, port)
	}
	return nil
}
