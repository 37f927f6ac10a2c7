package softphone

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"

	"github.com/forecall/forecall/dialer/media"
)

// How ICE finds out that a path is dead. Sound is watched besides, and is quicker.
const (
	iceDisconnected = 3 * time.Second
	iceFailed       = 15 * time.Second // also the time to connect at all
	iceKeepAlive    = time.Second
)

// eventPT is what we call telephone-event when a browser lets us choose.
const eventPT = 126

// socketBuffer takes the bursts of many browsers at once, in octets.
const socketBuffer = 4 << 20

// listenUDP opens the socket of all browsers.
func listenUDP(s Settings) (net.PacketConn, error) {
	if s.Conn != nil {
		return s.Conn, nil
	}
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(s.Listen))
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(socketBuffer) // as much as the system gives
	_ = conn.SetWriteBuffer(socketBuffer)
	return conn, nil
}

// newAPI sets pion up: G.711 and key presses only, one socket, no interceptor
// (our sessions do their own RTCP).
func newAPI(s Settings, mux ice.UDPMux, local netip.Addr) (*webrtc.API, error) {
	engine := &webrtc.MediaEngine{}
	for _, c := range s.Codecs {
		if err := engine.RegisterCodec(codecParameters(c.String(), webrtc.PayloadType(c)), webrtc.RTPCodecTypeAudio); err != nil {
			return nil, fmt.Errorf("register %s: %w", c, err)
		}
	}
	if err := engine.RegisterCodec(codecParameters("telephone-event", eventPT), webrtc.RTPCodecTypeAudio); err != nil {
		return nil, fmt.Errorf("register telephone-event: %w", err)
	}
	settings := webrtc.SettingEngine{LoggerFactory: loggers{s.Log}}
	settings.SetICEUDPMux(mux)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled) // names of other people's machines are not asked for
	settings.SetIncludeLoopbackCandidate(local.IsLoopback())
	settings.SetICETimeouts(iceDisconnected, iceFailed, iceKeepAlive)
	if s.PublicIP.IsValid() {
		if err := settings.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{
			External: []string{s.PublicIP.String()}, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteReplace,
		}); err != nil {
			return nil, fmt.Errorf("public_ip: %w", err)
		}
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{})), nil
}

func codecParameters(name string, pt webrtc.PayloadType) webrtc.RTPCodecParameters {
	return webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "audio/" + name, ClockRate: media.SampleRate}, PayloadType: pt,
	}
}

// localIP is the IP of the socket.
func localIP(conn net.PacketConn) netip.Addr {
	udp, ok := conn.LocalAddr().(*net.UDPAddr)
	if !ok {
		return netip.Addr{}
	}
	return udp.AddrPort().Addr().Unmap()
}

// loggers hands pion's words to our log: what it calls an error is the trouble
// of one connection, seldom more.
type loggers struct{ log *slog.Logger }

// NewLogger returns a logger for a part of pion.
func (l loggers) NewLogger(scope string) logging.LeveledLogger {
	return pionLog{l.log.With("pion", scope)}
}

type pionLog struct{ log *slog.Logger }

func (pionLog) Trace(string)          {}
func (pionLog) Tracef(string, ...any) {}
func (pionLog) Debug(string)          {}
func (pionLog) Debugf(string, ...any) {}
func (pionLog) Info(string)           {}
func (pionLog) Infof(string, ...any)  {}

func (p pionLog) Warn(msg string)              { p.log.Debug(msg) }
func (p pionLog) Warnf(f string, args ...any)  { p.debug(f, args) }
func (p pionLog) Error(msg string)             { p.log.Debug(msg) }
func (p pionLog) Errorf(f string, args ...any) { p.debug(f, args) }

func (p pionLog) debug(format string, args []any) {
	if p.log.Enabled(context.Background(), slog.LevelDebug) {
		p.log.Debug(fmt.Sprintf(format, args...))
	}
}
