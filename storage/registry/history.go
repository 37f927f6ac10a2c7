package registry

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/forecall/forecall/campaigns"
)

// Through tells for every version of a list that is still kept, newest first,
// whether a number stood in it.
func (s *Shelf) Through(list string, number uint64) []campaigns.RegisterStanding {
	e := (*s.now.Load())[list]
	if e == nil {
		return nil
	}
	on, covered := e.set.Has(number), e.covers.has(number)
	out := []campaigns.RegisterStanding{{Version: e.set.Version, Listed: on, Covered: covered}}
	for _, c := range e.changes {
		if c.added.Has(number) {
			on = false
		}
		if c.removed.Has(number) {
			on = true
		}
		v := campaigns.RegisterVersion{List: list, Version: c.version.Version - 1, AccessedAt: c.notEarlier}
		out = append(out, campaigns.RegisterStanding{Version: v, Listed: on, Covered: true})
	}
	return out
}

// ErrNoVersion marks a version that was never there, or whose changes are lost.
var ErrNoVersion = errors.New("there is no such version")

// rebuilt is a version as it was: the one in force with the later changes
// undone.
func (s *Shelf) rebuilt(list string, version int64) (*Builder, error) {
	e := (*s.now.Load())[list]
	if e == nil || version > e.set.Version.Version {
		return nil, fmt.Errorf("version %d of %s: %w", version, list, ErrNoVersion)
	}
	b := NewBuilder(e.set)
	for _, c := range e.changes {
		if c.version.Version <= version {
			return b, nil
		}
		c.undo(b)
	}
	if first := e.set.Version.Version - int64(len(e.changes)); version < first {
		return nil, fmt.Errorf("version %d of %s: %w; the oldest that is kept is %d", version, list, ErrNoVersion, first)
	}
	return b, nil
}

func (c change) undo(b *Builder) {
	c.added.Each(func(n uint64) bool { b.Drop(n); return true })
	c.removed.Each(func(n uint64) bool { b.Add(n); return true })
}

// Export writes the numbers of a version, one E.164 a line in ascending order,
// as those who were looked up in it.
func (s *Shelf) Export(ctx context.Context, list string, version int64, w io.Writer) (written int64, err error) {
	b, err := s.rebuilt(list, version)
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	line := make([]byte, 0, mostDigits+2)
	for _, id := range b.ids() {
		if ctx.Err() != nil {
			return written, ctx.Err()
		}
		for _, o := range b.at(id).sorted() {
			line = append(strconv.AppendUint(append(line[:0], '+'), uint64(id)*blockSpan+uint64(o), 10), '\n')
			if _, err := out.Write(line); err != nil {
				return written, fmt.Errorf("write the numbers of %s: %w", list, err)
			}
			written++
		}
	}
	return written, out.Flush()
}

// Verify reads every file of a list, byte by byte, and builds every version
// anew: its numbers must have the SHA-256 that the ledger has of it. The
// findings are for people; none means that all of it is as it was loaded.
func (s *Shelf) Verify(ctx context.Context, list string, ledger []campaigns.RegisterVersion) (checked int, findings []string) {
	known := make(map[int64]campaigns.RegisterVersion)
	last := int64(0)
	for _, v := range ledger {
		known[v.Version], last = v, max(last, v.Version)
	}
	set, err := openSet(s.path(list, last, partSet), true)
	if err != nil {
		return 0, []string{fmt.Sprintf("version %d of %s cannot be read: %v", last, list, err)}
	}
	b, changes, err := NewBuilder(set), []change(nil), error(nil)
	if changes, err = s.changes(list, last); err != nil {
		findings = append(findings, fmt.Sprintf("the changes of %s cannot be read: %v", list, err))
	}
	for v := last; ; v-- {
		if ctx.Err() != nil {
			return checked, append(findings, "the check was ended before it was through")
		}
		var h Header
		if err := b.write(io.Discard, &h); err != nil {
			return checked, append(findings, err.Error())
		}
		if want := known[v].SHA256; h.SHA256 != want {
			return checked, append(findings, fmt.Sprintf("version %d of %s has the SHA-256 %.12s..., the ledger has %.12s...", v, list, h.SHA256, want))
		}
		checked++
		i := int(last - v)
		if i >= len(changes) {
			return checked, append(findings, lost(list, v, known)...)
		}
		for _, part := range []string{partAdd, partDel} {
			if _, err := openSet(s.path(list, v, part), true); err != nil {
				return checked, append(findings, err.Error())
			}
		}
		changes[i].undo(b)
	}
}

// lost is what to say when the ledger has versions before the oldest that can
// be built: their changes are kept for as long as a decision may name them, so
// somebody took a file away, or the list was damaged and then loaded anew.
func lost(list string, oldest int64, ledger map[int64]campaigns.RegisterVersion) []string {
	before := 0
	for v := range ledger {
		if v < oldest {
			before++
		}
	}
	if before == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d versions of %s before version %d cannot be built any more: what came and went with version %d is not there. Put %s and %s back from a backup",
		before, list, oldest, oldest, partName(oldest, partAdd), partName(oldest, partDel))}
}
