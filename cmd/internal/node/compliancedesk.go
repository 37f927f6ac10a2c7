package node

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/exports"
	"github.com/forecall/forecall/storage/records"
)

var (
	_ campaigns.CallFinder   = (*records.DB)(nil)
	_ campaigns.ExportStore  = (*records.DB)(nil)
	_ campaigns.DossierStore = (*records.DB)(nil)
	_ campaigns.RefusalStore = (*records.DB)(nil)
	_ campaigns.ExportWorks  = (*exports.Works)(nil)
	_ exports.Store          = (*records.DB)(nil)
)

// complianceDesk is the services of the compliance desk: search, dossiers,
// refusals and files of calls, which Run lets be written.
func (n *lead) complianceDesk(recordings *campaigns.Recordings) (api.Compliance, error) {
	works, err := exports.New(exports.Settings{
		Store: n.db, Folder: filepath.Join(n.settings.Config.Data, exportsFolder), Files: n.exported, Log: n.log, Seal: n.seal,
		Loosened: campaigns.NewRuleDesk(n.db).Loosenings,
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

// seal writes a signed export for whoever asked for it, by what they may do now.
func (n *lead) seal(ctx context.Context, w io.Writer, e campaigns.Export, progress func(int64)) (int64, error) {
	by, err := n.db.User(ctx, e.User)
	if err != nil {
		return 0, fmt.Errorf("who asked for export %d: %w", e.ID, err)
	}
	s := evidence.Selection{Campaign: e.Search.Campaign, From: e.Search.From, To: e.Search.To, Number: e.Search.Number}
	if s.Campaign != 0 {
		c, err := n.db.Campaign(ctx, s.Campaign)
		if err != nil {
			return 0, fmt.Errorf("campaign of export %d: %w", e.ID, err)
		}
		s.CampaignName = c.Name
	}
	made, err := n.proof.Evidence.Export(ctx, by, s, w, func(_, records int64) { progress(records) })
	written := int64(0)
	for _, records := range made.Counts {
		written += records
	}
	return written, err
}
