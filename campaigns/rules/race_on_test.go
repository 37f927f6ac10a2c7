//go:build race

package rules

// everyNth thins out the longest walks under the race detector, which makes
// them forty times slower: what they look for is no race.
const everyNth = 20
