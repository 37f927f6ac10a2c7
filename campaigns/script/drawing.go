package script

import "fmt"

// Drawing is the steps of a script and their ways, laid out from the top down
// in units of its own.
type Drawing struct {
	Width  int     `json:"width"`
	Height int     `json:"height"`
	Boxes  []Box   `json:"boxes"`
	Lines  []Curve `json:"lines"`
}

// Box is a step in a drawing; X and Y are its upper left corner.
type Box struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Line  int    `json:"line"`
	Kind  string `json:"kind" enum:"step,end,objection"`
	X     int    `json:"x"`
	Y     int    `json:"y"`
}

// Curve is a way in a drawing: a path of SVG.
type Curve struct {
	Way
	Path string `json:"path"`
}

// Size of a box, and the room between boxes.
const (
	BoxWidth  = 150
	BoxHeight = 38
	gapAcross = 18
	gapDown   = 42
)

// Draw lays the script out: each step as deep as the shortest way to it from
// the first, objections that lead on beside the first.
func (s *Script) Draw(language string) Drawing {
	language = s.Language(language)
	depth := s.depths()
	across := map[int]int{}
	at := map[string]Box{}
	d := Drawing{}
	put := func(b Box, row int) {
		b.X, b.Y = across[row]*(BoxWidth+gapAcross), row*(BoxHeight+gapDown)
		across[row]++
		at[b.ID] = b
		d.Boxes = append(d.Boxes, b)
		d.Width, d.Height = max(d.Width, b.X+BoxWidth), max(d.Height, b.Y+BoxHeight)
	}
	for _, st := range s.Steps {
		kind := "step"
		if st.End {
			kind = "end"
		}
		put(Box{ID: st.ID, Title: or(s.in(st.Title, language), st.ID), Line: st.Line, Kind: kind}, depth[st.ID])
	}
	for _, o := range s.Objections {
		if o.To != "" {
			put(Box{ID: o.ID, Title: or(s.in(o.Title, language), o.ID), Line: o.Line, Kind: "objection"}, max(0, depth[o.To]-1))
		}
	}
	for _, w := range s.Ways(language) {
		d.Lines = append(d.Lines, Curve{Way: w, Path: path(at[w.From], at[w.To])})
	}
	d.Width += gapAcross // ways that lead up run beside the boxes
	return d
}

// depths are the rows of a drawing; what cannot be reached stands in the last.
func (s *Script) depths() map[string]int {
	g := s.graph()
	depth := map[string]int{s.Start: 0}
	queue := []string{s.Start}
	last := 0
	for _, o := range s.Objections {
		if o.To != "" && o.To != s.Start {
			queue = append(queue, o.To)
		}
	}
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		if _, known := depth[id]; !known {
			depth[id] = last + 1 // reached by an objection alone
		}
		for _, to := range g.to[id] {
			if _, known := depth[to]; !known {
				depth[to] = depth[id] + 1
				last = max(last, depth[to])
				queue = append(queue, to)
			}
		}
	}
	for _, st := range s.Steps {
		if _, known := depth[st.ID]; !known {
			depth[st.ID] = last + 1
		}
	}
	return depth
}

// path is a curve from the foot of a box to the head of another; back up, it
// runs from side to side.
func path(from, to Box) string {
	if to.Y > from.Y {
		x1, y1, x2, y2 := from.X+BoxWidth/2, from.Y+BoxHeight, to.X+BoxWidth/2, to.Y
		return fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, x1, y1+gapDown/2, x2, y2-gapDown/2, x2, y2)
	}
	x1, y1, x2, y2 := from.X+BoxWidth, from.Y+BoxHeight/2, to.X+BoxWidth, to.Y+BoxHeight/2
	if from.ID == to.ID {
		y1, y2 = y1-8, y2+8
	}
	side := max(x1, x2) + gapAcross
	return fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, side, y1, side, y2, x2, y2)
}

func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}
