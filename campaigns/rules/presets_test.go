package rules

import "testing"

func TestEveryDocumentOfThisHouseCanBeRead(t *testing.T) {
	for _, source := range documents("presets") {
		if _, err := ParseSet(source); err != nil {
			t.Error(err)
		}
	}
	for _, source := range documents("holidays") {
		if _, err := ParseHolidays(source); err != nil {
			t.Error(err)
		}
	}
}
