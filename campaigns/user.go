package campaigns

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Role is what a user is in the house.
type Role string

// The roles.
const (
	Agent      Role = "agent"
	Supervisor Role = "supervisor"
	Manager    Role = "manager"
	Compliance Role = "compliance"
	Admin      Role = "admin"
)

// Roles lists them all.
func Roles() []Role { return []Role{Agent, Supervisor, Manager, Compliance, Admin} }

// User is somebody who logs in.
type User struct {
	ID           int64     `json:"id"`
	Login        string    `json:"login"`
	Name         string    `json:"name"`
	Role         Role      `json:"role"`
	PasswordHash string    `json:"-"`         // Argon2id
	Extension    string    `json:"extension"` // user part of the agent's SIP phone
	PhoneHA1     HA1       `json:"-"`         // digests of that phone's secret, which is not kept
	Campaigns    []string  `json:"campaigns"` // names of those the agent works for
	Disabled     bool      `json:"disabled"`
	CreatedAt    time.Time `json:"created_at"`
	Team         string    `json:"team"`     // label that figures are read by; empty = none
	Language     string    `json:"language"` // BCP 47 of the pages; empty = the browser's
	Start        string    `json:"start"`    // page after the log-in, as /floor; empty = the role's
}

// Permission is one thing that a user may do.
type Permission string

// The permissions.
const (
	DoCalls          Permission = "calls.take"        // log in as an agent, take and dispose of calls
	SeeFloor         Permission = "floor.see"         // agents, calls in the air, rates
	SteerAgents      Permission = "agents.steer"      // log out or pause an agent
	SeeCampaigns     Permission = "campaigns.see"     // settings and progress
	EditCampaigns    Permission = "campaigns.edit"    // create, change
	StartCampaigns   Permission = "campaigns.start"   // start, pause, stop
	ImportLists      Permission = "lists.import"      // upload, undo
	ExportCalls      Permission = "calls.export"      // call log with numbers
	SeeDoNotCall     Permission = "dnc.see"           //
	AddDoNotCall     Permission = "dnc.add"           //
	RemoveDoNotCall  Permission = "dnc.remove"        //
	EditUsers        Permission = "users.edit"        //
	SeeLedger        Permission = "ledger.verify"     // run the checker
	SeeSystem        Permission = "system.see"        // health, trunks
	AckClock         Permission = "clock.acknowledge" // say that the clock is right after it jumped
	DialManually     Permission = "calls.manual"      // call a number that an agent types, where the campaign allows it
	MonitorAgents    Permission = "agents.monitor"    // listen, whisper, barge, take over
	SendMessages     Permission = "agents.message"    // a line on one agent's desk, or on all
	HearRecordings   Permission = "recordings.hear"   // play and take away
	ScoreCalls       Permission = "calls.score"       // fill in a scoring form
	SeeCalls         Permission = "calls.see"         // the calls, one by one, without numbers in full
	SeePerformance   Permission = "performance.see"   // of teams and agents
	PlanShifts       Permission = "shifts.plan"       //
	EditWebhooks     Permission = "webhooks.edit"     //
	TestTrunks       Permission = "trunks.test"       // see trunks, place a test call
	SeeNodes         Permission = "nodes.see"         // the nodes of the house
	DrainNodes       Permission = "nodes.drain"       // make a node take no new work
	EditRules        Permission = "rules.edit"        // say which rules bind the house
	ApproveRules     Permission = "rules.approve"     // as the second person, of what loosens one
	StopCalls        Permission = "calls.stop"        // throw and lift the kill switch
	EditCallerRights Permission = "callerids.right"   // write down the right to show a number, and try it
	SeeCompliance    Permission = "compliance.see"    // the compliance desk: rule sets, reports, search
	SubjectAccess    Permission = "subject.access"    // everything that is known of a person
	SubjectErase     Permission = "subject.erase"     // forget a person
	SetHolds         Permission = "hold.set"          // keep from deletion, and set how long what is kept
	ExportEvidence   Permission = "evidence.export"   // the ledger as a signed file
	LoadRegisters    Permission = "registry.load"     // put versions of do-not-call registers in force, and take them away
	ReviewAMD        Permission = "amd.review"        // listen to calls that were taken for machines, and label them
	EditConsents     Permission = "consent.edit"      // enter what people permitted, and end it
)

// ErrForbidden marks an action that the user's role does not allow.
var ErrForbidden = errors.New("not allowed")

// permissions is the one table of what each role may do. Compliance reads
// everything and changes do-not-call, but starts nothing.
var permissions = map[Role][]Permission{
	Agent: {DoCalls, AddDoNotCall, DialManually},
	Supervisor: {
		DoCalls, SeeFloor, SteerAgents, SeeCampaigns, SeeDoNotCall, AddDoNotCall, DialManually, MonitorAgents, SendMessages,
		HearRecordings, ScoreCalls, SeeCalls, SeePerformance, PlanShifts, StopCalls, ReviewAMD,
		SeeNodes,
	},
	Manager: {
		SeeFloor, SteerAgents, SeeCampaigns, EditCampaigns, StartCampaigns, ImportLists, ExportCalls, SeeDoNotCall, AddDoNotCall,
		MonitorAgents, SendMessages, HearRecordings, ScoreCalls, SeeCalls, SeePerformance, PlanShifts, EditWebhooks, TestTrunks,
		SeeCompliance, EditConsents, EditCallerRights, StopCalls, SeeNodes, DrainNodes,
	},
	Compliance: {
		SeeFloor, SeeCampaigns, ExportCalls, SeeDoNotCall, AddDoNotCall, RemoveDoNotCall, SeeLedger, AckClock,
		HearRecordings, SeeCalls, SeePerformance, ReviewAMD, SubjectAccess, SubjectErase, SetHolds, ExportEvidence,
		SeeCompliance, EditConsents, EditCallerRights, StopCalls, EditRules, ApproveRules, LoadRegisters,
	},
	Admin: {
		SeeFloor, SteerAgents, SeeCampaigns, EditCampaigns, StartCampaigns, ImportLists, ExportCalls, SeeDoNotCall, AddDoNotCall,
		EditUsers, SeeLedger, SeeSystem, AckClock, SeeCalls, SeePerformance, PlanShifts, SendMessages, EditWebhooks, TestTrunks,
		SeeCompliance, EditCallerRights, StopCalls, ApproveRules, LoadRegisters, SeeNodes, DrainNodes,
	},
}

// May tells whether a role holds a permission.
func (r Role) May(p Permission) bool { return slices.Contains(permissions[r], p) }

// Allow returns ErrForbidden with what was asked when the user may not do p.
func (u User) Allow(p Permission) error {
	if u.Disabled || !u.Role.May(p) {
		return fmt.Errorf("%s as %s: %s: %w", u.Login, u.Role, p, ErrForbidden)
	}
	return nil
}

// Validate says what is wrong with a user.
func (u User) Validate() error {
	if !namePattern.MatchString(u.Login) {
		return fmt.Errorf("login %q: 1 to 64 letters, digits, spaces, dots, dashes", u.Login)
	}
	if !slices.Contains(Roles(), u.Role) {
		return fmt.Errorf("user %s: role %q: agent, supervisor, manager, compliance or admin", u.Login, u.Role)
	}
	return nil
}
