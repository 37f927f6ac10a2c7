package sim

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// vicidialMethod says what happens over the drop limit.
type vicidialMethod uint8

const (
	vicidialHard    vicidialMethod = iota // one line per counted agent
	vicidialAverage                       // the level is halved
	vicidialTapered                       // the level shrinks as the end of the day comes near
)

// vicidialSettings are those of a campaign that touch pacing, by the names of its manual.
type vicidialSettings struct {
	method        vicidialMethod
	max           float64 // adaptive_maximum_level, default 3
	availableOnly bool    // available_only_ratio_tally, default off
	intensity     float64 // adaptive_intensity, -40 to 40, default 0
	diff          float64 // adaptive_dl_diff_target, default 0
	start         float64 // the level it ended with yesterday
	dropLimit     float64 // adaptive_dropped_percentage
	latest        int     // adaptive_latest_server_time as HHMM
	opens         float64 // seconds since midnight at which the shift begins
}

const vicidialTakes = "max=3 (level, 1 to 50), available-only, intensity=0 (-40 to 40), diff=0 (-40 to 40), start=1 (level), latest=1700 (HHMM)"

// vicidialOpens is when every shift begins: 9 o'clock, which only the taper's clock arithmetic sees.
const vicidialOpens = 9 * 3600

var vicidialMethods = [...]string{"hard", "average", "tapered"}

// readVicidial reads the settings of one of the methods; method, if not nil, is asked for too.
func readVicidial(s Setup, method vicidialMethod, choose bool) (vicidialSettings, error) {
	v := vicidialSettings{
		method: method, max: 3, start: 1, dropLimit: 100 * s.Scenario.Cap,
		opens: vicidialOpens, latest: hhmm(vicidialOpens + s.Scenario.Shift.Seconds()),
	}
	r := readSettings(s.Settings)
	takes, latest := vicidialTakes, float64(v.latest)
	if choose {
		takes = "method=hard, average or tapered, " + takes
		if name, found := r.text("method"); found {
			i := slices.Index(vicidialMethods[:], name)
			if i < 0 {
				r.wrong = append(r.wrong, fmt.Sprintf("method=%s is not %s", name, strings.Join(vicidialMethods[:], ", ")))
			}
			v.method = vicidialMethod(max(0, i))
		}
	}
	r.number("max", &v.max, 1, 50)
	r.number("intensity", &v.intensity, -40, 40)
	r.number("diff", &v.diff, -40, 40)
	r.number("start", &v.start, 1, 50)
	r.number("latest", &latest, 0, 2400)
	r.flag("available-only", &v.availableOnly)
	v.latest = int(latest)
	return v, r.err(takes)
}

func vicidialEntry(name, title, text string, method vicidialMethod) Entry {
	return Entry{
		Named: Named{name, title, text},
		New: func(s Setup) (Pacer, error) {
			v, err := readVicidial(s, method, false)
			return newRival(s, newVicidial(v)), err
		},
	}
}

// vicidialBest is a manager with the patience to try twenty settings on other days and to keep the best.
func vicidialBest() Entry {
	return Entry{
		Named: Named{"vicidial-best", "VICIdial, best of 20 settings", "the best of 20 settings of VICIdial for this scenario, found on other days"},
		New: func(s Setup) (Pacer, error) {
			v, err := readVicidial(s, vicidialHard, true)
			return newRival(s, newVicidial(v)), err
		},
		Tune: func(ctx context.Context, s Scenario, o Options) (string, error) {
			return bestOf(ctx, s, o, "vicidial-best", vicidialTwenty())
		},
	}
}

// vicidialTwenty are the settings that vicidial-best tries: every maximum level that its users write about, both ways of
// counting agents, the three methods, and aiming at one idle agent.
func vicidialTwenty() (all []string) {
	for _, most := range []string{"2", "3", "4", "5", "6", "8", "10", "15"} {
		all = append(all, "method=hard,available-only,max="+most)
	}
	for _, most := range []string{"1.2", "1.5", "2", "3"} {
		all = append(all, "method=hard,max="+most)
	}
	return append(all,
		"method=tapered,available-only,max=3", "method=tapered,available-only,max=5", "method=tapered,available-only,max=8",
		"method=average,available-only,max=4", "method=average,available-only,max=8", "method=average,max=2",
		"method=hard,available-only,max=5,diff=-1", "method=hard,available-only,max=8,diff=-1",
	)
}
