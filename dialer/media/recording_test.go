package media

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// speech is a source of a tone on a bad line, for a recording.
type speech struct {
	to     Sink
	hz     float64
	law    Codec
	source uint32
	period time.Duration                             // of a frame, by our clock
	delay  func(n int) (late time.Duration, is bool) // is false: lost, or left out
}

// say says frames until a time has passed.
func (s speech) say(total time.Duration) {
	var sending sync.WaitGroup
	began := time.Now()
	for n := 0; time.Duration(n)*s.period < total; n++ {
		time.Sleep(time.Until(began.Add(time.Duration(n+1) * s.period)))
		late, is := s.delay(n)
		if !is {
			continue
		}
		pcm := make([]int16, frameSamples)
		for i := range pcm {
			pcm[i] = int16(toneLevel * math.Sin(2*math.Pi*s.hz*float64(n*frameSamples+i)/SampleRate))
		}
		f := Frame{Codec: s.law, Payload: s.law.Encode(nil, pcm), Source: s.source, Seq: uint16(n), Timestamp: math.MaxUint32 - 100 + uint32(n*frameSamples)}
		sending.Go(func() {
			time.Sleep(late)
			_ = s.to.WriteFrame(f)
		})
	}
	sending.Wait()
}

func onTime(int) (time.Duration, bool) { return 0, true }

func jittery(seed uint64, most time.Duration, lost int) func(int) (time.Duration, bool) {
	random := rand.New(rand.NewPCG(seed, 1))
	return func(int) (time.Duration, bool) {
		return time.Duration(random.Int64N(int64(most) + 1)), random.IntN(100) >= lost
	}
}

func newRecording(t *testing.T) *Recording {
	t.Helper()
	r, err := NewRecording(filepath.Join(t.TempDir(), "call.wav"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func closeRecording(t *testing.T, r *Recording) Recorded {
	t.Helper()
	kept, err := r.Close(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// channels reads a recording as players do, by its PCM.
func channels(t *testing.T, path string) (person, house []int16) {
	t.Helper()
	file, err := OpenPCM(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	for at := pcmHeader; at+4 <= len(all); at += 4 {
		person = append(person, int16(uint16(all[at])|uint16(all[at+1])<<8))
		house = append(house, int16(uint16(all[at+2])|uint16(all[at+3])<<8))
	}
	return person, house
}

func seconds(s float64) int { return int(s * SampleRate) }

func TestARecordingIsAsLongAsTheCallWhateverTheLineDoes(t *testing.T) {
	spurts := func(n int) (time.Duration, bool) { return 0, n%150 < 100 } // 2 s of speech, 1 s of nothing
	for name, c := range map[string]struct {
		period time.Duration
		delay  func(int) (time.Duration, bool)
		level  float64 // least share of the tone's level, over all
	}{
		"a good line":     {frameTime, onTime, 0.99},
		"200 ms jitter":   {frameTime, jittery(1, 200*time.Millisecond, 0), 0.97},
		"10 % loss":       {frameTime, jittery(2, 20*time.Millisecond, 10), 0.92},
		"a fast clock":    {frameTime - frameTime*300/1e6, onTime, 0.97},
		"a slow clock":    {frameTime + frameTime*300/1e6, onTime, 0.97},
		"a very fast one": {frameTime - frameTime/100, onTime, 0.95},
		"DTX":             {frameTime, spurts, 0.79}, // two thirds of the time
		"all of it":       {frameTime + frameTime*300/1e6, jittery(3, 200*time.Millisecond, 10), 0.88},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const length = 5 * time.Minute
				r := newRecording(t)
				var saying sync.WaitGroup
				saying.Go(func() { speech{r.Person(), personHz, PCMA, 5, c.period, c.delay}.say(length) })
				saying.Go(func() { speech{r.House(), agentHz, PCMU, 6, frameTime, onTime}.say(length) })
				saying.Wait()
				took := time.Since(r.began)
				kept := closeRecording(t, r)
				if off := (kept.Duration - took).Abs(); off > took/1000 {
					t.Errorf("%s are kept of %s", kept.Duration, took)
				}
				person, house := channels(t, kept.Path)
				if level := loudness(person); level < c.level || level > 1.05 {
					t.Errorf("the person is kept at %.3f of the level", level)
				}
				if share := ToneShare(house[seconds(1):seconds(299)], agentHz); share < 0.999 {
					t.Errorf("the house's channel is %.3f the agent's tone", share)
				}
				if share := ToneShare(house, personHz); share > 0.0005 {
					t.Errorf("%.4f of the house's channel is the person", share)
				}
			})
		})
	}
}

// Both channels must be in step: who answers a question does so after it.
func TestWhatIsSaidStandsWhereItWasSaid(t *testing.T) {
	for name, delay := range map[string]func(int) (time.Duration, bool){"calm": onTime, "jitter": jittery(8, 200*time.Millisecond, 0)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecording(t)
				var saying sync.WaitGroup
				speak := func(at, length time.Duration, s speech) {
					saying.Go(func() {
						time.Sleep(at)
						s.say(length)
					})
				}
				speak(0, time.Minute, speech{r.Person(), personHz, PCMU, 5, frameTime, func(n int) (time.Duration, bool) {
					late, _ := delay(n)
					return late, n < 1500 || n >= 2000 // 30 s to 40 s: silence left out
				}})
				speak(10*time.Second, 5*time.Second, speech{r.House(), agentHz, PCMU, 6, frameTime, onTime})
				speak(50*time.Second, 5*time.Second, speech{r.House(), supervisorHz, PCMU, 7, frameTime, onTime})
				saying.Wait()
				person, house := channels(t, closeRecording(t, r).Path)
				for _, edge := range []struct {
					channel []int16
					at      float64
					sounds  bool // from then on
				}{{person, 30, false}, {person, 40, true}, {house, 10, true}, {house, 15, false}, {house, 50, true}, {house, 55, false}} {
					const near = 0.06
					before := edge.channel[seconds(edge.at-near-0.5):seconds(edge.at-near)]
					after := edge.channel[seconds(edge.at+near):seconds(edge.at+near+0.5)]
					if edge.sounds {
						before, after = after, before
					}
					if Level(before) < 4000 || Level(after) > 100 {
						t.Errorf("around second %.0f: level %.0f where it should sound, %.0f where not", edge.at, Level(before), Level(after))
					}
				}
			})
		})
	}
}

func TestWhatIsSaidInAPauseIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecording(t)
		var saying sync.WaitGroup
		saying.Go(func() {
			speech{r.Person(), personHz, PCMU, 5, frameTime, jittery(4, 150*time.Millisecond, 0)}.say(20 * time.Second)
		})
		saying.Go(func() { speech{r.House(), agentHz, PCMU, 6, frameTime, onTime}.say(20 * time.Second) })
		time.Sleep(5 * time.Second)
		r.Pause(time.Now())
		r.Pause(time.Now())
		time.Sleep(4 * time.Second)
		r.Resume(time.Now())
		r.Resume(time.Now())
		time.Sleep(6 * time.Second)
		r.Pause(time.Now())
		saying.Wait()
		kept := closeRecording(t, r)
		want := []Gap{{5 * time.Second, 9 * time.Second}, {15 * time.Second, kept.Duration}}
		if len(kept.Gaps) != 2 || kept.Gaps[0] != want[0] || kept.Gaps[1] != want[1] {
			t.Errorf("gaps %v, want %v", kept.Gaps, want)
		}
		person, house := channels(t, kept.Path)
		for _, channel := range [][]int16{person, house} {
			if level := Level(channel[seconds(5):seconds(9)]) + Level(channel[seconds(15):]); level != 0 {
				t.Errorf("level %.1f in the pauses", level)
			}
			if level := Level(channel[seconds(1):seconds(4.7)]); level < 4000 {
				t.Errorf("level %.0f before the pause", level)
			}
			if level := Level(channel[seconds(9.3):seconds(14.8)]); level < 4000 {
				t.Errorf("level %.0f after the pause", level)
			}
		}
		file, err := os.Open(kept.Path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		head, err := readHead(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, gaps, ok := head.ours(); !ok || len(gaps) != 2 || gaps[0] != (gap{40000, 72000}) {
			t.Errorf("the file's cue points say %v", gaps)
		}
	})
}

func TestARecordingOfARoomHasNoWhisperInIt(t *testing.T) {
	inBubble(t, func(t *testing.T, b *band) {
		r := newRecording(t)
		defer b.room.Tap("person", r.Person(), r.House())()
		for _, h := range []Hearing{talk, whisper, barge, talk} {
			b.room.Hear(h)
			time.Sleep(3 * time.Second)
		}
		kept := closeRecording(t, r)
		person, house := channels(t, kept.Path)
		if share := ToneShare(person, personHz); share < 0.95 {
			t.Errorf("%.3f of the person's channel is the person", share)
		}
		for from, wanted := range map[float64]float64{0.2: 0, 3.2: 0, 6.2: 0.5, 9.5: 0} {
			piece := house[seconds(from):seconds(from+2.5)]
			if share := ToneShare(piece, supervisorHz); math.Abs(share-wanted) > 0.05 || wanted == 0 && share > 0.0005 {
				t.Errorf("from second %.1f on, %.4f of what the person heard is the supervisor; want %.1f", from, share, wanted)
			}
		}
	})
}

func TestTheFactsOfARecordingAreThoseOfItsFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecording(t)
		if _, err := NewRecording(r.path, time.Now()); !errors.Is(err, os.ErrExist) {
			t.Errorf("a second recording into the same file: %v", err)
		}
		speech{r.Person(), personHz, PCMU, 5, frameTime, onTime}.say(3 * time.Second)
		kept := closeRecording(t, r)
		file, err := os.ReadFile(kept.Path)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(file)
		if kept.SHA256 != hex.EncodeToString(sum[:]) || kept.Octets != int64(len(file)) || !kept.Began.Equal(r.began) {
			t.Errorf("%+v of %d octets", kept, len(file))
		}
		if _, err := LoadWAV(bytes.NewReader(file)); err != nil {
			t.Errorf("it cannot be played: %v", err)
		}
		if again, err := RepairRecording(kept.Path); err != nil || again.SHA256 != kept.SHA256 || again.Duration != kept.Duration {
			t.Errorf("repairing a whole file: %+v, %v", again, err)
		}
		if err := r.Person().WriteFrame(Frame{Payload: voice20(1)}); err != nil {
			t.Error(err)
		}
		if _, err := r.Close(time.Now()); !errors.Is(err, ErrClosed) {
			t.Errorf("closed twice: %v", err)
		}
	})
}

// recorderEnv makes this test binary record into the file that it names until it
// is killed.
const recorderEnv = "FORECALL_MEDIA_RECORDER"

func recordUntilKilled(path string) error {
	r, err := NewRecording(path, time.Now().Add(-10*time.Second))
	if err != nil {
		return err
	}
	r.Pause(r.began.Add(9 * time.Second))
	for n := 0; ; n++ {
		_ = r.Person().WriteFrame(Frame{Payload: voice20(0x10), Source: 1, Seq: uint16(n), Timestamp: uint32(n * frameSamples)})
		if n == 5 {
			r.Resume(r.began.Add(9500 * time.Millisecond))
		}
		time.Sleep(frameTime)
	}
}

func TestARecordingWhoseProcessIsKilledIsReadAndRepaired(t *testing.T) {
	path := filepath.Join(t.TempDir(), "killed.wav")
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), recorderEnv+"="+path)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	size := func() int64 {
		info, err := os.Stat(path)
		if err != nil {
			return 0
		}
		return info.Size()
	}
	until(t, "ten seconds are on the disk", func() bool { return size() > recordingHeader+2*10*SampleRate })
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // killed
	on := size()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if prompt, err := LoadWAV(bytes.NewReader(raw)); err != nil || prompt.Duration() < 10*time.Second {
		t.Errorf("as it is, %s of it can be played: %v", prompt.Duration(), err)
	}
	kept, err := RepairRecording(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := samplesToTime((on - recordingHeader) / 2); kept.Duration != want || time.Since(kept.Began) < 10*time.Second {
		t.Errorf("%s kept since %s; want %s", kept.Duration, kept.Began, want)
	}
	if len(kept.Gaps) != 1 || kept.Gaps[0] != (Gap{9 * time.Second, 9500 * time.Millisecond}) {
		t.Errorf("gaps %v", kept.Gaps)
	}
	person, _ := channels(t, path)
	if level := Level(person[seconds(10):]); level < 1000 {
		t.Errorf("level %.0f after ten seconds", level)
	}
}

func TestAPlayerMayReadARecordingFromAnywhere(t *testing.T) {
	path := aRecording(t, 3*time.Second)
	file, err := OpenPCM(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, err := io.ReadAll(bufio.NewReaderSize(file, 333))
	if err != nil || int64(len(all)) != file.Size() || file.Duration() != 3*time.Second {
		t.Fatalf("%d octets of %d, %s: %v", len(all), file.Size(), file.Duration(), err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(file, all); err != nil {
		t.Error(err)
	}
	prompt, err := LoadWAV(bytes.NewReader(all))
	if err != nil || prompt.Duration() != 3*time.Second {
		t.Errorf("%s can be played: %v", prompt.Duration(), err)
	}
}

// aRecording is a file of a person's tone, and an agent who is silent in its
// second half.
func aRecording(t *testing.T, length time.Duration) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "call.wav")
	synctest.Test(t, func(t *testing.T) {
		r, err := NewRecording(path, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		var saying sync.WaitGroup
		saying.Go(func() { speech{r.Person(), personHz, PCMU, 5, frameTime, onTime}.say(length) })
		saying.Go(func() { speech{r.House(), agentHz, PCMU, 6, frameTime, onTime}.say(length / 2) })
		saying.Wait()
		closeRecording(t, r)
	})
	return path
}

func TestAWaveFormShowsWhoSpokeWhen(t *testing.T) {
	file, err := os.Open(aRecording(t, 4*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	left, right, err := Waveform(file, 40)
	if err != nil || len(left) != 40 || len(right) != 40 {
		t.Fatalf("%d and %d peaks: %v", len(left), len(right), err)
	}
	peak := toneLevel / float64(loudest)
	for i := range left {
		if math.Abs(left[i]-peak) > 0.02 {
			t.Errorf("left peak %d: %.3f, want %.3f", i, left[i], peak)
		}
		if sounds := i < 20; sounds != (right[i] > peak-0.02) || !sounds && right[i] > 0 {
			t.Errorf("right peak %d: %.3f", i, right[i])
		}
	}
}

func TestWhatIsNoRecordingIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.wav")
	var prompt bytes.Buffer
	if err := WriteWAV(&prompt, Tone(400, time.Second)); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"nothing": {}, "text": []byte("hello, this is no RIFF file"), "a prompt": prompt.Bytes(), "cut": prompt.Bytes()[:30]} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		var wrong *WAVError
		if _, err := OpenPCM(path); !errors.As(err, &wrong) {
			t.Errorf("open %s: %v", name, err)
		}
		if _, err := RepairRecording(path); !errors.As(err, &wrong) {
			t.Errorf("repair %s: %v", name, err)
		}
		if _, _, err := Waveform(bytes.NewReader(content), 10); !errors.As(err, &wrong) {
			t.Errorf("wave form of %s: %v", name, err)
		}
	}
}

func FuzzTheHeadOfARecordingIsReadOrRefused(f *testing.F) {
	f.Add(recordingHead(time.Now(), []gap{{1, 2}, {5, -1}}, 0))
	f.Fuzz(func(t *testing.T, file []byte) {
		head, err := readHead(bytes.NewReader(file))
		if err != nil {
			return
		}
		head.ours()
		if head.octets < 0 || head.start+head.octets > int64(len(file)) {
			t.Fatalf("%d octets from %d on in a file of %d", head.octets, head.start, len(file))
		}
	})
}
