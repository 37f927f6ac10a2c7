package api

import "time"

// talkRoutes is what agents and supervisors do during a call.
func (s *Server) talkRoutes() []route {
	const call = "/v1/agent/call"
	return []route{
		do(post, call+"/hold", takeCalls, "agent", "Put the person on hold, with music, or take them back", s.agentHold),
		do(post, call+"/mute", takeCalls, "agent", "Let the person not hear me", s.agentMute),
		do(post, call+"/digits", takeCalls, "agent", "Press keys (0-9, *, #, A-D)", s.agentDigits),
		do(post, call+"/record", takeCalls, "agent", "Pause the recording, go on, or say that the person agrees to it", s.agentRecord),
		do(post, call+"/note", takeCalls, "agent", "Write something down in the time line of the call", s.agentNote),
		do(post, call+"/help", takeCalls, "agent", "Ask for a supervisor, or take it back", s.agentHelp),
		do(get, "/v1/agent/targets", takeCalls, "agent", "Where the call may be passed on to", s.agentTargets),
		do(post, call+"/transfer", takeCalls, "agent", "Pass the call on; nobody answers: the person is back", s.agentTransfer, within(time.Minute)),
		do(post, call+"/transfer/complete", takeCalls, "agent", "The other side has the person", s.agentComplete),
		do(post, call+"/transfer/cancel", takeCalls, "agent", "Take the person back", s.agentCancel),
		do(post, call+"/conference", takeCalls, "agent", "All three talk", s.agentConference),
		do(post, call+"/accept", takeCalls, "agent", "Take a call that is passed on to me", s.agentAccept),
		do(post, call+"/refuse", takeCalls, "agent", "Send it back", s.agentRefuse),

		do(post, "/v1/agents/{id}/monitor", monitor, "floor", "Listen to an agent, whisper, or barge in; again: change it", s.monitorAgent, within(2*time.Minute)),
		do(del, "/v1/agents/{id}/monitor", monitor, "floor", "Stop that", s.stopMonitor),
		do(post, "/v1/agents/{id}/take-over", monitor, "floor", "Take the agent's call over", s.takeOver),
		do(get, "/v1/headphones", monitor, "floor", "Whom I listen to, and with what", s.headphones),
		do(del, "/v1/headphones", monitor, "floor", "Hang my phone up", s.disconnectHeadphones),

		do(get, "/v1/calls/{attempt}", seeCalls, "calls", "One call with its time line", s.callDetail),
		recordingRoute(s),
		do(get, "/v1/calls/{attempt}/waveform", hearCalls, "calls", "The sound of a call, drawn", s.waveform),
	}
}
