//go:build !race

package numbers

const underRace = false
