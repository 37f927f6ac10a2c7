package node

import (
	"net"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/records"
)

var (
	_ campaigns.MeetingStore = (*records.DB)(nil)
	_ campaigns.CaseStore    = (*records.DB)(nil)
	_ campaigns.DayStore     = (*records.DB)(nil)
	_ campaigns.Drafts       = (*records.DB)(nil)
	_ campaigns.Background   = (*records.DB)(nil)
	_ campaigns.SpellReader  = (*records.DB)(nil)
)

// meetings is the service of appointments; invitations name the house by the
// host that it listens on.
func (n *lead) meetings() *campaigns.Meetings {
	host, _, err := net.SplitHostPort(n.settings.Config.HTTP.Listen)
	if err != nil || host == "" || net.ParseIP(host) != nil {
		host = "forecall"
	}
	return campaigns.NewMeetings(n.db, n.db, n.db, host, n.settings.Version)
}
