package rules

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func yamlFile(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

const portugal = "holidays:\n  country: PT\n  years: [2026, 2027]\n  source: DR\n  national: {2026-06-10: \"Dia de Portugal\"}\n"

func TestAnOperatorsFolderIsReadOverTheHolidaysOfTheHouse(t *testing.T) {
	own, err := ReadHolidays(fstest.MapFS{"pt.yaml": yamlFile(portugal), "README.txt": yamlFile("no holidays"), "es.yaml": yamlFile(someHolidays)})
	if err != nil {
		t.Fatal(err)
	}
	h := BuiltHolidays().Merge(own)
	if h.On("2026-06-10", "PT") != "Dia de Portugal" || h.On("2026-12-08", "ES", "ES-MD") != "Inmaculada" || h.On("2026-07-14", "FR") == "" {
		t.Errorf("%v", h.Countries())
	}
	if h.On("2026-08-15", "ES", "ES-MD") != "" {
		t.Error("a country's file replaces the house's whole")
	}
}

func TestAFolderSaysEveryFileThatIsWrong(t *testing.T) {
	_, err := ReadHolidays(fstest.MapFS{"a.yaml": yamlFile("holidays: {country: xx}"), "b.yaml": yamlFile(portugal), "c.yaml": yamlFile(portugal), "d.yaml": yamlFile("\t")})
	for _, says := range []string{"a.yaml: ", "c.yaml: the holidays of PT stand in b.yaml already", "d.yaml: "} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not say %q", err, says)
		}
	}
	if h, err := ReadHolidays(fstest.MapFS{}); err != nil || len(h.Countries()) != 0 {
		t.Errorf("an empty folder: %v %v", h, err)
	}
}

func TestPeopleAreWarnedSixtyDaysBeforeTheHolidaysEnd(t *testing.T) {
	h, err := ParseHolidays([]byte(portugal))
	if err != nil {
		t.Fatal(err)
	}
	end := time.Date(2028, time.January, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		now  time.Time
		warn bool
	}{
		{end.Add(-60*24*time.Hour - time.Second), false}, {end.Add(-60 * 24 * time.Hour), true}, {end, true}, {end.AddDate(1, 0, 0), true},
	} {
		got := h.Ending(c.now)
		if (len(got) == 1) != c.warn {
			t.Errorf("%s: %v", c.now, got)
		}
		if c.warn && (got[0].Country != "PT" || !got[0].Until.Equal(end)) {
			t.Errorf("%+v", got)
		}
	}
	if got := (*Holidays)(nil).Ending(end); got != nil {
		t.Errorf("%v", got)
	}
}
