package dialer

import "testing"

func TestAPhoneIsFoundByTheNameThatItsNodeGaveIt(t *testing.T) {
	h := NewHands(Settings{Node: "a"}, nil, nil)
	own := goneStation{}
	ref, held := h.hold(own)
	if held || ref.Node != "a" {
		t.Fatalf("a new phone is %+v, held %v", ref, held)
	}
	if st, ok := h.Phone(ref.Phone); !ok || st != Station(own) {
		t.Errorf("found %v, %v", st, ok)
	}
	if st, ok := h.Phone("another"); ok || st != nil {
		t.Errorf("found %v by a name that nobody has", st)
	}
	h.drop(ref.Phone)
	if _, ok := h.Phone(ref.Phone); ok {
		t.Error("found after it was dropped")
	}
}
