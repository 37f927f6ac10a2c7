package campaigns

import (
	"errors"
	"testing"
)

func TestASearchForWhatIsNoNumberIsRefused(t *testing.T) {
	for _, number := range []string{"34600000001", "nobody", "+0600000001", "+34"} {
		if p, ok := errors.AsType[*Problem](CallSearch{Number: number}.Check()); !ok || p.Code != "number_invalid" {
			t.Errorf("%q is searched for: %v", number, p)
		}
	}
	for _, s := range []CallSearch{{}, {Number: "+34600000001"}, {Digits: "0001"}} {
		if err := s.Check(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
}
