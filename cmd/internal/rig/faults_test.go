package rig

import (
	"errors"
	"math/rand/v2"
	"syscall"
	"time"
)

// fault is one thing that may come over the house.
type fault struct {
	name    string
	leads   bool // over the node that leads; else over one that does not
	quick   bool // in every `go test`
	spaces  bool // needs namespaces
	dies    bool // the node is lost to the others: its calls are closed, its agents go elsewhere
	wire    bool // what the node sends may not arrive
	lasts   time.Duration
	inflict func(*house, *resident) error
	heal    func(*house, *resident) error
}

// faults are all of them.
func faults() []fault {
	all := []fault{}
	for _, leads := range []bool{true, false} {
		who := "a follower"
		if leads {
			who = "the leader"
		}
		all = append(all, fault{name: "kill -9 of " + who, leads: leads, quick: true, dies: true, inflict: killed, heal: started})
		for _, n := range []time.Duration{3, 8, 20} {
			lasts := n * time.Second
			all = append(all, fault{name: "freeze " + lasts.String() + " of " + who, leads: leads, lasts: lasts, dies: lasts > 6*time.Second, inflict: frozen, heal: thawed})
		}
		all = append(all,
			fault{name: "network cut 8s of " + who, leads: leads, spaces: true, lasts: 8 * time.Second, dies: true, wire: true, inflict: cut, heal: mended},
			fault{name: "cut 8s from the house of " + who, leads: leads, spaces: true, lasts: 8 * time.Second, dies: true, inflict: barred, heal: unbarred},
			fault{name: "cut 8s from Postgres of " + who, leads: leads, spaces: true, lasts: 8 * time.Second, dies: true, inflict: noDatabase, heal: unbarred})
	}
	return append(all,
		fault{name: "cut 8s between leader and follower", spaces: true, lasts: 8 * time.Second, inflict: apart, heal: unbarred},
		fault{name: "Redis killed, empty after 5s", lasts: 5 * time.Second, inflict: redisKilled, heal: redisAgain},
		fault{name: "Redis restarted empty at once", inflict: redisLost, heal: nothing},
		fault{name: "Redis frozen 5s", lasts: 5 * time.Second, inflict: redisFrozen, heal: redisThawed},
		fault{name: "Redis slow, 0.5s an answer for 8s", lasts: 8 * time.Second, inflict: redisSlow, heal: redisFast},
		fault{name: "Redis failed over, the last second lost", lasts: 3 * time.Second, inflict: redisFailedOver, heal: redisFollows},
		fault{name: "Redis FLUSHALL", quick: true, inflict: redisFlushed, heal: nothing},
		fault{name: "Postgres restarted at once", inflict: postgresCrashed, heal: nothing},
		fault{name: "Postgres away 6s", lasts: 6 * time.Second, inflict: postgresEnded, heal: postgresAgain},
		fault{name: "Postgres frozen 6s", lasts: 6 * time.Second, inflict: postgresFrozen, heal: postgresThawed},
	)
}

func nothing(*house, *resident) error { return nil }

func killed(_ *house, r *resident) error  { return r.kill() }
func started(_ *house, r *resident) error { r.start(); return nil }

func frozen(_ *house, r *resident) error { return r.signal(syscall.SIGSTOP) }
func thawed(_ *house, r *resident) error { return r.signal(syscall.SIGCONT) }

func cut(h *house, r *resident) error    { return h.net.cut(r.space) }
func mended(h *house, r *resident) error { return h.net.mend(r.space) }

// barred cuts a node off from all others and what they stand on; carrier and robots
// reach it still.
func barred(h *house, r *resident) error {
	return errors.Join(h.net.bar(r.space, h.others(r)...),
		h.net.barPort(r.space, h.net.database.String(), postgresPort), h.net.barPort(r.space, h.net.home.String(), h.door.Port()))
}

func noDatabase(h *house, r *resident) error {
	return h.net.barPort(r.space, h.net.database.String(), postgresPort)
}

// apart cuts a follower off from the leader alone.
func apart(h *house, r *resident) error {
	return h.net.bar(r.space, h.node(h.eye.look().leader).addr.String())
}

func unbarred(h *house, r *resident) error { return h.net.unbar(r.space) }

func redisKilled(h *house, _ *resident) error  { h.redis.Kill(); return nil }
func redisAgain(h *house, _ *resident) error   { return h.redis.Again() }
func redisLost(h *house, _ *resident) error    { h.redis.Kill(); return h.redis.Again() }
func redisFrozen(h *house, _ *resident) error  { h.redis.Pause(); return nil }
func redisThawed(h *house, _ *resident) error  { h.redis.Resume(); return nil }
func redisSlow(h *house, _ *resident) error    { h.door.Slow(250 * time.Millisecond); return nil }
func redisFast(h *house, _ *resident) error    { h.door.Slow(0); return nil }
func redisFlushed(h *house, _ *resident) error { h.redis.Flush(); return nil }

// redisFailedOver makes the replica what the nodes talk to, as of a second ago.
func redisFailedOver(h *house, _ *resident) error {
	h.replica.Promote()
	<-time.After(time.Second)
	h.redis, h.replica = h.replica, h.redis
	h.door.Lead(h.redis)
	return nil
}
func redisFollows(h *house, _ *resident) error { h.replica.Follow(h.redis); return nil }

func postgresCrashed(h *house, _ *resident) error {
	return errors.Join(h.postgres.Crash(), h.postgres.Again())
}
func postgresEnded(h *house, _ *resident) error  { return h.postgres.Crash() }
func postgresAgain(h *house, _ *resident) error  { return h.postgres.Again() }
func postgresFrozen(h *house, _ *resident) error { return h.postgres.Freeze() }
func postgresThawed(h *house, _ *resident) error { return h.postgres.Thaw() }

// others are the addresses of all nodes but one.
func (h *house) others(than *resident) (addrs []string) {
	for _, r := range h.nodes {
		if r != than {
			addrs = append(addrs, r.addr.String())
		}
	}
	return addrs
}

func (h *house) node(name string) *resident {
	for _, r := range h.nodes {
		if r.name == name {
			return r
		}
	}
	h.Fatalf("no node is named %q", name)
	return nil
}

// victim is the node that a fault comes over.
func (h *house) victim(f fault, chance *rand.Rand) *resident {
	leader := h.node(h.eye.look().leader)
	if f.leads {
		return leader
	}
	var rest []*resident
	for _, r := range h.nodes {
		if r != leader {
			rest = append(rest, r)
		}
	}
	return rest[chance.IntN(len(rest))]
}
