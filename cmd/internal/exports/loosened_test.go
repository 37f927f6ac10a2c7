package exports

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// TestEveryFileShowsWhatWasLoosenedOfTheRules asks for one column of a call
// from before and of one from after a loosening.
func TestEveryFileShowsWhatWasLoosenedOfTheRules(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	looser := campaigns.Loosening{
		Adoption: campaigns.Adoption{Set: "us-federal", Version: 8, At: noon, By: "cora", ApprovedBy: "max", Reason: "summer"},
		Changes:  []rules.Change{{Rule: "us.hours", Field: "weekly", Direction: rules.Loosened}},
	}
	const says = "us-federal@8 us.hours (asked for by cora, approved by max, 2026-11-22: summer)"
	s := newShop(t)
	s.works.Loosened = func(context.Context) ([]campaigns.Loosening, error) { return []campaigns.Loosening{looser}, nil }
	s.have(2, func(yield func(campaigns.Call, error) bool) {
		_ = yield(campaigns.Call{Attempt: campaigns.Attempt{Seq: 1, ID: "a", IntentAt: noon.Add(-time.Second)}}, nil) &&
			yield(campaigns.Call{Attempt: campaigns.Attempt{Seq: 2, ID: "b", IntentAt: noon}}, nil)
	})
	s.run()
	for format, read := range map[campaigns.ExportFormat]func([]byte) ([]string, error){
		campaigns.FormatCSV: cellsOfCSV, campaigns.FormatJSONLines: cellsOfJSON, campaigns.FormatParquet: cellsOfParquet,
	} {
		e, err := s.exports.Ask(t.Context(), s.user, campaigns.Export{Format: format, Reason: "audit", Fields: []string{"attempt_id"}})
		if err != nil {
			t.Fatal(err)
		}
		s.until(e.ID, "done", func(e campaigns.Export) bool { return e.State == campaigns.ExportDone })
		_, file, err := s.exports.Fetch(t.Context(), s.user, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(file)
		if err != nil {
			t.Fatal(err)
		}
		cells, err := read(data)
		if err != nil || len(cells) != 2 || cells[0] != "a|" || cells[1] != "b|"+says {
			t.Errorf("%s: %q, %v", format, cells, err)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
}

func cellsOfCSV(data []byte) (out []string, err error) {
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff"))).ReadAll()
	for _, r := range records[min(1, len(records)):] {
		out = append(out, strings.Join(r, "|"))
	}
	return out, err
}

func cellsOfJSON(data []byte) (out []string, err error) {
	for d := json.NewDecoder(bytes.NewReader(data)); d.More(); {
		var line map[string]string
		if err := d.Decode(&line); err != nil {
			return out, err
		}
		out = append(out, line["attempt_id"]+"|"+line["rules_loosened"])
	}
	return out, nil
}

func cellsOfParquet(data []byte) (out []string, err error) {
	type line struct {
		ID       *string `parquet:"attempt_id"`
		Loosened *string `parquet:"rules_loosened"`
	}
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	lines, err := parquet.Read[line](bytes.NewReader(data), int64(len(data)))
	for _, l := range lines {
		out = append(out, text(l.ID)+"|"+text(l.Loosened))
	}
	return out, err
}
