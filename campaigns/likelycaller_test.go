package campaigns

import (
	"testing"
	"time"
)

func TestTheLikelyCallerIsTheNearestNumberThatMayBeShown(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	c := Campaign{ID: 1, CallerIDs: []string{"+12025550100", "+33162000100"}}
	known := []CallerID{{Number: "+12025550100", Area: "+1"}, {Number: "+33162000100", Area: "+33"}}
	over := []CallerRight{{Number: "+33162000100", From: now.AddDate(-1, 0, 0), Until: now.Add(-time.Hour)}}
	for name, test := range map[string]struct {
		c      Campaign
		rights []CallerRight
		to     string
		want   string
	}{
		"a French number to France":                   {c, nil, "+33199006100", "+33162000100"},
		"the American one to America":                 {c, nil, "+16465550123", "+12025550100"},
		"another one when its right is over":          {c, over, "+33199006100", "+12025550100"},
		"its only number even when its right is over": {Campaign{ID: 1, CallerIDs: []string{"+33162000100"}}, over, "+33199006100", "+33162000100"},
		"none of a campaign without numbers":          {Campaign{ID: 1}, nil, "+33199006100", ""},
	} {
		if got := LikelyCaller(test.c, known, test.rights, Phone{Number: test.to}, now); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
