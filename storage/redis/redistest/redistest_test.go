package redistest

import (
	"testing"
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
