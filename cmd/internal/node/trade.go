package node

import (
	"net"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/sqlite"
)

var (
	_ campaigns.MeetingStore = (*sqlite.DB)(nil)
	_ campaigns.CaseStore    = (*sqlite.DB)(nil)
	_ campaigns.DayStore     = (*sqlite.DB)(nil)
	_ campaigns.Drafts       = (*sqlite.DB)(nil)
	_ campaigns.Background   = (*sqlite.DB)(nil)
	_ campaigns.SpellReader  = (*sqlite.DB)(nil)
)

// meetings is the service of appointments; invitations name the house by the
// host that it listens on.
func (n *Node) meetings() *campaigns.Meetings {
	host, _, err := net.SplitHostPort(n.settings.Config.HTTP.Listen)
	if err != nil || host == "" || net.ParseIP(host) != nil {
		host = "forecall"
	}
	return campaigns.NewMeetings(n.db, n.db, n.db, host, n.settings.Version)
}
