package api

import "github.com/forecall/forecall/campaigns"

// CampaignOffice is what managers and supervisors keep with a campaign.
type CampaignOffice struct {
	Filter       string                    `json:"filter" doc:"Which contacts of its lists are called; empty for all."`
	PauseReasons []string                  `json:"pause_reasons" doc:"None for those of the house."`
	ScoreForm    []campaigns.ScoreQuestion `json:"score_form"`
}

func campaignOfficeOf(c campaigns.Campaign) CampaignOffice {
	return CampaignOffice{c.Filter, notNil(c.PauseReasons), notNil(c.ScoreForm)}
}

// OfficeChange is what can be set of it.
type OfficeChange struct {
	Filter       *string                   `json:"filter,omitempty" maxLength:"16000"`
	PauseReasons []string                  `json:"pause_reasons,omitempty" maxItems:"30" doc:"Replaces all."`
	ScoreForm    []campaigns.ScoreQuestion `json:"score_form,omitempty" maxItems:"50" doc:"Replaces all."`
}

func (ch OfficeChange) applyOffice(c *campaigns.Campaign) {
	set(&c.Filter, ch.Filter)
	setList(&c.PauseReasons, ch.PauseReasons)
	setList(&c.ScoreForm, ch.ScoreForm)
}
