// Package lookup explains of one number why a campaign calls it, or does not,
// and when it would answer.
//
//	number --> contacts of the campaign with it --> for each: the rules' verdicts, where it stands, chance of an answer
//
// Promises: the verdicts are those that the store's Begin would give, from the
// same facts; nothing is written; nobody is told who may not see campaigns.
package lookup
