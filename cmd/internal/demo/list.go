package demo

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/url"

	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/testdata"
)

// listName is the list that comes with the program.
const listName = "testdata/lists/demo.csv"

// importList uploads the first people of the built-in list, as a manager does.
func (r *run) importList(ctx context.Context) (campaign int64, err error) {
	if campaign, err = r.manager.CampaignID(ctx, campaignName); err != nil {
		return 0, err
	}
	content, source, err := r.list()
	if err != nil {
		return 0, err
	}
	query := url.Values{"campaign": {fmt.Sprint(campaign)}, "list": {"demo"}, "region": {"US"}, "source": {source}}
	var result api.Import
	if err := r.manager.Upload(ctx, "/v1/imports", query, bytes.NewReader(content), &result); err != nil {
		return 0, fmt.Errorf("import %s: %w", source, err)
	}
	r.watch.say("imported %s: %d rows, %d people", source, result.Counts.Rows, result.Counts.Added)
	return campaign, nil
}

// list is the file to upload, and what it is called.
func (r *run) list() ([]byte, string, error) {
	if r.Scenario != nil {
		return fictitious(r.Contacts), "people drawn for " + r.Scenario.Name, nil
	}
	content, err := firstRows(r.Contacts)
	return content, listName, err
}

// firstRows cuts the list after its header and n lines.
func firstRows(n int) ([]byte, error) {
	data, err := testdata.Lists.ReadFile("lists/demo.csv")
	if err != nil {
		return nil, fmt.Errorf("the built-in list: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	var out bytes.Buffer
	for i := 0; i <= n && lines.Scan(); i++ {
		out.Write(lines.Bytes())
		out.WriteByte('\n')
	}
	return out.Bytes(), lines.Err()
}
