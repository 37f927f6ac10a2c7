package node

import (
	"math"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/siptrunk"
)

// meters are what /metrics shows: a histogram that is fed, and a reading of
// the floor and the trunks at each scrape. No label names a person.
type meters struct {
	registry *prometheus.Registry
	delay    *prometheus.HistogramVec
}

func newMeters() *meters {
	m := &meters{registry: prometheus.NewRegistry()}
	m.delay = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "forecall_bridge_delay_seconds", Help: "From the person's answer until an agent is on the line.",
		Buckets: []float64{0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 1.5, 2, 3},
	}, []string{"campaign"})
	m.registry.MustRegister(m.delay, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *meters) bridged(campaign int64, delay time.Duration) {
	m.delay.WithLabelValues(strconv.FormatInt(campaign, 10)).Observe(delay.Seconds())
}

// watch adds the floor, the trunks and the build to what is shown.
func (m *meters) watch(floor func() dialer.Snapshot, trunks func() []siptrunk.State, version string) {
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "forecall_build_info", Help: "Always 1; the version stands in the label.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(build, reading{floor, trunks})
}

// clock adds how far our clock is off, once a time server has said so.
func (m *meters) clock(offset func() (by time.Duration, server string, known bool)) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "forecall_clock_offset_seconds", Help: "Our clock less that of the time servers; NaN while none has answered.",
	}, func() float64 {
		if by, _, known := offset(); known {
			return by.Seconds()
		}
		return math.NaN()
	}))
}

// reading turns a snapshot into metrics when it is asked.
type reading struct {
	floor  func() dialer.Snapshot
	trunks func() []siptrunk.State
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("forecall_"+name, help, labels, nil)
}

var (
	callsStarted   = describe("calls_started_total", "Calls placed since the start.", "campaign")
	callsEnded     = describe("calls_ended_total", "Calls ended since the start, by outcome.", "campaign", "result")
	callsNow       = describe("calls_in_progress", "Calls that hold a line, by phase.", "campaign", "phase")
	callsAbandoned = describe("calls_abandoned_total", "Abandoned calls since the start.", "campaign")
	answeredHuman  = describe("answered_human_total", "Calls answered by a person since the start.", "campaign")
	abandonRatio   = describe("abandon_ratio", "Abandoned / answered by a person in the legal period.", "campaign", "window")
	heldBy         = describe("pacing_held", "1 for the reason that holds dialing back now.", "campaign", "reason")
	agentStates    = describe("agent_state", "Agents by state.", "campaign", "state")
	hopperContacts = describe("hopper_contacts", "Contacts in and behind the hopper, by state.", "campaign", "state")
	unwritten      = describe("unwritten_outcomes", "Ended calls whose outcome the store has not taken yet.", "campaign")
	trunkUp        = describe("trunk_up", "1 when the trunk takes calls.", "trunk")
	trunkChannels  = describe("trunk_channels", "Lines in use.", "trunk")
	sipResponses   = describe("sip_responses_total", "Final SIP responses by code; 0 = none came.", "trunk", "code")
)

// Describe sends nothing: which series there are depends on the campaigns.
func (reading) Describe(chan<- *prometheus.Desc) {}

// Collect reads the floor and the trunks once.
func (r reading) Collect(out chan<- prometheus.Metric) {
	for _, c := range r.floor().Campaigns {
		collectCampaign(out, c)
	}
	for _, t := range r.trunks() {
		gauge(out, trunkUp, one(t.Up), t.Name)
		gauge(out, trunkChannels, float64(t.Lines), t.Name)
		for code, n := range t.Codes {
			counter(out, sipResponses, float64(n), t.Name, strconv.Itoa(code))
		}
	}
}

func collectCampaign(out chan<- prometheus.Metric, c dialer.CampaignView) {
	counter(out, callsStarted, float64(c.Totals.Placed), c.Name)
	counter(out, callsAbandoned, float64(c.Totals.Abandoned), c.Name)
	counter(out, answeredHuman, float64(c.Totals.Answered), c.Name)
	for outcome, n := range c.Totals.Outcomes {
		counter(out, callsEnded, float64(n), c.Name, string(outcome))
	}
	phases := map[string]int{"ringing": c.Ringing, "waiting": c.Waiting, "talking": c.Talking, "message": c.Messages}
	for phase, n := range phases {
		gauge(out, callsNow, float64(n), c.Name, phase)
	}
	if c.Period.Answered > 0 {
		gauge(out, abandonRatio, float64(c.Period.Abandoned)/float64(c.Period.Answered), c.Name, "legal_period")
	}
	for state, n := range c.Agents {
		gauge(out, agentStates, float64(n), c.Name, string(state))
	}
	gauge(out, heldBy, 1, c.Name, string(c.Why.Cause))
	gauge(out, unwritten, float64(c.Unwritten), c.Name)
	d := c.Hopper.Depth
	for state, n := range map[string]int64{"callable": int64(c.Hopper.Callable), "ready": d.Ready, "waiting": d.Waiting, "done": d.Done} {
		gauge(out, hopperContacts, float64(n), c.Name, state)
	}
}

func gauge(out chan<- prometheus.Metric, d *prometheus.Desc, value float64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func counter(out chan<- prometheus.Metric, d *prometheus.Desc, value float64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
