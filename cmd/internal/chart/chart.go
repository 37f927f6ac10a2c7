package chart

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// Figure is a drawing of one or more panels, one below the other.
type Figure struct {
	// Title stands at the top, Desc tells who cannot see the drawing what it shows; both are plain text.
	Title, Desc string
	// Notes stand at the bottom, a line each.
	Notes  []string
	Panels []Panel
}

// Panel is one pair of axes and the lines on it.
type Panel struct {
	X, Y  Axis
	Lines []Line
}

// Axis is a direction of a panel. Its ends follow the points.
type Axis struct {
	// Label says what is measured, in which unit.
	Label string
	// Log draws powers at equal distances; every value must be above 0.
	Log bool
	// Ticks are the values that are marked; none means that they are chosen.
	Ticks []float64
	// Lowest and Highest hold the ends of the axis where the points would go beyond; both 0 means no such bound.
	Lowest, Highest float64
	// Suffix follows every number, as " %".
	Suffix string
}

// Line is one series. Its points are drawn in the order of X.
type Line struct {
	Name string
	// Strong draws the line that the figure is about.
	Strong bool
	// Bound draws a line that nothing real can reach, thin and dotted.
	Bound  bool
	Points []Point
}

// Point is one measured value. Over marks one that broke a rule.
type Point struct {
	X, Y float64
	Over bool
}

// ErrEmpty is returned by Write for a figure without a point.
var ErrEmpty = errors.New("a figure without points")

// Write draws the figure. It returns ErrEmpty for a panel without points, and an error that names the line for a value that
// cannot be drawn.
func (f Figure) Write(w io.Writer) error {
	for _, p := range f.Panels {
		if err := p.check(); err != nil {
			return err
		}
	}
	if len(f.Panels) == 0 {
		return ErrEmpty
	}
	_, err := w.Write(f.draw())
	return err
}

func (p Panel) check() error {
	points := 0
	for _, l := range p.Lines {
		for _, at := range l.Points {
			if !drawable(at.X, p.X) || !drawable(at.Y, p.Y) {
				return fmt.Errorf("line %s: the point %v, %v cannot be drawn", l.Name, at.X, at.Y)
			}
			points++
		}
	}
	if points == 0 {
		return ErrEmpty
	}
	return nil
}

func drawable(v float64, a Axis) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && (!a.Log || v > 0)
}

// sorted are the points in the order of X.
func (l Line) sorted() []Point {
	points := slices.Clone(l.Points)
	slices.SortStableFunc(points, func(a, b Point) int {
		switch {
		case a.X < b.X:
			return -1
		case a.X > b.X:
			return 1
		}
		return 0
	})
	return points
}
