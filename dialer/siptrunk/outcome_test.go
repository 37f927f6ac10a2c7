package siptrunk

import (
	"testing"

	"github.com/forecall/forecall/campaigns"
)

// finals is every final response 3xx to 6xx of the IANA registry that an
// INVITE may get, with what it means before and after a ring.
var finals = []struct {
	code   int
	silent campaigns.Outcome
	rang   campaigns.Outcome
}{
	{300, campaigns.Failed, campaigns.Failed}, {301, campaigns.Failed, campaigns.Failed}, {302, campaigns.Failed, campaigns.Failed},
	{305, campaigns.Failed, campaigns.Failed}, {380, campaigns.Failed, campaigns.Failed},
	{400, campaigns.Failed, campaigns.Failed},
	{401, campaigns.RouteFailed, campaigns.RouteFailed}, {402, campaigns.RouteFailed, campaigns.RouteFailed},
	{403, campaigns.RouteFailed, campaigns.RouteFailed},
	{404, campaigns.Invalid, campaigns.Invalid},
	{405, campaigns.Failed, campaigns.Failed}, {406, campaigns.RouteFailed, campaigns.RouteFailed},
	{407, campaigns.RouteFailed, campaigns.RouteFailed},
	{408, campaigns.RouteFailed, campaigns.NoAnswer},
	{410, campaigns.Invalid, campaigns.Invalid},
	{413, campaigns.Failed, campaigns.Failed}, {414, campaigns.Failed, campaigns.Failed},
	{415, campaigns.RouteFailed, campaigns.RouteFailed}, {416, campaigns.Failed, campaigns.Failed},
	{420, campaigns.Failed, campaigns.Failed}, {421, campaigns.Failed, campaigns.Failed},
	{422, campaigns.Failed, campaigns.Failed}, {423, campaigns.Failed, campaigns.Failed},
	{428, campaigns.RouteFailed, campaigns.RouteFailed}, {433, campaigns.Failed, campaigns.Failed},
	{436, campaigns.RouteFailed, campaigns.RouteFailed}, {437, campaigns.RouteFailed, campaigns.RouteFailed},
	{438, campaigns.RouteFailed, campaigns.RouteFailed},
	{480, campaigns.NoAnswer, campaigns.NoAnswer}, {481, campaigns.Failed, campaigns.Failed},
	{482, campaigns.RouteFailed, campaigns.RouteFailed}, {483, campaigns.RouteFailed, campaigns.RouteFailed},
	{484, campaigns.Invalid, campaigns.Invalid}, {485, campaigns.Invalid, campaigns.Invalid},
	{486, campaigns.Busy, campaigns.Busy}, {487, campaigns.NoAnswer, campaigns.NoAnswer},
	{488, campaigns.RouteFailed, campaigns.RouteFailed},
	{491, campaigns.Failed, campaigns.Failed}, {493, campaigns.Failed, campaigns.Failed}, {494, campaigns.Failed, campaigns.Failed},
	{500, campaigns.RouteFailed, campaigns.RouteFailed}, {501, campaigns.RouteFailed, campaigns.RouteFailed},
	{502, campaigns.RouteFailed, campaigns.RouteFailed}, {503, campaigns.RouteFailed, campaigns.RouteFailed},
	{504, campaigns.RouteFailed, campaigns.RouteFailed}, {505, campaigns.RouteFailed, campaigns.RouteFailed},
	{513, campaigns.RouteFailed, campaigns.RouteFailed}, {555, campaigns.RouteFailed, campaigns.RouteFailed},
	{580, campaigns.RouteFailed, campaigns.RouteFailed},
	{600, campaigns.Busy, campaigns.Busy}, {603, campaigns.Blocked, campaigns.Blocked},
	{604, campaigns.Invalid, campaigns.Invalid}, {606, campaigns.RouteFailed, campaigns.RouteFailed},
	{607, campaigns.Blocked, campaigns.Blocked}, {608, campaigns.Blocked, campaigns.Blocked},
}

func TestEveryFinalResponseMeansOneOutcome(t *testing.T) {
	for _, c := range finals {
		for progressed, want := range map[bool]campaigns.Outcome{false: c.silent, true: c.rang} {
			got := judge(failure{code: c.code, progressed: progressed})
			if got.outcome != want {
				t.Errorf("%d, progressed %v: %s, want %s", c.code, progressed, got.outcome, want)
			}
			if got.failOver != (want == campaigns.RouteFailed && !progressed) {
				t.Errorf("%d, progressed %v, %s: fail over %v", c.code, progressed, want, got.failOver)
			}
		}
	}
}

func TestNoResponseAtAllIsTheRoutesFault(t *testing.T) {
	if got := judge(failure{}); got != (verdict{campaigns.RouteFailed, true}) {
		t.Errorf("no response: %+v", got)
	}
}

func TestQ850CauseWinsOverVagueCodes(t *testing.T) {
	const none = campaigns.Outcome("")
	for cause, want := range map[int]campaigns.Outcome{
		1: campaigns.Invalid, 22: campaigns.Invalid, 28: campaigns.Invalid, 17: campaigns.Busy,
		18: campaigns.NoAnswer, 19: campaigns.NoAnswer, 20: campaigns.NoAnswer, 21: campaigns.Blocked,
		2: campaigns.RouteFailed, 3: campaigns.RouteFailed, 27: campaigns.RouteFailed, 34: campaigns.RouteFailed,
		38: campaigns.RouteFailed, 41: campaigns.RouteFailed, 42: campaigns.RouteFailed, 102: campaigns.RouteFailed,
		16: none, 31: none, 127: none, 0: none,
	} {
		for _, code := range []int{480, 500, 503} {
			expected := want
			if want == none {
				expected = judge(failure{code: code}).outcome
			}
			if got := judge(failure{code: code, q850: cause}); got.outcome != expected {
				t.Errorf("%d with cause %d: %s, want %s", code, cause, got.outcome, expected)
			}
		}
	}
}

func TestACauseLosesToACodeThatSaysMore(t *testing.T) {
	for _, c := range []struct {
		code, cause int
		want        campaigns.Outcome
	}{
		{486, 34, campaigns.Busy},
		{404, 17, campaigns.Invalid},
		{603, 1, campaigns.Blocked},
		{603, 21, campaigns.Blocked},
		{487, 28, campaigns.NoAnswer},
		{403, 21, campaigns.RouteFailed},
		{302, 1, campaigns.Failed},
		{403, 1, campaigns.Invalid}, // a bad number is believed
		{502, 28, campaigns.Invalid},
		{400, 22, campaigns.Invalid},
	} {
		if got := judge(failure{code: c.code, q850: c.cause}); got.outcome != c.want {
			t.Errorf("%d with cause %d: %s, want %s", c.code, c.cause, got.outcome, c.want)
		}
	}
}

func TestOnlyFailuresOfTheWholeRouteCountForTheBreaker(t *testing.T) {
	for _, c := range []struct {
		f    failure
		want bool
	}{
		{failure{}, true},
		{failure{code: 503}, true},
		{failure{code: 503, q850: 34}, true},
		{failure{code: 503, q850: 17}, false},
		{failure{code: 503, q850: 1}, false},
		{failure{code: 408}, true},
		{failure{code: 408, progressed: true}, false},
		{failure{code: 500}, false},
		{failure{code: 486}, false},
		{failure{code: 403}, false},
	} {
		if got := c.f.shunned(); got != c.want {
			t.Errorf("%+v: %v, want %v", c.f, got, c.want)
		}
	}
}
