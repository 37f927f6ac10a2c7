package numbers

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestTheFirstDigitsOfANumberTellItsCountryForAllThatBeginWithThem(t *testing.T) {
	for number, want := range map[string]string{
		"+34600111222": "ES 2", "+12025550123": "US 4", "+14165550123": "CA 4", "+18765550123": "JM 4", "+5511987654321": "BR 2",
		"+336": "FR 2", "+1": " 1", "": " 0", "34": " 1", "+3x": " 2", "+0999": " 1",
	} {
		code, digits := Country(number)
		if got := fmt.Sprint(code, " ", digits); got != want {
			t.Errorf("%s is of %q, want %q", number, got, want)
		}
	}
	draw := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		number := fmt.Sprint("+", draw.Int64N(9e11)+1e11)
		code, digits := Country(number)
		if at := Locate(number).Country; at != code {
			t.Fatalf("%s is of %q, and located in %q", number, code, at)
		}
		other := []byte(number)
		for i := digits + 1; i < len(other); i++ {
			other[i] = byte('0' + draw.IntN(10))
		}
		if at := Locate(string(other)).Country; at != code {
			t.Fatalf("%s begins like %s, which %d digits say is of %q, and is of %q", other, number, digits, code, at)
		}
	}
}
