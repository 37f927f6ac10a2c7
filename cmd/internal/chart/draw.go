package chart

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// Sizes on the sheet, in pixels.
const (
	width    = 900
	top      = 58  // above the first panel: the title
	plot     = 380 // height of a panel's plot
	under    = 62  // below a plot: numbers and the label of x
	left     = 70
	apart    = 16  // between the names of two lines
	letter   = 8.5 // width of a letter of a name, on average
	longest  = 30  // letters of a name that are kept room for
	noteLine = 18
)

// style is the whole look. Names of classes, not attributes, so that a dark page gets other colours.
const style = `
text { font: 13px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; fill: #1b2327; }
.title { font-size: 17px; font-weight: 650; }
.quiet, .tick { fill: #566067; }
.name { font-weight: 550; }
.ground { fill: #fff; stroke: #dfe3e6; }
.grid { stroke: #e6eaec; } .axis { stroke: #8a949b; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.strong { stroke-width: 3.5; } .bound { stroke-width: 1.5; stroke-dasharray: 1.5 4; } .over { stroke-dasharray: 7 5; }
.lead { fill: none; stroke-width: 1; opacity: .55; }
.dot { stroke-width: 1.75; } .open { fill: #fff; }
`

// colors of the lines, on light ground and on dark: at least 3:1 against it, apart for who sees red and green alike (after Okabe and Ito).
var colors = [][2]string{
	{"#0b6e69", "#4fc3ba"},
	{"#b3541e", "#f0a46f"},
	{"#1f5fa8", "#7fb2ee"},
	{"#8a5a00", "#e0ae55"},
	{"#9c3587", "#e08fd0"},
	{"#566067", "#a0acb4"},
	{"#4a7a1e", "#9ccb6b"},
	{"#b3261e", "#ff8a80"},
	{"#5b4bb5", "#b0a5f5"},
	{"#00748a", "#5cc5da"},
	{"#7a5548", "#c9a598"},
	{"#3a3f44", "#d5dade"},
}

// sheet is the drawing while it is made.
type sheet struct {
	bytes.Buffer
	right float64 // where the plots end
}

func (s *sheet) put(format string, args ...any) { fmt.Fprintf(&s.Buffer, format+"\n", args...) }

// say writes text at a place.
func (s *sheet) say(class, anchor string, x, y float64, text string) {
	s.put(`<text class="%s" text-anchor="%s" x="%s" y="%s">%s</text>`, class, anchor, px(x), px(y), escape(text))
}

// escape writes text so that it stays text; what XML cannot hold becomes U+FFFD.
func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

// px writes a length with a tenth of a pixel.
func px(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") }

func (f Figure) draw() []byte {
	s := &sheet{right: width - 45 - letter*float64(f.widest())}
	height := float64(top + len(f.Panels)*(plot+under) + len(f.Notes)*noteLine + 10)
	s.put(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %s" width="%d" height="%s" role="img" aria-labelledby="title desc">`,
		width, px(height), width, px(height))
	s.put(`<title id="title">%s</title>`, escape(f.Title))
	s.put(`<desc id="desc">%s</desc>`, escape(f.Desc))
	s.put("<style>%s%s</style>", style, palette())
	s.put(`<rect class="ground" x="0.5" y="0.5" width="%d" height="%s" rx="10"/>`, width-1, px(height-1))
	s.say("title", "start", 22, 34, f.Title)
	y := float64(top)
	for _, p := range f.Panels {
		s.panel(p, y)
		y += plot + under
	}
	for _, note := range f.Notes {
		s.say("quiet", "start", 22, y+2, note)
		y += noteLine
	}
	s.put("</svg>")
	return s.Bytes()
}

// palette are the classes c0, c1, ... on light and dark ground.
func palette() string {
	var light, dark strings.Builder
	for i, c := range colors {
		fmt.Fprintf(&light, ".c%d { stroke: %s; } .n%d { fill: %s; }\n", i, c[0], i, c[0])
		fmt.Fprintf(&dark, ".c%d { stroke: %s; } .n%d { fill: %s; }\n", i, c[1], i, c[1])
	}
	return light.String() + "@media (prefers-color-scheme: dark) {\n" +
		"text { fill: #e6ebee; } .quiet, .tick { fill: #a0acb4; } .ground { fill: #151b20; stroke: #2b343b; } .grid { stroke: #262f36; } .axis { stroke: #71808a; } .open { fill: #151b20; }\n" +
		dark.String() + "}\n"
}

// widest is how many letters the longest name has.
func (f Figure) widest() int {
	n := 0
	for _, p := range f.Panels {
		for _, l := range p.Lines {
			n = max(n, len([]rune(l.Name)))
		}
	}
	return min(n, longest)
}

func (s *sheet) panel(p Panel, y float64) {
	var xs, ys []float64
	for _, l := range p.Lines {
		for _, at := range l.Points {
			xs, ys = append(xs, at.X), append(ys, at.Y)
		}
	}
	x := newScale(p.X, xs, left, s.right)
	up := newScale(p.Y, ys, y+plot, y+18)
	s.axes(&x, &up, y)
	for i := range p.Lines { // the strong one last, above the others
		if !p.Lines[i].Strong {
			s.line(p.Lines[i], i, &x, &up)
		}
	}
	for i := range p.Lines {
		if p.Lines[i].Strong {
			s.line(p.Lines[i], i, &x, &up)
		}
	}
	s.names(p.Lines, &x, &up, y)
}

func (s *sheet) axes(x, up *scale, y float64) {
	s.say("quiet", "start", 22, y+4, up.axis.Label)
	for _, v := range up.ticks {
		at := up.at(v)
		s.put(`<path class="grid" d="M%d %sH%s"/>`, left, px(at), px(s.right))
		s.say("tick", "end", left-8, at+4, up.number(v))
	}
	s.put(`<path class="axis" d="M%d %sH%s"/>`, left, px(y+plot), px(s.right))
	for _, v := range x.ticks {
		at := x.at(v)
		s.put(`<path class="axis" d="M%s %sv5"/>`, px(at), px(y+plot))
		s.say("tick", "middle", at, y+plot+20, x.number(v))
	}
	s.say("quiet", "middle", (left+s.right)/2, y+plot+42, x.axis.Label)
}

// line joins the points; a stretch that ends or begins over the rule is dashed.
func (s *sheet) line(l Line, i int, x, up *scale) {
	points := l.sorted()
	class := fmt.Sprintf("line c%d", i%len(colors))
	if l.Strong {
		class += " strong"
	}
	if l.Bound {
		class += " bound"
	}
	for k := 1; k < len(points); {
		over, from := points[k-1].Over || points[k].Over, k-1
		for k < len(points) && (points[k-1].Over || points[k].Over) == over {
			k++
		}
		s.stretch(class, over && !l.Bound, points[from:k], x, up)
	}
	for _, at := range points {
		s.dot(l, i, at, x, up)
	}
}

func (s *sheet) stretch(class string, over bool, points []Point, x, up *scale) {
	if over {
		class += " over"
	}
	path := make([]string, len(points))
	for i, at := range points {
		path[i] = px(x.at(at.X)) + " " + px(up.at(at.Y))
	}
	s.put(`<path class="%s" d="M%s"/>`, class, strings.Join(path, "L"))
}

func (s *sheet) dot(l Line, i int, at Point, x, up *scale) {
	if l.Bound && len(l.Points) > 1 {
		return
	}
	c, r := i%len(colors), 3
	if l.Strong {
		r = 4
	}
	fill := fmt.Sprintf("n%d", c)
	if at.Over {
		fill = "open"
	}
	s.put(`<circle class="dot c%d %s" cx="%s" cy="%s" r="%d"><title>%s: %s, %s</title></circle>`, c, fill, px(x.at(at.X)), px(up.at(at.Y)), r,
		escape(l.Name), escape(x.number(at.X)), escape(up.number(float64(int(at.Y*10+0.5))/10)))
}

// label is the name of a line beside its last point.
type label struct {
	line   int
	at, to float64 // where the line ends, where the name stands
}

// names stand at the right ends, pushed apart where they would touch.
func (s *sheet) names(lines []Line, x, up *scale, y float64) {
	var labels []label
	for i, l := range lines {
		if points := l.sorted(); len(points) > 0 {
			at := up.at(points[len(points)-1].Y)
			labels = append(labels, label{i, at, at})
		}
	}
	slices.SortStableFunc(labels, func(a, b label) int { return int(1000 * (a.at - b.at)) })
	spread(labels, y+12, y+plot)
	for _, b := range labels {
		points := lines[b.line].sorted()
		end := x.at(points[len(points)-1].X)
		c := b.line % len(colors)
		s.put(`<path class="lead c%d" d="M%s %sL%s %s"/>`, c, px(end+5), px(b.at), px(s.right+20), px(b.to))
		s.say(fmt.Sprintf("name n%d", c), "start", s.right+25, b.to+4.5, lines[b.line].Name)
	}
}
