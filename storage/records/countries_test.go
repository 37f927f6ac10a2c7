package records

import (
	"fmt"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

func TestAWalkOverNumbersGoesOnBehindAllThatBeginAlike(t *testing.T) {
	for n, want := range map[int64]map[int]int64{
		34600111222: {2: 35000000000, 11: 34600111223, 4: 34610000000},
		99999999:    {2: 100000000}, // and not below what is longer
		1202555:     {4: 1203000},
	} {
		for digits, next := range want {
			if got := beyond(n, digits); got != next {
				t.Errorf("behind the %d first digits of %d comes %d, want %d", digits, n, got, next)
			}
		}
	}
}

// A list of North America is the worst: its countries share a code, and every
// area code is asked for.
func BenchmarkCountriesCalledOfALargeList(b *testing.B) {
	db := openTest(b)
	c, err := db.CreateCampaign(b.Context(), campaigns.NewCampaign("wide"), "test")
	if err != nil {
		b.Fatal(err)
	}
	err = db.do(b.Context(), func(t *tx) error {
		for area := 200; area < 1000; area++ {
			for i := range 50 {
				if _, err := t.exec(`INSERT INTO numbers (campaign, e164, contact) VALUES (?, ?, 1)`, c.ID, 10_000_000_000+int64(area)*10_000_000+int64(i)*1999+2_000_000); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		called, err := db.CountriesCalled(b.Context())
		if err != nil || len(called) != 1 || len(called[0].Countries) < 20 {
			b.Fatal(fmt.Sprint(called), err)
		}
	}
}
