package softphone

import (
	"context"
	"errors"
	"testing"
	"time"
)

// FuzzOffersReachPionOrNot gives pion what passes our own check.
func FuzzOffersReachPionOrNot(f *testing.F) {
	f.Add(newPage(f, pageHz).offer())
	phones, err := Open(Settings{Listen: loopbackPort})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := phones.Close(); err != nil {
			f.Error(err)
		}
	})
	f.Fuzz(func(t *testing.T, offer string) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		answer, session, err := phones.Connect(ctx, 7, offer)
		if wrong, ok := errors.AsType[*OfferError](err); err != nil && (!ok || wrong.Text == "") {
			t.Fatalf("refused without a reason for people: %v", err)
		}
		if err != nil {
			return
		}
		if answer == "" {
			t.Fatal("answered with nothing")
		}
		if err := phones.Disconnect(7, session); err != nil {
			t.Fatal(err)
		}
	})
}
