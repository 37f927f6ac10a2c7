package peer

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// BenchmarkWords is how many words a second a link carries to one who receives, and
// BenchmarkWordAndAnswer how long one takes that is answered by another: by TLS on
// loopback.
func BenchmarkWords(b *testing.B) {
	_, _, ab, ba := pair(b, silent)
	payload := claim()
	done := make(chan error, 1)
	b.ResetTimer()
	go func() {
		for range b.N {
			if _, err := ba.Receive(context.Background()); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for i := 0; i < b.N; {
		switch err := ab.Send("claim", payload); {
		case err == nil:
			i++
		case errors.Is(err, ErrFull):
			<-time.After(100 * time.Microsecond)
		default:
			b.Fatal(err)
		}
	}
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

func BenchmarkWordAndAnswer(b *testing.B) {
	_, _, ab, ba := pair(b, silent)
	payload, took := claim(), make([]time.Duration, 0, b.N)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for range b.N {
			w, err := ba.Receive(context.Background())
			if err != nil || ba.Send("seat", w.Payload) != nil {
				b.Error(err)
				return
			}
		}
	}()
	b.ResetTimer()
	for range b.N {
		began := time.Now()
		if err := ab.Send("claim", payload); err != nil {
			b.Fatal(err)
		}
		if _, err := ab.Receive(context.Background()); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	<-stopped
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkQuestion is a question and its answer over HTTP/2.
func BenchmarkQuestion(b *testing.B) {
	p, q := openNode(b, "a", silent), openNode(b, "b", silent, func(s *Settings) {
		s.Answer = func(_ context.Context, _ Peer, _ string, q []byte) ([]byte, error) { return q, nil }
	})
	acquaint(p, q)
	linked(b, p, q)
	question := make([]byte, 200)
	for b.Loop() {
		if _, err := p.Ask(context.Background(), "b", "x", question); err != nil {
			b.Fatal(err)
		}
	}
}

func silent(s *Settings) { s.Log = nil }

// claim is a word as an attempt says it.
func claim() any {
	return struct {
		Attempt  int64     `json:"attempt"`
		Campaign int64     `json:"campaign"`
		Skills   []string  `json:"skills"`
		At       time.Time `json:"at"`
	}{123456789, 12, []string{"es", "gas"}, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
}
