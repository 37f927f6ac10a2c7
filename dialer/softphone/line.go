package softphone

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/forecall/forecall/dialer/media"
)

// line is one connection to a browser. A phone has one, and for a moment two
// while it moves from one to the other.
type line struct {
	id    string
	pc    *webrtc.PeerConnection
	track *outbound
	hear  func(l *line, packet []byte) // takes RTP and RTCP of the browser

	connected, ended chan struct{}
	connecting       sync.Once
	ending           sync.Once

	mu      sync.Mutex
	closed  bool
	reading sync.WaitGroup // grows under mu, while not closed

	codec   media.Codec // as agreed; valid once there is an answer
	eventPT uint8
}

// newLine answers an offer. What comes from the browser goes to hear, from one
// goroutine for its sound and others for its reports.
func newLine(ctx context.Context, api *webrtc.API, offer string, ssrc uint32, hear func(*line, []byte)) (l *line, answer string, err error) {
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, "", fmt.Errorf("new connection: %w", err)
	}
	l = &line{
		id: rand.Text(), pc: pc, track: &outbound{}, hear: hear,
		connected: make(chan struct{}), ended: make(chan struct{}),
	}
	pc.OnConnectionStateChange(l.changed)
	pc.OnTrack(l.listen)
	if answer, err = l.answer(ctx, offer, ssrc); err != nil {
		l.close()
		return nil, "", err
	}
	return l, answer, nil
}

// answer describes our side, with all its addresses in it.
func (l *line) answer(ctx context.Context, offer string, ssrc uint32) (string, error) {
	sender, err := l.pc.AddTransceiverFromTrack(l.track, webrtc.RTPTransceiverInit{
		Direction:     webrtc.RTPTransceiverDirectionSendrecv,
		SendEncodings: []webrtc.RTPEncodingParameters{{RTPCodingParameters: webrtc.RTPCodingParameters{SSRC: webrtc.SSRC(ssrc)}}},
	})
	if err != nil {
		return "", fmt.Errorf("add our sound: %w", err)
	}
	if err := l.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", &OfferError{"malformed", "The offer cannot be answered.", err}
	}
	answer, err := l.pc.CreateAnswer(nil)
	if err != nil {
		return "", &OfferError{"malformed", "The offer cannot be answered.", err}
	}
	gathered := webrtc.GatheringCompletePromise(l.pc)
	if err := l.pc.SetLocalDescription(answer); err != nil {
		return "", &OfferError{"malformed", "The offer cannot be answered.", err}
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if l.codec, l.eventPT, err = agreed(sender.Sender()); err != nil {
		return "", err
	}
	l.reading.Go(func() { l.reports(sender.Sender().Read) })
	return l.pc.LocalDescription().SDP, nil
}

// agreed reads what both sides speak, in the order of the offer.
func agreed(s *webrtc.RTPSender) (codec media.Codec, eventPT uint8, err error) {
	found := false
	for _, c := range s.GetParameters().Codecs {
		switch pt := media.Codec(c.PayloadType); {
		case pt.Known() && !found:
			codec, found = pt, true
		case c.MimeType == "audio/telephone-event":
			eventPT = uint8(c.PayloadType)
		}
	}
	if !found {
		return 0, 0, &OfferError{"no_codec", "The offer has none of the codecs that we may speak.", nil}
	}
	return codec, eventPT, nil
}

// changed hears from pion how the connection stands.
func (l *line) changed(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		l.connecting.Do(func() { close(l.connected) })
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		l.ending.Do(func() { close(l.ended) })
	}
}

// listen reads the browser's sound, in pion's goroutine, until the connection is
// closed.
func (l *line) listen(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	l.reading.Add(1)
	defer l.reading.Done()
	l.reading.Go(func() { l.reports(receiver.Read) })
	l.mu.Unlock()
	packet := make([]byte, maxPacket)
	for {
		n, _, err := track.Read(packet)
		if err != nil {
			return
		}
		l.hear(l, packet[:n])
	}
}

// maxPacket is the largest that pion gives, in octets.
const maxPacket = 1500

// reports reads RTCP.
func (l *line) reports(read func([]byte) (int, interceptor.Attributes, error)) {
	packet := make([]byte, maxPacket)
	for {
		n, _, err := read(packet)
		if err != nil {
			return
		}
		l.hear(l, packet[:n])
	}
}

// send takes a packet of our session.
func (l *line) send(packet []byte) error {
	if !isControl(packet) {
		return l.track.send(packet)
	}
	reports, err := rtcp.Unmarshal(packet)
	if err != nil {
		return err
	}
	return l.pc.WriteRTCP(reports)
}

// isControl tells RTCP from RTP (RFC 5761 section 4).
func isControl(packet []byte) bool {
	return len(packet) >= 2 && packet[1] >= 192 && packet[1] <= 223
}

// close ends the connection and returns when nothing of it runs any more.
func (l *line) close() {
	l.ending.Do(func() { close(l.ended) })
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	_ = l.pc.GracefulClose() // says what it could not say to a peer that is gone
	l.reading.Wait()
}

// outbound is our track: packets go out as our session has stamped them.
type outbound struct {
	wire   atomic.Pointer[webrtc.TrackLocalWriter]
	header rtp.Header // of the one writer at a time
}

var _ webrtc.TrackLocal = (*outbound)(nil)

// Bind learns where packets go.
func (o *outbound) Bind(t webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	w := t.WriteStream()
	o.wire.Store(&w)
	for _, c := range t.CodecParameters() {
		if media.Codec(c.PayloadType).Known() {
			return c, nil
		}
	}
	return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
}

// Unbind forgets it.
func (o *outbound) Unbind(webrtc.TrackLocalContext) error {
	o.wire.Store(nil)
	return nil
}

// ID names the track in the answer.
func (o *outbound) ID() string { return "house" }

// RID is empty: there is one layer.
func (o *outbound) RID() string { return "" }

// StreamID names the stream in the answer.
func (o *outbound) StreamID() string { return "forecall" }

// Kind is sound.
func (o *outbound) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }

// send writes a packet. Its caller is one at a time: the session's lock.
func (o *outbound) send(packet []byte) error {
	w := o.wire.Load()
	if w == nil {
		return nil
	}
	n, err := o.header.Unmarshal(packet)
	if err != nil {
		return err
	}
	_, err = (*w).WriteRTP(&o.header, packet[n:])
	return err
}
