//go:build !race

package pacing

const raced = false
