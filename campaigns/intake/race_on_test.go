//go:build race

package intake

// underRace: the detector makes everything ten times slower and larger.
const underRace = true
