package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/forecall/forecall/campaigns"
)

// Sender delivers events, one try at a time.
type Sender struct {
	client *http.Client
	agent  string // of the User-Agent header
}

// NewSender returns a sender that reaches public addresses and, beside them,
// the networks that are allowed. A nil resolver is the machine's.
func NewSender(allowed []netip.Prefix, resolver *net.Resolver, version string) *Sender {
	return &Sender{client: newGuard(allowed).client(resolver), agent: "forecall/" + version}
}

// Close ends the connections that wait for a next delivery.
func (s *Sender) Close() error {
	s.client.CloseIdleConnections()
	return nil
}

// Send tries to deliver once and tells what came of it. It takes ten seconds
// at most.
func (s *Sender) Send(ctx context.Context, w campaigns.Webhook, d campaigns.Delivery) campaigns.Trial {
	began := time.Now()
	t := campaigns.Trial{At: began}
	res, err := s.post(ctx, w, d, began)
	if err == nil {
		t.Status, t.Answer = res.StatusCode, readAnswer(res)
	} else {
		t.Error = reason(err)
	}
	t.Took = time.Since(began)
	if err == nil && !t.Arrived() {
		t.Error = fmt.Sprintf("the server answered %s", strings.TrimSpace(res.Status))
		if t.Status >= 300 && t.Status < 400 {
			t.Error += "; redirects are not followed, give the address it leads to"
		}
	}
	return t
}

func (s *Sender) post(ctx context.Context, w campaigns.Webhook, d campaigns.Delivery, now time.Time) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, strings.NewReader(d.Body))
	if err != nil {
		return nil, err
	}
	signature, err := sign(w, d, now)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/cloudevents+json")
	req.Header.Set("User-Agent", s.agent)
	req.Header.Set(standardwebhooks.HeaderWebhookID, d.Event)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, fmt.Sprint(now.Unix()))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return s.client.Do(req)
}

// sign signs with the webhook's secret and, while it is being replaced, with
// the one before as well.
func sign(w campaigns.Webhook, d campaigns.Delivery, now time.Time) (string, error) {
	secrets := []string{w.Secret}
	if w.OldSecret != "" && now.Before(w.OldUntil) {
		secrets = append(secrets, w.OldSecret)
	}
	var signatures []string
	for _, secret := range secrets {
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return "", fmt.Errorf("secret of webhook %d: %w", w.ID, err)
		}
		one, err := signer.Sign(d.Event, now, []byte(d.Body))
		if err != nil {
			return "", fmt.Errorf("sign event %s: %w", d.Event, err)
		}
		signatures = append(signatures, one)
	}
	return strings.Join(signatures, " "), nil
}

// readAnswer reads the beginning of an answer, as text, and lets the rest go.
func readAnswer(res *http.Response) string {
	defer res.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer)) // an answer that breaks off is still one
	for len(body) > 0 && len(body) == maxAnswer && !utf8.Valid(body) && !utf8.RuneStart(body[len(body)-1]) {
		body = body[:len(body)-1]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(string(body), "\x00", ""), "\ufffd")
}

// reason says why no answer came, for people.
func reason(err error) string {
	dns, isDNS := errors.AsType[*net.DNSError](err)
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, ErrPrivate):
		return "the address is on a private network, where webhooks do not go unless webhooks.allow in the configuration names it"
	case isDNS && dns.IsNotFound:
		return fmt.Sprintf("there is no host %s", dns.Name)
	case isNet && timeout.Timeout():
		return fmt.Sprintf("no answer within %s", deliverWithin)
	}
	return err.Error()
}
