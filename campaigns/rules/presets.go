package rules

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed all:presets all:holidays
var files embed.FS

// built are the documents of this house, read once: they are part of the
// program, and one that cannot be read is a fault of it.
var built = sync.OnceValue(func() (b struct {
	sets     []*Set
	holidays *Holidays
}) {
	for _, source := range documents("presets") {
		s, err := ParseSet(source)
		if err != nil {
			panic(fmt.Sprintf("preset: %v", err))
		}
		b.sets = append(b.sets, s)
	}
	slices.SortFunc(b.sets, func(x, y *Set) int { return strings.Compare(x.ID, y.ID) })
	for _, source := range documents("holidays") {
		h, err := ParseHolidays(source)
		if err != nil {
			panic(fmt.Sprintf("built-in %v", err))
		}
		b.holidays = b.holidays.Merge(h)
	}
	return b
})

func documents(folder string) [][]byte {
	names, _ := fs.Glob(files, path.Join(folder, "*.yaml"))
	out := make([][]byte, 0, len(names))
	for _, name := range names {
		if source, err := files.ReadFile(name); err == nil {
			out = append(out, source)
		}
	}
	return out
}

// Presets are the rule sets of this house, by id. They are shared: do not
// change them.
func Presets() []*Set { return slices.Clone(built().sets) }

// Preset is the built-in rule set with an id.
func Preset(id string) (*Set, bool) {
	for _, s := range built().sets {
		if s.ID == id {
			return s, true
		}
	}
	return nil, false
}

// BuiltHolidays are the holidays of this house; an operator's own are merged
// over them.
func BuiltHolidays() *Holidays { return built().holidays }
