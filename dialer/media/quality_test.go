package media

import (
	"testing"
	"time"
)

func TestQualityOfAPartOfALegLeavesOutWhatWasBefore(t *testing.T) {
	before := Quality{PacketsReceived: 1000, Lost: 1000, PacketsSent: 50, Streams: 1, LossShare: 0.5, MOS: 1.2}
	after := Quality{PacketsReceived: 1900, Lost: 1100, PacketsSent: 80, Streams: 1, JitterMS: 2, LossShare: 0.37, MOS: 1.4}
	q := after.Since(before)
	if q.PacketsReceived != 900 || q.Lost != 100 || q.PacketsSent != 30 || q.Streams != 0 || q.LossShare != 0.1 {
		t.Errorf("%+v", q)
	}
	if want := EstimateMOS(0.1, 4*time.Millisecond+frameTime); q.MOS != want {
		t.Errorf("MOS %g, want %g", q.MOS, want)
	}
	if q := before.Since(after); q.PacketsReceived != 0 || q.Lost != 0 || q.MOS != 0 {
		t.Errorf("counts that fell: %+v", q)
	}
}
