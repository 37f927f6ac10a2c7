package sipua_test

import (
	"context"
	"slices"
	"testing"

	"github.com/forecall/forecall/dialer/sipua"
)

func TestRequestsFollowTheRouteSetInItsOrder(t *testing.T) { // T9
	play(t, sipua.Settings{}, func(st *stage) {
		proxy := st.newPeer(otherAddr)
		out := st.dial(context.Background())
		inv := st.peer.expect("INVITE")
		st.peer.answer(inv, "far", "Record-Route: <sip:10.0.0.8;lr>, <sip:10.0.0.9;lr>", "Record-Route: <sip:10.0.0.3:5070;lr>")
		ack := proxy.expect("ACK")
		want := []string{"<sip:10.0.0.3:5070;lr>", "<sip:10.0.0.9;lr>", "<sip:10.0.0.8;lr>"}
		if got := ack.all("Route"); !slices.Equal(got, want) {
			t.Errorf("route %v", got)
		}
		if ack.uri() != "sip:peer@10.0.0.2:5060" || ack.from != ourAddr {
			t.Errorf("ACK to %s from %s", ack.uri(), ack.from)
		}
		r := <-out
		go func() { _ = r.call.Bye(context.Background()) }()
		bye := proxy.expect("BYE")
		if got := bye.all("Route"); !slices.Equal(got, want) {
			t.Errorf("route %v", got)
		}
		proxy.reply(bye, 200, "")
	})
}

func TestAStrictRouterGetsTheOldForm(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		proxy := st.newPeer(otherAddr)
		st.dial(context.Background())
		inv := st.peer.expect("INVITE")
		st.peer.answer(inv, "far", "Record-Route: <sip:10.0.0.3:5070>")
		ack := proxy.expect("ACK")
		if ack.uri() != "sip:10.0.0.3:5070" || ack.get("Route") != "<sip:peer@10.0.0.2:5060>" {
			t.Errorf("to %s by %s", ack.uri(), ack.get("Route"))
		}
		go func() { proxy.reply(proxy.await("BYE"), 200, "") }() // from Close
	})
}

func TestRequestsToANewAddressLeaveFromTheSamePort(t *testing.T) { // T12
	play(t, sipua.Settings{}, func(st *stage) {
		gateway := st.newPeer(otherAddr)
		out := st.dial(context.Background())
		inv := st.peer.expect("INVITE")
		st.peer.reply(inv, 200, "far", "Contact: <sip:gw@10.0.0.3:5070>", sdpAt("10.0.0.2", 6000))
		if ack := gateway.expect("ACK"); ack.from != ourAddr {
			t.Errorf("ACK from %s", ack.from)
		}
		r := <-out
		go func() { _ = r.call.Bye(context.Background()) }()
		bye := gateway.expect("BYE")
		if bye.from != ourAddr {
			t.Errorf("BYE from %s", bye.from)
		}
		gateway.reply(bye, 200, "")
	})
}

func TestAPinnedCallStaysWithTheNextHop(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		out := st.dial(context.Background(), func(i *sipua.Invite) { i.Pinned = true })
		inv := st.peer.expect("INVITE")
		st.peer.reply(inv, 200, "far", "Contact: <sip:phone@192.168.1.9:5060>", sdpAt("10.0.0.2", 6000))
		if ack := st.peer.expect("ACK"); ack.uri() != "sip:phone@192.168.1.9:5060" {
			t.Errorf("ACK to %s", ack.uri())
		}
		r := <-out
		go func() { _ = r.call.Bye(context.Background()) }()
		st.peer.reply(st.peer.expect("BYE"), 200, "")
	})
}
