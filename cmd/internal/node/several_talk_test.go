package node

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/config"
)

// lineless takes away a node's line: the far side registers nobody.
func lineless(trunk *config.Trunk) {
	trunk.Register, trunk.Username, trunk.Password = true, "nobody", "wrong"
}

// plugAt is plugVoice at a node.
func (o *town) plugAt(t *testing.T, r *resident, login string, hertz float64) *ear {
	t.Helper()
	heard := &ear{}
	o.node = r.node
	o.plugVoice(t, login, hertz, heard)
	if r.node.phones.Holds(login) == 0 {
		t.Fatalf("the phone of %s is not at %s", login, r.name)
	}
	return heard
}

// deskAt is seat with the page of a node.
func (o *town) deskAt(t *testing.T, r *resident, login string) *desk {
	t.Helper()
	o.node = r.node
	return o.seat(t, login)
}

// TestPeopleOfThreeNodesTalkInOneCall: the line is at the second node alone. Ana's phone
// is at the first and her page at the second; ben's and the supervisor's phones are at
// the third. Who hears whom is measured at each end.
func TestPeopleOfThreeNodesTalkInOneCall(t *testing.T) {
	t.Parallel()
	v := openVillage(t, at50ms)
	o := openTownOf(t, v.addr(), 3, func(i int, s *Settings) {
		s.Config.Users = append(s.Config.Users, config.User{
			Login: "sue", Role: string(campaigns.Supervisor), Password: s.Config.Users[0].Password, Extension: "sue", PhoneSecret: s.Config.Users[0].Password,
		})
		if i != 1 {
			lineless(&s.Config.Trunks[0])
		}
	}, "ana", "ben")
	first, second, third := o.nodes[0], o.nodes[1], o.nodes[2]
	earA, earB, earS := o.plugAt(t, first, "ana", agentHertz), o.plugAt(t, third, "ben", benHertz), o.plugAt(t, third, "sue", sueHertz)
	ana := o.deskAt(t, second, "ana")
	o.order(t, third, []string{fictional(7)})
	card := ana.connected(t)
	ben := o.deskAt(t, first, "ben")
	o.node = third.node
	sue := o.login(t, "sue")
	if placed := [3]uint64{first.node.trunks.State()[0].Placed, second.node.trunks.State()[0].Placed, third.node.trunks.State()[0].Placed}; placed != [3]uint64{0, 1, 0} {
		t.Fatalf("calls at the nodes: %v", placed)
	}
	v.heard.wants(t, "the person", agentHertz)
	earA.wants(t, "ana", voiceHertz)

	monitor := fmt.Sprintf("/v1/agents/%d/monitor", o.user(t, "ana"))
	for _, c := range []struct {
		mode        string
		person, ana []float64
	}{
		{"listen", []float64{agentHertz}, []float64{voiceHertz}},
		{"whisper", []float64{agentHertz}, []float64{voiceHertz, sueHertz}},
		{"barge", []float64{agentHertz, sueHertz}, []float64{voiceHertz, sueHertz}},
	} {
		if err := sue.Post(within(t), monitor, map[string]any{"mode": c.mode}, nil); err != nil {
			t.Fatalf("%s: %v", c.mode, err)
		}
		earS.wants(t, "sue, at a "+c.mode, voiceHertz, agentHertz)
		earA.wants(t, "ana, at a "+c.mode, c.ana...)
		v.heard.wants(t, "the person, at a "+c.mode, c.person...)
	}
	if err := sue.Delete(within(t), monitor, nil); err != nil {
		t.Fatal(err)
	}
	v.heard.wants(t, "the person, when nobody listens", agentHertz)

	ana.does(t, "transfer", map[string]any{"agent": o.user(t, "ben"), "attended": true, "note": "wants fibre"})
	var rung api.Card
	if err := json.Unmarshal(ben.until(t, "card").Data, &rung); err != nil || rung.Attempt != card.Attempt || rung.Talk.Note != "wants fibre" {
		t.Errorf("ben sees %+v, %v", rung.Talk, err)
	}
	ben.does(t, "accept", nil)
	ben.connected(t)
	earA.wants(t, "ana, in the consultation", benHertz)
	earB.wants(t, "ben, in the consultation", agentHertz)
	ana.does(t, "transfer/complete", nil)
	ana.until(t, "call_ended")
	v.heard.wants(t, "the person, passed on", benHertz)
	earB.wants(t, "ben, passed on to", voiceHertz)
	if err := ben.Post(within(t), "/v1/agent/call/hang-up", nil, nil); err != nil {
		t.Fatal(err)
	}
	ben.until(t, "call_ended")
	ben.dispose(t, card.Attempt, api.Disposition{Code: "not_interested"})
	ana.leave()
	ben.leave()
	for _, r := range o.nodes {
		r.end(t)
	}
	calls := o.ledger(t)
	if len(calls) != 1 || calls[0].AgentLogin != "ana" || calls[0].SecondLogin != "ben" || calls[0].Disposition == nil {
		t.Errorf("ledger: %+v", calls)
	}
}

// user is the id of a user.
func (o *town) user(t *testing.T, login string) int64 {
	t.Helper()
	u, err := o.nodes[0].node.db.UserByLogin(within(t), login)
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

// TestADeskGoesOnWhenTheNodeThatLeadsAndHasItsHeadsetDies: others end its life, as about
// three seconds after a kill, and every way to it is cut. Another leads, the desk is ready at one that lives
// without a click, and takes the next call there.
func TestADeskGoesOnWhenTheNodeThatLeadsAndHasItsHeadsetDies(t *testing.T) {
	o, v, wires, door := openHeadsetTown(t, "ana")
	dies, self := o.leader(), int64(0)
	var live []*resident
	var wire *sieve
	for i, r := range o.nodes {
		if r == dies {
			wire, self = wires[i], r.node.several.member.View().Self.ID
		} else {
			live = append(live, r)
		}
	}
	door.lead(t, append([]*resident{dies}, live...)...)
	d := openDeskAt(t, door.url(), "ana", o.secret)
	d.click("#sign-in")
	d.want(`document.getElementById("state").dataset.state === "paused"`, "the shift begins")
	if len(dies.node.headsets.users()) != 1 {
		t.Fatal("the headset is not on the node that leads")
	}
	d.click("#go")
	d.want(`document.getElementById("state").dataset.state === "ready"`, "the agent is ready")

	door.lead(t, live...)
	began := time.Now()
	wire.cutAll()
	if err := dies.node.several.peers.Close(); err != nil {
		t.Error(err)
	}
	door.cut(t, dies)
	if _, err := live[0].node.db.EndNode(within(t), self, time.Microsecond); err != nil {
		t.Error(err)
	}
	dead := make(chan struct{})
	go func() {
		defer close(dead)
		dies.hard()
		dies.soft()
		<-dies.ended
	}()
	eventually(t, "another leads, and has the headset or reaches it", func() bool {
		for _, r := range live {
			for _, user := range r.node.headsets.users() {
				if r.node.headsets.Headset(user).InUse {
					return true
				}
			}
		}
		return false
	})
	d.want(`document.body.dataset.phone === "up" && document.getElementById("state").dataset.state === "ready"`, "the desk is ready there")
	took := time.Since(began)
	t.Logf("ready again after %s", took.Round(10*time.Millisecond))
	if took > 10*time.Second {
		t.Errorf("the desk went on after %s", took)
	}
	await(t, "the node has ended", dead)
	o.callPeople(t, door, fictional(1))
	hangUpAndReady(t, d, v, 1, talkOver(t, o, d, v, 1))
}
