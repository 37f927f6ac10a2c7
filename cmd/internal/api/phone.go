package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// sdpType is the content type of offers and answers.
const sdpType = "application/sdp"

// maxOffer bounds an offer, in bytes; those of browsers have 2,000 to 8,000.
const maxOffer = 32 << 10

// connectPhone answers the offer of the user's headset.
func (s *Server) connectPhone(w http.ResponseWriter, r *http.Request) {
	s.answerOffer(w, r, phonePath+"/", s.Headsets.Connect)
}

// testPhone answers an offer with an echo.
func (s *Server) testPhone(w http.ResponseWriter, r *http.Request) {
	s.answerOffer(w, r, phonePath+"/echo/", s.Headsets.Test)
}

// answerOffer reads an offer and writes its answer.
func (s *Server) answerOffer(w http.ResponseWriter, r *http.Request, location string,
	answer func(context.Context, campaigns.User, string) (answer, session string, err error),
) {
	offer, err := readOffer(w, r)
	if err != nil {
		edge.FaultOf(r.Context(), s.Log, err).Write(w)
		return
	}
	sdp, session, err := answer(r.Context(), who(r.Context()), offer)
	if err != nil {
		edge.FaultOf(r.Context(), s.Log, err).Write(w)
		return
	}
	w.Header().Set("Content-Type", sdpType)
	w.Header().Set("Location", location+session)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, sdp) // a page that is gone gets none
}

func readOffer(w http.ResponseWriter, r *http.Request) (string, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != sdpType {
		return "", edge.NewFault(http.StatusUnsupportedMediaType, "media_type", "The offer is sent as application/sdp.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOffer))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return "", edge.NewFault(http.StatusRequestEntityTooLarge, "too_large", "The offer is too large.")
	}
	if err != nil {
		return "", edge.NewFault(http.StatusRequestTimeout, "too_slow", "The request arrived too slowly.")
	}
	return string(body), nil
}

// ICEServer is a STUN or TURN server, as RTCPeerConnection takes it.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// Phone is how the user's headset is.
type Phone struct {
	Connected bool                   `json:"connected" doc:"Sound comes from it."`
	Phase     campaigns.HeadsetPhase `json:"phase" enum:"none,connecting,proving,up,lost,gone"`
	Session   string                 `json:"session,omitempty" doc:"Of the connection that is heard; another page than mine has taken over when it is not mine."`
	Since     time.Time              `json:"since,omitzero"`
	Heard     time.Time              `json:"heard,omitzero" doc:"When sound came last."`
	InUse     bool                   `json:"in_use" doc:"A shift, or listening, stands on it."`
	Loss      float64                `json:"loss" doc:"Share lost on the worse way, 0 to 1, of the last 5 s."`
	LossUp    float64                `json:"loss_up"`
	LossDown  float64                `json:"loss_down"`
	JitterMS  float64                `json:"jitter_ms"`
	RTTMS     float64                `json:"rtt_ms"`
	MOS       float64                `json:"mos" doc:"Estimated quality, 1 to 4.41 (ITU-T G.107); 0 = not known."`
	LevelDB   float64                `json:"level_db" doc:"Of the microphone, as the server hears it, in dBFS."`
	Problem   *PhoneProblem          `json:"problem,omitempty"`
}

// PhoneProblem is what is wrong with a headset, by its cause.
type PhoneProblem struct {
	Code  string  `json:"code" enum:"not_reached,no_sound,lost,microphone_gone,microphone_muted,microphone_dead,microphone_silent,not_heard,uplink_loss,downlink_loss,jitter,delay"`
	Text  string  `json:"text" doc:"One sentence: what is wrong and what to do."`
	Share float64 `json:"share,omitempty" doc:"Of what is lost."`
}

func phoneOf(h campaigns.Headset) Phone {
	p := Phone{
		Connected: h.Phase == campaigns.HeadsetUp, Phase: h.Phase, Session: h.Session, Since: utc(h.Since), Heard: utc(h.Heard), InUse: h.InUse,
		Loss: rounded(max(h.LossUp, h.LossDown), 3), LossUp: rounded(h.LossUp, 3), LossDown: rounded(h.LossDown, 3),
		JitterMS: rounded(h.JitterMS, 3), RTTMS: rounded(h.RTTMS, 3), MOS: rounded(h.MOS, 3), LevelDB: rounded(h.LevelDB, 3),
	}
	if h.Problem.Code != "" {
		problem := PhoneProblem{Code: h.Problem.Code, Text: h.Problem.Text, Share: rounded(h.Problem.Share, 3)}
		p.Problem = &problem
	}
	return p
}

type phoneOutput struct {
	Body struct {
		Phone
		ICEServers []ICEServer `json:"ice_servers" doc:"For RTCPeerConnection."`
	}
}

func (s *Server) phoneState(ctx context.Context, _ *struct{}) (*phoneOutput, error) {
	out := &phoneOutput{}
	out.Body.Phone = phoneOf(s.Headsets.State(who(ctx)))
	out.Body.ICEServers = append([]ICEServer{}, s.ICEServers...)
	return out, nil
}

// BySession names a connection in the path.
type BySession struct {
	Session string `path:"session" maxLength:"64"`
}

func (s *Server) disconnectPhone(ctx context.Context, in *BySession) (*struct{}, error) {
	return nil, s.Headsets.Disconnect(who(ctx), in.Session)
}

func (s *Server) endPhoneTest(ctx context.Context, in *BySession) (*struct{}, error) {
	return nil, s.Headsets.EndTest(who(ctx), in.Session)
}

type phoneReport struct {
	BySession
	Body struct {
		Muted     bool    `json:"muted" doc:"The system, the headset or the browser mutes the microphone."`
		Ended     bool    `json:"ended,omitempty" doc:"The microphone is gone."`
		Received  uint64  `json:"received" doc:"Packets of ours that have come over this connection."`
		Concealed float64 `json:"concealed,omitempty" minimum:"0" maximum:"1" doc:"Share of what was played that the browser made up, lately."`
		BufferMS  float64 `json:"buffer_ms,omitempty" minimum:"0" maximum:"60000" doc:"Delay of the jitter buffer."`
	}
}

func (s *Server) reportPhone(ctx context.Context, in *phoneReport) (*struct{}, error) {
	return nil, s.Headsets.Report(who(ctx), in.Session, campaigns.HeadsetReport{
		Muted: in.Body.Muted, Ended: in.Body.Ended, Received: in.Body.Received, Concealed: in.Body.Concealed, BufferMS: in.Body.BufferMS,
	})
}

// headsetFollower tells the client of a stream when its headset has changed.
type headsetFollower struct {
	headsets *campaigns.Headsets
	stream   *stream
	told     string
}

// look sends an event when phase, connection or trouble are other than was told.
// It has no id: how a headset is is told anew to whoever comes back.
func (f *headsetFollower) look(u campaigns.User) {
	h := f.headsets.State(u)
	now := string(h.Phase) + "/" + h.Session + "/" + h.Problem.Code
	if now == f.told || f.told == "" && h.Phase == campaigns.HeadsetNone {
		return
	}
	f.told = now
	f.stream.send("", "phone", phoneOf(h))
}
