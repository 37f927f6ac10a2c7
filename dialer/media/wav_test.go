package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

// wav builds a file of chunks.
func wav(chunks ...[]byte) []byte {
	body := append([]byte("WAVE"), bytes.Join(chunks, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func chunk(name string, body []byte) []byte {
	c := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body))), body...)
	if len(body)%2 == 1 {
		c = append(c, 0)
	}
	return c
}

func fmtChunk(tag, channels uint16, rate uint32, bits uint16) []byte {
	var b []byte
	le := binary.LittleEndian
	b = le.AppendUint16(le.AppendUint16(b, tag), channels)
	b = le.AppendUint32(le.AppendUint32(b, rate), rate*uint32(channels)*uint32(bits)/8)
	return chunk("fmt ", le.AppendUint16(le.AppendUint16(b, channels*bits/8), bits))
}

// sine16 is a tone as 16-bit PCM, on so many channels.
func sine16(hz float64, rate, samples, channels int) []byte {
	var b []byte
	for i := range samples {
		v := uint16(int16(10000 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
		for range channels {
			b = binary.LittleEndian.AppendUint16(b, v)
		}
	}
	return b
}

func TestAPromptSurvivesAWAVFile(t *testing.T) {
	want := Tone(440, 1234*time.Millisecond)
	var file bytes.Buffer
	if err := WriteWAV(&file, want); err != nil {
		t.Fatal(err)
	}
	got, err := LoadWAV(&file)
	if err != nil {
		t.Fatal(err)
	}
	if got.Duration() != 1234*time.Millisecond || !equal(got.PCM(), want.PCM()) {
		t.Errorf("%v comes back as %v", want.Duration(), got.Duration())
	}
}

func TestWAVFilesOfAllAgreedKindsAreRead(t *testing.T) {
	tone := Tone(1000, time.Second).PCM()
	for _, c := range []struct {
		name string
		file []byte
	}{
		{"A-law", wav(fmtChunk(6, 1, 8000, 8), chunk("data", PCMA.Encode(nil, tone)))},
		{"mu-law with a fact chunk and an odd list", wav(fmtChunk(7, 1, 8000, 8), chunk("fact", make([]byte, 4)), chunk("LIST", make([]byte, 7)), chunk("data", PCMU.Encode(nil, tone)))},
		{"stereo", wav(fmtChunk(1, 2, 8000, 16), chunk("data", sine16(1000, 8000, 8000, 2)))},
		{"16 kHz", wav(fmtChunk(1, 1, 16000, 16), chunk("data", sine16(1000, 16000, 16000, 1)))},
		{"22.05 kHz", wav(fmtChunk(1, 1, 22050, 16), chunk("data", sine16(1000, 22050, 22050, 1)))},
		{"44.1 kHz stereo", wav(fmtChunk(1, 2, 44100, 16), chunk("data", sine16(1000, 44100, 44100, 2)))},
		{"48 kHz", wav(fmtChunk(1, 1, 48000, 16), chunk("data", sine16(1000, 48000, 48000, 1)))},
		{"written to a pipe", patched(wav(fmtChunk(1, 1, 8000, 16), chunk("data", sine16(1000, 8000, 8000, 1))), 40, 0xFFFFFFFF)},
		{"extensible", wav(extensible(fmtChunk(1, 1, 8000, 16)), chunk("data", sine16(1000, 8000, 8000, 1)))},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := LoadWAV(bytes.NewReader(c.file))
			if err != nil {
				t.Fatal(err)
			}
			if share := ToneShare(got.PCM(), 1000); got.Duration() != time.Second || share < 0.99 {
				t.Errorf("%v of which %.3f is the tone", got.Duration(), share)
			}
		})
	}
}

// extensible makes a plain fmt chunk one of format 0xFFFE.
func extensible(plain []byte) []byte {
	body := append([]byte(nil), plain[8:]...)
	tag := binary.LittleEndian.Uint16(body)
	binary.LittleEndian.PutUint16(body, formatExtensible)
	body = append(body, 22, 0, 16, 0, 4, 0, 0, 0)
	body = binary.LittleEndian.AppendUint16(body, tag)
	return chunk("fmt ", append(body, make([]byte, 14)...))
}

// patched sets a 32-bit field of a file.
func patched(file []byte, at int, value uint32) []byte {
	binary.LittleEndian.PutUint32(file[at:], value)
	return file
}

func TestResamplingKeepsSpeechAndLeavesNoFalseTones(t *testing.T) {
	for _, rate := range []int{11025, 16000, 44100, 48000, 96000} {
		for hz, kept := range map[float64]bool{300: true, 1000: true, 3000: true, 5000: false, 5400: false} {
			if hz > float64(rate)/2 {
				continue
			}
			file := wav(fmtChunk(1, 1, uint32(rate), 16), chunk("data", sine16(hz, rate, rate, 1)))
			got, err := LoadWAV(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			pcm := got.PCM()[400 : len(got.PCM())-400] // the ends fade
			level := Level(pcm) / (10000 / math.Sqrt2)
			if kept && (level < 0.95 || level > 1.05 || ToneShare(pcm, hz) < 0.99) {
				t.Errorf("%d Hz: %v Hz comes out at %.3f of its level", rate, hz, level)
			}
			if !kept && level > 0.02 {
				t.Errorf("%d Hz: %v Hz, which 8 kHz cannot carry, leaves %.3f of its level", rate, hz, level)
			}
		}
	}
}

func TestABrokenWAVIsRefusedWithWhereAndWhat(t *testing.T) {
	good := wav(fmtChunk(1, 1, 8000, 16), chunk("data", make([]byte, 320)))
	for _, c := range []struct {
		name   string
		file   []byte
		offset int64
		what   string
	}{
		{"nothing", nil, 0, "not a RIFF"},
		{"an MP3", append([]byte("ID3"), make([]byte, 100)...), 0, "not a RIFF"},
		{"header only", good[:12], 12, "no data chunk"},
		{"cut in the sound", good[:len(good)-10], 36, "says 320 octets, the file has 310"},
		{"cut in the format", good[:30], 20, "fmt chunk of 10 octets"},
		{"sound before the format", wav(chunk("data", make([]byte, 10))), 12, "before the fmt chunk"},
		{"no sound", wav(fmtChunk(1, 1, 8000, 16), chunk("data", nil)), 36, "is empty"},
		{"half a sample", wav(fmtChunk(1, 1, 8000, 16), chunk("data", make([]byte, 321))), 36, "not whole samples"},
		{"MP3 in a WAV", wav(fmtChunk(0x55, 1, 8000, 16), chunk("data", make([]byte, 10))), 20, "format 0x55"},
		{"six channels", wav(fmtChunk(1, 6, 8000, 16), chunk("data", make([]byte, 12))), 22, "6 channels"},
		{"no channels", wav(fmtChunk(1, 0, 8000, 16), chunk("data", make([]byte, 12))), 22, "0 channels"},
		{"6 kHz", wav(fmtChunk(1, 1, 6000, 16), chunk("data", make([]byte, 12))), 24, "6000 Hz"},
		{"A-law of 16 kHz", wav(fmtChunk(6, 1, 16000, 8), chunk("data", make([]byte, 12))), 24, "must be 8000 Hz"},
		{"24 bits", wav(fmtChunk(1, 1, 8000, 24), chunk("data", make([]byte, 12))), 34, "24 bits"},
		{"float", wav(fmtChunk(3, 1, 8000, 32), chunk("data", make([]byte, 12))), 20, "format 0x3"},
		{"a chunk larger than the file", wav(chunk("LIST", nil), patched(chunk("junk", make([]byte, 4)), 4, 0x7FFFFFFF)), 20, `chunk "junk"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := LoadWAV(bytes.NewReader(c.file))
			var wrong *WAVError
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v", err)
			}
			if wrong.Offset != c.offset || !strings.Contains(wrong.What, c.what) {
				t.Errorf("at %d: %q; want at %d: %q", wrong.Offset, wrong.What, c.offset, c.what)
			}
		})
	}
}

func TestPromptsJoin(t *testing.T) {
	p := Tone(440, 200*time.Millisecond).Then(Silence(300*time.Millisecond), Tone(880, 500*time.Millisecond))
	if p.Duration() != time.Second || Level(p.PCM()[1600:4000]) != 0 || ToneShare(p.PCM()[4000:], 880) < 0.99 {
		t.Errorf("joined to %v", p.Duration())
	}
	if Silence(-time.Second).Duration() != 0 {
		t.Error("a negative silence lasts")
	}
}

func equal(a, b []int16) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func FuzzLoadWAV(f *testing.F) {
	f.Add(wav(fmtChunk(1, 1, 8000, 16), chunk("data", make([]byte, 320))))
	f.Add(wav(fmtChunk(1, 2, 44100, 16), chunk("data", make([]byte, 320))))
	f.Add(wav(extensible(fmtChunk(7, 1, 8000, 8)), chunk("LIST", make([]byte, 7)), chunk("data", make([]byte, 33))))
	f.Add(patched(wav(fmtChunk(6, 1, 8000, 8), chunk("data", make([]byte, 3))), 40, 0xFFFFFFFF))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := LoadWAV(bytes.NewReader(file))
		var wrong *WAVError
		if err != nil && !errors.As(err, &wrong) {
			t.Fatalf("refused without a place: %v", err)
		}
		if err == nil && len(p.pcm) > len(file) {
			t.Fatalf("%d octets became %d samples", len(file), len(p.pcm))
		}
	})
}
