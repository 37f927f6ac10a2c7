package places

// australian reads a postcode (Australia Post). Codes that straddle a border,
// or have a clock of their own, have both: 2620 lies on both sides of the
// border of the capital, 0872 in three states, 2880 is Broken Hill, 2898 Lord
// Howe, 2899 Norfolk, 4825 reaches into the Northern Territory, 6443 has Eucla.
func australian(code string) (regions, zones string) {
	n := digits(code)
	switch n {
	case 872:
		return "AU-NT AU-SA AU-WA", "Australia/Adelaide Australia/Darwin Australia/Perth"
	case 2540, 2620:
		return "AU-ACT AU-NSW", "Australia/Sydney"
	case 2879, 2880:
		return "AU-NSW", "Australia/Broken_Hill Australia/Sydney"
	case 2898:
		return "AU-NSW", "Australia/Lord_Howe"
	case 2899:
		return "", "Pacific/Norfolk"
	case 3644, 3707:
		return "AU-NSW AU-VIC", "Australia/Sydney"
	case 4383, 4377, 4380, 4375:
		return "AU-NSW AU-QLD", "Australia/Brisbane Australia/Sydney"
	case 4825:
		return "AU-NT AU-QLD", "Australia/Brisbane Australia/Darwin"
	case 6443:
		return "AU-WA", "Australia/Eucla Australia/Perth"
	}
	switch {
	case n >= 200 && n < 300, n >= 2600 && n <= 2618, n >= 2900 && n <= 2920:
		return "AU-ACT", "Australia/Sydney"
	case n >= 800 && n < 1000:
		return "AU-NT", "Australia/Darwin"
	case n >= 1000 && n < 3000:
		return "AU-NSW", "Australia/Sydney"
	case n >= 3000 && n < 4000, n >= 8000 && n < 9000:
		return "AU-VIC", "Australia/Melbourne"
	case n >= 4000 && n < 5000, n >= 9000:
		return "AU-QLD", "Australia/Brisbane"
	case n >= 5000 && n < 6000:
		return "AU-SA", "Australia/Adelaide"
	case n >= 6000 && n < 7000:
		return "AU-WA", "Australia/Perth"
	case n >= 7000 && n < 8000:
		return "AU-TAS", "Australia/Hobart"
	}
	return "", ""
}
