package redistest

import (
	"fmt"
	"strings"
	"testing"
)

// Cluster starts n masters that share the 16,384 slots evenly, and returns them
// and the address of the whole.
func Cluster(t testing.TB, n int) (masters []*Server, address string) {
	t.Helper()
	const slots = 16384
	hosts := make([]string, n)
	for i := range n {
		s := Start(t, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "2000")
		s.Must("CLUSTER", "ADDSLOTSRANGE", i*slots/n, (i+1)*slots/n-1)
		masters, hosts[i] = append(masters, s), s.Addr
	}
	for _, s := range masters[1:] {
		s.Must("CLUSTER", "MEET", "127.0.0.1", masters[0].Port())
	}
	for _, s := range masters {
		s.Eventually("the cluster is whole", func() bool {
			info := fmt.Sprint(s.Must("CLUSTER", "INFO"))
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d", n))
		})
	}
	return masters, "redis+cluster://" + strings.Join(hosts, ",")
}

// Sentinels starts a master, a replica of it and n sentinels, which replace the
// master when most of them have missed it for a second. Address is that of the
// master they name.
func Sentinels(t testing.TB, n int) (master, replica *Server, address string) {
	t.Helper()
	master, replica = Start(t), Start(t)
	replica.Follow(master)
	hosts := make([]string, n)
	var watching []*Server
	for i := range n {
		s := Start(t, "--sentinel")
		s.Must("SENTINEL", "MONITOR", "house", "127.0.0.1", master.Port(), n/2+1)
		s.Must("SENTINEL", "SET", "house", "down-after-milliseconds", "1000")
		s.Must("SENTINEL", "SET", "house", "failover-timeout", "4000")
		watching, hosts[i] = append(watching, s), s.Addr
	}
	for _, s := range watching {
		s.Eventually("the sentinels know one another and the replica", func() bool {
			seen := pairs(s.Must("SENTINEL", "MASTER", "house"))
			return seen["num-slaves"] == "1" && seen["num-other-sentinels"] == fmt.Sprint(n-1)
		})
	}
	return master, replica, "redis+sentinel://" + strings.Join(hosts, ",") + "/house"
}

// pairs reads an answer of names and values in turn.
func pairs(answer any) map[string]string {
	list, _ := answer.([]any)
	out := map[string]string{}
	for i := 0; i+1 < len(list); i += 2 {
		out[fmt.Sprint(list[i])] = fmt.Sprint(list[i+1])
	}
	return out
}
