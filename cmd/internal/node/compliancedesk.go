package node

import (
	"context"
	"path/filepath"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/exports"
	"github.com/forecall/forecall/storage/sqlite"
)

var (
	_ campaigns.CallFinder   = (*sqlite.DB)(nil)
	_ campaigns.ExportStore  = (*sqlite.DB)(nil)
	_ campaigns.DossierStore = (*sqlite.DB)(nil)
	_ campaigns.RefusalStore = (*sqlite.DB)(nil)
	_ campaigns.ExportWorks  = (*exports.Works)(nil)
	_ exports.Store          = (*sqlite.DB)(nil)
)

// complianceDesk is the services of the compliance desk: search, dossiers,
// refusals and files of calls, which Run lets be written.
func (n *Node) complianceDesk(recordings *campaigns.Recordings) (api.Compliance, error) {
	works, err := exports.New(exports.Settings{
		Store: n.db, Folder: filepath.Join(n.settings.Config.Data, "exports"), Log: n.log,
		Campaign: func(id int64) (campaigns.Campaign, bool) {
			c, err := n.db.Campaign(context.Background(), id) // from memory
			return c, err == nil
		},
	})
	if err != nil {
		return api.Compliance{}, err
	}
	n.exports = works
	return api.Compliance{
		Search: campaigns.NewCallSearcher(n.db, n.db), Exports: campaigns.NewExports(n.db, works),
		Dossiers: campaigns.NewDossiers(recordings, n.db, n.db), Refused: campaigns.NewRefusalDesk(n.db),
		Proof: n.proof,
	}, nil
}
