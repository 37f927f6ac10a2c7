package registry

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// Shelf holds the versions in force of all lists.
type Shelf struct {
	folder string
	log    *slog.Logger
	now    atomic.Pointer[map[string]*edition] // replaced, never changed

	mu     sync.Mutex       // held by whoever changes what is in force
	faults map[string]error // why a list that the ledger knows is not loaded
}

// stageMark begins the names of folders of versions that are being made.
const stageMark = ".stage-"

// Open opens the lists of a folder, which it makes. inForce are the versions
// that the ledger holds; the last of a list is the one in force. A list whose
// file is missing, damaged or another than the ledger's is not loaded: see
// Faults. What a crash left behind is put away.
func Open(folder string, inForce []campaigns.RegisterVersion, log *slog.Logger) (*Shelf, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("open the registers: %w", err)
	}
	s := &Shelf{folder: folder, log: log, faults: make(map[string]error)}
	all := make(map[string]*edition)
	for list, v := range newest(inForce) {
		e, err := s.open(list, v)
		if err != nil {
			s.faults[list] = err
			log.Error("a register is not loaded: numbers that it is about are not called", "list", list, "version", v.Version, "error", err)
			continue
		}
		all[list] = e
	}
	s.now.Store(&all)
	return s, nil
}

func newest(versions []campaigns.RegisterVersion) map[string]campaigns.RegisterVersion {
	out := make(map[string]campaigns.RegisterVersion)
	for _, v := range versions {
		if v.Version > out[v.List].Version {
			out[v.List] = v
		}
	}
	return out
}

// open reads a list's version in force, every byte of it, and by their headers
// the changes before it.
func (s *Shelf) open(list string, v campaigns.RegisterVersion) (*edition, error) {
	if err := s.sweep(list, v.Version); err != nil {
		return nil, err
	}
	set, err := openSet(s.path(list, v.Version, partSet), true)
	if err != nil {
		return nil, err
	}
	if set.Part != partSet || set.Version.List != list || set.Version.Version != v.Version || set.SHA256 != v.SHA256 {
		return nil, fmt.Errorf("%w: it is version %d of %s with the SHA-256 %.12s, the ledger has %.12s (their beginnings)",
			ErrDamaged, set.Version.Version, set.Version.List, set.SHA256, v.SHA256)
	}
	return s.edition(set)
}

// changes opens what came and went with the versions up to one, newest first,
// as far back as the files go.
func (s *Shelf) changes(list string, upTo int64) ([]change, error) {
	var out []change
	for v := upTo; v > 1; v-- {
		added, err := openSet(s.path(list, v, partAdd), false)
		if errors.Is(err, os.ErrNotExist) {
			return out, nil // the list was loaded anew after damage, or Verify misses it
		}
		if err != nil {
			return nil, err
		}
		removed, err := openSet(s.path(list, v, partDel), false)
		if err != nil {
			return nil, err
		}
		out = append(out, change{version: added.Version, added: added, removed: removed, notEarlier: added.Before})
	}
	return out, nil
}

// sweep puts away what a crash left: versions that the ledger never took, and
// those that were being made.
func (s *Shelf) sweep(list string, last int64) error {
	found, err := os.ReadDir(filepath.Join(s.folder, list))
	if err != nil {
		return err
	}
	for _, f := range found {
		path := filepath.Join(s.folder, list, f.Name())
		version, _, ok := partOf(f.Name())
		if strings.HasPrefix(f.Name(), stageMark) || strings.HasSuffix(f.Name(), ".new") || ok && version > last {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
			s.log.Info("put away what was left of a load of a register that never ended", "list", list, "file", f.Name())
		}
	}
	return nil
}

func (s *Shelf) path(list string, version int64, part string) string {
	return filepath.Join(s.folder, list, partName(version, part))
}

func partName(version int64, part string) string { return fmt.Sprintf("%06d.%s", version, part) }

func partOf(name string) (version int64, part string, ok bool) {
	_, err := fmt.Sscanf(strings.ReplaceAll(name, ".", " "), "%d %s", &version, &part)
	return version, part, err == nil && partName(version, part) == name
}

// Look looks a number up in the version of a list that is in force: E.164
// without the plus. It neither locks nor allocates, and sees one version whole.
// A list that is not loaded, or whose version does not speak of such numbers,
// says so: the number must then not be called on the list's account.
func (s *Shelf) Look(list string, number uint64) rules.Listed {
	e := (*s.now.Load())[list]
	if e == nil {
		return rules.Listed{}
	}
	return e.look(number)
}

// Version is the version of a list that is in force.
func (s *Shelf) Version(list string) (v campaigns.RegisterVersion, ok bool) {
	e := (*s.now.Load())[list]
	if e == nil {
		return v, false
	}
	return e.set.Version, true
}

// Faults says why lists that the ledger knows are not loaded.
func (s *Shelf) Faults() map[string]error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.faults)
}

// put puts an edition into force; nil = the list is not loaded any more. The caller holds the lock.
func (s *Shelf) put(list string, e *edition) {
	all := maps.Clone(*s.now.Load())
	delete(all, list)
	delete(s.faults, list)
	if e != nil {
		all[list] = e
	}
	s.now.Store(&all)
}

// Lists are those that are loaded.
func (s *Shelf) Lists() []string { return slices.Sorted(maps.Keys(*s.now.Load())) }

// Close puts nothing in force any more. Mappings go when nobody reads them.
func (s *Shelf) Close() error {
	s.now.Store(&map[string]*edition{})
	return nil
}
