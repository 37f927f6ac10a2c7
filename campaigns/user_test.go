package campaigns

import (
	"errors"
	"strings"
	"testing"
)

// granted is what each role may do, as the house has it: agent, supervisor,
// manager, compliance, admin.
var granted = map[Permission]string{
	DoCalls:         "as---",
	SeeFloor:        "-smcA",
	SteerAgents:     "-sm-A",
	SeeCampaigns:    "-smcA",
	EditCampaigns:   "--m-A",
	StartCampaigns:  "--m-A",
	ImportLists:     "--m-A",
	ExportCalls:     "--mcA",
	SeeDoNotCall:    "-smcA",
	AddDoNotCall:    "asmcA",
	RemoveDoNotCall: "---c-",
	EditUsers:       "----A",
	SeeLedger:       "---cA",
	SeeSystem:       "----A",
	AckClock:        "---cA",
	DialManually:    "as---",
	MonitorAgents:   "-sm--",
	SendMessages:    "-sm-A",
	HearRecordings:  "-smc-",
	ScoreCalls:      "-sm--",
	SeeCalls:        "-smcA",
	SeePerformance:  "-smcA",
	PlanShifts:      "-sm-A",
	EditWebhooks:    "--m-A",
	TestTrunks:      "--m-A",
	SeeCompliance:   "--mcA",
	EditConsents:    "--mc-",
	StopCalls:       "-smcA",
	SubjectAccess:   "---c-",
	SubjectErase:    "---c-",
	SetHolds:        "---c-",
	ExportEvidence:  "---c-",
	EditRules:       "---c-",
	ApproveRules:    "---cA",
	LoadRegisters:   "---cA",

	EditCallerRights: "--mcA",
	ReviewAMD:        "-s-c-",
	SeeNodes:         "-sm-A",
	DrainNodes:       "--m-A",
}

func TestEachRoleMayDoWhatTheTableSaysAndNothingElse(t *testing.T) {
	for permission, row := range granted {
		for i, role := range Roles() {
			if got, want := role.May(permission), row[i] != '-'; got != want {
				t.Errorf("%s %s: %v, want %v", role, permission, got, want)
			}
		}
	}
	for _, role := range Roles() {
		for _, p := range permissions[role] {
			if _, known := granted[p]; !known {
				t.Errorf("%s may do %s, which this table does not know", role, p)
			}
		}
	}
	if Role("").May(DoCalls) || Role("root").May(EditUsers) {
		t.Error("an unknown role may do something")
	}
}

func TestNobodyTakesNumbersOffTheDoNotCallListButCompliance(t *testing.T) {
	for _, role := range Roles() {
		if role.May(RemoveDoNotCall) != (role == Compliance) {
			t.Errorf("%s", role)
		}
	}
}

func TestADisabledUserMayDoNothing(t *testing.T) {
	u := User{Login: "ann", Role: Admin}
	if err := u.Allow(EditUsers); err != nil {
		t.Error(err)
	}
	u.Disabled = true
	if err := u.Allow(EditUsers); !errors.Is(err, ErrForbidden) || !strings.Contains(err.Error(), "ann as admin: users.edit") {
		t.Errorf("%v", err)
	}
}

func TestAUserNeedsALoginAndARole(t *testing.T) {
	if err := (User{Login: "ann.lee-2", Role: Agent}).Validate(); err != nil {
		t.Error(err)
	}
	for says, u := range map[string]User{
		"login":               {Role: Agent},
		`login "a\r\nb"`:      {Login: "a\r\nb", Role: Agent},
		"login \"<script>\"":  {Login: "<script>", Role: Agent},
		`role "boss"`:         {Login: "ann", Role: "boss"},
		"compliance or admin": {Login: "ann"},
		"1 to 64":             {Login: strings.Repeat("x", 65), Role: Agent},
	} {
		if err := u.Validate(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v does not say %s", u, err, says)
		}
	}
}
