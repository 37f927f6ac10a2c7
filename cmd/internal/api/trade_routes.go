package api

import "net/http"

const put = http.MethodPut

// tradeRoutes is what is sold, agreed, answered and complained of.
func (s *Server) tradeRoutes() []route {
	return []route{
		do(put, "/v1/agent/call/draft", takeCalls, "agent", "Keep what I have filled in of the call at hand", s.saveDraft),
		do(get, "/v1/agent/call/draft", takeCalls, "agent", "What I had filled in of the call at hand", s.draft),
		do(post, "/v1/agent/call/quote", takeCalls, "agent", "Price an order and read it back; nothing is recorded", s.quote),
		do(get, "/v1/agent/call/callback", takeCalls, "agent", "May the person be called back then? And what is often agreed", s.checkCallback),
		do(get, "/v1/agent/call/slots", takeCalls, "agent", "Free slots of the salespeople of the campaign at hand", s.callSlots),
		do(post, "/v1/agent/call/slot", takeCalls, "agent", "Hold a slot while the call goes on, for 15 minutes", s.holdSlot, created),
		do(get, "/v1/agent/day", takeCalls, "agent", "My own day: times, calls, what came of them, target and commission", s.ownDay),

		do(get, "/v1/salespeople", signedIn, "appointments", "Whom people may meet", s.salespeople),
		do(post, "/v1/salespeople", editBook, "appointments", "Add a calendar", s.createSalesperson, created),
		do(get, "/v1/salespeople/{id}", signedIn, "appointments", "One calendar", s.salesperson),
		do(put, "/v1/salespeople/{id}", editBook, "appointments", "Change a calendar; the meetings in it stay", s.changeSalesperson),
		do(get, "/v1/campaigns/{id}/slots", signedIn, "appointments", "Free slots of the salespeople of a campaign", s.slots),
		do(get, "/v1/appointments", signedIn, "appointments", "Appointments: one's own, or all for those who see campaigns", s.appointments),
		do(get, "/v1/appointments/{id}", signedIn, "appointments", "One appointment, with the invitation in words", s.appointment),
		do(post, "/v1/appointments/{id}/cancel", signedIn, "appointments", "Cancel an appointment; its slot is free again", s.cancelAppointment),
		do(post, "/v1/appointments/{id}/move", signedIn, "appointments", "Move an appointment to another slot", s.moveAppointment),
		do(get, "/v1/appointments/{id}/invitation.ics", signedIn, "appointments", "The appointment for a calendar program (RFC 5545)", s.invitation),

		do(get, "/v1/complaints", seeCalls, "complaints", "What people were not content with", s.complaints),
		do(change, "/v1/complaints/{id}", seeCalls, "complaints", "Close a complaint with what was done, or open it again", s.changeComplaint),
	}
}
