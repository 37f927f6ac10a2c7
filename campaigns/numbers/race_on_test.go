//go:build race

package numbers

// underRace: the detector makes everything ten times slower and larger.
const underRace = true
