// Package odds learns how likely a person is to answer a call, contact by
// contact, from the campaign's own attempts: the hour and the weekday there,
// the tries so far and how the last one ended and how long ago, which phone
// and whether it is a mobile, the list, the region and the time zone.
//
//	Facts --Learn(answered)--> Model --Chance--> answer, odds, why
//	                             |
//	                           JSON, kept between shifts
//
// The model adds log-odds: one weight for each value of each factor, and a
// base. Weights are Gaussian beliefs with a prior of mean 0 and a width that
// says how much a factor may matter; each attempt updates those that it
// touches by one step of assumed-density filtering (an extended Kalman filter
// with a diagonal covariance: the gradient of the log loss, scaled by what is
// not known yet). A value that was never seen weighs 0, so that its contact
// gets the mean; a rare one is drawn to it by the prior. What is old is
// forgotten by attempts, not by time: a weight remembers about its last 4,000
// attempts, so that Monday mornings are remembered over a week without one.
//
// Whom we call depends on these very odds. That does not bend them: the
// chance is conditional on the factors, and the choice looks at nothing else.
// What the choice does bend is the mean of those who were called, so Mean is a
// slow reference and no more: odds are right relative to each other, and
// pacing, which weighs exposure by odds, finds the level that belongs to them.
//
// Promises: the chance is always inside (0, 1) and never NaN, whatever is fed
// or read; Mean times the product of all Factor.Times is Answer; with fewer
// than 100 attempts everybody has the odds 1, and Why says so; memory is
// bounded (some 400 weights); Answer and Hourly allocate nothing. A Model
// belongs to one goroutine at a time.
package odds
