package main

import "testing"

func TestEverybodyMayAskWhatIsKnownWhoeverWouldCallThem(t *testing.T) {
	for typed, want := range map[string]string{
		"+34 600 000 000": "+34600000000",
		"+13405550197":    "+13405550197", // the Virgin Islands, which a list calls only when it says so
		"+44 7009 000000": "+447009000000",
		"call me":         "",
		"":                "",
		"+3":              "",
	} {
		got, err := person(typed)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", typed, got, err, want)
		}
	}
}
