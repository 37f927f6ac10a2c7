// Package chart draws lines as one SVG file, to stand in a README or a report.
//
//	Figure: a title
//	  Panel: an x axis (linear or logarithmic), a y axis
//	    Line: points joined, its name at its right end
//
// A line is named where it ends and not in a box beside it, so that nobody has
// to match colours; a point that broke a rule (Point.Over) is an open circle,
// and the line to it is dashed, so that it is told without colour as well.
//
// Promises: the same figure gives the same bytes; nothing is fetched, no
// script runs, and the drawing has its own ground, so that it reads on a light
// page and on a dark one; <title> and <desc> say what is seen.
package chart
