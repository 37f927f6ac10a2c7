package campaigns

import "testing"

func TestBarredPeopleAreCountedByRuleAndSaidInASentence(t *testing.T) {
	var b Bars
	if got := b.String(); got != "all 0 dialable" {
		t.Error(got)
	}
	for range 87_569 {
		b.Add(Bar{})
	}
	for range 2561 {
		b.Add(Bar{Rule: "dnc.internal"})
	}
	for range 9870 {
		b.Add(Bar{Rule: "us.dnc.national", Cite: "16 CFR 310.4(b)(1)(iii)(B)"})
	}
	if got, want := b.String(), "12,431 of 100,000 not dialable: 9,870 us.dnc.national, 2,561 dnc.internal"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if b.Rules[0].Cite == "" {
		t.Error("the citation is lost")
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
