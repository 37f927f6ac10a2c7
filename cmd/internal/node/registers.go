package node

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/storage/registry"
)

// RegistersFolder is where versions of do-not-call registers lie, inside the
// data folder.
const RegistersFolder = "registers"

// openRegisters maps the registers that the ledger knows and hands them to the
// gate. One whose file is not the ledger's is not loaded: rules that ask it
// refuse, and the lists' page says why.
func (n *Node) openRegisters(ctx context.Context) error {
	versions, err := n.db.RegisterVersions(ctx, "")
	if err != nil {
		return err
	}
	if n.shelf, err = registry.Open(n.registersFolder(), versions, n.log); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	n.later(n.shelf.Close)
	n.db.SetRegisters(n.shelf)
	return nil
}

func (n *Node) registersFolder() string {
	return filepath.Join(n.settings.Config.Data, RegistersFolder)
}

// openRegistry makes the services that load registers.
func (n *lead) openRegistry(context.Context) error {
	s := campaigns.RegisterSettings{Ledger: n.db, Maker: n.shelf, Shelf: n.shelf, Book: n.db}
	if n.several != nil {
		s.Maker, s.Alone = spreading{n.shelf, n.several.registers}, n.several.registers.alone
	}
	n.registry = campaigns.NewRegistry(s)
	loads, err := api.NewRegisterLoads(n.registry, filepath.Join(n.registersFolder(), ".incoming"), n.log)
	if err != nil {
		return err
	}
	n.registerLoads = loads
	n.later(loads.Close)
	return nil
}
