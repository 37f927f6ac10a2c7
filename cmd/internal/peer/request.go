package peer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Headers between nodes; all that begin with this prefix are ours.
const (
	headerPrefix   = "Forecall-Peer-"
	headerWhat     = headerPrefix + "What" // ask or forward
	headerDeadline = headerPrefix + "Deadline"
	headerClient   = headerPrefix + "Client" // address of the browser
	headerSecure   = headerPrefix + "Secure" // it came by TLS
)

const (
	whatAsk     = "ask"
	whatForward = "forward"
)

// maxQuestion bounds a question and an answer.
const maxQuestion = 4 << 20

// ErrNoAnswer means that the other node was not reached or did not answer to the
// end; what was asked may have been done.
var ErrNoAnswer = errors.New("the other node does not answer")

// problem is how the error of an answer travels.
type problem struct {
	Kind campaigns.ProblemKind `json:"kind,omitempty"`
	Code string                `json:"code,omitempty"`
	Text string                `json:"text"`
}

// Ask asks a node something by name and returns its answer, within the time of ctx,
// which the other node has as well. An error of its Answer that is a
// campaigns.Problem is one here; ErrNoAnswer is that of the way.
func (p *Peers) Ask(ctx context.Context, node, name string, question []byte) ([]byte, error) {
	if len(question) > maxQuestion {
		return nil, fmt.Errorf("ask %s for %s: %w: %d octets, at most %d", node, name, ErrTooLarge, len(question), maxQuestion)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+hostOf(node)+"/"+url.PathEscape(name), bytes.NewReader(question))
	if err != nil {
		return nil, fmt.Errorf("ask %s for %s: %w", node, name, err)
	}
	r.Header.Set(headerWhat, whatAsk)
	if until, ok := ctx.Deadline(); ok {
		r.Header.Set(headerDeadline, strconv.FormatInt(time.Until(until).Milliseconds(), 10))
	}
	answer, err := p.ask(r)
	if err != nil {
		return nil, fmt.Errorf("ask %s for %s: %w", node, name, err)
	}
	return answer, nil
}

func (p *Peers) ask(r *http.Request) ([]byte, error) {
	if p.ctx.Err() != nil {
		return nil, ErrClosed
	}
	if node, _ := nodeOf(r.URL.Host); p.isGone(node) {
		return nil, fmt.Errorf("%w: nothing was heard of it for %s", ErrNoAnswer, p.settings.Gone)
	}
	res, err := p.browsers.RoundTrip(r)
	if err != nil {
		return nil, p.noAnswer(r.Context(), err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxQuestion+1))
	switch {
	case err != nil:
		return nil, p.noAnswer(r.Context(), err)
	case len(body) > maxQuestion:
		return nil, fmt.Errorf("%w: the answer has more than %d octets", ErrTooLarge, maxQuestion)
	case res.StatusCode == http.StatusOK:
		return body, nil
	case res.StatusCode == http.StatusGatewayTimeout: // its clock for our deadline was the quicker
		return nil, context.DeadlineExceeded
	}
	var f problem
	if err := json.Unmarshal(body, &f); err != nil {
		return nil, fmt.Errorf("%w: status %d", ErrNoAnswer, res.StatusCode)
	}
	if f.Kind != "" {
		return nil, &campaigns.Problem{Kind: f.Kind, Code: f.Code, Text: f.Text}
	}
	return nil, errors.New(f.Text)
}

func (p *Peers) noAnswer(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case p.ctx.Err() != nil:
		return ErrClosed
	}
	return fmt.Errorf("%w: %w", ErrNoAnswer, err)
}

// find is the node and the address that a URL of ours means.
func (p *Peers) find(hostport string) (node, addr string, err error) {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return "", "", err
	}
	node, ok := nodeOf(host)
	if !ok {
		return "", "", fmt.Errorf("%q names no node", host)
	}
	if addr, ok = p.address(node); !ok {
		return "", "", fmt.Errorf("no address of node %s is known", node)
	}
	return node, addr, nil
}

// receive takes what other nodes ask and forward.
func (p *Peers) receive(w http.ResponseWriter, r *http.Request) {
	if !p.hold() {
		refuse(w, http.StatusServiceUnavailable, problem{Text: "this node is closing"})
		return
	}
	defer p.running.Done()
	from, err := peerOf(*r.TLS)
	if err != nil || !p.current(from) {
		refuse(w, http.StatusForbidden, problem{Text: errReplaced.Error()})
		return
	}
	switch what := r.Header.Get(headerWhat); what {
	case whatAsk:
		p.reply(w, r, from)
	case whatForward:
		p.serveForwarded(w, r, from)
	default:
		refuse(w, http.StatusBadRequest, problem{Text: "neither a question nor a forwarded request"})
	}
}

// reply answers a question.
func (p *Peers) reply(w http.ResponseWriter, r *http.Request, from Peer) {
	ctx := r.Context()
	if ms, err := strconv.ParseInt(r.Header.Get(headerDeadline), 10, 64); err == nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(min(max(ms, 0), time.Hour.Milliseconds()))*time.Millisecond)
		defer cancel()
	}
	question, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxQuestion))
	if err != nil {
		refuse(w, http.StatusBadRequest, problem{Text: "the question did not come to its end"})
		return
	}
	name, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/"))
	if err != nil || p.settings.Answer == nil {
		refuse(w, http.StatusNotFound, problem{Text: "this node knows no such question"})
		return
	}
	answer, err := p.settings.Answer(ctx, from, name, question)
	switch {
	case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		refuse(w, http.StatusGatewayTimeout, asProblem(err))
		return
	case err != nil:
		refuse(w, http.StatusInternalServerError, asProblem(err))
		return
	}
	_, _ = w.Write(answer) // who asked may be gone
}

func asProblem(err error) problem {
	var p *campaigns.Problem
	if errors.As(err, &p) {
		return problem{Kind: p.Kind, Code: p.Code, Text: p.Text}
	}
	return problem{Text: err.Error()}
}

func refuse(w http.ResponseWriter, status int, f problem) {
	body, err := json.Marshal(f)
	if err != nil {
		panic(err) // strings always marshal
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
