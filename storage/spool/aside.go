package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// asideFolder is where what the store will not have lies, below the spool's.
const asideFolder = "aside"

// partial ends the name of a file that is being written.
const partial = ".part"

// refused is a record that was set aside, as people find it.
type refused struct {
	record
	Reason string `json:"reason"`
}

// setAside puts a record where it waits for people, and says so.
func (p *Spool) setAside(e entry, r record, reason error) error {
	text, err := json.MarshalIndent(refused{r, reason.Error()}, "", "  ")
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%016x-%s.json", e.seq, r.Kind)
	if err := p.keepAside(name, text); err != nil {
		return err
	}
	p.log.Error("the store refuses what was kept for it; it is set aside and needs a person", "kind", r.Kind, "attempt", r.Attempt,
		"file", filepath.Join(p.folder, asideFolder, name), "error", reason)
	return nil
}

// keepDamage sets aside what is no record, in the files that the last run left.
func (p *Spool) keepDamage(broken []found) error {
	for _, b := range broken {
		name := fmt.Sprintf("%s-%08x.bin", b.segment, b.at)
		if err := p.keepAside(name, b.octets); err != nil {
			return err
		}
		p.log.Error("a file of the spool is damaged, or its last write was torn off; what cannot be read is set aside",
			"file", filepath.Join(p.folder, asideFolder, name), "octets", len(b.octets))
	}
	return p.files.forget()
}

// keepAside writes a file whole, durable on return; the same again replaces it.
func (p *Spool) keepAside(name string, content []byte) error {
	folder := filepath.Join(p.folder, asideFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("set aside: %w", err)
	}
	whole := filepath.Join(folder, name)
	f, err := os.OpenFile(whole+partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("set aside: %w", err)
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(whole+partial, whole)
	}
	if err = errors.Join(err, syncFolder(folder), syncFolder(p.folder)); err != nil {
		return fmt.Errorf("set aside: %w", err)
	}
	return nil
}

// liesAside is how many files wait for people; a folder that cannot be read has none.
func (p *Spool) liesAside() (n int64) {
	files, _ := os.ReadDir(filepath.Join(p.folder, asideFolder)) // most often it is not there
	for _, f := range files {
		if filepath.Ext(f.Name()) != partial {
			n++
		}
	}
	return n
}
