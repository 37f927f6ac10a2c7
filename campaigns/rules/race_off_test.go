//go:build !race

package rules

// everyNth thins out the longest walks: not at all without the race detector.
const everyNth = 1
