package api

import "net/http"

// scriptRoutes is what an agent reads, and how a manager writes it.
func (s *Server) scriptRoutes() []route {
	return []route{
		do(get, "/v1/agent/call/script", takeCalls, "script", "Where I stand in the script of the call at hand", s.callScript),
		do(post, "/v1/agent/call/script", takeCalls, "script", "Answer, and go on, back or to an objection", s.moveScript),
		do(http.MethodPut, "/v1/agent/script-wording", takeCalls, "script", "My own wording of a step", s.putWording),
		do(get, "/v1/agent/script-wordings", takeCalls, "script", "All my own wordings in a campaign", s.ownWordings),

		do(get, "/v1/campaigns/{id}/script", seeBook, "script", "The script of a campaign as it is written", s.script),
		do(http.MethodPut, "/v1/campaigns/{id}/script", editBook, "script", "Save the script: a new version", s.saveScript),
		do(get, "/v1/campaigns/{id}/script/versions", seeBook, "script", "What the script has been", s.scriptVersions),
		do(get, "/v1/campaigns/{id}/script/versions/{no}", seeBook, "script", "One version", s.scriptVersion),
		do(get, "/v1/campaigns/{id}/script/wordings", editBook, "script", "How agents word the steps", s.scriptWordings),
		do(get, "/v1/campaigns/{id}/script/samples", editBook, "script", "A few people to try the script on", s.scriptSamples),
		do(post, "/v1/scripts/check", editBook, "script", "Check a draft and see it as an agent would", s.checkScript),
	}
}
