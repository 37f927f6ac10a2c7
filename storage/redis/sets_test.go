package redis_test

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/storage/redis"
	"github.com/forecall/forecall/storage/redis/redistest"
)

// wholeHouse shows that all of it works at an address: limits, a lease, presence
// and events.
func wholeHouse(t *testing.T, address string) {
	t.Helper()
	l, err := house(t, address).Limits("a:1", []redis.Trunk{{Name: "main", Lines: 4, CPS: 10}})
	must(t, err)
	running(t, l.Run)
	eventually(t, "a call may leave by Redis' word", func() bool {
		l.Nodes([]string{"a:1"}, time.Now())
		_, _, err := l.Take(t.Context(), "main", true)
		if err == nil {
			l.Free("main")
		}
		return err == nil && l.State()[0].Together
	})
	acquired(t, house(t, address), "floor", "a")
	p, _ := present(t, address, "a")
	p.Seat(7, false, true)
	knows(t, p, map[int64]redis.Place{7: {Phone: "a"}})
	told(t, address)
}

// told waits until an event that one node tells is heard by another.
func told(t *testing.T, address string) {
	t.Helper()
	h, r := house(t, address), house(t, address).Reader()
	hearsResync(t, r)
	for i := int64(1); ; i++ {
		if err := h.Tell(t.Context(), redis.Event{Kind: "moved", Campaign: i}); err != nil {
			pause(100 * time.Millisecond) // a busy machine, or a master that is new
			continue
		}
		for {
			if said := hears(t, r); said.Campaign == i { // one before it may have been told all the same
				return
			}
		}
	}
}

func TestTheWholeHouseStandsOnACluster(t *testing.T) {
	t.Parallel()
	_, address := redistest.Cluster(t, 3)
	wholeHouse(t, address)
}

func TestTheWholeHouseGoesOnBehindSentinelsWhenTheMasterIsLost(t *testing.T) {
	t.Parallel()
	master, replica, address := redistest.Sentinels(t, 3)
	wholeHouse(t, address)
	p, _ := present(t, address, "b")
	sees(t, p, "a", "b")
	master.Kill()
	replica.Eventually("the replica is master", func() bool { return replica.Field("replication", "role") == "master" })
	told(t, address)
	p.Seat(9, false, true)
	eventually(t, "where agents are is told anew", func() bool { return p.View().Agents[9].Phone == "b" && p.View().Agents[7].Phone == "a" })
}

// TestTheRightsThatTheGuideNamesAreEnough for a user of an ACL.
func TestTheRightsThatTheGuideNamesAreEnough(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/several-nodes.md")
	must(t, err)
	named := regexp.MustCompile("A user of an ACL needs `([A-Z\\s]+)`").FindStringSubmatch(string(text))
	if named == nil {
		t.Fatal("the guide does not name them")
	}
	s := redistest.Start(t)
	rule := []any{"ACL", "SETUSER", "forecall", "on", ">a:b", "~{forecall:*", "resetchannels"}
	for _, command := range strings.Fields(named[1]) {
		rule = append(rule, "+"+strings.ToLower(command))
	}
	s.Must(rule...)
	wholeHouse(t, fmt.Sprintf("redis://forecall:%s@%s", url.QueryEscape("a:b"), s.Addr))
	if refused := fmt.Sprint(s.Must("ACL", "LOG")); strings.Contains(refused, "reason") {
		t.Errorf("refused: %s", refused)
	}
}
