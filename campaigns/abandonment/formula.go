package abandonment

import (
	"fmt"
	"math"
)

// Formula says which calls stand above and below the line.
type Formula string

// The formulas. B is abandoned, A answered by a person, F the estimated false
// positives of the machine detection, D drops (nobody came), H calls that agents
// found to be people, M calls that agents found to be machines.
const (
	// US is (B+F)/(A+F): abandoned over all calls answered by a person (16 CFR
	// 310.4(b)(4)(i), 47 CFR 64.1200(a)(7)). A call that a detector hung up on was
	// answered by a person as well.
	US Formula = "us"
	// CA is the same figure; CRTC Unsolicited Telecommunications Rules, Part IV,
	// count it over a calendar month.
	CA Formula = "ca"
	// UK2010 is D/(D+H+M), late ones dropped too: Ofcom's statement of 2010,
	// without a detector and without its adjustment.
	UK2010 Formula = "uk2010"
	// UKAMD is UK2010 with the reasoned estimate of false positives above and
	// below the line (Ofcom 2010, 4.70 to 4.73).
	UKAMD Formula = "uk_amd_fp"
	// UKAdjusted takes out of the drops those that were machines, at the share
	// which agents meet: adj = D - D M/(H+M), adj/(H+adj) (Ofcom 2010; VICIdial's
	// docs/UK_OFCOM_OUTBOUND_COMPLIANCE.txt has the vector 29, 9, 7 = 64.44 %).
	// It is for campaigns without a detector.
	UKAdjusted Formula = "uk_adjusted"
)

// Formulas lists them.
func Formulas() []Formula { return []Formula{US, CA, UK2010, UKAMD, UKAdjusted} }

// ParseFormula returns the formula of that name, none is US; the error lists the
// names.
func ParseFormula(name string) (Formula, error) {
	if name == "" {
		return US, nil
	}
	for _, f := range Formulas() {
		if string(f) == name {
			return f, nil
		}
	}
	return "", fmt.Errorf("formula %q: us, ca, uk2010, uk_amd_fp or uk_adjusted", name)
}

// Rate is a share with what it is made of.
type Rate struct {
	Above float64 `json:"numerator"`
	Below float64 `json:"denominator"`
}

// Share is Above over Below, between 0 and 1; 0 when nothing stands below.
func (r Rate) Share() float64 {
	if !(r.Below > 0) {
		return 0
	}
	return math.Min(1, math.Max(0, r.Above/r.Below))
}

// Budget is how many more calls could be abandoned now, each answered and
// abandoned, before the share exceeds a limit: floor(limit x Below) - Above. It
// is negative when too many were.
func (r Rate) Budget(limit float64) int64 {
	const dust = 1e-9 // 0.03 x 100 is a little less than 3
	left := math.Floor(limit*r.Below+dust) - math.Ceil(r.Above-dust)
	return int64(math.Max(-1e15, math.Min(1e15, left)))
}

// Rate is what the formula makes of counts, with so many false positives
// estimated.
func (f Formula) Rate(n Counts, falsePositives float64) Rate {
	if !(falsePositives > 0) || math.IsInf(falsePositives, 0) {
		falsePositives = 0
	}
	falsePositives = math.Min(falsePositives, float64(n.Machine))
	abandoned, talked := float64(n.Abandoned()), float64(n.Met)
	switch f {
	case UK2010:
		return Rate{abandoned, abandoned + talked}
	case UKAMD:
		return Rate{abandoned + falsePositives, abandoned + talked + falsePositives}
	case UKAdjusted:
		return n.adjusted()
	}
	return Rate{abandoned + falsePositives, float64(n.Answered()) + falsePositives}
}

// adjusted is UKAdjusted. Late connections were met by an agent after all, who
// knows whether they were people: they stand above the line without adjustment.
func (n Counts) adjusted() Rate {
	drops, humans, machines := float64(n.Dropped()), float64(n.Humans()), float64(min(n.AgentMachine, n.Talked()))
	late := float64(n.Late)
	if humans+machines > 0 {
		drops -= drops * machines / (humans + machines)
	}
	return Rate{drops + late, math.Max(late, humans) + drops}
}
