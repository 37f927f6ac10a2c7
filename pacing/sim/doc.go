// Package sim knows how the people we call behave, as distributions: how long
// they let it ring, whether they answer, how long they talk. The test carrier
// draws its callees from here, and so will simulated shifts, so that a live
// run and a simulated one can be compared.
//
// Everything is pure: the source of chance is an argument, and the same seed
// gives the same people.
package sim
