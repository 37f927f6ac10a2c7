package demo

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/pacing/sim"
	"github.com/forecall/forecall/testdata"
)

// Settings are what a newcomer may set.
type Settings struct {
	Agents   int
	Contacts int
	Seed     uint64
	Speed    float64       // people ring, talk and write so many times faster
	For      time.Duration // end after so long; 0 = when the list is done
	Exit     bool          // end when the list is done, instead of serving the page on
	Data     string        // folder; must not hold data yet
	Listen   string        // of pages and API
	Version  string
	Out      io.Writer // progress and summary
	JSON     bool      // summary as JSON alone
	Terminal bool      // Out is one: redraw a line instead of writing new ones
	Log      *slog.Logger

	// Scenario, if set, is the shift to live: its team, its people, its length,
	// each person called once. Agents and Contacts are then drawn from it.
	Scenario *sim.Scenario
}

// MaxContacts is how many people the built-in list holds.
const MaxContacts = 2000

// Validate says what cannot be done.
func (s Settings) Validate() error {
	if s.Scenario != nil {
		return s.validScenario()
	}
	switch {
	case s.Agents < 1 || s.Agents > 200:
		return fmt.Errorf("--agents %d: 1 to 200", s.Agents)
	case s.Contacts < 1 || s.Contacts > MaxContacts:
		return fmt.Errorf("--contacts %d: 1 to %d, as many as the built-in list has", s.Contacts, MaxContacts)
	case s.Speed < 1 || s.Speed > 50:
		return fmt.Errorf("--speed %g: 1 to 50", s.Speed)
	case s.For < 0:
		return fmt.Errorf("--for %s: not less than 0", s.For)
	}
	return nil
}

// Ranges of RTP ports, below those that the system gives out by itself.
const (
	nodePorts    = "16384-21503"
	carrierFrom  = 21504
	carrierTo    = 27647
	robotsFrom   = 27648
	robotsTo     = 32767
	carrierTrunk = "carrier"
	campaignName = "Demo"
	managerLogin = "manager"
	adminLogin   = "admin"
)

// passwords are drawn anew for each run.
type passwords struct{ desk, phone string }

func drawPasswords() passwords { return passwords{desk: rand.Text(), phone: rand.Text()} }

func robotLogin(i int) string { return fmt.Sprintf("robot%d", i+1) }

// nodeConfig is the configuration that an operator would write for this.
func (s Settings) nodeConfig(far netip.AddrPort, secret passwords) (config.Config, error) {
	c := config.Default()
	c.Data, c.HTTP.Listen, c.Admin.Listen = s.Data, s.Listen, "127.0.0.1:0"
	c.SIP.Listen, c.Phones.Listen, c.Media.Ports = "127.0.0.1:0", "127.0.0.1:0", nodePorts
	c.Import.Region = "US"
	if c.Rules.Adopt = lawInForce; s.Scenario != nil {
		c.Rules.Adopt = config.AdoptNone // a shift is compared with its simulation, which knows no law
	}
	c.Trunks = []config.Trunk{{
		Name: carrierTrunk, Host: far.Addr().String(), Port: int(far.Port()), Transport: "udp",
		CallerIDs: s.callers(), MaxChannels: 1000, MaxCPS: 200, OptionsPing: 30 * time.Second,
		AllowMedia: []string{"127.0.0.0/8"},
	}}
	fibre := s.campaign()
	if s.Speed == 1 { // somebody may sit at a desk and want to hear it again; faster ones are for the figures
		fibre.Recording.Mode = string(campaigns.RecordAnnounce) // eu.recording, us.recording.all_party: nobody is recorded unawares
	}
	if s.Scenario != nil {
		s.stage(&c.Trunks[0], &fibre)
	}
	var err error
	if fibre.SafeHarbor, fibre.SafeHarbors, err = s.writeMessages(); err != nil {
		return c, err
	}
	if fibre.Recording.Mode != "" {
		fibre.Recording.Announcement = filepath.Join(s.Data, "announcement-en.wav")
	}
	c.Campaigns = []config.Campaign{fibre}
	if s.Scenario == nil {
		c.Campaigns = append(c.Campaigns, s.countriesCampaign(fibre))
	}
	c.Users = s.people(secret)
	for i := range s.Agents {
		c.Users = append(c.Users, config.User{
			Login: robotLogin(i), Name: fmt.Sprintf("Robot %d", i+1), Role: string(campaigns.Agent), Password: secret.desk,
			Extension: robotLogin(i), PhoneSecret: secret.phone, Campaigns: s.campaigns(),
		})
	}
	return c, c.Validate()
}

// people are those whose desks a newcomer may sit at, one of each kind. The
// demo drives itself as the administrator.
func (s Settings) people(secret passwords) []config.User {
	return []config.User{
		{Login: managerLogin, Name: "Mona Manager", Role: string(campaigns.Manager), Password: secret.desk},
		{Login: "agent", Name: "Alex Agent", Role: string(campaigns.Agent), Password: secret.desk, Campaigns: s.campaigns()},
		{Login: "supervisor", Name: "Sam Supervisor", Role: string(campaigns.Supervisor), Password: secret.desk, Campaigns: s.campaigns()},
		{Login: "compliance", Name: "Cora Compliance", Role: string(campaigns.Compliance), Password: secret.desk},
		{Login: adminLogin, Name: "Administrator", Role: string(campaigns.Admin), Password: secret.desk},
	}
}

// campaigns are the names of those that the team works for.
func (s Settings) campaigns() []string {
	if s.Scenario != nil {
		return []string{campaignName}
	}
	return []string{campaignName, countriesName}
}

// campaign is open at every hour, because the people of the list do not
// exist; its retries are minutes apart in the time of the demo. It calls
// customers about their service, so that the law of sales calls is met by the
// second campaign alone.
func (s Settings) campaign() config.Campaign {
	minutes := func(n float64) time.Duration { return time.Duration(n * float64(time.Minute) / s.Speed) }
	return config.Campaign{
		Name: campaignName, Mode: string(campaigns.Predictive), Seller: "Demo Telecom", Telemarketer: "forecall demo",
		Purpose: "service", Goods: "fibre lines", Subject: "fibre", Windows: map[string][]string{"sun-sat": {"00:00-24:00"}},
		MaxAttempts: 2, Cooldown: minutes(2), Trunks: []string{carrierTrunk},
		RingTime: ringTime, Dispositions: s.dispositions(minutes),
		WrapUp: 2 * time.Minute, CallerIDs: []string{mainCaller},
		Script: testdata.FibreScript,
		Retry: []config.Retry{
			{Outcome: string(campaigns.NoAnswer), Delay: minutes(5), NextPhone: true},
			{Outcome: string(campaigns.Busy), Delay: minutes(3)},
			{Outcome: string(campaigns.Machine), Delay: minutes(5)},
			{Outcome: string(campaigns.Invalid), NextPhone: true},
			{Outcome: string(campaigns.RouteFailed), Delay: minutes(2), Max: 2},
			{Outcome: string(campaigns.Cancelled), Delay: minutes(2), Max: 2},
		},
	}
}

// ringTime is longer than the slowest callee takes to answer: who gives up at
// the very second of the answer leaves a person in silence.
const ringTime = 28 * time.Second

// dispositions are the usual ones, with delays of the demo.
func (s Settings) dispositions(minutes func(float64) time.Duration) []config.Disposition {
	var out []config.Disposition
	for _, d := range campaigns.DefaultDispositions() {
		if d.Delay > 0 {
			d.Delay = minutes(5)
		}
		out = append(out, config.Disposition{Code: d.Code, Label: d.Label, Effect: string(d.Effect), Delay: d.Delay})
	}
	return out
}

// writeMessages puts the safe-harbour messages into the data folder, as an
// operator would: English for all, Spanish for those who speak it.
func (s Settings) writeMessages() (english string, others []config.Prompt, err error) {
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return "", nil, fmt.Errorf("--data: %w", err)
	}
	english, spanish := filepath.Join(s.Data, "safe-harbour-en.wav"), filepath.Join(s.Data, "safe-harbour-es.wav")
	announcement := filepath.Join(s.Data, "announcement-en.wav")
	for file, sound := range map[string][]byte{english: testdata.SafeHarbour, spanish: testdata.SafeHarbourSpanish, announcement: testdata.Announcement} {
		if err := os.WriteFile(file, sound, 0o600); err != nil {
			return "", nil, fmt.Errorf("--data: %w", err)
		}
	}
	return english, []config.Prompt{{Language: "es", File: spanish}}, nil
}

// wrap is how long robots write after a call.
func (s Settings) wrap() sim.Dist {
	if s.Scenario != nil {
		return s.Scenario.Wrap
	}
	return sim.Dist{Shape: sim.Lognormal, Mean: 15 * time.Second, CV: 0.5, Max: time.Minute}
}
