package deskphone

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer/media"
)

// startBaresip runs baresip as the phone of an extension: it registers with
// digest, answers by itself, says 1000 Hz and writes what it hears to a file.
func startBaresip(t *testing.T, phones *Phones, extension, secret string) (dir string) {
	t.Helper()
	program, err := exec.LookPath("baresip")
	if err != nil {
		if os.Getenv("FORECALL_PEERS") == "required" {
			t.Fatal("baresip is missing: it comes with the Debian package baresip-core")
		}
		t.Skip("baresip is missing: it comes with the Debian package baresip-core")
	}
	dir = t.TempDir()
	files := map[string][]byte{
		"tone.wav": wav(media.Tone(1000, 30*time.Second).PCM()),
		"config": fmt.Appendf(nil, `net_interface 127.0.0.1
sip_listen %[2]s
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
audio_source aufile,%[1]s/tone.wav
audio_player aubridge,nil
audio_alert aubridge,nil
snd_path %[1]s
`, dir, freePort(t)),
		"accounts": fmt.Appendf(nil, "<sip:%s@%s>;auth_pass=%s;regint=60;answermode=auto;audio_codecs=PCMA/8000,PCMU/8000\n",
			extension, phones.ua.Addr("udp"), secret),
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "-f", dir)
	output, err := os.Create(filepath.Join(dir, "output"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // this one process, by its handle
		_ = cmd.Wait()
		_ = output.Close()
		if t.Failed() {
			t.Logf("baresip said:\n%s", said(dir))
		}
	})
	return dir
}

// freePort finds a port for a program that must be told one.
func freePort(t *testing.T) netip.AddrPort {
	t.Helper()
	for range 100 {
		at := netip.AddrPortFrom(loopback, uint16(10000+rand.IntN(10000)))
		if c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at)); err == nil {
			_ = c.Close()
			return at
		}
	}
	t.Fatal("no free port")
	return netip.AddrPort{}
}

// onlyMD5 is for baresip 1.0: its library (libre 1.1) gives up when it reads an
// algorithm that it does not know, also beside one that it does, against RFC
// 8760 section 2.4.
func onlyMD5(s *Settings) { s.Digest = []string{"MD5"} }

// wav writes 16-bit mono sound of 8 kHz.
func wav(pcm []int16) []byte {
	var b bytes.Buffer
	size := uint32(2 * len(pcm))
	b.WriteString("RIFF")
	for _, field := range []any{
		36 + size, []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), uint32(media.SampleRate), uint32(2 * media.SampleRate),
		uint16(2), uint16(16), []byte("data"), size, pcm,
	} {
		_ = binary.Write(&b, binary.LittleEndian, field) // a buffer takes everything
	}
	return b.Bytes()
}

// A real phone: digest registration, a call taken, sound both ways.
func TestBaresipRegistersAnswersAndIsHeardBothWays(t *testing.T) {
	t.Parallel()
	phones := open(t, onlyMD5)
	dir := startBaresip(t, phones, "101", password)
	eventually(t, "baresip registers", func() bool { return phones.Registered("101") })
	st := callUp(t, phones, "101")
	ours, weHear := listen(st.Audio(), time.Second)
	wait(t, "we hear baresip", weHear)
	if share := toneShare(ours(), 1000); share < 0.9 {
		t.Errorf("we heard %.2f of 1000 Hz", share)
	}
	if err := media.Play(within(t), st.Audio(), media.Tone(440, 2*time.Second)); err != nil {
		t.Fatal(err)
	}
	st.Hangup(context.Background())
	if s := stateOf(t, phones, "101"); s.Lost.Why != "hung up by us" {
		t.Errorf("%+v", s)
	}
	eventually(t, "baresip has heard 440 Hz", func() bool { return loudestSecond(t, dir, 440) > 0.9 })
}

func TestBaresipWithAWrongSecretIsNotRegistered(t *testing.T) {
	t.Parallel()
	phones := open(t, onlyMD5)
	dir := startBaresip(t, phones, "101", "guess")
	eventually(t, "baresip is refused", func() bool { return bytes.Contains(said(dir), []byte(": 403 Forbidden")) }) // after some tries it is locked out
	if phones.Registered("101") {
		t.Error("registered with a wrong secret")
	}
}

// said is what baresip has printed.
func said(dir string) []byte {
	text, _ := os.ReadFile(filepath.Join(dir, "output")) // nothing yet is nothing
	return text
}

// loudestSecond is the best share of a tone in any second of what baresip wrote
// of the sound it decoded.
func loudestSecond(t *testing.T, dir string, hz float64) (best float64) {
	t.Helper()
	dumps, err := filepath.Glob(filepath.Join(dir, "dump-*-dec.wav"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range dumps {
		raw, err := os.ReadFile(name)
		if err != nil || len(raw) < 44 {
			continue // not written yet
		}
		pcm := make([]int16, (len(raw)-44)/2)
		for i := range pcm {
			pcm[i] = int16(binary.LittleEndian.Uint16(raw[44+2*i:]))
		}
		for ; len(pcm) >= media.SampleRate; pcm = pcm[media.SampleRate/10:] {
			best = max(best, toneShare(pcm[:media.SampleRate], hz))
		}
	}
	return best
}
