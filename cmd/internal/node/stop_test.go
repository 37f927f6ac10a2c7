package node

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/carrier"
)

// secondList is the first place of the numbers of the second campaign.
const secondList = 500_000

// switchboard is a node that dials two campaigns at full rate, each with four
// agents, to a carrier whose people are all busy; what leaves is heard.
type switchboard struct {
	*office
	ear    *earshot
	notes  *net.UDPConn
	log    string // of the carrier
	solar  int64  // the second campaign
	agents map[string]*desk
}

func openSwitchboard(t *testing.T) *switchboard {
	t.Helper()
	s := &switchboard{log: filepath.Join(t.TempDir(), "carrier.log"), agents: map[string]*desk{}}
	s.ear = listen(t, busyFolk(t, s.log).Addr("udp"))
	logins := []string{"ana", "ben", "eva", "ida", "leo", "mia", "noa", "tom"}
	s.office = openOfficeWith(t, s.ear.addr(), nil, func(c *config.Config) {
		c.Trunks[0].MaxCPS = 5000
		other := c.Campaigns[0]
		other.Name = "Solar"
		c.Campaigns = append(c.Campaigns, other)
		c.Campaigns[0].ManualDial = true
		for i := range c.Users {
			if slices.Contains(logins[4:], c.Users[i].Login) {
				c.Users[i].Campaigns = []string{other.Name}
			}
		}
		c.Users = append(c.Users, config.User{Login: "cora", Role: string(campaigns.Compliance), Password: c.Users[0].Password})
	}, logins...)
	var err error
	if s.notes, err = net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(s.ear.addr())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.notes.Close() })
	if s.solar, err = s.manager.CampaignID(within(t), "Solar"); err != nil {
		t.Fatal(err)
	}
	for _, login := range logins {
		s.plug(t, login, newWatcher())
		s.agents[login] = s.seat(t, login)
	}
	s.fillFrom(t, s.campaign, 0, 5000)
	s.fillFrom(t, s.solar, secondList, 5000)
	for _, id := range []int64{s.campaign, s.solar} {
		if err := s.manager.Post(within(t), fmt.Sprintf("/v1/campaigns/%d/start", id), nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// say notes a moment among the INVITEs, on the way that they take.
func (s *switchboard) say(t *testing.T, moment string) time.Time {
	t.Helper()
	at := time.Now()
	if _, err := s.notes.Write([]byte(note + moment)); err != nil {
		t.Fatal(err)
	}
	eventually(t, moment, func() bool {
		s.ear.mu.Lock()
		defer s.ear.mu.Unlock()
		return slices.Contains(s.ear.order, moment)
	})
	return at
}

// since counts the INVITEs of each campaign after a moment, and of neither.
func (s *switchboard) since(moment string) (fibre, solar, other int) {
	s.ear.mu.Lock()
	defer s.ear.mu.Unlock()
	for _, uri := range s.ear.order[slices.Index(s.ear.order, moment)+1:] {
		switch place := placeIn(uri); {
		case place >= 0 && place < secondList:
			fibre++
		case place >= secondList && place < 2*secondList:
			solar++
		case len(uri) > 0 && uri[0] == '+':
			other++
		}
	}
	return fibre, solar, other
}

func (s *switchboard) throw(t *testing.T, body map[string]string) api.Stop {
	t.Helper()
	var thrown api.Stop
	body["reason"] = "a complaint"
	if err := s.manager.Post(within(t), "/v1/stops", body, &thrown); err != nil {
		t.Fatal(err)
	}
	return thrown
}

// quiet waits until the engine has decided for a while that nothing leaves.
func (s *switchboard) quiet(t *testing.T, d time.Duration) {
	t.Helper()
	from := time.Now()
	eventually(t, "the engine goes on deciding", func() bool {
		now := s.node.lead.Load().engine.Snapshot()
		for _, c := range now.Campaigns {
			if c.Why.Cause != dialer.CauseKillSwitch {
				from = time.Now()
			}
		}
		return now.At.Sub(from) > d
	})
}

// refused asks for something that a stop holds up.
func refused(t *testing.T, by *client.Client, path string, body any, code string) {
	t.Helper()
	err := by.Post(within(t), path, body, nil)
	if no, ok := err.(*client.Refusal); !ok || no.Code != code {
		t.Errorf("%s under a stop: %v, not %s", path, err, code)
	}
}

// TestNoInviteLeavesFromTheAnswerToAStopUntilItIsLifted stops one campaign of two,
// then the house, while both dial as fast as they can. The order in which INVITEs
// and answers arrive before the carrier decides, and the carrier's own log.
func TestNoInviteLeavesFromTheAnswerToAStopUntilItIsLifted(t *testing.T) {
	s := openSwitchboard(t)
	tried := fictional(1)
	if err := s.node.db.PutTestNumber(within(t), campaigns.TestNumber{Number: tried, Label: "village", By: "test", At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	test, try := "/v1/trunks/carrier/test-call", map[string]string{"number": tried}
	const enough = 100
	s.say(t, "begun")
	eventually(t, "both dial", func() bool { fibre, solar, _ := s.since("begun"); return min(fibre, solar) > enough })

	one := s.throw(t, map[string]string{"scope": "campaign", "value": fmt.Sprint(s.campaign)})
	s.say(t, "fibre stopped")
	eventually(t, "the other dials on", func() bool { _, solar, _ := s.since("fibre stopped"); return solar > enough })
	if fibre, _, _ := s.since("fibre stopped"); fibre != 0 {
		t.Errorf("%d INVITEs of a campaign that was stopped", fibre)
	}
	if err := s.manager.Post(within(t), test, try, nil); err != nil { // of no campaign
		t.Errorf("a test call while a campaign is stopped: %v", err)
	}

	all := s.throw(t, map[string]string{"scope": "house"})
	stopped := s.say(t, "all stopped")
	refused(t, s.manager, test, try, "stopped")
	for _, login := range []string{"ana", "ben"} {
		if err := s.agents[login].Post(within(t), "/v1/agent/pause", map[string]string{"reason": "by hand"}, nil); err != nil {
			t.Fatal(err)
		}
		refused(t, s.agents[login].Client, "/v1/agent/dial-number", map[string]string{"campaign": campaignName, "number": "+1 202 555 0177"}, "refused_stopped")
		if err := s.agents[login].Post(within(t), "/v1/agent/ready", struct{}{}, nil); err != nil {
			t.Fatal(err)
		}
	}
	s.quiet(t, 3*time.Second)
	refused(t, s.manager, fmt.Sprintf("/v1/stops/%d/lift", all.ID), map[string]string{"reason": "over"}, "second_person")
	if fibre, solar, other := s.since("all stopped"); fibre+solar+other != 0 {
		t.Errorf("the house is stopped, and INVITEs left: %d, %d and %d to other numbers", fibre, solar, other)
	}

	lifted := s.say(t, "lifted")
	s.lift(t, all.ID)
	eventually(t, "the other campaign dials again", func() bool { _, solar, _ := s.since("lifted"); return solar > enough })
	if fibre, _, _ := s.since("lifted"); fibre != 0 {
		t.Errorf("%d INVITEs of a campaign that is stopped still", fibre)
	}
	s.lift(t, one.ID)
	eventually(t, "the campaign dials again", func() bool { fibre, _, _ := s.since("lifted"); return fibre > enough })
	s.close(t)
	s.ledger(t)
	s.silent(t, stopped.Add(time.Second), lifted)
}

// lift lets calls go again, as somebody who did not stop them.
func (s *switchboard) lift(t *testing.T, stop int64) {
	t.Helper()
	cora := client.New(s.node.URL())
	if _, err := cora.Login(within(t), "cora", s.secret); err != nil {
		t.Fatal(err)
	}
	if err := cora.Post(within(t), fmt.Sprintf("/v1/stops/%d/lift", stop), map[string]string{"reason": "over"}, nil); err != nil {
		t.Fatal(err)
	}
}

// silent reads the carrier's log: no INVITE between two times, and many else.
func (s *switchboard) silent(t *testing.T, from, to time.Time) {
	t.Helper()
	f, err := os.Open(s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := carrier.ReadLog(f)
	if err != nil {
		t.Fatal(err)
	}
	late, all, canceled := 0, 0, 0
	for _, r := range records {
		switch r.Event {
		case carrier.Invited:
			all++
			if r.At.After(from) && r.At.Before(to) {
				late++
			}
		case carrier.Canceled:
			canceled++
		}
	}
	t.Logf("the carrier logged %d INVITEs, %d CANCELs; %d INVITEs in %s from a second after the stop of the house on", all, canceled, late, to.Sub(from).Round(time.Millisecond))
	if late > 0 || to.Sub(from) < time.Second {
		t.Errorf("%d INVITEs later than a second after the answer to the stop", late)
	}
}
