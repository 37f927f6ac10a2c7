// Package odds learns how likely a person is to answer a call, contact by
// contact, from the campaign's own attempts: the hour and the weekday there,
// the tries so far and how the last one ended and how long ago, which phone
// and whether it is a mobile, the list, the region and the time zone.
//
//	Facts --Learn(answered)--> Model --Chance--> answer, odds, why
//	                             |
//	                           JSON, kept between shifts
//
// The model adds log-odds: a base, and one weight for each value of each
// factor. What is believed of them is a Gaussian with a prior of mean 0 and a
// width that says how much a factor may matter; each attempt moves it by one
// step of an extended Kalman filter (Bayesian logistic regression, online). It
// keeps the whole covariance, because much cannot be told apart at first: in
// the first hour of a campaign the hour and the base are one. A value that was
// never seen weighs 0, so that its contact gets what the rest of it says; a rare
// one is drawn there by the prior. What is old is forgotten by attempts, not by
// time: a weight remembers about its last 4,000 attempts, so that Monday
// mornings are remembered over a week without one. At last the model compares
// what it says with what comes, and trusts its own differences by as much as
// they have come true.
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
// bounded (205 weights, 350 kB); Answer and Hourly allocate nothing. A Model
// belongs to one goroutine at a time.
package odds
