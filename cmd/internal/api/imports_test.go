package api

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"
)

const people = "Name;Telefon;Plan\r\nNúria;600 111 222;gold\r\nBo;+34600111333;\r\n=cmd();112;silver\r\nBo again;600111333;\r\n"

// upload sends a body as it is.
func (c caller) upload(path, contentType string, body io.Reader) reply {
	c.Helper()
	req, err := http.NewRequestWithContext(c.Context(), http.MethodPost, c.url+path, body)
	c.must(err)
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "Bearer "+c.token)
	return c.do(req)
}

func TestAListIsImportedReportedAndTakenBack(t *testing.T) {
	h := newHouse(t).staff()
	camp, _ := h.running("Spring")
	c := h.as("manager")
	var i Import
	c.upload(fmt.Sprintf("/v1/imports?campaign=%d&list=May&region=ES&source=may.csv&column=field:tariff=Plan", camp.ID), "text/csv", strings.NewReader(people)).want(200).into(&i)
	if i.State != "done" || i.Counts.Rows != 4 || i.Counts.Added != 2 || i.Counts.Refused != 1 || i.Counts.Duplicates != 1 || i.By != "manager" || i.Source != "may.csv" {
		t.Fatalf("import %+v", i)
	}
	people, err := h.db.Lease(t.Context(), camp.ID, i.EndedAt, 10)
	h.must(err)
	if len(people) != 2 || people[0].Name != "Núria" || people[0].Fields["tariff"] != "gold" || people[0].Phones[0].Number != "+34600111222" {
		t.Errorf("contacts %+v", people)
	}
	report := c.send("GET", "/v1/imports/"+i.ID+"/report", nil).want(200)
	contains(t, string(report.body), "'=cmd()")
	contains(t, report.Header.Get("Content-Disposition"), "attachment")
	if lines := strings.Count(string(report.body), "\n"); lines != 3 {
		t.Errorf("report of %d lines: %s", lines, report.body)
	}

	var all struct{ Imports []Import }
	c.send("GET", fmt.Sprintf("/v1/imports?campaign=%d", camp.ID), nil).want(200).into(&all)
	if len(all.Imports) != 1 || all.Imports[0].ID != i.ID {
		t.Errorf("imports %+v", all.Imports)
	}
	h.must(h.db.Release(t.Context(), []int64{people[0].ID, people[1].ID}))
	var u Undone
	c.send("DELETE", "/v1/imports/"+i.ID, nil).want(200).into(&u)
	if u.Removed != 2 || u.Kept != 0 {
		t.Errorf("undone %+v", u)
	}
	c.send("GET", "/v1/imports/"+i.ID, nil).want(200).into(&i)
}

func TestADryRunStoresNothingAndKeepsItsReport(t *testing.T) {
	h := newHouse(t).staff()
	camp, _ := h.running("Spring")
	c := h.as("manager")
	var i Import
	c.upload(fmt.Sprintf("/v1/imports?campaign=%d&list=May&region=ES&dry_run=true", camp.ID), "text/csv", strings.NewReader(people)).want(200).into(&i)
	if !i.DryRun || i.Counts.Added != 2 || !strings.HasPrefix(i.ID, "check-") {
		t.Fatalf("import %+v", i)
	}
	depth, err := h.db.Depth(t.Context(), camp.ID, i.BeganAt)
	h.must(err)
	if depth.Total != 0 {
		t.Errorf("%d contacts stored", depth.Total)
	}
	lists, err := h.db.Lists(t.Context(), camp.ID)
	h.must(err)
	if len(lists) != 1 {
		t.Errorf("lists %+v", lists)
	}
	c.send("GET", "/v1/imports/"+i.ID, nil).want(200)
	c.send("GET", "/v1/imports/"+i.ID+"/report", nil).want(200)
}

func TestAFormWithAFileIsAnUploadToo(t *testing.T) {
	h := newHouse(t).staff()
	camp, _ := h.running("Spring")
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	h.must(w.WriteField("comment", "first"))
	part, err := w.CreateFormFile("list", "../../etc/<script>.csv")
	h.must(err)
	_, err = io.WriteString(part, people)
	h.must(err)
	h.must(w.Close())
	var i Import
	h.as("manager").upload(fmt.Sprintf("/v1/imports?campaign=%d&list=list&region=ES", camp.ID), w.FormDataContentType(), &form).want(200).into(&i)
	if i.Counts.Added != 2 || i.Source != "<script>.csv" {
		t.Errorf("import %+v", i)
	}
}

func TestAListThatCannotBeImportedSaysWhyAndLeavesNothing(t *testing.T) {
	h := newHouse(t).staff()
	camp, _ := h.running("Spring")
	c := h.as("manager")
	at := fmt.Sprintf("/v1/imports?campaign=%d&list=list", camp.ID)
	c.upload(at, "text/csv", strings.NewReader("")).fault(422, "empty_file")
	c.upload(at, "text/csv", strings.NewReader("name,colour\nAna,red\nBo,blue\n")).fault(422, "no_phone_column")
	c.upload(at+"&column=phone", "text/csv", strings.NewReader(people)).fault(422, "column_invalid")
	c.upload(at+"&delimiter=::", "text/csv", strings.NewReader(people)).fault(422, "delimiter_invalid")
	c.upload(at, "multipart/form-data; boundary=x", strings.NewReader("--x--\r\n")).fault(422, "no_file")
	c.upload("/v1/imports?campaign=99&list=list", "text/csv", strings.NewReader(people)).fault(404, "campaign_not_found")
	for _, id := range []string{"77", "check-nothing"} {
		c.send("GET", "/v1/imports/"+id, nil).fault(404, "import_not_found")
		c.send("GET", "/v1/imports/"+id+"/report", nil).fault(404, "report_not_found")
	}
	c.send("GET", "/v1/imports/..%2F..%2Fforecall.db/report", nil).fault(422, "invalid_request")
	loads, err := h.db.Loads(t.Context(), camp.ID)
	h.must(err)
	if len(loads) != 0 {
		t.Errorf("loads %+v", loads)
	}
}

func TestALongUploadIsSeenWhileItRunsAndStopsWhenItIsTakenBack(t *testing.T) {
	h := newHouse(t).staff()
	camp, _ := h.running("Spring")
	c := h.as("manager")
	body, feed := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, fmt.Sprintf("%s/v1/imports?campaign=%d&list=list&region=ES", h.url, camp.ID), body)
	h.must(err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	status := make(chan int, 1)
	go func() {
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			status <- 0 // the server closed the connection on what was still being sent
			return
		}
		_ = res.Body.Close()
		status <- res.StatusCode
	}()
	go func() { // a client that never ends its list
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(feed, "Ana;6%08d\n", i); err != nil {
				return
			}
		}
	}()
	id := ""
	for deadline := time.Now().Add(30 * time.Second); id == ""; {
		if len(status) > 0 || time.Now().After(deadline) {
			h.must(body.Close())
			t.Fatalf("the upload does not run; it was answered %d", <-status)
		}
		var all struct{ Imports []Import }
		c.send("GET", fmt.Sprintf("/v1/imports?campaign=%d", camp.ID), nil).want(200).into(&all)
		if len(all.Imports) == 1 && all.Imports[0].Counts.Added > 0 {
			id = all.Imports[0].ID
			if all.Imports[0].State != "running" {
				t.Errorf("state %s", all.Imports[0].State)
			}
		}
	}
	var u Undone
	c.send("DELETE", "/v1/imports/"+id, nil).want(200).into(&u)
	h.must(body.Close())
	select {
	case got := <-status:
		if got == http.StatusOK {
			t.Error("the upload ended well")
		}
	case <-time.After(30 * time.Second):
		t.Fatal("an upload that was taken back is still read")
	}
	depth, err := h.db.Depth(t.Context(), camp.ID, camp.CreatedAt)
	h.must(err)
	if u.Removed == 0 || depth.Total != 0 {
		t.Errorf("undone %+v, %d contacts left", u, depth.Total)
	}
}

// TestAnUploadThatStandsStillEndsWhenItIsStopped: at once, and whoever sends it is told
// how far it came.
func TestAnUploadThatStandsStillEndsWhenItIsStopped(t *testing.T) {
	h := newHouse(t).staff()
	camp, _ := h.running("Spring")
	c := h.as("manager")
	file, sends := io.Pipe()
	defer sends.Close()
	answered := make(chan reply, 1)
	go func() {
		answered <- c.upload(fmt.Sprintf("/v1/imports?campaign=%d&list=May&region=ES&source=may.csv", camp.ID), "text/csv", file)
	}()
	rows := []byte("Name;Telefon\r\n")
	for i := range 20000 {
		rows = fmt.Appendf(rows, "P%d;+346%08d\r\n", i, i)
	}
	_, err := sends.Write(rows)
	h.must(err)
	var all struct{ Imports []Import }
	for began := time.Now(); len(all.Imports) == 0 || all.Imports[0].ID == "" || all.Imports[0].Counts.Added == 0; {
		if time.Since(began) > time.Minute {
			t.Fatalf("nothing is stored: %+v", all)
		}
		c.send("GET", fmt.Sprintf("/v1/imports?campaign=%d", camp.ID), nil).want(200).into(&all)
	}
	began := time.Now()
	c.send("DELETE", "/v1/imports/"+all.Imports[0].ID, nil).want(200)
	if took := time.Since(began); took > patience/3 {
		t.Errorf("it took %s to stop an upload that stands still", took)
	}
	a := <-answered
	if took := time.Since(began); took > patience/3 {
		t.Errorf("its sender was told after %s", took)
	}
	contains(t, string(a.want(503).body), "import_interrupted")
	contains(t, string(a.body), "The list is not whole.")
}
