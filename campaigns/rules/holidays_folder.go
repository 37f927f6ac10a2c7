package rules

import (
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// HolidayNotice is how long before the data of a country end people are warned:
// time to find the official list and to write a file.
const HolidayNotice = 60 * 24 * time.Hour

// HolidaysEnding is a country whose holidays are not known for long.
type HolidaysEnding struct {
	Country string    `json:"country"`
	Until   time.Time `json:"until"` // the first date without data; rules that need it refuse from then on
}

// Ending lists the countries, by code, whose data end within HolidayNotice of
// now or have ended.
func (h *Holidays) Ending(now time.Time) []HolidaysEnding {
	var out []HolidaysEnding
	for _, country := range h.Countries() {
		if until := h.Until(country); until.Sub(now) <= HolidayNotice {
			out = append(out, HolidaysEnding{country, until})
		}
	}
	return out
}

// ReadHolidays reads the files *.yaml of a folder, in the order of their names:
// an operator's own, to be merged over BuiltHolidays. Two files of one country
// are an error, and so is one that cannot be read; all of them are reported.
func ReadHolidays(folder fs.FS) (*Holidays, error) {
	names, err := fs.Glob(folder, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("read holidays: %w", err)
	}
	out := &Holidays{}
	from := map[string]string{}
	var errs []error
	for _, name := range names {
		one, err := readHolidays(folder, name)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			continue
		}
		for _, country := range one.Countries() {
			if other, twice := from[country]; twice {
				errs = append(errs, fmt.Errorf("%s: the holidays of %s stand in %s already; keep one file for a country", name, country, other))
			}
			from[country] = name
		}
		out = out.Merge(one)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("read holidays: %w", err)
	}
	return out, nil
}

func readHolidays(folder fs.FS, name string) (*Holidays, error) {
	source, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil, err
	}
	return ParseHolidays(source)
}
