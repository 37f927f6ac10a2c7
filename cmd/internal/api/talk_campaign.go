package api

import "github.com/forecall/forecall/campaigns"

// CampaignTalk is what a campaign sets for conversations.
type CampaignTalk struct {
	Recording       RecordingPolicy `json:"recording"`
	Departments     []Department    `json:"departments" doc:"That calls may be passed on to."`
	OutsideTransfer bool            `json:"outside_transfer" doc:"Calls may be passed on to any number."`
	HoldMusic       string          `json:"hold_music" doc:"WAV file; empty: the house's own."`
}

// RecordingPolicy says which calls are recorded.
type RecordingPolicy struct {
	Mode         campaigns.RecordingMode `json:"mode" enum:"off,on,announce,consent" doc:"announce: an announcement is heard by both at the beginning. consent: from when the agent says that the person agrees."`
	Announcement string                  `json:"announcement,omitempty" maxLength:"100" doc:"Name of a WAV file in the folder prompts of the data folder."`
}

// Department is where calls may be passed on to: its agents, longest idle
// first, else its number.
type Department struct {
	Name   string   `json:"name" minLength:"1" maxLength:"64"`
	Agents []string `json:"agents,omitempty" maxItems:"500" doc:"Logins."`
	Number string   `json:"number,omitempty" maxLength:"20" doc:"E.164."`
}

// TalkChange sets it; what is absent stays.
type TalkChange struct {
	Recording       *RecordingPolicy `json:"recording,omitempty"`
	Departments     []Department     `json:"departments,omitempty" maxItems:"100" doc:"Replaces all."`
	OutsideTransfer *bool            `json:"outside_transfer,omitempty"`
	HoldMusic       *string          `json:"hold_music,omitempty" maxLength:"100" doc:"Name of a WAV file in the folder prompts of the data folder; empty for the house's own."`
}

func campaignTalkOf(c campaigns.Campaign) CampaignTalk {
	out := CampaignTalk{
		Recording: RecordingPolicy(c.Recording), OutsideTransfer: c.OutsideTransfer, HoldMusic: c.HoldMusic,
		Departments: each(c.Departments, func(d campaigns.Department) Department { return Department(d) }),
	}
	if out.Recording.Mode == "" {
		out.Recording.Mode = campaigns.RecordOff
	}
	return out
}

// applyTalk sets what is given. A file that stands in the campaign already is
// left: it may be a path of the configuration, which a client sends back.
func (ch TalkChange) applyTalk(c *campaigns.Campaign) error {
	if r := ch.Recording; r != nil {
		if r.Announcement != "" && r.Announcement != c.Recording.Announcement && !plainFile.MatchString(r.Announcement) {
			return promptProblem("recording.announcement")
		}
		c.Recording = campaigns.RecordingPolicy(*r)
	}
	if name := ch.HoldMusic; name != nil {
		if *name != "" && *name != c.HoldMusic && !plainFile.MatchString(*name) {
			return promptProblem("hold_music")
		}
		c.HoldMusic = *name
	}
	if ch.Departments != nil {
		c.Departments = nil
		for _, d := range ch.Departments {
			c.Departments = append(c.Departments, campaigns.Department(d))
		}
	}
	set(&c.OutsideTransfer, ch.OutsideTransfer)
	return nil
}
