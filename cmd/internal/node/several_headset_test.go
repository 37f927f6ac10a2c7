package node

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/dialer/media"
)

// openHeadsetTown is three nodes, of which the last has no line of its own: whom it
// has on their headsets talks by lines of the others. Behind the door the last node
// comes first.
func openHeadsetTown(t *testing.T, agents ...string) (*town, *village, []*sieve, *door) {
	t.Helper()
	v := openVillage(t, at50ms)
	wires := []*sieve{newSieve(t), newSieve(t), newSieve(t)}
	o := openTownOf(t, v.addr(), 3, func(i int, s *Settings) {
		s.Headsets = wires[i]
		for j := range s.Config.Users {
			s.Config.Users[j].Extension, s.Config.Users[j].PhoneSecret = "", "" // headsets alone
		}
		if i == 2 {
			lineless(&s.Config.Trunks[0])
		}
	}, agents...)
	return o, v, wires, openDoor(t, o.nodes[2], o.nodes[1], o.nodes[0])
}

// TestAnAgentInABrowserWorksAtAnyNodeAndGoesOnAtAnother: the headset is on the node
// that the page came to, the call on another one, and both hear each other. Then the
// node of the headset is stopped, or cut off from everybody: the desk is ready at
// another one without a click, and takes the next call there.
func TestAnAgentInABrowserWorksAtAnyNodeAndGoesOnAtAnother(t *testing.T) {
	for how, end := range map[string]func(*testing.T, *resident, *sieve, *door){
		"stopped": func(_ *testing.T, r *resident, _ *sieve, _ *door) {
			r.soft()
			r.hard()
			<-r.ended
		},
		"cut off": func(t *testing.T, r *resident, wire *sieve, d *door) {
			wire.cutAll()
			if err := r.node.several.peers.Close(); err != nil {
				t.Error(err)
			}
			d.cut(t, r)
		},
	} {
		t.Run(how, func(t *testing.T) {
			o, v, wires, door := openHeadsetTown(t, "ana")
			last := o.nodes[2]
			d := openDeskAt(t, door.url(), "ana", o.secret)
			d.click("#sign-in")
			d.want(`document.getElementById("state").dataset.state === "paused"`, "the shift begins")
			if h := last.node.headsets; len(h.users()) != 1 {
				t.Fatal("the headset is not on the node that the page came to")
			}
			d.click("#go")
			d.want(`document.getElementById("state").dataset.state === "ready"`, "the agent is ready")
			o.callPeople(t, door, fictional(0))
			first := talkOver(t, o, d, v, 0)
			if placed := last.node.trunks.State()[0].Placed; placed != 0 {
				t.Errorf("%d calls by a node without a line", placed)
			}
			hangUpAndReady(t, d, v, 0, first)

			door.lead(t, o.nodes[1], o.nodes[0])
			began := time.Now()
			ending := make(chan struct{})
			go func() {
				defer close(ending)
				end(t, last, wires[2], door)
			}()
			eventually(t, "the headset is on another node, and in use", func() bool {
				for _, r := range o.nodes[:2] {
					for _, user := range r.node.headsets.users() {
						if r.node.headsets.Headset(user).InUse {
							return true
						}
					}
				}
				return false
			})
			d.want(`document.body.dataset.phone === "up" && document.getElementById("state").dataset.state === "ready"`, "the desk is ready there")
			t.Logf("ready again after %s", time.Since(began).Round(10*time.Millisecond))
			await(t, "the node is "+how, ending)
			o.callPeople(t, door, fictional(1))
			hangUpAndReady(t, d, v, 1, talkOver(t, o, d, v, 1))
		})
	}
}

// callPeople brings numbers through the door and has them called. On a machine that
// is busy the floor may move meanwhile: whoever is told so asks again.
func (o *town) callPeople(t *testing.T, door *door, number string) {
	t.Helper()
	var wrong error
	t.Cleanup(func() {
		if wrong != nil {
			t.Logf("the campaign does not run: %v", wrong)
		}
	})
	eventually(t, "the campaign runs", func() bool {
		wrong = o.callPerson(t, client.New(door.url()), number)
		return wrong == nil
	})
}

func (o *town) callPerson(t *testing.T, m *client.Client, number string) error {
	t.Helper()
	if _, err := m.Login(within(t), managerLogin, o.secret); err != nil {
		return err
	}
	id, err := m.CampaignID(within(t), campaignName)
	if err != nil {
		return err
	}
	query := url.Values{"campaign": {fmt.Sprint(id)}, "list": {"test"}, "region": {"US"}, "source": {"test"}}
	var result api.Import
	if err := m.Upload(within(t), "/v1/imports", query, strings.NewReader("name,phone\nPerson,"+number+"\n"), &result); err != nil {
		return err
	}
	return m.Post(within(t), fmt.Sprintf("/v1/campaigns/%d/start", id), nil, nil)
}

// talkOver waits until the agent talks to a person, and both hear each other.
func talkOver(t *testing.T, o *town, d *deskTab, v *village, number int) (attempt string) {
	t.Helper()
	attempt = d.next(number)
	d.want(fmt.Sprintf(`Math.abs(peak() - %d) < 40`, voiceHertz), "the person is heard in the browser")
	from := len(v.heard.heard())
	eventually(t, "the person hears the beeps of the browser's microphone", func() bool {
		said := v.heard.heard()[from:]
		return crest(said) > 2000 && media.ToneShare(said, voiceHertz) < 0.2
	})
	return attempt
}

// hangUpAndReady has the person hang up and the agent say what came of it.
func hangUpAndReady(t *testing.T, d *deskTab, v *village, number int, attempt string) {
	t.Helper()
	close(v.line(fictional(number)).enough)
	d.want(`document.getElementById("bar").dataset.state === "wrap_up"`, "the call is over")
	if err := d.api.Dispose(within(t), attempt, api.Disposition{Attempt: attempt, Code: "not_interested"}); err != nil {
		t.Fatal(err)
	}
	d.want(`document.getElementById("state").dataset.state === "ready"`, "the agent is ready")
}
