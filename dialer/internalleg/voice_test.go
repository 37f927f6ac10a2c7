package internalleg

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/pion/rtp"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sound"
)

func TestAVoicePassesOctetForOctetBothWaysWhereBothSpeakOneLaw(t *testing.T) {
	for _, law := range []media.Codec{media.PCMU, media.PCMA} {
		t.Run(law.String(), func(t *testing.T) {
			a, b := openNode(t, "a"), openNode(t, "b")
			agent := b.plug(t, "7", law)
			person := a.talk(t, b, "7", law)
			for range 200 {
				converse(t, person.headset, agent.headset)
			}
			if got := person.station.Audio().(*media.Session).Codec(); got != law {
				t.Errorf("the leg speaks %s between two of %s", got, law)
			}
			person.hangup()
		})
	}
}

// An octet of one law that was translated to the other and back is not the same
// octet for each value: two translations would show.
func TestDifferentLawsAreTranslatedOnceAndByTheNodeOfThePerson(t *testing.T) {
	for _, laws := range [][2]media.Codec{{media.PCMA, media.PCMU}, {media.PCMU, media.PCMA}} {
		t.Run(laws[0].String()+" to "+laws[1].String(), func(t *testing.T) {
			a, b := openNode(t, "a"), openNode(t, "b")
			agent := b.plug(t, "7", laws[1])
			person := a.talk(t, b, "7", laws[0])
			if got := person.station.Audio().(*media.Session).Codec(); got != laws[1] {
				t.Errorf("the leg speaks %s, the phone %s", got, laws[1])
			}
			for range 20 {
				said := noise()
				person.say(said)
				agent.hears("the person", exactly(laws[1].Transcode(nil, said, laws[0])))
				said = noise()
				agent.say(said)
				person.hears("the agent", exactly(laws[0].Transcode(nil, said, laws[1])))
			}
			person.hangup()
		})
	}
}

func TestAKeyPressPassesBothWays(t *testing.T) {
	a, b := openNode(t, "a"), openNode(t, "b")
	agent := b.plug(t, "7", media.PCMU)
	person := a.talk(t, b, "7", media.PCMU)
	for _, way := range [][2]*headset{{person.headset, agent.headset}, {agent.headset, person.headset}} {
		header := way[0].next
		header.PayloadType, header.Marker = sound.EventPT, true
		way[0].send(header, []byte{5, 10, 0, 160})
		way[1].hears("the key 5", func(p *rtp.Packet) bool { return p.PayloadType == sound.EventPT && p.Payload[0] == 5 })
	}
	person.hangup()
}

// What is lost between a phone and its node is seen there as that hop's, and is
// not hidden from the far end.
func TestLossIsKnownForEachHop(t *testing.T) {
	a, b := openNode(t, "a"), openNode(t, "b")
	agent := b.plug(t, "7", media.PCMU)
	person := a.talk(t, b, "7", media.PCMU)
	takenOf(b).session.KeepAlive(false) // silence in between would begin the stream anew
	converse(t, person.headset, agent.headset)
	before := b.State()[0].Phone.Lost
	for i := range 30 {
		if i%10 == 5 {
			agent.next.SequenceNumber++
			agent.next.Timestamp += 160
			continue
		}
		said := noise()
		agent.say(said)
		person.hears("the agent", exactly(said))
	}
	at, from := b.State(), a.State()
	if len(at) != 1 || len(from) != 1 {
		t.Fatalf("legs: %+v at b, %+v at a", at, from)
	}
	if lost := at[0].Phone.Lost - before; lost != 3 {
		t.Errorf("the phone's hop has lost %d, want 3", lost)
	}
	if at[0].Hop.Lost != 0 {
		t.Errorf("the hop from a has lost %d", at[0].Hop.Lost)
	}
	if from[0].Hop.Lost < 3 || from[0].Node != "b" || !from[0].Dialed || at[0].Dialed || at[0].Node != "a" || at[0].Station != "7" || at[0].CallID != from[0].CallID {
		t.Errorf("states: %+v at b, %+v at a", at, from)
	}
	person.hangup()
}

func TestTheLaterCallHasThePhoneAndTheFormerEnds(t *testing.T) {
	a, b, c := openNode(t, "a"), openNode(t, "b"), openNode(t, "c")
	agent := b.plug(t, "7", media.PCMU)
	first := a.talk(t, b, "7", media.PCMU)
	converse(t, first.headset, agent.headset)
	second := c.talk(t, b, "7", media.PCMU)
	wait(t, "the former call ends", first.station.Done())
	converse(t, second.headset, agent.headset)
	first.say(noise())
	eventually(t, "the former leg is gone", a.idle)
	converse(t, second.headset, agent.headset)
	if !agent.isUp() || len(b.State()) != 1 {
		t.Errorf("the phone is up %v, with legs %+v", agent.isUp(), b.State())
	}
	second.hangup()
}

func TestCallsToOnePhoneOneAfterTheOther(t *testing.T) {
	a, b := openNode(t, "a"), openNode(t, "b")
	agent := b.plug(t, "7", media.PCMU)
	for range 10 {
		person := a.talk(t, b, "7", media.PCMU)
		converse(t, person.headset, agent.headset)
		person.hangup()
		if !a.idle() {
			t.Fatal("a leg is left after Hangup")
		}
		if !agent.isUp() {
			t.Fatal("the phone was hung up with the leg")
		}
	}
	eventually(t, "no leg is left at the phone", b.idle)
}

func TestAPhoneThatWentOnToALocalTalkStaysThere(t *testing.T) {
	a, b := openNode(t, "a"), openNode(t, "b")
	agent := b.plug(t, "7", media.PCMU)
	person := a.talk(t, b, "7", media.PCMU)
	local := newHeadset(t, media.PCMU)
	line := local.line(t, b.media)
	line.Connect(agent.session)
	agent.session.Connect(line)
	person.hangup()
	eventually(t, "the leg is gone", b.idle)
	converse(t, local, agent.headset)
}

func TestSeveralEarsHearThePhoneAndTheLineAndSayNothing(t *testing.T) {
	a, b, c := openNode(t, "a"), openNode(t, "b"), openNode(t, "c")
	agent := b.plug(t, "7", media.PCMU)
	var ears []*call
	for range 2 { // before there is a call
		ear := &call{headset: newHeadset(t, media.PCMU)}
		ear.session = ear.line(t, c.media)
		s, err := c.Dial(within(t), Request{Node: "b", At: b.at(), Station: "7", Mode: Ear})
		if err != nil {
			t.Fatal(err)
		}
		ear.station = s
		s.Audio().Connect(ear.session)
		ear.session.Connect(s.Audio())
		ears = append(ears, ear)
	}
	person := a.talk(t, b, "7", media.PCMU)
	for _, ear := range ears {
		loudOnce(t, person.headset, ear.headset)
		loudOnce(t, agent.headset, ear.headset)
		secret := noise()
		ear.say(secret)
		converse(t, person.headset, agent.headset)
	}
	ears[0].hangup()
	loudOnce(t, agent.headset, ears[1].headset)
	person.hangup()
	eventually(t, "the call is gone and the ear is left", func() bool { return len(b.State()) == 1 })
	loudOnce(t, agent.headset, ears[1].headset)
	if closed(ears[1].station.Done()) {
		t.Error("the ear ended with the call")
	}
	ears[1].hangup()
	eventually(t, "nothing is left", b.idle)
}

// loudOnce says frames of full loudness until the other hears something loud, by
// way of a mix.
func loudOnce(t *testing.T, from, to *headset) {
	t.Helper()
	loud := make([]byte, 160)
	for i := range loud {
		loud[i] = 0x80 // the largest value of mu-law
	}
	to.flush()
	from.say(loud)
	to.hears("the loud voice", func(p *rtp.Packet) bool {
		from.say(loud)
		return p.PayloadType == uint8(media.PCMU) && len(p.Payload) == 160 && p.Payload[80]&0x7f < 0x20
	})
}

func TestEarsAreBounded(t *testing.T) {
	b, c := openNode(t, "b"), openNode(t, "c")
	b.plug(t, "7", media.PCMU)
	for i := range maxEars + 1 {
		_, err := c.Dial(within(t), Request{Node: "b", At: b.at(), Station: "7", Mode: Ear})
		if i < maxEars && err != nil || i == maxEars && !errors.Is(err, ErrBusy) {
			t.Fatalf("ear %d: %v", i+1, err)
		}
	}
}

// A hundred legs at once, twice: the second time there are ports only if those of the
// first came back.
func TestAHundredLegsAtOnceAndTheirPortsComeBack(t *testing.T) {
	const legs = 100
	patient := func(s *Settings) { s.SilenceLimit = patience }
	few := func(s *Settings) {
		patient(s)
		ports, err := media.NewPortRange(21000, 21000+2*(legs+40)-1) // some may be bound by others
		if err != nil {
			t.Fatal(err)
		}
		s.Media.Ports = ports
	}
	a, b := openNode(t, "a", few), openNode(t, "b", patient)
	var agents []*phone
	for i := range legs {
		agents = append(agents, b.plug(t, strconv.Itoa(i), media.PCMU))
	}
	for range 2 {
		persons := make([]*call, legs)
		var wg sync.WaitGroup
		for i := range legs {
			wg.Go(func() { persons[i] = a.talk(t, b, strconv.Itoa(i), media.PCMU) })
		}
		wg.Wait()
		if t.Failed() {
			return
		}
		if got := len(a.State()); got != legs {
			t.Fatalf("%d legs at a", got)
		}
		for i, person := range persons {
			converse(t, person.headset, agents[i].headset)
		}
		for _, person := range persons {
			wg.Go(person.hangup)
		}
		wg.Wait()
		eventually(t, "no leg is left at b", b.idle)
	}
}

func TestTheEndOfThePhoneEndsItsLegs(t *testing.T) {
	a, b := openNode(t, "a"), openNode(t, "b")
	agent := b.plug(t, "7", media.PCMU)
	person := a.talk(t, b, "7", media.PCMU)
	agent.Hangup(context.Background())
	wait(t, "the leg ends", person.station.Done())
	eventually(t, "nothing is left at a", a.idle)
	eventually(t, "nothing is left at b", b.idle)
}

func TestClosingEitherNodeEndsTheLegAtTheOther(t *testing.T) {
	for _, closing := range []string{"a", "b"} {
		t.Run(closing, func(t *testing.T) {
			nodes := map[string]*node{"a": openNode(t, "a"), "b": openNode(t, "b")}
			agent := nodes["b"].plug(t, "7", media.PCMU)
			person := nodes["a"].talk(t, nodes["b"], "7", media.PCMU)
			if err := nodes[closing].Close(); err != nil {
				t.Fatal(err)
			}
			wait(t, "the leg ends", person.station.Done())
			eventually(t, "nothing is left at a", nodes["a"].idle)
			eventually(t, "nothing is left at b", nodes["b"].idle)
			if !agent.isUp() {
				t.Error("the phone was hung up")
			}
			if _, err := nodes["a"].Dial(within(t), Request{Node: "b", At: nodes["b"].at(), Station: "7"}); err == nil {
				t.Error("a leg came up after Close")
			}
		})
	}
}
