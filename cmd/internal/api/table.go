package api

import (
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/forecall/forecall/campaigns"
)

const (
	loginPath    = "/v1/login"
	passwordPath = "/v1/me/password"
	importPath   = "/v1/imports"
)

const (
	get    = http.MethodGet
	post   = http.MethodPost
	change = http.MethodPatch
	del    = http.MethodDelete
)

// What routes need, under the names of the permissions.
const (
	takeCalls    = need(campaigns.DoCalls)
	seeFloor     = need(campaigns.SeeFloor)
	steer        = need(campaigns.SteerAgents)
	seeBook      = need(campaigns.SeeCampaigns)
	editBook     = need(campaigns.EditCampaigns)
	startBook    = need(campaigns.StartCampaigns)
	importLists  = need(campaigns.ImportLists)
	exports      = need(campaigns.ExportCalls)
	seeDNC       = need(campaigns.SeeDoNotCall)
	addDNC       = need(campaigns.AddDoNotCall)
	removeDNC    = need(campaigns.RemoveDoNotCall)
	editUsers    = need(campaigns.EditUsers)
	seeLedger    = need(campaigns.SeeLedger)
	ackClock     = need(campaigns.AckClock)
	dialManual   = need(campaigns.DialManually)
	monitor      = need(campaigns.MonitorAgents)
	message      = need(campaigns.SendMessages)
	hearCalls    = need(campaigns.HearRecordings)
	scoreCalls   = need(campaigns.ScoreCalls)
	seeCalls     = need(campaigns.SeeCalls)
	seeFigures   = need(campaigns.SeePerformance)
	planShifts   = need(campaigns.PlanShifts)
	webhooks     = need(campaigns.EditWebhooks)
	testTrunks   = need(campaigns.TestTrunks)
	seeNodes     = need(campaigns.SeeNodes)
	drainNodes   = need(campaigns.DrainNodes)
	callerRight  = need(campaigns.EditCallerRights)
	stopCalls    = need(campaigns.StopCalls)
	editRules    = need(campaigns.EditRules)
	approveRules = need(campaigns.ApproveRules)
	compliance   = need(campaigns.SeeCompliance)
	reviewAMD    = need(campaigns.ReviewAMD)
)

// created says that an operation answers 201.
func created(op *huma.Operation) { op.DefaultStatus = http.StatusCreated }

// table is the one list of what can be asked of this server and by whom. A
// handler that is not here is not reachable; a test walks every line as every
// role.
func (s *Server) table() []route {
	return slices.Concat(
		s.house(), s.phoneRoutes(), s.talkRoutes(), s.inboundRoutes(), s.tradeRoutes(), s.scriptRoutes(), s.officeRoutes(),
		s.complianceRoutes(), s.ruleRoutes(), s.stopRoutes(), s.replayRoutes(), s.registerRoutes(), s.checkRoutes(), s.consentRoutes(),
		s.callerRoutes(), s.abandonRoutes(), s.nodeRoutes(),
	)
}

// house is what every client uses: agents, campaigns, lists, the log.
func (s *Server) house() []route {
	return []route{
		do(post, loginPath, public, "session", "Log in", s.login),
		do(post, "/v1/logout", signedIn, "session", "Log out", s.logout),
		do(get, "/v1/me", signedIn, "session", "Who am I", s.me),
		do(post, passwordPath, signedIn, "session", "Change my password", s.password),

		do(post, "/v1/agent/sign-in", takeCalls, "agent", "Begin a shift: forecall calls your phone once and keeps it", s.agentSignIn, within(2*time.Minute)),
		do(post, "/v1/agent/sign-out", takeCalls, "agent", "End the shift", s.agentSignOut),
		do(post, "/v1/agent/ready", takeCalls, "agent", "Take calls", s.agentReady),
		do(post, "/v1/agent/pause", takeCalls, "agent", "Take no more calls, after the one at hand", s.agentPause),
		do(get, "/v1/agent", takeCalls, "agent", "Where I stand", s.agentState),
		do(get, "/v1/agent/call", takeCalls, "agent", "The call at hand", s.agentCall),
		do(post, "/v1/agent/call/hang-up", takeCalls, "agent", "End the person's leg", s.agentHangUp),
		do(post, "/v1/agent/call/disposition", takeCalls, "agent", "Say what came of the call", s.agentDispose),
		do(post, "/v1/agent/call/do-not-call", takeCalls, "agent", "The person wants no more calls", s.agentDoNotCall),
		do(post, "/v1/agent/call/finishing", takeCalls, "agent", "The conversation is about to end", s.agentFinishing),
		do(post, "/v1/agent/call/step", takeCalls, "agent", "I have come to this step of the script", s.agentStep),
		do(get, "/v1/agent/breaks", takeCalls, "agent", "My planned breaks, and the end of my shift", s.agentBreaks),
		do(post, "/v1/agent/breaks", takeCalls, "agent", "Plan a break, or the end of my shift: no call is given from then on", s.planOwnBreak, created),
		do(del, "/v1/agent/breaks/{id}", takeCalls, "agent", "Take one of them back", s.cancelBreak),
		do(post, "/v1/agent/dial", takeCalls, "agent", "Call the previewed contact", s.agentDial),
		do(post, "/v1/agent/skip", takeCalls, "agent", "Skip the previewed contact", s.agentSkip),
		events("/v1/agent/events", takeCalls, "agent", "What happens to me: state, card, call_connected, call_ended, call_closed", s.agentEvents),

		do(get, "/v1/campaigns", seeBook, "campaigns", "All campaigns", s.campaigns),
		do(post, "/v1/campaigns", editBook, "campaigns", "Create a draft", s.createCampaign, created),
		do(get, "/v1/campaigns/{id}", seeBook, "campaigns", "One campaign", s.campaign),
		do(change, "/v1/campaigns/{id}", editBook, "campaigns", "Change settings", s.changeCampaign),
		do(post, "/v1/campaigns/{id}/start", startBook, "campaigns", "Dial", s.startCampaign),
		do(post, "/v1/campaigns/{id}/pause", startBook, "campaigns", "Place no new calls", s.pauseCampaign),
		do(post, "/v1/campaigns/{id}/drain", startBook, "campaigns", "Place no new calls and stop after the last", s.drainCampaign),
		do(post, "/v1/campaigns/{id}/stop", startBook, "campaigns", "Stop", s.stopCampaign),
		do(get, "/v1/campaigns/{id}/why", seeBook, "campaigns", "Why is it not dialing", s.whyCampaign),
		do(get, "/v1/campaigns/{id}/explain", seeBook, "campaigns", "Why is a number called, or not", s.explain),
		do(get, "/v1/campaigns/{id}/lists", seeBook, "lists", "Lists of a campaign", s.lists),
		do(post, "/v1/campaigns/{id}/lists", importLists, "lists", "Create an empty list", s.createList, created),
		do(change, "/v1/lists/{id}", editBook, "lists", "Switch a list on or off, or set its priority", s.changeList),

		do(post, importPath, importLists, "imports", "Import a list", s.importList, csvBody),
		do(get, importPath, importLists, "imports", "Imports of a campaign", s.imports),
		do(get, "/v1/imports/{id}", importLists, "imports", "How far an import is, or what became of it", s.importState),
		do(get, "/v1/imports/{id}/report", importLists, "imports", "The rejected rows, as CSV", s.importReport),
		do(del, "/v1/imports/{id}", importLists, "imports", "Take an import back", s.undoImport, within(10*time.Minute)),

		do(get, "/v1/callbacks", signedIn, "callbacks", "Agreed callbacks; an agent's own", s.callbacks),

		do(post, "/v1/do-not-call", addDNC, "do-not-call", "Never call a number again", s.addDoNotCall),
		do(post, "/v1/do-not-call/find", seeDNC, "do-not-call", "Is a number on the list", s.findDoNotCall),
		do(post, "/v1/do-not-call/page", seeDNC, "do-not-call", "The list, a page at a time", s.pageDoNotCall),
		do(post, "/v1/do-not-call/history", seeDNC, "do-not-call", "How a number came onto the list and left it", s.doNotCallHistory),
		do(post, dncImportPath, seeDNC, "do-not-call", "Never call the numbers of a file again", s.importDoNotCall, numbersBody),
		do(post, "/v1/do-not-call/remove", removeDNC, "do-not-call", "Take a number off the list", s.removeDoNotCall),

		do(get, "/v1/users", editUsers, "users", "Everybody who may log in", s.users),
		do(post, "/v1/users", editUsers, "users", "Create a user", s.createUser, created),
		do(http.MethodPut, "/v1/users/{login}", editUsers, "users", "Change a user", s.changeUser),

		do(get, "/v1/calls", exports, "calls", "The call log", s.calls),
		do(get, "/v1/outcomes", exports, "calls", "What was sold, agreed and answered", s.outcomes, within(2*time.Minute)),
		do(get, "/v1/calls/export", exports, "calls", "The call log, or what was said in it, as a file of any length", s.exportCalls),
		do(post, "/v1/verify", seeLedger, "calls", "Check the ledger against its laws", s.verify, within(30*time.Minute)),

		do(post, "/v1/clock/acknowledge", ackClock, "clock", "The clock is right as it stands: dial again after it jumped", s.acknowledgeClock),

		do(post, "/v1/agents/{id}/pause", steer, "floor", "Pause an agent after the call at hand", s.pauseAgent),
		do(post, "/v1/agents/{id}/sign-out", steer, "floor", "End an agent's shift", s.signAgentOut),
		do(get, "/v1/breaks", seeFloor, "floor", "Everybody's planned breaks", s.allBreaks),
		do(get, "/v1/agents/{id}/breaks", seeFloor, "floor", "Planned breaks of an agent", s.breaksOfAgent),
		do(post, "/v1/agents/{id}/breaks", steer, "floor", "Plan a break of an agent", s.planBreakOf, created),
		do(del, "/v1/breaks/{id}", steer, "floor", "Take a planned break of an agent back", s.cancelBreak),
		do(get, "/v1/floor", seeFloor, "floor", "Everything that goes on", s.floor),
		events("/v1/floor/events", seeFloor, "floor", "Everything that goes on: snapshot, then patches", s.floorEvents),

		plain(get, specPath, public, s.openAPI),
		plain(get, docsPath, public, docs()),
	}
}
