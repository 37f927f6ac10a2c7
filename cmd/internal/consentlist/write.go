package consentlist

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
)

// Writer writes entries of the ledger into a file.
type Writer interface {
	Write(f campaigns.ConsentFile) error
	Close() error
}

// NewCSV writes a row for each entry, with a header.
func NewCSV(w io.Writer) Writer { return &table{csv: csv.NewWriter(w)} }

// NewJSONLines writes each entry as an object with its events and uses.
func NewJSONLines(w io.Writer) Writer { return &objects{json.NewEncoder(w)} }

type objects struct{ enc *json.Encoder }

func (o *objects) Write(f campaigns.ConsentFile) error { return o.enc.Encode(f) }
func (o *objects) Close() error                        { return nil }

type table struct {
	csv   *csv.Writer
	begun bool
}

var header = []string{
	"consent_id", "number", "name", "kind", "level", "seller", "purpose", "goods_or_service", "channels", "at", "renewed_at", "until", "revoked_at",
	"source", "reference", "ip", "wording_sha256", "wording", "note", "attempt_id", "by", "recorded_at", "uses", "used_at", "keep_until", "chain_events",
}

func (t *table) head() error {
	if t.begun {
		return nil
	}
	t.begun = true
	return t.csv.Write(header)
}

func (t *table) Write(f campaigns.ConsentFile) error {
	if err := t.head(); err != nil {
		return err
	}
	channels := make([]string, len(f.Channels))
	for i, c := range f.Channels {
		channels[i] = string(c)
	}
	events := make([]string, len(f.Changes))
	for i, e := range f.Changes {
		events[i] = strconv.FormatInt(e.Seq, 10) + ":" + string(e.Event)
	}
	row := []string{
		f.ID, f.Number, f.Name, string(f.Kind), string(f.Level), f.Seller, f.Purpose, f.Goods, strings.Join(channels, " "), stamp(f.At),
		stamp(f.RenewedAt), stamp(f.Until), stamp(f.RevokedAt), string(f.Source), f.Reference, f.IP, f.WordingID, f.Wording, f.Note, f.Attempt, f.By,
		stamp(f.RecordedAt), strconv.FormatInt(f.Uses, 10), stamp(f.UsedAt), stamp(f.KeepUntil()), strings.Join(events, " "),
	}
	for i := range row {
		row[i] = report.Harmless(row[i])
	}
	return t.csv.Write(row)
}

func (t *table) Close() error {
	if err := t.head(); err != nil {
		return err
	}
	t.csv.Flush()
	return t.csv.Error()
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// WriteReport writes refusals as CSV.
func WriteReport(w io.Writer, refused []RefusedRow) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"line", "reason"}) // the error stays with the writer
	for _, r := range refused {
		_ = out.Write([]string{strconv.FormatInt(r.Line, 10), report.Harmless(r.Reason)})
	}
	out.Flush()
	return out.Error()
}
