package redis

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/forecall/forecall/campaigns"
)

// Address is where Redis is found:
//
//	redis://[user:password@]host[:6379][/database]
//	redis+sentinel://[user:password@]host[:26379],host.../master[/database]
//	redis+cluster://[user:password@]host[:6379],host...
//
// with rediss in redis' place for TLS. A sentinel's own login stands in the
// query: ?sentinel_user=...&sentinel_password=...
type Address struct {
	hosts          []string
	master         string // that sentinels know
	cluster        bool
	tls            bool
	user, password string
	sentinel       *url.Userinfo
	database       int
}

// ParseAddress reads an address; its error is a campaigns.Problem.
func ParseAddress(text string) (Address, error) {
	a, why := parse(text)
	if why != "" {
		return Address{}, &campaigns.Problem{
			Kind: campaigns.KindInvalid, Code: "redis_address",
			Text: why + ". Write redis://host:6379, redis+sentinel://host,host/master or redis+cluster://host,host, with rediss in redis' place for TLS.",
		}
	}
	return a, nil
}

func parse(text string) (a Address, why string) {
	scheme, rest, ok := strings.Cut(text, "://")
	kind, found := strings.CutPrefix(scheme, "rediss")
	if a.tls = found; !found {
		kind, found = strings.CutPrefix(scheme, "redis")
	}
	if !ok || !found || kind != "" && kind != "+sentinel" && kind != "+cluster" {
		return a, "The address of Redis begins with no scheme that is known"
	}
	hosts, u, err := cut(rest)
	if err != nil {
		return a, "The address of Redis cannot be read" // its text may hold a password
	}
	a.user, a.cluster = u.User.Username(), kind == "+cluster"
	a.password, _ = u.User.Password()
	if q := u.Query(); q.Has("sentinel_user") || q.Has("sentinel_password") {
		a.sentinel = url.UserPassword(q.Get("sentinel_user"), q.Get("sentinel_password"))
	}
	port := "6379"
	if kind == "+sentinel" {
		port = "26379"
	}
	if a.hosts, why = addresses(hosts, port); why != "" {
		return a, why
	}
	return a, a.readPath(kind, strings.Split(strings.Trim(u.Path, "/"), "/"))
}

// cut separates the list of hosts, which no URL may have, from the rest.
func cut(rest string) (hosts string, u *url.URL, err error) {
	end := len(rest)
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		end = i
	}
	login := strings.LastIndexByte(rest[:end], '@') + 1
	u, err = url.Parse("redis://" + rest[:login] + "host" + rest[end:])
	return rest[login:end], u, err
}

// hostPattern is what a host, or a sentinels' master, may be called.
var hostPattern = regexp.MustCompile(`^[A-Za-z0-9._:-]+$`)

// addresses reads the list of hosts.
func addresses(hosts, port string) (all []string, why string) {
	for host := range strings.SplitSeq(hosts, ",") {
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(strings.Trim(host, "[]"), port)
		}
		name, number, _ := net.SplitHostPort(host)
		n, err := strconv.Atoi(number)
		if !hostPattern.MatchString(name) || err != nil || n < 1 || n > 65535 {
			return nil, "The address of Redis names no host, or a port that is none"
		}
		all = append(all, net.JoinHostPort(name, strconv.Itoa(n)))
	}
	return all, ""
}

// readPath reads what stands behind the hosts.
func (a *Address) readPath(kind string, path []string) (why string) {
	switch {
	case kind == "+sentinel" && path[0] == "":
		return "The address of Redis names sentinels but no master"
	case kind == "+sentinel" && !hostPattern.MatchString(path[0]):
		return "The address of Redis names a master with a sign that no master has"
	case kind == "+sentinel":
		a.master, path = path[0], path[1:]
	case kind == "" && len(a.hosts) > 1:
		return "The address of Redis names several hosts, but neither sentinels nor a cluster"
	}
	database := strings.Join(path, "/")
	var err error
	if a.database, err = strconv.Atoi(cmp.Or(database, "0")); err != nil || a.database < 0 {
		return fmt.Sprintf("The address of Redis names the database %q, which is no number", database)
	}
	if a.cluster && a.database != 0 {
		return "A Redis cluster has one database only"
	}
	return ""
}

// String is the address without its passwords.
func (a Address) String() string {
	scheme := "redis"
	if a.tls {
		scheme = "rediss"
	}
	switch hosts := strings.Join(a.hosts, ","); {
	case a.cluster:
		return scheme + "+cluster://" + hosts
	case a.master != "":
		return fmt.Sprintf("%s+sentinel://%s/%s/%d", scheme, hosts, a.master, a.database)
	default:
		return fmt.Sprintf("%s://%s/%d", scheme, hosts, a.database)
	}
}

// client makes a client of the address. It is told everything that bounds a
// wait: go-redis' own values retry three times and dial five.
func (a Address) client(base *tls.Config) redis.UniversalClient {
	var secure *tls.Config
	if a.tls {
		secure = &tls.Config{MinVersion: tls.VersionTLS12}
		if base != nil {
			secure = base.Clone()
		}
	}
	switch {
	case a.cluster:
		return redis.NewClusterClient(&redis.ClusterOptions{
			Addrs: a.hosts, Username: a.user, Password: a.password, TLSConfig: secure, MaxRedirects: 2, ClusterStateReloadInterval: reloadEvery,
			Protocol: 2, DisableIdentity: true, MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true,
			DialTimeout: dialTimeout, ReadTimeout: answerTimeout, WriteTimeout: answerTimeout, PoolTimeout: poolTimeout, PoolSize: poolSize,
		})
	case a.master != "":
		o := &redis.FailoverOptions{
			MasterName: a.master, SentinelAddrs: a.hosts, Username: a.user, Password: a.password, DB: a.database, TLSConfig: secure,
			Protocol: 2, DisableIdentity: true, MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true,
			DialTimeout: dialTimeout, ReadTimeout: answerTimeout, WriteTimeout: answerTimeout, PoolTimeout: poolTimeout, PoolSize: poolSize,
		}
		if a.sentinel != nil {
			o.SentinelUsername = a.sentinel.Username()
			o.SentinelPassword, _ = a.sentinel.Password()
		}
		return redis.NewFailoverClient(o)
	}
	return redis.NewClient(&redis.Options{
		Addr: a.hosts[0], Username: a.user, Password: a.password, DB: a.database, TLSConfig: secure,
		Protocol: 2, DisableIdentity: true, MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true,
		DialTimeout: dialTimeout, ReadTimeout: answerTimeout, WriteTimeout: answerTimeout, PoolTimeout: poolTimeout, PoolSize: poolSize,
	})
}
