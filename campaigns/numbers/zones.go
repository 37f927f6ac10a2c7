package numbers

// zonesOf returns every zone that the called person may be in, by name;
// nil when nothing is known. Toll-free numbers are nowhere.
func zonesOf(r reading) []string {
	if r.kind == TollFree || r.kind == Network {
		return nil
	}
	if one := oneZone[r.region]; one != nil {
		return one
	}
	if zones := Locate(r.e164).Zones; zones != nil || r.calling == 1 {
		return zones
	}
	return wide[r.region]
}
