package config

import (
	"time"
)

// Config is everything an operator may set. Lists are lists with a name
// inside, never maps keyed by a name, because viper lower-cases keys.
type Config struct {
	Data      string     `key:"data" doc:"folder of the database, prompts and watched lists"`
	Storage   string     `key:"storage" doc:"where the records are: sqlite (a file in data) or postgres"`
	Live      string     `key:"live" doc:"how nodes hear of each other at once: memory (there is one) or redis"`
	Postgres  Postgres   `key:"postgres"`
	Redis     Redis      `key:"redis"`
	Cluster   Cluster    `key:"cluster"`
	Files     Files      `key:"files"`
	S3        S3         `key:"s3"`
	HTTP      HTTP       `key:"http"`
	Admin     Admin      `key:"admin"`
	Log       Log        `key:"log"`
	SIP       SIP        `key:"sip"`
	Phones    Phones     `key:"phones"`
	Softphone Softphone  `key:"softphone"`
	Media     Media      `key:"media"`
	Drain     Drain      `key:"drain"`
	Import    Import     `key:"import"`
	Webhooks  Webhooks   `key:"webhooks"`
	Evidence  Evidence   `key:"evidence"`
	Clock     Clock      `key:"clock"`
	Rules     Rules      `key:"rules"`
	Trunks    []Trunk    `key:"trunks"`
	Users     []User     `key:"users"`
	Campaigns []Campaign `key:"campaigns"`
}

// HTTP is where pages and the API are served.
type HTTP struct {
	Listen  string `key:"listen" doc:"address of pages and API"`
	TLSCert string `key:"tls_cert" doc:"certificate file; with tls_key turns HTTPS on"`
	TLSKey  string `key:"tls_key" doc:"key file of tls_cert"`
	Locales string `key:"locales" doc:"folder of further languages for the pages, as pl.json; a file named after a language of the house replaces single texts"`
}

// Admin is the listener for health, readiness and metrics.
type Admin struct {
	Listen string `key:"listen" doc:"address of /healthz, /readyz, /metrics; empty = off"`
}

// Log is how the program speaks to its operator.
type Log struct {
	Level  string `key:"level" doc:"debug, info, warn or error"`
	Format string `key:"format" doc:"text, json or auto (text on a terminal)"`
}

// SIP is the side towards the carriers.
type SIP struct {
	Listen    string `key:"listen" doc:"address for trunks, UDP and TCP"`
	TLSListen string `key:"tls_listen" doc:"address for trunks over TLS; empty = off"`
	TLSCert   string `key:"tls_cert" doc:"certificate file for SIP over TLS"`
	TLSKey    string `key:"tls_key" doc:"key file of tls_cert"`
	TLSCA     string `key:"tls_ca" doc:"CA file that carriers' certificates are checked with; empty = the system's"`
	Advertise string `key:"advertise" doc:"our address as carriers see it; empty = the listener's"`
}

// Phones is the side towards the agents' SIP phones.
type Phones struct {
	Listen   string   `key:"listen" doc:"address of the registrar for agents' phones, UDP and TCP"`
	Realm    string   `key:"realm" doc:"digest realm of the registrar"`
	Networks []string `key:"networks" doc:"networks that phones may register from"`
	Digest   []string `key:"digest" doc:"digest algorithms phones are challenged with: md5, sha-256; some phones give up on the second"`
}

// Softphone is the side towards the headsets in browsers.
type Softphone struct {
	Listen     string      `key:"listen" doc:"UDP address of the headsets in browsers; one port for all, port 0 takes a free one; empty = off"`
	PublicIP   string      `key:"public_ip" doc:"our address as browsers see it, behind NAT; empty = those of this machine"`
	ICEServers []ICEServer `key:"ice_servers"`
}

// ICEServer is a STUN or TURN server that browsers are told of, for networks
// that let no UDP through to us.
type ICEServer struct {
	URL            string `key:"url"` // as turns:turn.example.com:443?transport=tcp
	Username       string `key:"username"`
	Credential     string `key:"credential" secret:"true"`
	CredentialFile string `key:"credential_file"`
}

// Media is the sound.
type Media struct {
	IP        string `key:"ip" doc:"address for RTP; empty = the SIP listener's"`
	Advertise string `key:"advertise" doc:"RTP address in our SDP; empty = ip"`
	Ports     string `key:"ports" doc:"UDP ports for RTP, two a leg"`
	Relay     string `key:"relay" doc:"auto, epoll or plain"`
}

// Drain is how a stop goes.
type Drain struct {
	Limit time.Duration `key:"limit" doc:"how long conversations may last after SIGTERM"`
}

// Import is what uploads may cost and where files are picked up.
type Import struct {
	Region   string        `key:"region" doc:"default region of numbers without country code (ISO 3166-1)"`
	Watch    string        `key:"watch" doc:"folder whose files are imported; empty = off"`
	Campaign string        `key:"campaign" doc:"campaign that watched files go to"`
	Every    time.Duration `key:"every" doc:"how often the folder is looked at"`
}

// Webhooks is where events may be sent to.
type Webhooks struct {
	Allow []string `key:"allow" doc:"private networks that webhooks may reach, as 10.1.2.0/24; none by default"`
}

// Rules is the law that binds the house.
type Rules struct {
	Adopt    string `key:"adopt" doc:"rule sets that a new data folder adopts: auto (all presets), none, or their ids: us-federal us-states"`
	Holidays string `key:"holidays" doc:"folder of public holidays by country, as es.yaml, in place of the built-in ones; empty = holidays in the data folder"`
}

// What rules.adopt may say beside the ids of presets.
const (
	AdoptAuto = "auto"
	AdoptNone = "none"
)

// Evidence is where the proof of the ledger goes beside the data folder.
type Evidence struct {
	CopyTo string `key:"copy_to" doc:"folder that gets every signed checkpoint too: on another machine, best one in which nothing can be changed"`
}

// Clock is who says what time it is.
type Clock struct {
	Servers []string `key:"servers" doc:"time servers (NTP) that the clock is compared with: an alarm from 0.5 s, nobody is called beyond 5 s; name three or more"`
}

// Trunk is one way to the telephone network.
type Trunk struct {
	Name            string        `key:"name"`
	Host            string        `key:"host"`
	Port            int           `key:"port"`
	Transport       string        `key:"transport"`
	OutboundProxy   string        `key:"outbound_proxy"`
	Listen          string        `key:"listen"` // our address for it; empty = sip.listen for the first trunk, a free port for the others
	Register        bool          `key:"register"`
	Username        string        `key:"username"`
	AuthUsername    string        `key:"auth_username"`
	Password        string        `key:"password" secret:"true"`
	PasswordFile    string        `key:"password_file"`
	Realm           string        `key:"realm"`
	FromUser        string        `key:"from_user"`
	FromDomain      string        `key:"from_domain"`
	CallerIDs       []string      `key:"caller_ids"`
	IdentityHeader  string        `key:"identity_header"`
	Headers         []string      `key:"headers"`        // "Name: value", with {attempt}, {campaign}, {caller_id}
	AttestHeaders   []string      `key:"attest_headers"` // in which the carrier reports the attestation
	TrustIdentity   bool          `key:"trust_identity"`
	Codecs          []string      `key:"codecs"`
	MaxChannels     int           `key:"max_channels"`
	MaxCPS          float64       `key:"max_cps"`
	MaxPending      int           `key:"max_pending"`
	NoReply         time.Duration `key:"no_reply"`
	OptionsPing     time.Duration `key:"options_ping"`
	RegisterExpires time.Duration `key:"register_expires"`
	SessionTimer    time.Duration `key:"session_timer"`
	AllowedIPs      []string      `key:"allowed_ips"`
	AllowMedia      []string      `key:"allow_media"`
	Dial            DialPlan      `key:"dial"`
	Priority        int           `key:"priority"`
	Weight          int           `key:"weight"`
}

// DialPlan is how a trunk wants numbers written.
type DialPlan struct {
	Format        string   `key:"format"`        // e164, plain, international or national
	Country       string   `key:"country"`       // calling code at home, for national
	Trunk         string   `key:"trunk"`         // what national numbers begin with
	International string   `key:"international"` // what foreign numbers begin with
	Strip         string   `key:"strip"`
	Prefix        string   `key:"prefix"`
	Allow         []string `key:"allow"` // beginnings that may be called, as +34; none = all
}

// User is somebody who logs in, put into the store at start.
type User struct {
	Login           string   `key:"login"`
	Name            string   `key:"name"`
	Role            string   `key:"role"`
	Password        string   `key:"password" secret:"true"`
	PasswordFile    string   `key:"password_file"`
	Extension       string   `key:"extension"`
	PhoneSecret     string   `key:"phone_secret" secret:"true"`
	PhoneSecretFile string   `key:"phone_secret_file"`
	Campaigns       []string `key:"campaigns"`
}

// Campaign is a campaign put into the store at start when it is not there
// yet; afterwards the store's settings hold.
type Campaign struct {
	Name         string              `key:"name"`
	Mode         string              `key:"mode"`
	Start        bool                `key:"start"`
	Priority     int                 `key:"priority"`
	Seller       string              `key:"seller"`
	Telemarketer string              `key:"telemarketer"`
	Purpose      string              `key:"purpose"`
	Goods        string              `key:"goods_or_service"`
	Subject      string              `key:"subject_key"`
	Language     string              `key:"language"`
	Windows      map[string][]string `key:"windows"`
	Retry        []Retry             `key:"retry"`
	MaxAttempts  int                 `key:"max_attempts"`
	Cooldown     time.Duration       `key:"cooldown"`
	CallerIDs    []string            `key:"caller_ids"`
	Trunks       []string            `key:"trunks"`
	RingTime     time.Duration       `key:"ring_time"`
	Hold         time.Duration       `key:"hold"`
	Cap          float64             `key:"cap"`
	Target       float64             `key:"target"`
	MaxLines     int                 `key:"max_lines"`
	BestTime     bool                `key:"best_time"`
	Ceiling      float64             `key:"ceiling"`
	Cancel       bool                `key:"cancel"`
	WrapUp       time.Duration       `key:"wrap_up"`
	SafeHarbor   string              `key:"safe_harbor"`
	SafeHarbors  []Prompt            `key:"safe_harbors"`
	Script       string              `key:"script"`
	ScriptVer    string              `key:"script_version"`
	Dispositions []Disposition       `key:"dispositions"`
	Schedule     []Job               `key:"schedule"`
	Lists        []List              `key:"lists"`

	Inbound       Inbound       `key:"inbound"`
	ManualDial    bool          `key:"manual_dial"`
	PreviewDial   time.Duration `key:"preview_dial"`
	CallbackGrace time.Duration `key:"callback_grace"`

	Recording       Recording    `key:"recording"`
	Departments     []Department `key:"departments"`
	OutsideTransfer bool         `key:"outside_transfer"`
	HoldMusic       string       `key:"hold_music"` // WAV file, as safe_harbor
}

// Recording is which calls of a campaign are recorded: off, on, announce, consent.
type Recording struct {
	Mode         string `key:"mode"`
	Announcement string `key:"announcement"` // WAV file, as safe_harbor
}

// Department is where calls may be passed on to: agents by login, else a number.
type Department struct {
	Name   string   `key:"name"`
	Agents []string `key:"agents"`
	Number string   `key:"number"`
}

// Inbound is how people are served who call a campaign's numbers.
type Inbound struct {
	Off           bool          `key:"off"`
	Queue         time.Duration `key:"queue"`
	Places        int           `key:"places"`
	LastAgentWait time.Duration `key:"last_agent_wait"`
	Greeting      string        `key:"greeting"` // WAV file, as safe_harbor
	Closed        string        `key:"closed"`
}

// Prompt is a message in one language.
type Prompt struct {
	Language string `key:"language"` // BCP 47, as es or pt-BR
	File     string `key:"file"`
}

// Retry is what happens after an outcome.
type Retry struct {
	Outcome   string        `key:"outcome"`
	Delay     time.Duration `key:"delay"`
	Max       int           `key:"max"`
	NextPhone bool          `key:"next_phone"`
}

// Disposition is a word an agent may end a call with.
type Disposition struct {
	Code   string        `key:"code"`
	Label  string        `key:"label"`
	Effect string        `key:"effect"`
	Delay  time.Duration `key:"delay"`
}

// Job is something a campaign does by the clock.
type Job struct {
	Spec   string `key:"spec"`
	Zone   string `key:"zone"`
	Action string `key:"action"`
}

// List is a file that a campaign loads at start and at each reload.
type List struct {
	Name     string `key:"name"`
	File     string `key:"file"`
	Priority int    `key:"priority"`
	Region   string `key:"region"`
}

// Default is the configuration of a node that nobody configured: everything
// on this machine only.
func Default() Config {
	return Config{
		Data:      "forecall-data",
		Storage:   StorageSQLite,
		Live:      LiveMemory,
		Cluster:   Cluster{Listen: "127.0.0.1:7443"},
		HTTP:      HTTP{Listen: "127.0.0.1:8080"},
		Admin:     Admin{Listen: "127.0.0.1:9090"},
		Log:       Log{Level: "info", Format: "auto"},
		SIP:       SIP{Listen: "127.0.0.1:5060"},
		Phones:    Phones{Listen: "127.0.0.1:5062", Realm: "forecall", Networks: []string{"127.0.0.0/8"}, Digest: []string{"md5"}},
		Softphone: Softphone{Listen: "127.0.0.1:0"},
		Media:     Media{Ports: "20000-20999", Relay: "auto"},
		Drain:     Drain{Limit: 15 * time.Minute},
		Import:    Import{Every: 5 * time.Second},
		Rules:     Rules{Adopt: AdoptAuto},
	}
}
