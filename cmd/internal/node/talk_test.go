package node

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer/media"
)

// The voices of the second agent and of the supervisor.
const (
	benHertz = 620
	sueHertz = 1600
)

// next waits until a second more was heard, and returns it: the first fifth of
// what comes is left away, what was asked for before it must have settled by then.
func (e *ear) next(t testing.TB) []int16 {
	t.Helper()
	from := len(e.heard()) + media.SampleRate/5
	eventually(t, "a second of sound", func() bool { return len(e.heard()) >= from+media.SampleRate })
	return e.heard()[from:][:media.SampleRate]
}

// wants asserts whose voices are heard, and whose are not at all. A busy machine
// tears holes into any second of sound, so that several are tried; who is heard
// and should not be, is heard in all of them.
func (e *ear) wants(t testing.TB, who string, want ...float64) {
	t.Helper()
	var wrong []string
	for range 10 {
		if wrong = amiss(e.next(t), want); len(wrong) == 0 {
			return
		}
	}
	t.Errorf("%s: %s", who, strings.Join(wrong, "; "))
}

// amiss says which voices are missing in a second of sound, and which are there
// and should not be.
func amiss(pcm []int16, want []float64) (wrong []string) {
	for _, hz := range []float64{voiceHertz, agentHertz, benHertz, sueHertz} {
		switch share, in := media.ToneShare(pcm, hz), slices.Contains(want, hz); {
		case in && share < 0.6/float64(len(want)):
			wrong = append(wrong, fmt.Sprintf("only %.3f of what is heard is %g Hz", share, hz))
		case !in && share > 0.001 && media.Level(pcm) > 50:
			wrong = append(wrong, fmt.Sprintf("%g Hz is heard: %.4f of the sound", hz, share))
		}
	}
	return wrong
}

// talkingOffice is an office with a talking agent ana, ben who is ready, and sue who
// supervises; all of them have SIP phones, and calls are recorded.
type talkingOffice struct {
	*office
	village        *village
	ana, ben       *desk
	sue            *client.Client
	earA, earB, eS *ear
	card           api.Card
	vault          *vault // nil = recordings stay in tapes
	tapes          string
}

func openTalkingOffice(t *testing.T, with ...func(*config.Config)) *talkingOffice {
	t.Helper()
	v := openVillage(t, func(number string) time.Duration {
		if number == fictional(9) {
			return time.Hour
		}
		return 50 * time.Millisecond
	})
	o := &talkingOffice{village: v, earA: &ear{}, earB: &ear{}, eS: &ear{}}
	o.office = openOfficeWith(t, v.addr(), nil, func(c *config.Config) {
		c.Users = append(c.Users, config.User{
			Login: "sue", Role: string(campaigns.Supervisor), Password: c.Users[0].Password, Extension: "sue", PhoneSecret: c.Users[0].Password,
		})
		for _, set := range with {
			set(c)
		}
	}, "ana", "ben")
	if err := o.manager.Change(within(t), fmt.Sprintf("/v1/campaigns/%d", o.campaign), map[string]any{
		"recording": map[string]any{"mode": "on"}, "outside_transfer": true,
	}, nil); err != nil {
		t.Fatal(err)
	}
	o.plugVoice(t, "ana", agentHertz, o.earA)
	o.plugVoice(t, "ben", benHertz, o.earB)
	o.plugVoice(t, "sue", sueHertz, o.eS)
	o.ana = o.seat(t, "ana")
	o.dial(t, fictional(7))
	o.card = o.ana.connected(t)
	o.ben = o.seat(t, "ben")
	o.sue = o.login(t, "sue")
	return o
}

// does asks for something at an agent's desk.
func (d *desk) does(t testing.TB, path string, body any) {
	t.Helper()
	if err := d.Post(within(t), "/v1/agent/call/"+path, body, nil); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func on(b bool) map[string]any { return map[string]any{"on": b} }

// One call over SIP phones: hold, whisper, barge, an attended transfer, and the
// recording of it all. What the person hears is measured at the person's end. The
// recording is heard from this machine, and when it was moved from an S3 server.
func TestACallIsHeldWhisperedIntoPassedOnAndRecordedOverRealPhones(t *testing.T) {
	t.Parallel()
	v, folder := openVault(t), ""
	o := openTalkingOffice(t, func(c *config.Config) { c.Files.Recordings, c.S3, folder = "s3://calls/tapes", v.S3, c.Data })
	o.vault, o.tapes = v, filepath.Join(folder, recordingsFolder)
	o.village.heard.wants(t, "the person", agentHertz)
	o.earA.wants(t, "ana", voiceHertz)

	o.ana.does(t, "hold", on(true))
	if music := o.village.heard.next(t); media.Level(music) < 100 || media.ToneShare(music, agentHertz) > 0.2 {
		t.Errorf("on hold the person hears a level of %.0f", media.Level(music))
	}
	o.ana.does(t, "hold", on(false))

	monitor := fmt.Sprintf("/v1/agents/%d/monitor", o.where(t, "ana").ID)
	for mode, personHears := range map[string][]float64{"whisper": {agentHertz}, "barge": {agentHertz, sueHertz}} {
		if err := o.sue.Post(within(t), monitor, map[string]any{"mode": mode}, nil); err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		o.earA.wants(t, "ana, at a "+mode, voiceHertz, sueHertz)
		o.village.heard.wants(t, "the person, at a "+mode, personHears...)
		o.eS.wants(t, "sue, at a "+mode, voiceHertz, agentHertz)
	}
	if err := o.sue.Delete(within(t), monitor, nil); err != nil {
		t.Fatal(err)
	}
	o.village.heard.wants(t, "the person", agentHertz)

	o.ana.does(t, "transfer", map[string]any{"agent": o.where(t, "ben").ID, "attended": true, "note": "wants fibre"})
	var rung api.Card
	if err := json.Unmarshal(o.ben.until(t, "card").Data, &rung); err != nil {
		t.Fatal(err)
	}
	if rung.Attempt != o.card.Attempt || rung.Talk.Note != "wants fibre" || rung.Talk.Transfer == nil || rung.Talk.Transfer.Phase != "ringing" {
		t.Errorf("ben sees %+v", rung.Talk)
	}
	o.ben.does(t, "accept", nil)
	o.ben.connected(t)
	o.earA.wants(t, "ana, in the consultation", benHertz)
	o.earB.wants(t, "ben, in the consultation", agentHertz)
	o.ana.does(t, "transfer/complete", nil)
	o.ana.until(t, "call_ended")
	o.village.heard.wants(t, "the person", benHertz)
	o.earB.wants(t, "ben", voiceHertz)

	if err := o.ben.Post(within(t), "/v1/agent/call/hang-up", nil, nil); err != nil {
		t.Fatal(err)
	}
	o.ben.until(t, "call_ended")
	o.ben.dispose(t, o.card.Attempt, api.Disposition{Code: "not_interested"})
	if err := o.ana.Dispose(within(t), "ana's own", api.Disposition{Attempt: o.card.Attempt, Code: "sale"}); err == nil || !strings.Contains(err.Error(), "passed this call on") {
		t.Errorf("who has passed the call on may say what came of it: %v", err)
	}
	o.heardAndSeen(t)
}

// heardAndSeen looks at the call as a manager does, and at the ledger.
func (o *talkingOffice) heardAndSeen(t *testing.T) {
	t.Helper()
	var call api.CallDetail
	eventually(t, "the recording is in the store", func() bool {
		call = api.CallDetail{}
		return o.manager.Read(within(t), "/v1/calls/"+o.card.Attempt, &call) == nil && call.Recording != nil && len(call.Talks) == 2
	})
	var kinds []campaigns.CallEventKind
	for _, e := range call.Events {
		kinds = append(kinds, e.Kind)
	}
	for _, want := range []campaigns.CallEventKind{
		campaigns.EventRecordBegun, campaigns.EventHold, campaigns.EventUnhold, campaigns.EventWhisperBegun, campaigns.EventBargeBegun,
		campaigns.EventTransferAsked, campaigns.EventTransferAnswered, campaigns.EventTransferDone,
	} {
		if !slices.Contains(kinds, want) {
			t.Errorf("no %s in %v", want, kinds)
		}
	}
	if call.Agent != "ana" || call.SecondAgent != "ben" {
		t.Errorf("agents %s and %s", call.Agent, call.SecondAgent)
	}
	talked := call.EndedAt.Sub(call.BridgedAt).Seconds()
	if d := float64(call.Recording.Duration); d < 0.99*talked-0.1 || d > 1.01*talked+0.1 {
		t.Errorf("%.2f s are recorded of %.2f s", d, talked)
	}
	left, right := o.sound(t)
	o.moved(t, left)
	if share := loudest(left, voiceHertz, time.Second); share < 0.9 {
		t.Errorf("%.2f of the best second of the left channel is the person", share)
	}
	for _, hz := range []float64{agentHertz, benHertz} {
		if share := loudest(right, hz, 500*time.Millisecond); share < 0.9 {
			t.Errorf("%g Hz is at most %.2f of half a second of the right channel", hz, share)
		}
	}
	o.ana.leave()
	o.ben.leave()
	o.close(t)
	calls := o.ledger(t)
	if len(calls) != 1 || calls[0].Disposition == nil || calls[0].Disposition.Code != "not_interested" || calls[0].SecondLogin != "ben" {
		t.Errorf("ledger: %+v", calls)
	}
}

// sound fetches the recording as a player does.
// moved waits until the recording is on the S3 server, and hears it from there.
func (o *talkingOffice) moved(t *testing.T, before []int16) {
	t.Helper()
	eventually(t, "the recording is moved", func() bool {
		left, err := filepath.Glob(filepath.Join(o.tapes, "*", "*", "*", "*.wav*"))
		return err == nil && len(left) == 0 && o.vault.puts.Load() > 0
	})
	if after, _ := o.sound(t); !slices.Equal(before, after) {
		t.Errorf("%d samples are heard from the S3 server, %d were before", len(after), len(before))
	}
}

func (o *talkingOffice) sound(t *testing.T) (left, right []int16) {
	t.Helper()
	var file bytes.Buffer
	if err := o.manager.Download(within(t), "/v1/calls/"+o.card.Attempt+"/recording", nil, &file); err != nil || file.Len() < 44 {
		t.Fatalf("%d octets: %v", file.Len(), err)
	}
	body := file.Bytes()
	for body = body[44:]; len(body) >= 4; body = body[4:] {
		left = append(left, int16(body[0])|int16(body[1])<<8)
		right = append(right, int16(body[2])|int16(body[3])<<8)
	}
	return left, right
}

// The transfer that nobody answers, over real SIP: a number that rings for ever.
func TestATransferToANumberThatNobodyAnswersComesBackOverRealSIP(t *testing.T) {
	t.Parallel()
	o := openTalkingOffice(t)
	o.ana.does(t, "transfer", map[string]any{"number": fictional(9), "attended": false})
	o.village.heard.next(t)
	o.ana.does(t, "transfer/cancel", nil)
	o.village.heard.wants(t, "the person", agentHertz)
	o.earA.wants(t, "ana", voiceHertz)
}
