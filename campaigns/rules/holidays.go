package rules

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Holidays are the public holidays by country and region. They are data: files
// of this house, which an operator's own files replace country by country.
//
//	holidays:
//	  country: ES
//	  years: [2026, 2027, 2028]
//	  source: "BOE-A-2025-21667"
//	  reviewed_on: 2026-11-21
//	  national: {2026-01-01: Año Nuevo, 2026-01-06: Epifanía del Señor}
//	  regions:
//	    ES-CT: {2026-06-24: Sant Joan}
//	  except: {GB-SCT: [2026-04-06]}    # national days that are none there
//	  incomplete: {2028: "computed"}    # a word for readers
//
// A country with regions lists all of them, even those without days of their
// own: a person whose region is unknown keeps the days of every region.
//
// The zero value, like nil, knows no country.
type Holidays struct {
	countries map[string]*calendar
}

// calendar are the holidays of one country.
type calendar struct {
	Country    string                       `yaml:"country"`
	Years      []int                        `yaml:"years"`
	Source     string                       `yaml:"source"`
	ReviewedOn string                       `yaml:"reviewed_on"`
	National   map[string]string            `yaml:"national"`
	Regions    map[string]map[string]string `yaml:"regions"`
	Except     map[string][]string          `yaml:"except"`
	Incomplete map[int]string               `yaml:"incomplete"`
	source     []byte
}

// maxSource bounds a document.
const maxSource = 1 << 20

// ParseHolidays reads a file of holidays. The error names the line or the date
// that is wrong, and what to do.
func ParseHolidays(source []byte) (*Holidays, error) {
	root, err := document(source)
	if err != nil {
		return nil, fmt.Errorf("holidays: %w", err)
	}
	if err := onlyKeys(root, "holidays"); err != nil {
		return nil, fmt.Errorf("holidays: %w", err)
	}
	body := child(root, "holidays")
	if body == nil {
		return nil, fmt.Errorf("holidays: the document has no field holidays")
	}
	if err := onlyKeys(body, "country", "years", "source", "reviewed_on", "national", "regions", "except", "incomplete"); err != nil {
		return nil, fmt.Errorf("holidays: %w", err)
	}
	c := &calendar{source: source}
	if err := body.Decode(c); err != nil {
		return nil, fmt.Errorf("holidays: %w", err)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("holidays of %s: %w", c.Country, err)
	}
	return &Holidays{countries: map[string]*calendar{c.Country: c}}, nil
}

func (c *calendar) check() error {
	if !isCountry(c.Country) {
		return fmt.Errorf("country %q: write the two capitals of ISO 3166-1, as ES", c.Country)
	}
	slices.Sort(c.Years)
	if len(c.Years) == 0 || c.Years[0] < 2000 || c.Years[len(c.Years)-1] > 2200 || c.Years[len(c.Years)-1]-c.Years[0] != len(c.Years)-1 {
		return fmt.Errorf("years %v: name the years that the file is whole for, without a gap", c.Years)
	}
	if err := c.checkDates("national", c.National); err != nil {
		return err
	}
	for region, dates := range c.Except {
		for _, date := range dates {
			if _, known := c.National[date]; !known {
				return fmt.Errorf("except %s: %s is no national day", region, date)
			}
		}
	}
	for _, region := range slices.Sorted(maps.Keys(c.Regions)) {
		if !strings.HasPrefix(region, c.Country+"-") {
			return fmt.Errorf("region %q: write it as in ISO 3166-2, beginning with %s-", region, c.Country)
		}
		if err := c.checkDates(region, c.Regions[region]); err != nil {
			return err
		}
	}
	return nil
}

func (c *calendar) checkDates(where string, dates map[string]string) error {
	for _, date := range slices.Sorted(maps.Keys(dates)) {
		t, err := time.Parse(time.DateOnly, date)
		if err != nil {
			return fmt.Errorf("%s: %q is not a date; write it as 2026-12-25", where, date)
		}
		if !slices.Contains(c.Years, t.Year()) {
			return fmt.Errorf("%s: %s is not in the years of the file, %v", where, date, c.Years)
		}
	}
	return nil
}

// Merge is these holidays with those of another: a country that stands in both
// is taken whole from the other. Neither changes.
func (h *Holidays) Merge(other *Holidays) *Holidays {
	out := &Holidays{countries: map[string]*calendar{}}
	for _, from := range []*Holidays{h, other} {
		if from != nil {
			maps.Copy(out.countries, from.countries)
		}
	}
	return out
}

// Countries lists the countries for which there is data, by their codes.
func (h *Holidays) Countries() []string {
	if h == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(h.countries))
}

// Until is the first date without data of a country (2029-01-01), and the zero
// time for a country that is not known: from then on rules that need its
// holidays refuse.
func (h *Holidays) Until(country string) time.Time {
	c := h.of(country)
	if c == nil {
		return time.Time{}
	}
	return time.Date(c.Years[len(c.Years)-1]+1, time.January, 1, 0, 0, 0, 0, time.UTC)
}

// Sources are the documents that were read, in the order of their countries:
// ParseHolidays and Merge make the same Holidays of them.
func (h *Holidays) Sources() [][]byte {
	var out [][]byte
	for _, country := range h.Countries() {
		out = append(out, h.countries[country].source)
	}
	return out
}

// Incomplete tells of the years of a country whose data is computed or lacks
// something, by year.
func (h *Holidays) Incomplete(country string) map[int]string {
	if c := h.of(country); c != nil {
		return maps.Clone(c.Incomplete)
	}
	return nil
}

// Regions lists the regions of a country that have holidays of their own.
func (h *Holidays) Regions(country string) []string {
	c := h.of(country)
	if c == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(c.Regions))
}

// On names the holiday of a date (2026-06-24) in a country, in any of the
// regions; without regions, in any region of the country. Empty = none.
func (h *Holidays) On(date, country string, regions ...string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return ""
	}
	return h.set(country, regions).names[dayOf(t.Year(), t.Month(), t.Day())]
}

func (h *Holidays) of(country string) *calendar {
	if h == nil {
		return nil
	}
	return h.countries[country]
}

// set are the days off of a country in the regions of a place. Without data the
// set is empty and covers nothing: fail closed.
func (h *Holidays) set(country string, regions []string) *dateSet {
	c := h.of(country)
	if c == nil {
		return newDateSet(0, 0)
	}
	s := newDateSet(dayOf(c.Years[0], time.January, 1), dayOf(c.Years[len(c.Years)-1]+1, time.January, 1))
	own := c.regionsOf(regions)
	if len(own) == 0 {
		s.addAll(c.National, nil)
	}
	for _, region := range own {
		s.addAll(c.National, c.Except[region])
		s.addAll(c.Regions[region], nil)
	}
	return s
}

// regionsOf are the regions of a place in this country, or all when none of
// them is known.
func (c *calendar) regionsOf(place []string) []string {
	var own []string
	for _, region := range place {
		if strings.HasPrefix(region, c.Country+"-") {
			own = append(own, region)
		}
	}
	if len(own) == 0 {
		return slices.Sorted(maps.Keys(c.Regions))
	}
	return own
}

func (s *dateSet) addAll(dates map[string]string, but []string) {
	for date, name := range dates {
		if t, err := time.Parse(time.DateOnly, date); err == nil && !slices.Contains(but, date) {
			s.add(dayOf(t.Year(), t.Month(), t.Day()), name)
		}
	}
}

// parseHolidaySpec reads what a rule's holidays mean: es, the same as es+region,
// is a country with the regions of the place; us-la is one region whatever the
// place; fr-national are the national days alone.
func parseHolidaySpec(text string) (country, region string, err error) {
	base, with := strings.CutSuffix(strings.ToUpper(strings.TrimSpace(text)), "+REGION")
	country, _, isRegion := strings.Cut(base, "-")
	if !isCountry(country) || (isRegion && with) {
		return "", "", fmt.Errorf("holidays %q: write a country (es), a country with the person's regions (es+region, the same), one region (us-la) or national days alone (fr-national)", text)
	}
	if isRegion {
		region = base
	}
	return country, region, nil
}

// nationalOnly names the national days of a country alone, as if a region.
const nationalOnly = "-NATIONAL"

// dates are the days off that a rule means at a place.
func (h *Holidays) dates(spec string, regions []string) *dateSet {
	country, region, err := parseHolidaySpec(spec)
	if err != nil {
		return newDateSet(0, 0)
	}
	if region != "" {
		regions = []string{region}
	}
	return h.set(country, regions)
}

// digest goes into the hash of a book.
func (h *Holidays) digest() [32]byte {
	sum := sha256.New()
	for _, country := range h.Countries() {
		one := sha256.Sum256(h.countries[country].source)
		sum.Write([]byte(country))
		sum.Write(one[:])
	}
	return [32]byte(sum.Sum(nil))
}

func isCountry(code string) bool {
	return len(code) == 2 && code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z'
}
