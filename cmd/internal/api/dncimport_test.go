package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/dnclist"
)

func TestAFileOfNumbersIsOnTheDoNotCallListAndWhatRingsThereIsWithdrawn(t *testing.T) {
	h := newHouse(t).staff()
	const file = "name;phone\nAna;600 111 222\nEve;112\nBen;+34911234567\nAna again;600111222\n"
	var r dnclist.Imported
	h.as("compliance").upload(dncImportPath+"?region=ES&reason=by+letter", "text/csv", strings.NewReader(file)).want(http.StatusOK).into(&r)
	if r.Lines != 4 || r.Added != 2 || r.Known != 1 || r.Refused != 1 || len(r.First) != 1 || r.First[0].Line != 3 || r.First[0].Code != "emergency" {
		t.Errorf("result %+v", r)
	}
	d, err := h.db.DoNotCall(t.Context(), "+34600111222")
	h.must(err)
	if d.By != "compliance" || d.Channel != campaigns.ChannelImport || d.Reason != "by letter" {
		t.Errorf("entry %+v", d)
	}
	if want := []string{"+34600111222", "+34911234567"}; !slices.Equal(slices.Compact(slices.Sorted(slices.Values(h.floor.withdrawn))), want) {
		t.Errorf("withdrawn %v", h.floor.withdrawn)
	}
	h.as("agent").upload(dncImportPath, "text/csv", strings.NewReader(file)).fault(http.StatusForbidden, "forbidden")
	h.as("admin").upload(dncImportPath, "text/csv", strings.NewReader("name,colour\nAna,red\n")).fault(http.StatusUnprocessableEntity, "list_invalid")
	h.as("admin").upload(dncImportPath+"?region=XX", "text/csv", strings.NewReader(file)).fault(http.StatusUnprocessableEntity, "unknown_region")
}

func TestAFileOfNumbersMayBeLargerThanARequest(t *testing.T) {
	h := newHouse(t).staff()
	var file strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&file, "+1212555%04d,%s\n", i, strings.Repeat("x", 600)) // together more than MaxBody
	}
	var r dnclist.Imported
	h.as("supervisor").upload(dncImportPath, "text/csv", strings.NewReader(file.String())).want(http.StatusOK).into(&r)
	if r.Lines != 2000 || r.Added+r.Refused != 2000 || r.Added < 1000 {
		t.Errorf("result %+v", r.Added)
	}
	if on, err := h.db.IsDoNotCall(t.Context(), "+12125551999"); err != nil || !on {
		t.Errorf("the last number: on the list %t, %v", on, err)
	}
}
