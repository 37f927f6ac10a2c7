package campaigns

// codeNotInterested is the disposition of a refusal in campaigns made before
// there was an effect for it.
const codeNotInterested = "not_interested"

// Refusal tells whether a disposition says that the person refused in the
// conversation: such a number rests where the law wants it (FR D.223-9: 60
// calendar days), in every campaign of the seller.
func Refusal(code string, e Effect) bool {
	switch e {
	case EffectRefused, EffectDNC:
		return true
	case EffectDone:
		return code == codeNotInterested
	}
	return false
}
