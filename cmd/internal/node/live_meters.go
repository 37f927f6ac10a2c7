package node

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/forecall/forecall/campaigns"
)

// pingEvery is how often a node asks whether Redis is there, and how long it takes.
const pingEvery = time.Second

// ping asks Redis once a second until ctx is done.
func (l *live) ping(ctx context.Context) {
	for l.house != nil && ctx.Err() == nil {
		asked := time.Now()
		err := l.house.Ping(ctx)
		took := time.Since(asked)
		if ctx.Err() != nil {
			return
		}
		l.up.Store(err == nil)
		if err == nil {
			l.took.Store(int64(took))
		}
		rest(ctx, pingEvery)
	}
}

// note says what an operator should know of the trunks' limits; empty = nothing.
func (l *live) note() (notes []string) {
	if l.house == nil {
		return nil
	}
	for _, s := range l.safeShares() {
		notes = append(notes, fmt.Sprintf("Redis is away: trunk %s dials at this node's safe share, %.3g of %g calls a second and %d of %d lines",
			s.Trunk, s.CPS, s.AllCPS, s.Lines, s.AllLines))
	}
	return notes
}

// safeShares are the trunks that are dialed at this node's own share because Redis,
// which shares them among all, is away.
func (l *live) safeShares() (out []campaigns.TrunkShare) {
	if l == nil || l.house == nil {
		return nil
	}
	for _, st := range l.standing() {
		if st.Apart {
			out = append(out, campaigns.TrunkShare{Trunk: st.Trunk.Name, CPS: st.CPS, AllCPS: st.Trunk.CPS, Lines: st.Allotted, AllLines: st.Trunk.Lines})
		}
	}
	return out
}

var (
	shareCPS      = describe("trunk_share_cps", "Calls a second that this node may start now: its own share, or with Redis those of all nodes together.", "trunk")
	shareLines    = describe("trunk_share_lines", "Lines that no other node takes from this one.", "trunk")
	shareTogether = describe("trunk_shared", "1 while the limits of the trunk are shared by Redis, 0 at the node's safe share.", "trunk")
	redisUp       = describe("redis_up", "1 while Redis answers.")
	redisLatency  = describe("redis_latency_seconds", "How long Redis took for the last answer to a ping.")
	redisNodes    = describe("redis_nodes", "Nodes that are heard through Redis, this one among them.")
	newsHeard     = describe("redis_events_total", "Times that the bell of another node was heard.")
	newsLate      = describe("redis_events_late_total", "Times that news was found before the bell told of it.")
	newsGaps      = describe("redis_gaps_total", "Times that the bell may have been missed and everything was read anew, or that it could not be rung.")
)

// liveMeters turns what nodes share into metrics when it is asked.
type liveMeters struct{ s *several }

// meterLive shows in /metrics what nodes share.
func (n *Node) meterLive() {
	if n.several != nil {
		n.meters.registry.MustRegister(liveMeters{n.several})
	}
}

// Describe sends nothing: which series there are depends on the trunks.
func (liveMeters) Describe(chan<- *prometheus.Desc) {}

// Collect reads the limits and the bell once.
func (m liveMeters) Collect(out chan<- prometheus.Metric) {
	l, w := m.s.n.live, m.s.news
	for _, st := range l.standing() {
		gauge(out, shareCPS, st.CPS, st.Trunk.Name)
		gauge(out, shareLines, float64(st.Allotted), st.Trunk.Name)
		gauge(out, shareTogether, one(st.Together), st.Trunk.Name)
	}
	if l.house == nil {
		return
	}
	gauge(out, redisUp, one(l.up.Load()))
	gauge(out, redisLatency, time.Duration(l.took.Load()).Seconds())
	if p := m.s.presence.Load(); p != nil {
		gauge(out, redisNodes, float64(len(p.View().Nodes)))
	}
	counter(out, newsHeard, float64(w.heard.Load()))
	counter(out, newsLate, float64(w.late.Load()))
	counter(out, newsGaps, float64(w.gaps.Load()))
}
