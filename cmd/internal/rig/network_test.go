package rig

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// network is where the nodes stand: a namespace each behind one bridge, or
// addresses of the loopback where namespaces are not to be had.
type network struct {
	t        *testing.T
	spaces   bool
	home     netip.Addr // of the test: carrier, robots, Redis
	database netip.Addr // where Postgres listens, on its usual port
	whole    string     // CIDR of all of them
}

// prefix names what belongs to this process: bridge, links and namespaces.
func prefix(pid int) string { return fmt.Sprintf("fc%d", pid) }

// newNetwork makes a bridge with room for nodes.
func newNetwork(t *testing.T) *network {
	n := &network{t: t, home: netip.MustParseAddr("127.0.0.1"), database: netip.MustParseAddr("127.77.0.9"), whole: "127.0.0.0/8"}
	if os.Geteuid() != 0 || os.Getenv("FORECALL_RIG_LOOPBACK") != "" {
		t.Log("not root: nodes are on the loopback, and no network is cut")
		return n
	}
	sweep()
	name := prefix(os.Getpid())
	if err := ip("link", "add", name, "type", "bridge"); err != nil {
		t.Logf("no bridge, so nodes are on the loopback, and no network is cut: %v", err)
		return n
	}
	t.Cleanup(func() { _ = ip("link", "del", name) })
	n.spaces, n.home, n.whole = true, netip.MustParseAddr("10.77.0.1"), "10.77.0.0/24"
	n.database = n.home
	n.must(ip("addr", "add", n.home.String()+"/24", "dev", name))
	n.must(ip("link", "set", name, "up"))
	return n
}

// sweep removes what killed tests left.
func sweep() {
	left, _ := filepath.Glob("/run/netns/fc*")
	for _, path := range left {
		name, _, _ := strings.Cut(filepath.Base(path), "-")
		if !alive(name) {
			_ = ip("netns", "del", filepath.Base(path))
		}
	}
	links, _ := filepath.Glob("/sys/class/net/fc*")
	for _, path := range links {
		if name := filepath.Base(path); !strings.Contains(name, "-") && !alive(name) {
			_ = ip("link", "del", name)
		}
	}
}

// alive tells whether the process lives whose network has this name.
func alive(name string) bool {
	pid, err := strconv.Atoi(strings.TrimPrefix(name, "fc"))
	if err != nil {
		return true // not ours
	}
	_, err = os.Stat(fmt.Sprintf("/proc/%d", pid))
	return err == nil
}

// place makes room for the i-th node and returns its address, and its namespace;
// empty = this process's own.
func (n *network) place(i int) (addr netip.Addr, space string) {
	if !n.spaces {
		return netip.AddrFrom4([4]byte{127, 77, 0, byte(11 + i)}), ""
	}
	bridge := prefix(os.Getpid())
	addr, space = netip.AddrFrom4([4]byte{10, 77, 0, byte(11 + i)}), fmt.Sprintf("%s-%d", bridge, i)
	outside := space // the end of the link that is plugged into the bridge
	n.must(ip("netns", "add", space))
	n.t.Cleanup(func() { _ = ip("netns", "del", space) })
	n.must(ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", space))
	n.must(ip("link", "set", outside, "master", bridge, "up"))
	for _, args := range [][]string{
		{"addr", "add", addr.String() + "/24", "dev", "eth0"}, {"link", "set", "eth0", "up"}, {"link", "set", "lo", "up"},
	} {
		n.must(ip(append([]string{"-n", space}, args...)...))
	}
	return addr, space
}

// cut pulls the plug of a node; mend puts it in again.
func (n *network) cut(space string) error  { return ip("link", "set", space, "down") }
func (n *network) mend(space string) error { return ip("link", "set", space, "up") }

// bar lets a node neither hear nor reach some addresses; unbar undoes all of it.
func (n *network) bar(space string, others ...string) error {
	for _, other := range others {
		for _, rule := range [][]string{{"INPUT", "-s"}, {"OUTPUT", "-d"}} {
			if err := run("ip", "netns", "exec", space, "iptables", "-w", "-A", rule[0], rule[1], other, "-j", "DROP"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *network) unbar(space string) error {
	return run("ip", "netns", "exec", space, "iptables", "-w", "-F")
}

// barPort does the same with one port of a server, as of Postgres.
func (n *network) barPort(space, server string, port int) error {
	p := strconv.Itoa(port)
	return errors.Join(
		run("ip", "netns", "exec", space, "iptables", "-w", "-A", "OUTPUT", "-p", "tcp", "-d", server, "--dport", p, "-j", "DROP"),
		run("ip", "netns", "exec", space, "iptables", "-w", "-A", "INPUT", "-p", "tcp", "-s", server, "--sport", p, "-j", "DROP"))
}

func (n *network) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

func ip(args ...string) error { return run("ip", args...) }

func run(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
