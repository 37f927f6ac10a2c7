package softphone

import (
	"math"
	"sync"
	"time"

	"github.com/pion/rtcp"

	"github.com/forecall/forecall/dialer/media"
)

// What counts as sound: a voice at a headset is -35 to -15 dBFS, a quiet room at
// an open microphone -70 to -50.
const (
	audible   = -50.0 // dBFS
	quietest  = -96.0 // dBFS of a 16-bit nothing
	pageStale = 10 * time.Second
)

// meter measures what a headset says and is given, beside the session's own
// figures.
type meter struct {
	mu       sync.Mutex
	power    float64   // of the last frames of the microphone, of full scale
	spokeAt  time.Time // when the microphone was audible last
	soundAt  time.Time // when it was anything but digital silence
	begun    time.Time // of listening to this microphone
	spokenTo time.Duration

	received   uint32    // highest number that the browser has of our stream
	receivedAt time.Time // when it last grew; at first, when the connection came
	reports    bool      // the browser has told about us, or about nobody

	told   PageReport
	toldAt time.Time
	grewAt time.Time
}

var _ media.Sink = (*meter)(nil)

// WriteFrame measures a frame of the microphone.
func (m *meter) WriteFrame(f media.Frame) error {
	if len(f.Payload) == 0 {
		return nil
	}
	power, now := powerOf(f.Codec, f.Payload), time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.begun.IsZero() {
		m.begun, m.spokeAt, m.soundAt = now, now, now
	}
	m.power += (power - m.power) / 8 // over about 160 ms
	if decibels(power) > audible {
		m.spokeAt, m.spokenTo = now, 0
	}
	if power > silencePower {
		m.soundAt = now
	}
	return nil
}

// silencePower is what digital silence has at most: the least step of the A-law
// is 8 of 32768.
const silencePower = 10.0 * 10 / 32768 / 32768

// given measures a packet of ours: speech that the user should answer.
func (m *meter) given(packet []byte) {
	law := media.Codec(packet[1] & 0x7F)
	if len(packet) <= 12 || !law.Known() || decibels(powerOf(law, packet[12:])) < audible {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.spokenTo += time.Duration(len(packet)-12) * time.Second / media.SampleRate
}

// powerOf is the mean square of a frame, of full scale.
func powerOf(law media.Codec, payload []byte) float64 {
	var pcm [160]int16
	sum, n := 0.0, 0
	for len(payload) > 0 {
		piece := payload[:min(len(payload), len(pcm))]
		payload = payload[len(piece):]
		for _, sample := range law.Decode(pcm[:0], piece) {
			sum += float64(sample) * float64(sample)
			n++
		}
	}
	return sum / float64(n) / 32768 / 32768
}

func decibels(power float64) float64 {
	if power <= 0 {
		return quietest
	}
	return max(quietest, 10*math.Log10(power))
}

// level is that of the microphone now, in dBFS.
func (m *meter) level() float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return decibels(m.power)
}

// control reads from a report how far the browser has come with our stream.
func (m *meter) control(packet []byte, ours uint32, now time.Time) {
	reports, err := rtcp.Unmarshal(packet)
	if err != nil {
		return // the session counts it
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, report := range reports {
		switch r := report.(type) {
		case *rtcp.SenderReport:
			m.take(r.Reports, ours, now)
		case *rtcp.ReceiverReport:
			m.take(r.Reports, ours, now)
		}
	}
}

// take looks for our stream among those that the browser gets. A browser that
// gets nothing reports no stream.
func (m *meter) take(blocks []rtcp.ReceptionReport, ours uint32, now time.Time) {
	m.reports = true
	for _, b := range blocks {
		if b.SSRC == ours && b.LastSequenceNumber != m.received {
			m.received, m.receivedAt = b.LastSequenceNumber, now
		}
	}
}

// page takes what the page has measured.
func (m *meter) page(r PageReport, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.Received != m.told.Received || m.toldAt.IsZero() {
		m.grewAt = now
	}
	m.told, m.toldAt = r, now
}

// moved forgets what belonged to the connection before.
func (m *meter) moved(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reports, m.received, m.receivedAt = false, 0, now
	m.toldAt, m.told = time.Time{}, PageReport{}
}

// read returns what the meter knows of a measure.
func (m *meter) read(now time.Time) Measure {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := Measure{SpokenTo: m.spokenTo}
	if !m.begun.IsZero() {
		r.SilentFor, r.DeadFor = now.Sub(m.spokeAt), now.Sub(m.soundAt)
	}
	fresh := !m.toldAt.IsZero() && now.Sub(m.toldAt) < pageStale
	if fresh {
		r.Muted, r.Ended, r.Concealed = m.told.Muted, m.told.Ended, m.told.Concealed
	}
	switch { // a page reports more often than RTCP
	case fresh:
		r.DeafFor = now.Sub(m.grewAt)
	case m.reports:
		r.DeafFor = now.Sub(m.receivedAt)
	}
	return r
}
