package node

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
)

// ledgerMark is how far a node has seen the ledger, in its own data folder. Records
// that do not reach it, or that are others there, went back in time: they were
// restored from a backup, or a standby without the last moment took over. Then
// nobody is called until a person says so.
type ledgerMark struct {
	Link int64     `json:"link"`
	Hash string    `json:"hash"`
	At   time.Time `json:"at"` // when it was the last
}

// markFile is its file.
const markFile = "ledger.seen"

// markEvery is how often a node looks. What it keeps is as old as that: by then it
// is on the disk of the store, whatever becomes of it.
const markEvery = 10 * time.Second

func (n *Node) markPath() string { return filepath.Join(n.settings.Config.Data, markFile) }

// openMark compares the records with what this node saw of them before.
func (n *Node) openMark(ctx context.Context) error {
	text, err := os.ReadFile(n.markPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var m ledgerMark
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		n.log.Error("how far the ledger was seen cannot be read; it is not compared", "file", n.markPath(), "error", err)
		return nil
	}
	_, err = n.compareMark(ctx, m)
	return err
}

// compareMark stops the house when its records went back; ok tells that they did not.
func (n *Node) compareMark(ctx context.Context, m ledgerMark) (ok bool, err error) {
	l, found, err := n.db.Link(ctx, m.Link)
	if err != nil {
		return false, err
	}
	if m.Link == 0 || found && hex.EncodeToString(l.Hash[:]) == m.Hash {
		return true, nil
	}
	head, err := n.db.Head(ctx)
	if err != nil || head.Seq == 0 { // nothing is there that anybody could be called by
		return head.Seq == 0, err
	}
	why := fmt.Sprintf("The records were restored: node %s saw link %d of the ledger on %s, which they do not have.", n.markName(), m.Link, m.At.UTC().Format("2006-01-02 15:04 MST"))
	stop, thrown, err := campaigns.HoldRestored(ctx, n.db, m.At, why)
	if err == nil && thrown {
		n.log.Error("the records are older than what this node has seen: nobody is called until somebody lifts the stop", "stop", stop.ID, "link", m.Link)
	}
	return false, err
}

func (n *Node) markName() string {
	if name, err := n.settings.Config.NodeName(); err == nil {
		return name
	}
	return "(without a name)"
}

// keepMark keeps how far the ledger was seen, and goes on comparing.
func (n *Node) keepMark(ctx context.Context) {
	var pending evidence.Link
	var at time.Time
	tick := time.NewTicker(markEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		m := ledgerMark{Link: pending.Seq, Hash: hex.EncodeToString(pending.Hash[:]), At: at}
		ok, err := n.compareMark(ctx, m)
		if ok && err == nil && m.Link > 0 {
			err = n.putMark(m)
		}
		var head evidence.Link
		if err == nil {
			head, err = n.db.Head(ctx)
		}
		if err != nil {
			if ctx.Err() == nil {
				n.log.Debug("how far the ledger is was not kept", "error", err)
			}
			continue
		}
		pending, at = head, time.Now()
	}
}

// putMark writes it, whole or not at all.
func (n *Node) putMark(m ledgerMark) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	part := n.markPath() + ".part"
	if err := os.WriteFile(part, text, 0o600); err != nil {
		return err
	}
	return os.Rename(part, n.markPath())
}
