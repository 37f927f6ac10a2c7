package redis_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/redis"
)

func TestAddressesOfAllKindsAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"redis://h":                            "redis://h:6379/0",
		"redis://u:p@h:7000/3":                 "redis://h:7000/3",
		"rediss://:a%40b@h":                    "rediss://h:6379/0",
		"redis://[::1]":                        "redis://[::1]:6379/0",
		"redis://[::1]:7000":                   "redis://[::1]:7000/0",
		"redis+sentinel://a,b:2,c/house":       "redis+sentinel://a:26379,b:2,c:26379/house/0",
		"rediss+sentinel://u:p@a/house/2":      "rediss+sentinel://a:26379/house/2",
		"redis+sentinel://a/m?sentinel_user=x": "redis+sentinel://a:26379/m/0",
		"redis+cluster://a,b,c:7000":           "redis+cluster://a:6379,b:6379,c:7000",
		"rediss+cluster://a":                   "rediss+cluster://a:6379",
	} {
		a, err := redis.ParseAddress(text)
		if err != nil || a.String() != want {
			t.Errorf("%s: %s, %v, want %s", text, a, err, want)
		}
	}
}

func TestAnAddressThatCannotBeUsedIsAProblemThatTellsNoPassword(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "h:6379", "http://h", "redis://", "redis://u:secret@/0", "redis://u:secret@h:port", "redis://u:secret@h:70000", "redis://u:secret@a,b",
		"redis://u:secret@h/x", "redis://h/-1", "redis+sentinel://u:secret@a,b", "redis+cluster://u:secret@a/1", "redis+other://h", "redis://%zz:secret@h",
	} {
		_, err := redis.ParseAddress(text)
		var p *campaigns.Problem
		if !errors.As(err, &p) || p.Code != "redis_address" || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add("redis+sentinel://u:p@a,b:1/m/2?sentinel_password=x")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := redis.ParseAddress(text)
		if err != nil {
			return
		}
		if again, err := redis.ParseAddress(a.String()); err != nil || again.String() != a.String() {
			t.Errorf("%q reads as %q, and that as %q, %v", text, a, again, err)
		}
	})
}

func TestAHouseWithAStrangeNameIsRefused(t *testing.T) {
	t.Parallel()
	a, err := redis.ParseAddress("redis://127.0.0.1:1")
	must(t, err)
	var p *campaigns.Problem
	if _, err := redis.Open(redis.Settings{Address: a, House: "a}b"}); !errors.As(err, &p) {
		t.Errorf("%v", err)
	}
}
