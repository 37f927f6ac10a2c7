package node

import "github.com/prometheus/client_golang/prometheus"

// meterHouse shows this node's part in a house of several; a node that stands
// alone leads, and sees itself.
func (n *Node) meterHouse() {
	yes := func(is func(*several) bool, alone float64) func() float64 {
		return func() float64 {
			if n.several == nil {
				return alone
			}
			return one(is(n.several))
		}
	}
	for _, m := range []struct {
		name, help string
		value      func() float64
	}{
		{"node_leads", "1 while this node decides who is called, for all nodes.", yes(func(s *several) bool { return s.member.View().Leads() }, 1)},
		{"node_alive", "1 while the other nodes can have heard this one: it may place calls.", yes(func(s *several) bool { return s.member.Lives() == nil }, 1)},
		{"node_draining", "1 while this node takes no new work.", yes(func(s *several) bool { return s.member.Drains() }, 0)},
		{"secret_differs", "1 while cluster.secret of this node is not that of its house.", yes(func(s *several) bool { return s.stranger() != nil }, 0)},
		{"nodes_seen", "Nodes that live, as this one sees them.", func() float64 {
			if n.several == nil {
				return 1
			}
			return float64(len(n.several.member.View().Nodes))
		}},
		{"reports_behind_seconds", "How far the copy of the database that reports are read from was behind when it was last read; 0 where they are read from the database itself.",
			func() float64 { return n.db.ReportsBehind().Seconds() }},
	} {
		n.meters.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "forecall_" + m.name, Help: m.help}, m.value))
	}
}
