package api

import "time"

// officeRoutes is figures, lists, webhooks, scores, shifts, messages, and what
// else an office keeps.
func (s *Server) officeRoutes() []route {
	const figuresWithin = time.Minute // over a year of a large house
	return []route{
		do(get, "/v1/performance/{table}", seeFigures, "performance", "What agents, teams, hours, days, lists, campaigns, steps or answers came to", s.performance, within(figuresWithin)),

		do(get, "/v1/campaigns/{id}/list-figures", seeBook, "lists", "How far each list has come", s.listFigures, within(figuresWithin)),
		do(get, "/v1/campaigns/{id}/fields", seeBook, "lists", "What a filter may ask of contacts", s.listFields),
		do(post, "/v1/campaigns/{id}/filter-count", seeBook, "lists", "Whom a filter would choose, or what is wrong with it", s.countFilter, within(figuresWithin)),
		do(post, "/v1/campaigns/{id}/recycle", editBook, "lists", "Make finished contacts callable again, or count them", s.recycle, within(10*time.Minute)),
		do(put, "/v1/lists/{id}/weight", editBook, "lists", "Share of a list in the mix", s.setWeight),

		do(get, "/v1/webhooks", webhooks, "webhooks", "Who is told of events", s.listWebhooks),
		do(post, "/v1/webhooks", webhooks, "webhooks", "Tell somebody else; the secret is shown this once", s.createWebhook, created),
		do(put, "/v1/webhooks/{id}", webhooks, "webhooks", "Change a webhook", s.changeWebhook),
		do(del, "/v1/webhooks/{id}", webhooks, "webhooks", "Remove a webhook with its deliveries", s.deleteWebhook),
		do(post, "/v1/webhooks/{id}/secret", webhooks, "webhooks", "Draw a new secret; the one before signs as well for a day", s.rotateWebhook),
		do(post, "/v1/webhooks/{id}/test", webhooks, "webhooks", "Send an event that says it is a test", s.testWebhook),
		do(get, "/v1/webhooks/{id}/deliveries", webhooks, "webhooks", "What was sent, and what came back", s.deliveries),
		do(post, "/v1/deliveries/{id}/replay", webhooks, "webhooks", "Send an event again", s.replay),

		do(get, "/v1/calls/{attempt}/score", signedIn, "scores", "The scoring form of a call, and its scores; an agent's own calls", s.sheet),
		do(put, "/v1/calls/{attempt}/score", scoreCalls, "scores", "Score a call", s.score),

		do(get, "/v1/shifts", signedIn, "shifts", "Planned shifts; an agent's own", s.shifts),
		do(post, "/v1/shifts", planShifts, "shifts", "Plan a shift", s.planShift, created),
		do(put, "/v1/shifts/{id}", planShifts, "shifts", "Change a planned shift", s.changeShift),
		do(del, "/v1/shifts/{id}", planShifts, "shifts", "Take a planned shift back", s.cancelShift),
		do(get, "/v1/adherence", seeFigures, "shifts", "Planned shifts beside what was worked", s.adherence, within(figuresWithin)),

		do(get, "/v1/messages", message, "messages", "The last messages to desks", s.sentMessages),
		do(post, "/v1/messages", message, "messages", "Put a line on one agent's desk, or on all", s.sendMessage, created),
		do(get, "/v1/agent/messages", takeCalls, "messages", "What I have not read yet", s.unreadMessages),
		do(post, "/v1/agent/messages/{id}/read", takeCalls, "messages", "I have read it", s.readMessage),

		do(get, promptsPath, seeBook, "prompts", "Recorded messages, and which campaigns play them", s.prompts),
		do(post, promptsPath, editBook, "prompts", "Upload a recorded message", s.uploadPrompt, wavBody, created),
		do(get, promptsPath+"/{file}", seeBook, "prompts", "Hear a recorded message (audio/wav)", s.hearPrompt, within(time.Minute)),
		do(del, promptsPath+"/{file}", editBook, "prompts", "Delete a recorded message that no campaign plays", s.deletePrompt),

		do(get, "/v1/pause-reasons", signedIn, "house", "Reasons to pause, of my campaigns or of the house", s.pauseReasons),
		do(put, "/v1/pause-reasons", editBook, "house", "Set the reasons of the house", s.setPauseReasons),
		do(get, "/v1/caller-ids", seeBook, "house", "Numbers that people see, and how often today", s.callerIDs),
		do(put, "/v1/caller-ids", editBook, "house", "Say what is known of a number", s.putCallerID),
		do(post, "/v1/caller-ids/remove", editBook, "house", "Forget a number that no campaign shows", s.removeCallerID),

		do(get, "/v1/trunks", testTrunks, "trunks", "Ways to the telephone network, as they stand", s.trunks),
		do(post, "/v1/trunks/{name}/test-call", testTrunks, "trunks", "Call a test number through a trunk and play a tune", s.testTrunk, within(2*time.Minute)),
		do(get, "/v1/test-calls", testTrunks, "trunks", "The last test calls", s.testCalls),
		do(get, "/v1/test-numbers", testTrunks, "trunks", "Numbers that test calls may go to", s.testNumbers),
		do(post, "/v1/test-numbers", editUsers, "trunks", "Vouch for a number", s.vouchNumber),
		do(post, "/v1/test-numbers/remove", editUsers, "trunks", "Take a number off", s.forgetNumber),
	}
}
