package campaigns

import (
	"context"
	"errors"
	"testing"
)

func TestWhoNamesNoPhoneGetsTheOneThereIs(t *testing.T) {
	desk, none := User{Extension: "101"}, User{}
	for _, c := range []struct {
		named Handset
		user  User
		want  Handset
		code  string
	}{
		{"", desk, HandsetDesk, ""},
		{"", none, HandsetBrowser, ""},
		{"browser", desk, HandsetBrowser, ""},
		{"desk", desk, HandsetDesk, ""},
		{"desk", none, "", "no_extension"},
		{"pigeon", desk, "", "phone"},
	} {
		got, err := c.named.Choose(c.user)
		p, _ := errors.AsType[*Problem](err)
		if got != c.want || (p == nil) != (c.code == "") || p != nil && p.Code != c.code {
			t.Errorf("%q of extension %q: %q, %v; want %q, %q", c.named, c.user.Extension, got, err, c.want, c.code)
		}
	}
}

// deaf is a source of headsets that must not be asked.
type deaf struct {
	HeadsetSource
	asked bool
}

func (d *deaf) ConnectHeadset(context.Context, int64, string) (string, string, error) {
	d.asked = true
	return "answer", "session", nil
}

func (d *deaf) TestHeadset(ctx context.Context, user int64, offer string) (string, string, error) {
	return d.ConnectHeadset(ctx, user, offer)
}

func TestOnlyWhoTalksOrListensHasAHeadset(t *testing.T) {
	for role, allowed := range map[Role]bool{Agent: true, Supervisor: true, Manager: true, Compliance: false, Admin: false} {
		source := &deaf{}
		h, u := NewHeadsets(source), User{Login: "x", Role: role}
		if _, _, err := h.Connect(t.Context(), u, "offer"); (err == nil) != allowed || source.asked != allowed {
			t.Errorf("%s connects: %v, asked %v", role, err, source.asked)
		}
		if _, _, err := h.Test(t.Context(), u, "offer"); !allowed && !errors.Is(err, ErrForbidden) {
			t.Errorf("%s tests: %v", role, err)
		}
	}
}
