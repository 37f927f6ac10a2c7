package siptrunk

import (
	"errors"
	"regexp"
	"testing"

	"github.com/forecall/forecall/campaigns/rules"
)

func TestDialPlanWritesNumbersTheCarriersWay(t *testing.T) {
	for _, c := range []struct {
		name   string
		plan   DialPlan
		number string
		want   string
	}{
		{"e164 by default", DialPlan{}, "+34600111222", "+34600111222"},
		{"plain", DialPlan{Format: FormatPlain}, "+34600111222", "34600111222"},
		{"international", DialPlan{Format: FormatInternational}, "+34600111222", "0034600111222"},
		{"international of North America", DialPlan{Format: FormatInternational, International: "011"}, "+34600111222", "01134600111222"},
		{"national at home", DialPlan{Format: FormatNational, Country: "34"}, "+34600111222", "600111222"},
		{"national with trunk prefix", DialPlan{Format: FormatNational, Country: "49", Trunk: "0"}, "+4930123456", "030123456"},
		{"national abroad", DialPlan{Format: FormatNational, Country: "34"}, "+4930123456", "004930123456"},
		{"strip and prefix", DialPlan{Strip: "+34", Prefix: "9971"}, "+34600111222", "9971600111222"},
		{"strip that is not there", DialPlan{Strip: "+49", Prefix: "*9"}, "+34600111222", ""},
		{"prefix of plain", DialPlan{Format: FormatPlain, Prefix: "*9"}, "+34600111222", "*934600111222"},
	} {
		got, err := c.plan.User(c.number)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q (%v), want %q", c.name, got, err, c.want)
		}
	}
}

func TestDialPlanCallsOnlyAllowedPrefixes(t *testing.T) {
	plan := DialPlan{Allow: []string{"+346", "+4930"}}
	for number, allowed := range map[string]bool{"+34600111222": true, "+4930123456": true, "+34900111222": false, "+88213000000": false} {
		_, err := plan.User(number)
		if allowed != (err == nil) || !allowed && !errors.Is(err, ErrPrefix) {
			t.Errorf("%s: %v", number, err)
		}
	}
}

func TestNothingButANumberReachesTheURI(t *testing.T) {
	for _, number := range []string{
		"", "+", "34600111222", "+34600111222;maddr=6.6.6.6", "+34600111222@evil.example", "+34600\r\n111222",
		"+34 600111222", "+0600111222", "+3460011122233445", "*21*600111222#", "+٣٤٦٠٠١١١", "sip:+34600111222", "+34600111222?Replaces=x", "+112",
	} {
		if user, err := (DialPlan{}).User(number); !errors.Is(err, rules.ErrNumber) {
			t.Errorf("%q became %q (%v)", number, user, err)
		}
	}
}

func FuzzDialPlanLetsOnlyDigitsThrough(f *testing.F) {
	f.Add("+34600111222", "34", "9971", "34")
	f.Add("+1;maddr=x", "+", "+", "")
	safe := regexp.MustCompile(`^\+?[0-9*]+$`)
	f.Fuzz(func(t *testing.T, number, strip, prefix, country string) {
		for _, format := range []string{FormatE164, FormatPlain, FormatInternational, FormatNational} {
			plan := DialPlan{Format: format, Strip: strip, Prefix: prefix, Country: country}
			if user, err := plan.User(number); err == nil && !safe.MatchString(user) {
				t.Errorf("%+v made %q of %q", plan, user, number)
			}
		}
	})
}

func TestDialPlanRefusesSettingsThatCannotWork(t *testing.T) {
	for _, plan := range []DialPlan{
		{Format: "fancy"}, {Format: FormatNational}, {Format: FormatNational, Country: "034"}, {Prefix: ";x"},
		{Prefix: "99#"}, {Strip: "a"}, {Allow: []string{"34"}}, {Allow: []string{""}}, {Trunk: "0+"}, {International: "+"},
	} {
		if len(plan.problems()) == 0 {
			t.Errorf("%+v was accepted", plan)
		}
	}
}
