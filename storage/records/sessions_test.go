package records

import (
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

// The shape that the web side asks for.
var (
	_ scs.Store    = (*SessionStore)(nil)
	_ scs.CtxStore = (*SessionStore)(nil)
)

// userInData reads the user from data as these tests write it.
func userInData(data []byte) int64 {
	if len(data) == 0 {
		return 0
	}
	return int64(data[0])
}

func TestASessionIsFoundUntilItExpiresOrIsDeleted(t *testing.T) {
	db := openTest(t)
	s := db.Sessions(userInData)
	find := func(token string, want bool) []byte {
		t.Helper()
		data, found, err := s.Find(token)
		must(t, err)
		if found != want {
			t.Fatalf("session %s: found %t, want %t", token, found, want)
		}
		return data
	}
	find("a", false)
	must(t, s.Commit("a", []byte{1, 10}, time.Now().Add(time.Hour)))
	must(t, s.Commit("a", []byte{1, 11}, time.Now().Add(time.Hour)))
	if data := find("a", true); data[1] != 11 {
		t.Fatalf("data %v", data)
	}
	must(t, s.Commit("old", []byte{1}, time.Now().Add(-time.Second)))
	find("old", false)
	must(t, s.Delete("a"))
	must(t, s.Delete("a"))
	find("a", false)
}

func TestAllSessionsOfAUserEndAtOnce(t *testing.T) {
	db := openTest(t)
	s := db.Sessions(userInData)
	for token, user := range map[string]byte{"a": 1, "b": 1, "c": 2} {
		must(t, s.Commit(token, []byte{user}, time.Now().Add(time.Hour)))
	}
	must(t, s.DeleteUser(t.Context(), 1))
	for token, want := range map[string]bool{"a": false, "b": false, "c": true} {
		if _, found, err := s.Find(token); err != nil || found != want {
			t.Fatalf("session %s: found %t, %v", token, found, err)
		}
	}
}

func TestNoTokenStandsInTheFile(t *testing.T) {
	db := openTest(t)
	s := db.Sessions(userInData)
	const token = "a-very-secret-token"
	must(t, s.Commit(token, []byte{1}, time.Now().Add(time.Hour)))
	var stored []byte
	must(t, db.read.QueryRow(`SELECT token FROM sessions`).Scan(&stored))
	if strings.Contains(string(stored), "secret") || len(stored) != 32 {
		t.Fatalf("stored as %q", stored)
	}
}
