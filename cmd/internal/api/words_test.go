package api

import (
	"cmp"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/forecall/forecall/campaigns"
)

func TestADurationIsWrittenShortAndReadBack(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 25 * time.Second: "25s", 15 * time.Minute: "15m", 4 * time.Hour: "4h", 90 * time.Minute: "1h30m",
		time.Hour + time.Second: "1h0m1s", 1500 * time.Millisecond: "1.5s",
	} {
		if got := Duration(d).String(); got != want {
			t.Errorf("%s as %q, want %q", d, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "ns"))
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var back Duration
		if err := json.Unmarshal(text, &back); err != nil || back != d {
			t.Fatalf("%s came back as %s: %v", text, back, err)
		}
	})
	for _, bad := range []string{`5`, `"soon"`, `"5 s"`, `null7`} {
		var d Duration
		if err := json.Unmarshal([]byte(bad), &d); err == nil {
			t.Errorf("%s was read as %s", bad, d)
		}
	}
}

func TestWordsOnAWallboardAreShortAndReadForwards(t *testing.T) {
	for text, want := range map[string]string{
		"Ana":                     "Ana",
		"\u202Eexe.txt\u202C":     "exe.txt",
		"a\xffb":                  "a\uFFFDb",
		"عمر و زيد":               "عمر و زيد",
		string(make([]rune, 121)): string(make([]rune, 120)) + "…",
	} {
		if got := brief(text); got != want {
			t.Errorf("%q as %q, want %q", text, got, want)
		}
	}
}

func TestNamesStandInTheOrderOfPeople(t *testing.T) {
	names := []string{"", "1", "2", "10", "Ana", "Ana 2", "Ana 02 b", "Ana 10", "Bo", "Bo 1"}
	for i := range names {
		for j := range names {
			if got, want := natural(names[i], names[j]), cmp.Compare(i, j); got != want {
				t.Errorf("%q and %q: %d, want %d", names[i], names[j], got, want)
			}
		}
	}
}

func TestTheLastCallsOfAllCampaignsStandTogetherNewestFirst(t *testing.T) {
	now := time.Now()
	var s campaigns.FloorSnapshot
	for i := range 80 { // campaign by campaign, each newest first
		s.Last = append(s.Last, campaigns.EndedCall{Attempt: string(rune('a' + i%2)), At: now.Add(-time.Duration(i%40) * time.Second)})
	}
	last := FloorOf(s).Last
	if len(last) != lastShown || !slices.IsSortedFunc(last, func(a, b EndedCall) int { return b.At.Compare(a.At) }) {
		t.Errorf("%d calls, or out of order", len(last))
	}
}
