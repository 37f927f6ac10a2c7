package sipua_test

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/forecall/forecall/dialer/sipua"
)

// digestOf computes a response by hand (RFC 7616 3.4.1).
func digestOf(alg, user, realm, password, method, uri, nonce, nc, cnonce string) string {
	h := func(s string) string { return fmt.Sprintf("%x", md5.Sum([]byte(s))) }
	if alg == "SHA-256" {
		h = func(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }
	}
	a1, a2 := h(user+":"+realm+":"+password), h(method+":"+uri)
	if nc == "" {
		return h(a1 + ":" + nonce + ":" + a2)
	}
	return h(a1 + ":" + nonce + ":" + nc + ":" + cnonce + ":auth:" + a2)
}

// field reads one parameter of a digest header.
func field(line, name string) string {
	for part := range strings.SplitSeq(strings.TrimPrefix(line, "Digest "), ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		if k == name {
			return strings.Trim(v, `"`)
		}
	}
	return ""
}

// verify checks a digest header against the password secret.
func verify(t *testing.T, line, method, uri string) {
	t.Helper()
	want := digestOf(field(line, "algorithm"), field(line, "username"), field(line, "realm"), "secret", method, uri,
		field(line, "nonce"), field(line, "nc"), field(line, "cnonce"))
	if field(line, "response") != want || field(line, "uri") != uri {
		t.Errorf("digest %s\nwant response %s", line, want)
	}
}

func withAuth(c sipua.Credentials) func(*sipua.Invite) {
	return func(i *sipua.Invite) { i.Auth = c }
}

func TestAChallengeIsAnsweredOnceInTheSchemeTheServerPrefers(t *testing.T) { // F40
	for _, tc := range []struct {
		name  string
		code  int
		lines []string
		alg   string
	}{
		{"MD5 without qop", 407, []string{`Digest realm="r",nonce="n1"`}, ""},
		{"MD5", 407, []string{`Digest realm="r", nonce="n1", algorithm=MD5, qop="auth"`}, "MD5"},
		{"two qops with a blank", 401, []string{`Digest realm="r",nonce="n1",algorithm=MD5,qop="auth-int, auth"`}, "MD5"},
		{"SHA-256 first", 401, []string{`Digest realm="r",nonce="n1",algorithm=SHA-256,qop="auth"`, `Digest realm="r",nonce="n1",algorithm=MD5,qop="auth"`}, "SHA-256"},
		{"an unknown one first", 401, []string{`Digest realm="r",nonce="n1",algorithm=SHA-3,qop="auth"`, `Basic realm="r"`, `Digest realm="r",nonce="n1",algorithm=MD5,qop="auth"`}, "MD5"},
		{"opaque", 407, []string{`Digest realm="r",nonce="n1",opaque="zz",algorithm=SHA-256,qop="auth"`}, "SHA-256"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			play(t, sipua.Settings{}, func(st *stage) {
				ask, reply := "Proxy-Authenticate: ", "Proxy-Authorization"
				if tc.code == 401 {
					ask, reply = "WWW-Authenticate: ", "Authorization"
				}
				var lines []string
				for _, l := range tc.lines {
					lines = append(lines, ask+l)
				}
				out := st.dial(context.Background(), withAuth(sipua.Credentials{User: "ann", Password: "secret"}))
				first := st.peer.expect("INVITE")
				st.peer.reply(first, tc.code, "far", lines...)
				st.peer.expect("ACK")
				inv := st.peer.expect("INVITE")
				if inv.cseq() != first.cseq()+1 || inv.branch() == first.branch() || inv.get("Call-ID") != first.get("Call-ID") || strings.Contains(inv.get("To"), "tag=") {
					t.Errorf("second INVITE\n%s", inv.raw)
				}
				line := inv.get(reply)
				verify(t, line, "INVITE", inv.uri())
				if field(line, "algorithm") != tc.alg || strings.Contains(tc.lines[0], "opaque") && field(line, "opaque") != "zz" {
					t.Errorf("answered %s", line)
				}
				st.peer.answer(inv, "far")
				if ack := st.peer.expect("ACK"); ack.get(reply) != line { // RFC 3261 13.2.2.4
					t.Error("ACK without the INVITE's credentials")
				}
				r := <-out
				if r.err != nil {
					t.Fatal(r.err)
				}
				go func() { _ = r.call.Bye(context.Background()) }()
				bye := st.peer.expect("BYE")
				st.peer.reply(bye, tc.code, "", lines...)
				again := st.peer.expect("BYE")
				if again.cseq() != bye.cseq()+1 {
					t.Errorf("BYE %d after %d", again.cseq(), bye.cseq())
				}
				verify(t, again.get(reply), "BYE", again.uri())
				st.peer.reply(again, 200, "")
			})
		})
	}
}

func TestCredentialsAreNotGivenAwayOrTriedTwice(t *testing.T) {
	ann := sipua.Credentials{User: "ann", Password: "secret"}
	bound := sipua.Credentials{User: "ann", Password: "secret", Realm: "r"}
	ask := func(realm, nonce, extra string) string {
		return fmt.Sprintf(`WWW-Authenticate: Digest realm=%q,nonce=%q,qop="auth",algorithm=MD5%s`, realm, nonce, extra)
	}
	for _, tc := range []struct {
		name     string
		creds    sipua.Credentials
		asks     []string // one refusal each
		attempts int
	}{
		{"no credentials", sipua.Credentials{}, []string{ask("r", "1", "")}, 1},
		{"another realm", bound, []string{ask("evil", "1", "")}, 1},
		{"realm changes", ann, []string{ask("r", "1", ""), ask("evil", "2", ",stale=true")}, 2},
		{"wrong password", ann, []string{ask("r", "1", ""), ask("r", "2", "")}, 2},
		{"stale once", ann, []string{ask("r", "1", ""), ask("r", "2", ",stale=true"), ask("r", "3", ",stale=true")}, 3},
		{"stale with the same nonce", ann, []string{ask("r", "1", ""), ask("r", "1", ",stale=true")}, 2},
		{"no scheme we know", ann, []string{`WWW-Authenticate: Negotiate abc`}, 1},
		{"only auth-int", ann, []string{`WWW-Authenticate: Digest realm="r",nonce="1",qop="auth-int"`}, 1},
		{"no challenge at all", ann, []string{"X: y"}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			play(t, sipua.Settings{}, func(st *stage) {
				out := st.dial(context.Background(), withAuth(tc.creds))
				for _, a := range tc.asks {
					st.peer.reply(st.peer.expect("INVITE"), 401, "far", a)
					st.peer.expect("ACK")
				}
				f := (<-out).failure(t)
				if f.Code != 401 || !errors.Is(f, sipua.ErrAuth) {
					t.Errorf("failure %+v", f)
				}
				st.peer.silent(100)
			})
		})
	}
}

func TestAChallengeFromAnotherAddressGetsNoCredentials(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		other := st.newPeer(otherAddr)
		out := st.dial(context.Background(), withAuth(sipua.Credentials{User: "ann", Password: "secret"}))
		inv := st.peer.expect("INVITE")
		other.reply(inv, 401, "far", `WWW-Authenticate: Digest realm="r",nonce="1",qop="auth"`)
		st.peer.expect("ACK")
		if f := (<-out).failure(t); !errors.Is(f, sipua.ErrAuth) {
			t.Errorf("failure %+v", f)
		}
	})
}

func TestAProxyAndTheFarEndOfOneRealmMayBothAsk(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		out := st.dial(context.Background(), withAuth(sipua.Credentials{User: "ann", Password: "secret"}))
		st.peer.reply(st.peer.expect("INVITE"), 407, "far", `Proxy-Authenticate: Digest realm="r",nonce="1",qop="auth"`)
		st.peer.expect("ACK")
		st.peer.reply(st.peer.expect("INVITE"), 401, "far", `WWW-Authenticate: Digest realm="r",nonce="2",qop="auth"`)
		st.peer.expect("ACK")
		inv := st.peer.expect("INVITE")
		verify(t, inv.get("Proxy-Authorization"), "INVITE", inv.uri())
		verify(t, inv.get("Authorization"), "INVITE", inv.uri())
		st.peer.reply(inv, 486, "far")
		st.peer.expect("ACK")
		<-out
	})
}
