package node

import (
	"errors"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
)

func TestARefusalOfTheEngineHasOneCodeHoweverManyItIs(t *testing.T) {
	t.Parallel()
	for range 50 { // an order that chance makes would show
		err := problemOf(errors.Join(dialer.ErrTooSoon, dialer.ErrInCall, dialer.ErrStopping))
		if p, ok := errors.AsType[*campaigns.Problem](err); !ok || p.Code != "stopping" || p.Kind != campaigns.KindConflict {
			t.Fatalf("%+v", err)
		}
	}
	unknown := errors.New("something else")
	if err := problemOf(unknown); err != unknown || problemOf(nil) != nil {
		t.Errorf("an error that is no refusal became %v", err)
	}
}
