package numbers

import "strings"

// Location is what the digits of a number say of the place of the called
// person, by tables. A number can be ported and a mobile carried about: the
// place is a presumption, and laws that go by the area code (Fla. Stat.
// 501.616) presume the same.
type Location struct {
	Country string   // ISO 3166-1 alpha-2; "" = of no country, or no number
	Regions []string // states and provinces that it may be in, ISO 3166-2; nil = not told. Shared: not to be changed
	Zones   []string // IANA zones that it may be in; nil = nobody can tell. Shared: not to be changed
	Kind    Kind     // where the first digits tell it for certain; else ""
}

// Locate reads the first digits of an E.164 number. It walks a table and
// allocates nothing. What it says of zones is what a Parser says of the same
// number, and what is not a number is nowhere.
func Locate(e164 string) Location {
	if len(e164) < 2 || e164[0] != '+' {
		return Location{}
	}
	at := uint16(0)
	for i := 1; i < len(e164); i++ {
		d := e164[i] - '0'
		if d > 9 {
			return Location{}
		}
		next := atlas.steps[at][d]
		if next == 0 {
			break
		}
		at = next
	}
	return atlas.places[at]
}

// tree is a table of prefixes: steps leads from one to those that are a digit
// longer (0 = there is none), places is what is known at each.
type tree struct {
	steps  [][10]uint16
	places []Location
	whole  []bool // every longer prefix is of the same country
}

// atlas is the tables of this package, planted once.
var atlas = plant()

func plant() *tree {
	t := &tree{}
	t.steps, t.places = append(t.steps, [10]uint16{}), append(t.places, Location{})
	t.countries()
	t.northAmerica()
	t.regions()
	for _, s := range stretches {
		t.each(s.prefixes, func(p *Location) { p.Zones = strings.Fields(s.zones) })
	}
	t.each(mobiles, func(p *Location) { p.Kind = Mobile })
	t.each(tollFree, func(p *Location) { p.Kind = TollFree })
	t.each(networks, func(p *Location) { p.Kind = Network })
	t.inherit(0)
	t.zones()
	t.whole = make([]bool, len(t.steps))
	t.survey(0)
	return t
}

// each calls set with the place of every prefix of a list.
func (t *tree) each(prefixes string, set func(*Location)) {
	for prefix := range strings.FieldsSeq(prefixes) {
		set(t.at(prefix))
	}
}

// at is the place of a prefix, planted where it is new.
func (t *tree) at(prefix string) *Location {
	node := uint16(0)
	for i := range len(prefix) {
		d := prefix[i] - '0'
		if t.steps[node][d] == 0 {
			t.steps[node][d] = uint16(len(t.steps)) // a few thousand at most
			t.steps, t.places = append(t.steps, [10]uint16{}), append(t.places, Location{})
		}
		node = t.steps[node][d]
	}
	return &t.places[node]
}

func (t *tree) countries() {
	for _, list := range []string{callings, neighbours} {
		for entry := range strings.FieldsSeq(list) {
			t.at(entry[2:]).Country = entry[:2]
		}
	}
}

func (t *tree) northAmerica() {
	for _, a := range areas {
		for code := range strings.FieldsSeq(a.codes) {
			*t.at("1" + code) = Location{Country: a.regions[:2], Regions: strings.Fields(a.regions), Zones: strings.Fields(a.zones), Kind: FixedOrMobile}
		}
	}
	for _, a := range islands {
		for code := range strings.FieldsSeq(a.codes) {
			t.at("1" + code).Country = a.regions
		}
	}
	for kind, codes := range nowhere {
		for code := range strings.FieldsSeq(codes) {
			*t.at("1" + code) = Location{Country: "US", Kind: kind}
		}
	}
	t.each("1600 1622 1633", func(p *Location) { p.Country = "CA" })
}

func (t *tree) regions() {
	for _, p := range provinces {
		t.each(p.prefixes, func(l *Location) { l.Regions = strings.Fields(p.regions) })
	}
}

// inherit gives what is known of a prefix to the longer ones that do not say
// otherwise. A neighbour has nothing of the country whose code it shares.
func (t *tree) inherit(node uint16) {
	have := t.places[node]
	for _, next := range t.steps[node] {
		if next == 0 {
			continue
		}
		p := &t.places[next]
		if p.Country == "" {
			p.Country = have.Country
		}
		if p.Country == have.Country {
			if p.Regions == nil {
				p.Regions = have.Regions
			}
			if p.Zones == nil {
				p.Zones = have.Zones
			}
			if p.Kind == "" {
				p.Kind = have.Kind
			}
		}
		t.inherit(next)
	}
}

// zones gives every place the zones of its country where the digits tell none,
// and none where they tell that nobody can know.
func (t *tree) zones() {
	for i := range t.places {
		p := &t.places[i]
		switch {
		case p.Kind == TollFree || p.Kind == Network:
			p.Zones, p.Regions = nil, nil
		case len(p.Zones) > 0:
		case oneZone[p.Country] != nil:
			p.Zones = oneZone[p.Country]
		default:
			p.Zones = wide[p.Country]
		}
	}
}
