package sim

import (
	"fmt"
	"slices"
	"time"
)

// Cell is one row of the yardstick: a team, a list and a length of talk, with what the project's notes (pacing.md section
// 1) report of it for each policy. They were measured in another program with the same model, over 2 to 12 shifts.
type Cell struct {
	Scenario Scenario
	figures  figures
}

// Figure is what the notes report of one policy in one cell.
type Figure struct {
	Occupancy   float64 // share
	Abandonment float64 // abandoned over answered, a share; negative when the notes do not say
	OverCap     float64 // share of the shifts over the cap; negative when the notes do not say
}

// tableColumns are the policies of the notes' columns, in their order.
var tableColumns = [...]string{
	"progressive", "ratio-tuned", "vicidial-hard", "vicidial-best", "ratio-ledger", "predictive", "known-distributions",
	"predictive-cancel", "known-outcomes", "known-releases",
}

// figures are one row, in percent.
type figures [len(tableColumns)]figure

type figure struct{ occupancy, abandonment, overCap float64 }

// no figure stands in the notes.
const no = -1

// TableColumns returns the policies of the notes' columns, in their order.
func TableColumns() []string { return slices.Clone(tableColumns[:]) }

// tableShifts is how many shifts of each cell are compared.
const tableShifts = 20

// Table returns the 46 cells of the yardstick, by team size, share of answers and length of talk. Their scenarios are named
// n20-p25-t60: 20 agents, 25 % answers, 60 s of talk.
func Table() []Cell {
	var cells []Cell
	for _, r := range tableRows() {
		s := Default()
		s.Name = fmt.Sprintf("n%d-p%02.0f-t%d", r.agents, 100*r.answer, r.talk)
		s.Agents, s.Shifts, s.Answer = r.agents, tableShifts, Always(r.answer)
		talk := s.Talk[0].Dist
		talk.Mean = time.Duration(r.talk) * time.Second
		s.Talk = AlwaysDist(talk)
		cells = append(cells, Cell{Scenario: s, figures: r.figures})
	}
	return cells
}

// Notes returns what the notes report of a policy in this cell; false when they report nothing.
func (c Cell) Notes(policy string) (Figure, bool) {
	i := slices.Index(tableColumns[:], policy)
	if i < 0 || c.figures[i].occupancy == 0 {
		return Figure{}, false
	}
	f := c.figures[i]
	return Figure{share(f.occupancy), share(f.abandonment), share(f.overCap)}, true
}

// share is a percentage as a share; what is not known stays negative.
func share(percent float64) float64 {
	if percent < 0 {
		return no
	}
	return percent / 100
}

type tableRow struct {
	agents  int
	answer  float64
	talk    int // seconds
	figures figures
}

func tableRows() []tableRow {
	return []tableRow{
		{5, 0.10, 60, figures{{22.2, no, no}, {59.8, 2.3, 8}, {29.2, 3.1, 83}, {39.9, 1.8, 0}, {36.1, 0.4, 0}, {64.4, 2.6, 0}, {64.7, no, no}, {66.5, 2.6, 0}, {90.2, no, no}, {66.3, no, no}}},
		{5, 0.10, 180, figures{{42.4, no, no}, {71.1, 2.5, 17}, {44.5, 3.2, 100}, {50.6, 2.2, 0}, {52.3, 0.4, 0}, {73.9, 2.2, 0}, {75.1, no, no}, {75.2, 1.7, 0}, {95.3, no, no}, {75.4, no, no}}},
		{5, 0.25, 60, figures{{44.1, no, no}, {65.3, 2.6, 25}, {44.8, 3.1, 83}, {52.7, 2.9, 0}, {61.6, 2.4, 0}, {68.6, 2.7, 8}, {69.5, no, no}, {70.8, 2.6, 0}, {90.0, no, no}, {70.7, no, no}}},
		{5, 0.25, 180, figures{{67.5, no, no}, {75.1, 0.7, 0}, {67.6, 3.2, 100}, {71.5, 3.1, 100}, {75.1, 1.7, 0}, {80.0, 2.1, 0}, {80.6, no, no}, {80.6, 1.9, 0}, {95.2, no, no}, {81.3, no, no}}},
		{5, 0.40, 60, figures{{58.9, no, no}, {69.8, 2.2, 0}, {59.0, 3.2, 100}, {64.8, 3.0, 50}, {68.8, 2.6, 0}, {73.4, 2.7, 0}, {73.5, no, no}, {74.8, 2.7, 0}, {89.9, no, no}, {75.2, no, no}}},
		{5, 0.40, 180, figures{{78.6, no, no}, {83.6, 2.2, 0}, {78.5, 3.4, 100}, {79.6, 3.2, 100}, {82.4, 2.1, 0}, {84.3, 2.2, 0}, {84.7, no, no}, {85.0, 1.8, 0}, {95.3, no, no}, {86.2, no, no}}},
		{5, 0.60, 60, figures{{71.7, no, no}, {74.5, 1.3, 0}, {71.5, 3.2, 100}, {73.1, 3.0, 100}, {75.8, 2.6, 0}, {78.5, 2.7, 0}, {78.5, no, no}, {79.0, 2.6, 0}, {90.1, no, no}, {81.6, no, no}}},
		{5, 0.60, 180, figures{{86.9, no, no}, {87.4, 0.7, 0}, {86.8, 3.8, 100}, {87.5, 3.2, 100}, {88.1, 2.4, 0}, {89.1, 1.9, 0}, {89.2, no, no}, {89.3, 1.7, 0}, {95.3, no, no}, {91.0, no, no}}},
		{10, 0.10, 60, figures{{22.4, no, no}, {72.8, 3.2, 67}, {52.3, 2.7, 25}, {56.0, 2.3, 0}, {46.5, 0.2, 0}, {75.9, 2.8, 0}, {76.5, no, no}, {77.9, 2.8, 0}, {91.6, no, no}, {77.9, no, no}}},
		{10, 0.10, 180, figures{{42.8, no, no}, {79.4, 2.3, 8}, {46.0, 3.2, 92}, {61.4, 1.1, 0}, {62.5, 0.3, 0}, {82.8, 2.7, 0}, {83.1, no, no}, {84.0, 2.5, 0}, {95.9, no, no}, {83.8, no, no}}},
		{10, 0.25, 60, figures{{44.4, no, no}, {75.1, 2.9, 33}, {46.2, 3.1, 92}, {62.8, 1.4, 0}, {71.4, 2.8, 0}, {78.3, 2.8, 0}, {78.3, no, no}, {79.7, 2.8, 0}, {91.5, no, no}, {79.9, no, no}}},
		{10, 0.25, 180, figures{{67.1, no, no}, {83.0, 2.4, 8}, {67.6, 3.2, 100}, {74.3, 2.9, 50}, {80.5, 2.5, 0}, {85.2, 2.6, 0}, {85.4, no, no}, {86.3, 2.6, 0}, {95.8, no, no}, {86.0, no, no}}},
		{10, 0.40, 60, figures{{58.8, no, no}, {77.2, 2.7, 17}, {59.4, 3.2, 100}, {69.7, 1.4, 0}, {76.0, 2.8, 0}, {80.2, 2.8, 0}, {80.2, no, no}, {81.4, 2.8, 0}, {91.5, no, no}, {82.1, no, no}}},
		{10, 0.40, 180, figures{{78.8, no, no}, {85.7, 2.2, 0}, {78.7, 3.3, 100}, {80.7, 3.1, 100}, {85.3, 2.5, 0}, {87.6, 2.6, 0}, {87.8, no, no}, {88.3, 2.6, 0}, {95.8, no, no}, {88.8, no, no}}},
		{10, 0.60, 60, figures{{71.6, no, no}, {80.9, 2.9, 42}, {71.6, 3.1, 100}, {75.0, 3.0, 100}, {79.9, 2.8, 0}, {83.0, 2.8, 0}, {83.2, no, no}, {83.7, 2.8, 0}, {91.5, no, no}, {85.5, no, no}}},
		{10, 0.60, 180, figures{{86.8, no, no}, {88.3, 1.0, 0}, {86.6, 3.1, 100}, {87.3, 3.1, 100}, {89.0, 2.6, 0}, {90.5, 2.6, 0}, {90.5, no, no}, {90.8, 2.6, 0}, {95.8, no, no}, {91.9, no, no}}},
		{20, 0.10, 60, figures{{22.7, no, no}, {80.7, 3.3, 75}, {61.1, 0.5, 0}, {60.5, 0.4, 0}, {61.6, 2.6, 0}, {84.4, 2.9, 0}, {84.8, no, no}, {85.8, 2.9, 0}, {93.8, no, no}, {86.0, no, no}}},
		{20, 0.10, 180, figures{{43.1, no, no}, {87.3, 3.4, 88}, {47.5, 3.1, 75}, {65.1, 2.9, 0}, {71.1, 0.3, 0}, {88.6, 2.7, 0}, {88.7, no, no}, {89.5, 2.7, 0}, {96.4, no, no}, {89.5, no, no}}},
		{20, 0.25, 60, figures{{44.5, no, no}, {82.0, 2.9, 50}, {47.9, 3.1, 62}, {67.6, 3.0, 0}, {78.2, 2.9, 0}, {85.6, 2.9, 0}, {85.8, no, no}, {86.6, 2.9, 0}, {93.8, no, no}, {87.3, no, no}}},
		{20, 0.25, 180, figures{{67.5, no, no}, {88.1, 2.9, 62}, {68.1, 3.3, 100}, {80.3, 2.5, 0}, {86.1, 2.8, 0}, {89.8, 2.8, 0}, {89.9, no, no}, {90.5, 2.8, 0}, {96.4, no, no}, {90.7, no, no}}},
		{20, 0.40, 60, figures{{59.0, no, no}, {83.8, 2.8, 12}, {59.9, 3.0, 62}, {75.1, 3.0, 50}, {81.9, 2.9, 0}, {86.7, 2.9, 0}, {86.8, no, no}, {87.7, 2.9, 0}, {93.8, no, no}, {88.5, no, no}}},
		{20, 0.40, 180, figures{{79.0, no, no}, {89.5, 3.0, 50}, {79.2, 3.2, 88}, {81.5, 3.0, 100}, {88.5, 2.8, 0}, {91.0, 2.8, 0}, {91.1, no, no}, {91.5, 2.7, 0}, {96.4, no, no}, {91.9, no, no}}},
		{20, 0.60, 60, figures{{71.8, no, no}, {85.6, 2.9, 25}, {72.2, 3.1, 100}, {81.8, 3.0, 50}, {84.7, 2.9, 0}, {88.3, 2.9, 0}, {88.4, no, no}, {88.8, 2.9, 0}, {93.7, no, no}, {90.0, no, no}}},
		{20, 0.60, 180, figures{{86.8, no, no}, {91.6, 3.4, 88}, {86.8, 3.1, 88}, {87.4, 3.1, 100}, {90.8, 2.8, 0}, {92.3, 2.8, 0}, {92.5, no, no}, {92.8, 2.8, 0}, {96.4, no, no}, {93.5, no, no}}},
		{50, 0.10, 60, figures{{22.5, no, no}, {86.8, 3.0, 50}, {61.0, 0.0, 0}, {60.6, 0.0, 0}, {75.5, 2.9, 0}, {92.0, 2.9, 0}, {92.3, no, no}, {93.0, 2.9, 0}, {96.8, no, no}, {93.2, no, no}}},
		{50, 0.10, 180, figures{{43.0, no, no}, {91.8, 3.1, 67}, {50.4, 3.0, 67}, {81.0, 1.0, 0}, {82.8, 2.9, 0}, {93.7, 2.9, 0}, {93.8, no, no}, {94.2, 2.9, 0}, {97.5, no, no}, {94.4, no, no}}},
		{50, 0.25, 60, figures{{44.5, no, no}, {87.9, 3.1, 83}, {49.9, 3.0, 83}, {80.7, 0.7, 0}, {84.1, 2.9, 0}, {92.6, 2.9, 0}, {92.8, no, no}, {93.4, 2.9, 0}, {96.8, no, no}, {93.7, no, no}}},
		{50, 0.25, 180, figures{{67.6, no, no}, {92.5, 3.1, 33}, {68.3, 3.2, 100}, {82.5, 0.3, 0}, {90.6, 2.9, 0}, {94.1, 2.9, 0}, {94.3, no, no}, {94.6, 2.9, 0}, {97.5, no, no}, {94.8, no, no}}},
		{50, 0.40, 60, figures{{58.9, no, no}, {89.1, 3.3, 100}, {60.1, 3.1, 100}, {82.6, 0.4, 0}, {86.4, 2.9, 0}, {93.0, 2.9, 0}, {93.2, no, no}, {93.7, 2.9, 0}, {96.8, no, no}, {94.2, no, no}}},
		{50, 0.40, 180, figures{{79.0, no, no}, {93.1, 2.8, 17}, {79.3, 3.1, 100}, {84.6, 3.0, 50}, {92.5, 2.9, 0}, {94.6, 2.9, 0}, {94.7, no, no}, {95.0, 2.9, 0}, {97.5, no, no}, {95.4, no, no}}},
		{50, 0.60, 60, figures{{71.8, no, no}, {90.4, 3.0, 67}, {72.5, 3.1, 100}, {85.5, 0.5, 0}, {88.7, 2.9, 0}, {93.7, 2.9, 0}, {93.7, no, no}, {94.1, 2.9, 0}, {96.8, no, no}, {95.0, no, no}}},
		{50, 0.60, 180, figures{{86.8, no, no}, {94.1, 3.3, 83}, {86.9, 3.1, 100}, {87.5, 3.0, 100}, {93.6, 2.9, 0}, {95.2, 2.9, 0}, {95.3, no, no}, {95.5, 2.9, 0}, {97.5, no, no}, {96.0, no, no}}},
		{100, 0.10, 60, figures{{22.4, no, no}, {89.8, 3.1, 50}, {60.7, 0.0, 0}, {60.7, 0.0, 0}, {79.4, 2.9, 0}, {95.6, 2.9, 0}, {95.8, no, no}, {96.3, 2.9, 0}, {98.4, no, no}, {96.6, no, no}}},
		{100, 0.10, 180, figures{{42.7, no, no}, {94.0, 3.0, 50}, {52.2, 3.0, 50}, {81.5, 0.1, 0}, {88.1, 2.9, 25}, {96.2, 2.9, 0}, {96.3, no, no}, {96.6, 2.9, 0}, {98.4, no, no}, {96.8, no, no}}},
		{100, 0.25, 60, figures{{44.5, no, no}, {90.5, 2.9, 75}, {51.8, 3.0, 100}, {80.8, 0.1, 0}, {85.3, 2.9, 0}, {95.9, 2.9, 0}, {96.0, no, no}, {96.4, 2.9, 0}, {98.4, no, no}, {96.8, no, no}}},
		{100, 0.25, 180, figures{{67.5, no, no}, {94.4, 3.2, 75}, {68.3, 3.1, 100}, {82.6, 0.0, 0}, {92.8, 2.9, 0}, {96.3, 2.9, 0}, {96.5, no, no}, {96.7, 2.9, 0}, {98.4, no, no}, {97.0, no, no}}},
		{100, 0.40, 60, figures{{58.9, no, no}, {91.2, 2.9, 0}, {60.2, 3.1, 75}, {82.6, 0.0, 0}, {88.2, 2.9, 0}, {96.2, 2.9, 0}, {96.2, no, no}, {96.7, 2.9, 0}, {98.4, no, no}, {97.0, no, no}}},
		{100, 0.40, 180, figures{{78.9, no, no}, {94.9, 3.1, 75}, {79.4, 3.0, 100}, {89.0, 3.0, 100}, {94.0, 2.9, 0}, {96.7, 2.9, 0}, {96.7, no, no}, {97.0, 2.9, 0}, {98.4, no, no}, {97.2, no, no}}},
		{100, 0.60, 60, figures{{71.7, no, no}, {92.5, 3.1, 75}, {72.5, 3.1, 100}, {85.7, 0.0, 0}, {91.4, 2.9, 0}, {96.5, 2.9, 0}, {96.6, no, no}, {97.0, 2.9, 0}, {98.4, no, no}, {97.5, no, no}}},
		{100, 0.60, 180, figures{{86.8, no, no}, {95.7, 3.2, 100}, {87.0, 3.0, 100}, {88.1, 3.0, 50}, {95.2, 2.9, 0}, {97.0, 2.9, 0}, {97.1, no, no}, {97.2, 2.9, 0}, {98.4, no, no}, {97.6, no, no}}},
		{300, 0.10, 60, figures{{22.4, no, no}, {92.9, 3.4, 100}, {60.8, 0.0, 0}, {60.8, 0.0, 0}, {89.6, 2.8, 0}, {98.8, 2.9, 0}, {98.9, no, no}, {99.0, 2.9, 0}, {99.7, no, no}, {99.2, no, no}}},
		{300, 0.10, 180, figures{{42.7, no, no}, {96.0, 3.5, 100}, {54.9, 3.0, 100}, {82.0, 0.0, 0}, {91.5, 2.9, 0}, {98.5, 2.9, 0}, {98.6, no, no}, {98.7, 2.9, 0}, {99.5, no, no}, {98.9, no, no}}},
		{300, 0.25, 60, figures{{44.4, no, no}, {93.2, 3.1, 100}, {56.3, 3.0, 100}, {80.8, 0.0, 0}, {92.2, 2.6, 0}, {98.9, 2.9, 0}, {99.0, no, no}, {99.2, 2.9, 0}, {}, {}}},
		{300, 0.25, 180, figures{{67.5, no, no}, {96.1, 3.1, 50}, {68.3, 3.3, 100}, {94.7, 2.9, 0}, {94.2, 2.9, 0}, {98.6, 2.9, 0}, {98.6, no, no}, {98.8, 2.9, 0}, {99.5, no, no}, {98.9, no, no}}},
		{300, 0.40, 180, figures{{78.7, no, no}, {96.5, 2.9, 50}, {79.3, 3.1, 100}, {96.1, 1.1, 0}, {95.7, 2.9, 0}, {98.7, 2.9, 0}, {98.8, no, no}, {98.9, 2.9, 0}, {99.5, no, no}, {99.0, no, no}}},
		{300, 0.60, 180, figures{{86.8, no, no}, {97.0, 3.1, 100}, {87.0, 3.0, 50}, {88.5, 3.0, 100}, {96.6, 2.9, 0}, {98.4, 2.9, 0}, {98.8, no, no}, {98.9, 2.9, 0}, {99.5, no, no}, {99.2, no, no}}},
	}
}
