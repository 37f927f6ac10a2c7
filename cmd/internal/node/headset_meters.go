package node

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/forecall/forecall/dialer/softphone"
)

// ears turns the headsets into metrics when it is asked.
type ears struct{ phones *softphone.Phones }

var (
	headsetsNow   = describe("headsets", "Headsets in browsers, by phase.", "phase")
	headsetLosses = describe("headset_losses_total", "Times that a headset was lost for a second or longer since the start, come back or not.")
	headsetFaults = describe("headset_problems", "Headsets with a problem now, by its cause.", "problem")
	headsetMOS    = describe("headset_mos_min", "Estimated quality of the worst headset that is up, 1 to 4.41.")
)

// Describe sends nothing: which series there are depends on the headsets.
func (ears) Describe(chan<- *prometheus.Desc) {}

// Collect reads the headsets once.
func (e ears) Collect(out chan<- prometheus.Metric) {
	phases := map[softphone.Phase]int{softphone.PhaseUp: 0, softphone.PhaseLost: 0, softphone.PhaseConnecting: 0, softphone.PhaseProving: 0}
	problems, worst := map[string]int{}, 0.0
	for _, s := range e.phones.States() {
		phases[s.Phase]++
		if s.Problem.Code != "" {
			problems[s.Problem.Code]++
		}
		if s.MOS > 0 && (worst == 0 || s.MOS < worst) {
			worst = s.MOS
		}
	}
	for phase, n := range phases {
		gauge(out, headsetsNow, float64(n), string(phase))
	}
	for problem, n := range problems {
		gauge(out, headsetFaults, float64(n), problem)
	}
	if worst > 0 {
		gauge(out, headsetMOS, worst)
	}
	counter(out, headsetLosses, float64(e.phones.Losses()))
}
