package campaigns

import (
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns/evidence"
)

func TestADecisionIsOfTheTimeZonesOfTheCheckpointAfterIt(t *testing.T) {
	hour := func(n int) time.Time { return time.Date(2026, 11, 22, n, 0, 0, 0, time.UTC) }
	eras := zoneEras([]evidence.Checkpoint{
		{At: hour(1), Zones: "2025b", Program: "1"}, {At: hour(2), Zones: "2025b", Program: "1"},
		{At: hour(4), Zones: "2025c", Program: "1"}, {At: hour(5), Zones: "2025c", Program: "1"}, {At: hour(6), Zones: "2025c", Program: "2"},
	})
	if len(eras) != 3 {
		t.Fatalf("%+v", eras)
	}
	for at, want := range map[int][2]string{
		0: {"2025b", "1"}, 1: {"2025b", "1"}, 2: {"2025b", "1"}, 3: {"2025b or 2025c", "1"}, 4: {"2025c", "1"}, 5: {"2025c", "1"}, 6: {"2025c", "2"}, 7: {"2025c", "2"},
	} {
		if zones, program := madeWith(eras, hour(at)); zones != want[0] || program != want[1] {
			t.Errorf("%d o'clock: %s, %s, want %s", at, zones, program, want)
		}
	}
	if zones, _ := madeWith(nil, hour(1)); zones != "" {
		t.Errorf("without a checkpoint: %s", zones)
	}
}
