package redistest

import (
	"testing"
	"time"
)

func TestAServerIsEmptyAfterItWasKilledAndStartedAgain(t *testing.T) {
	s := Start(t)
	s.Must("SET", "a", "1")
	s.Kill()
	if _, err := s.Do("GET", "a"); err == nil {
		t.Fatal("a server that was killed answers")
	}
	if err := s.Again(); err != nil {
		t.Fatal(err)
	}
	if got := s.Must("GET", "a"); got != nil {
		t.Errorf("it still has %v", got)
	}
}

func TestAReplicaHasItsMastersWordsUntilItIsPromoted(t *testing.T) {
	master, replica := Start(t), Start(t)
	master.Must("SET", "a", "1")
	replica.Follow(master)
	if got := replica.Must("GET", "a"); got != "1" {
		t.Errorf("the replica has %v", got)
	}
	if _, err := replica.Do("SET", "b", "1"); err == nil {
		t.Error("a replica was written to")
	}
	replica.Promote()
	replica.Must("SET", "b", "1")
}

func TestThreeMastersMakeOneCluster(t *testing.T) {
	masters, _ := Cluster(t, 3)
	if got := masters[2].Field("server", "redis_mode"); got != "cluster" {
		t.Errorf("the mode is %q", got)
	}
}

func TestSentinelsPutTheReplicaInTheMastersPlace(t *testing.T) {
	master, replica, _ := Sentinels(t, 3)
	master.Kill()
	replica.Eventually("the replica is master", func() bool { return replica.Field("replication", "role") == "master" })
}

func TestALinkThatIsSlowIsLateEachWay(t *testing.T) {
	t.Parallel()
	s := Start(t)
	l := NewLink(t, s)
	near := &Server{Addr: l.Addr, t: t}
	near.Must("SET", "a", "1")
	l.Slow(100 * time.Millisecond)
	began := time.Now()
	if got := near.Must("GET", "a"); got != "1" {
		t.Errorf("%v", got)
	}
	if took := time.Since(began); took < 200*time.Millisecond {
		t.Errorf("an answer after %s", took)
	}
}
