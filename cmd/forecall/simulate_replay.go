package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/sqlite"
)

func (m *campaignModel) runReplay(*cobra.Command, *simulating, *sqlite.DB, campaigns.Campaign) error {
	return errors.New("not yet")
}
