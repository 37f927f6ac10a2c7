package sim

// knownDistributions is the bound of what better estimating could win.
func knownDistributions() Entry {
	e := predictive()
	e.Named = Named{"known-distributions", "knows the distributions", "a bound: the controller, told the true distributions of answers, talk and wrap-up"}
	return e
}
