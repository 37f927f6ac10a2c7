package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// loaded waits until a file of a register is read.
func (h *house) loaded(l RegisterLoading) RegisterLoading {
	h.Helper()
	for end := time.Now().Add(30 * time.Second); l.State == "reading"; {
		if time.Now().After(end) {
			h.Fatalf("it is still read: %+v", l)
		}
		h.as("compliance").send(http.MethodGet, "/v1/register-loads/"+l.ID, nil).want(http.StatusOK).into(&l)
	}
	return l
}

func TestARegisterIsInForceWhenItIsConfirmedAndTheGateRefusesByIt(t *testing.T) {
	h := newHouse(t).staff()
	accessed := time.Now().UTC().Add(-time.Hour).Format(time.RFC3339)
	load := func(list, file string) RegisterLoading {
		var l RegisterLoading
		h.as("compliance").upload("/v1/registers/"+list+"/load?country=US&covers=file&accessed_at="+accessed, "text/plain", strings.NewReader(file)).want(http.StatusOK).into(&l)
		return h.loaded(l)
	}
	l := load("us-national", "202,5550123\n202,5550124\n")
	if l.State != "ready" || l.Found.Version.Count != 2 || len(l.Doubts) != 0 || l.Percent != 100 {
		t.Fatalf("%+v", l)
	}
	if got := h.registered("us-national", 12025550123); got {
		t.Error("it is in force before it is confirmed")
	}
	h.as("manager").send(http.MethodPost, "/v1/register-loads/"+l.ID+"/confirm", nil).fault(http.StatusForbidden, "forbidden")
	h.as("compliance").send(http.MethodPost, "/v1/register-loads/"+l.ID+"/confirm", nil).want(http.StatusOK).into(&l)
	if l.State != "done" || l.Taken.By != "compliance" || !h.registered("us-national", 12025550123) || h.registered("us-national", 12025550125) {
		t.Errorf("confirmed: %+v", l)
	}
	h.as("compliance").send(http.MethodPost, "/v1/register-loads/"+l.ID+"/confirm", nil).fault(http.StatusConflict, "load_not_ready")
	var standing struct {
		Lists map[string][]campaigns.RegisterStanding
	}
	h.as("supervisor").send(http.MethodPost, "/v1/registers/look", map[string]string{"number": "+12025550124"}).want(http.StatusOK).into(&standing)
	if s := standing.Lists["us-national"]; len(s) != 1 || !s[0].Listed || s[0].Version.By != "compliance" {
		t.Errorf("%+v", standing)
	}
	smaller := load("us-national", "202,5550123\n")
	h.as("compliance").send(http.MethodPost, "/v1/register-loads/"+smaller.ID+"/confirm", nil).fault(http.StatusConflict, "register_shrunk")
	h.as("compliance").send(http.MethodPost, "/v1/register-loads/"+smaller.ID+"/confirm", map[string]string{"reason": "one has moved"}).want(http.StatusOK)
	if h.registered("us-national", 12025550124) {
		t.Error("the smaller list is not in force")
	}
	entries, err := h.db.AuditEntries(t.Context(), 0, 1000)
	h.must(err)
	loads := 0
	for _, e := range entries {
		if e.Kind == "register.load" && e.By == "compliance" && e.Subject == "register us-national" {
			loads++
		}
	}
	if loads != 2 {
		t.Errorf("%d loads in the audit", loads)
	}
}

// registered asks the registers as the gate does.
func (h *house) registered(list string, number uint64) bool {
	return h.shelf.Look(list, number).Listed
}

func TestAFileThatIsNoRegisterIsRefusedWithAReasonAndDropped(t *testing.T) {
	h := newHouse(t).staff()
	accessed := time.Now().UTC().Format(time.RFC3339)
	var l RegisterLoading
	h.as("admin").upload("/v1/registers/us-national/load?country=US&accessed_at="+accessed, "text/plain", strings.NewReader("name,colour\nAnn,red\n")).want(http.StatusOK).into(&l)
	if l = h.loaded(l); l.State != "failed" || l.Code != "register_file" || !strings.Contains(l.Problem, "columns") {
		t.Errorf("%+v", l)
	}
	h.as("admin").send(http.MethodPost, "/v1/register-loads/"+l.ID+"/drop", nil).want(http.StatusNoContent)
	h.as("admin").send(http.MethodGet, "/v1/register-loads/"+l.ID, nil).fault(http.StatusNotFound, "load_not_found")
	h.as("admin").upload("/v1/registers/us-national/load?accessed_at="+accessed, "text/plain", strings.NewReader("")).fault(http.StatusUnprocessableEntity, "no_file")
	h.as("supervisor").upload("/v1/registers/us-national/load?accessed_at="+accessed, "text/plain", strings.NewReader("x")).fault(http.StatusForbidden, "forbidden")
	h.as("compliance").send(http.MethodGet, "/v1/registers/nothing/versions", nil).fault(http.StatusNotFound, "register_not_found")
}
