package consentlist

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
	"github.com/forecall/forecall/campaigns/report"
)

// column is one column of a CSV file.
type column struct {
	names []string
	read  func(c *campaigns.Consent, cell string) error
}

// ledgers are columns of the ledger's own export, which nobody else may say: a
// file of its own is read back without them.
var ledgers = []string{
	"consent_id", "renewed_at", "revoked_at", "wording_sha256", "attempt_id", "by", "recorded_at", "uses", "used_at", "keep_until", "chain_events",
}

// cells are the columns of a CSV file, each with how it is read into an entry.
// Names are compared without case, with blanks and dashes as underscores.
var cells = []column{
	{[]string{"number", "phone", "called_number", "e164", "telephone", "mobile"}, nil}, // by the list's parser
	{[]string{"kind", "consent_kind", "type"}, func(c *campaigns.Consent, s string) error { c.Kind = campaigns.ConsentKind(word(s)); return nil }},
	{[]string{"level", "consent_level"}, func(c *campaigns.Consent, s string) error { c.Level = campaigns.ConsentLevel(word(s)); return nil }},
	{[]string{"seller"}, func(c *campaigns.Consent, s string) error { c.Seller = s; return nil }},
	{[]string{"purpose"}, func(c *campaigns.Consent, s string) error { c.Purpose = s; return nil }},
	{[]string{"goods", "goods_or_service"}, func(c *campaigns.Consent, s string) error { c.Goods = s; return nil }},
	{[]string{"channels", "channel"}, readChannels},
	{[]string{"at", "consent_at", "given_at", "date", "consent_date"}, func(c *campaigns.Consent, s string) (err error) { c.At, err = intake.Day(s); return err }},
	{[]string{"until", "consent_until", "expires", "expires_at"}, func(c *campaigns.Consent, s string) (err error) { c.Until, err = intake.Day(s); return err }},
	{[]string{"source", "consent_source"}, func(c *campaigns.Consent, s string) error { c.Source = campaigns.ConsentSource(word(s)); return nil }},
	{[]string{"wording", "consent_text", "text"}, func(c *campaigns.Consent, s string) error { c.Wording = s; return nil }},
	{[]string{"reference", "proof", "evidence"}, func(c *campaigns.Consent, s string) error { c.Reference = s; return nil }},
	{[]string{"ip", "ip_address"}, func(c *campaigns.Consent, s string) error { c.IP = s; return nil }},
	{[]string{"name", "contact_name"}, func(c *campaigns.Consent, s string) error { c.Name = s; return nil }},
	{[]string{"note"}, func(c *campaigns.Consent, s string) error { c.Note = s; return nil }},
}

func word(cell string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(cell)))
}

// readChannels reads live, automated, recording, apart by blanks, plus or bar.
func readChannels(c *campaigns.Consent, cell string) error {
	split := func(r rune) bool { return strings.ContainsRune(" ,;+|/", r) }
	for name := range strings.FieldsFuncSeq(strings.ToLower(cell), split) {
		c.Channels = append(c.Channels, campaigns.ConsentChannel(name))
	}
	return nil
}

// columnsOf finds for each column of the file its place in cells. A column that
// is not known, or twice there, refuses the file: what it says would be lost.
func columnsOf(names []string) ([]int, error) {
	out := make([]int, len(names))
	for i, name := range names {
		at := slices.IndexFunc(cells, func(c column) bool { return slices.Contains(c.names, word(name)) })
		if at < 0 && slices.Contains(ledgers, word(name)) {
			out[i] = ofLedger
			continue
		}
		if at < 0 {
			return nil, fmt.Errorf("%w: column %d, %q, is none of %s", ErrFile, i+1, name, known())
		}
		if slices.Contains(out[:i], at) {
			return nil, fmt.Errorf("%w: two columns say the %s", ErrFile, cells[at].names[0])
		}
		out[i] = at
	}
	if !slices.Contains(out, 0) {
		return nil, fmt.Errorf("%w: it has no column number; the columns are %s", ErrFile, known())
	}
	return out, nil
}

// ofLedger is the place of a column that is left out.
const ofLedger = -1

func known() string {
	names := make([]string, len(cells))
	for i, c := range cells {
		names[i] = c.names[0]
	}
	return strings.Join(names, ", ")
}

// entry makes an entry of a row.
func (l *list) entry(columns []int, row []string) (campaigns.Consent, error) {
	if len(row) > len(columns) {
		return campaigns.Consent{}, fmt.Errorf("the row has %d columns, the header %d; a cell with the delimiter in it needs quotes", len(row), len(columns))
	}
	var c campaigns.Consent
	for i, cell := range row {
		cell, at := report.Plain(strings.TrimSpace(cell)), columns[i]
		if cell == "" || at == ofLedger {
			continue
		}
		if at == 0 {
			c.Number = cell
			continue
		}
		if err := cells[at].read(&c, cell); err != nil {
			return c, fmt.Errorf("%s: %w", cells[at].names[0], err)
		}
	}
	return l.complete(c)
}

// complete fills in what the row leaves out, and reads its number.
func (l *list) complete(c campaigns.Consent) (campaigns.Consent, error) {
	n, err := l.parser.Parse(c.Number, l.Region)
	if err != nil {
		return c, fmt.Errorf("number: %w", err)
	}
	c.Number = n.E164
	b := l.Blank
	fill(&c.Kind, b.Kind, campaigns.ConsentGiven)
	fill(&c.Source, b.Source, campaigns.ConsentByImport)
	fill(&c.Seller, b.Seller, "")
	fill(&c.Purpose, b.Purpose, "")
	fill(&c.Wording, b.Wording, "")
	if c.Level == "" && !c.Kind.Relation() {
		c.Level = b.Level
	}
	return c, nil
}

func fill[T ~string](into *T, first, then T) {
	for _, v := range []T{first, then} {
		if *into == "" {
			*into = v
		}
	}
}

// objects reads one JSON object a line. What the ledger itself says of an entry
// (its ID, uses, when it was recorded or revoked) is not taken over.
func (l *list) objects(ctx context.Context, in *bufio.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 4<<10), maxRow)
	at := int64(0)
	for lines.Scan() {
		if at++; len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var c campaigns.Consent
		err := json.Unmarshal(lines.Bytes(), &c)
		if err == nil {
			c, err = l.complete(plainConsent(c))
		}
		if err := l.take(ctx, at, c, err); err != nil {
			return err
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("%w: line %d is longer than %d bytes", ErrFile, at+1, maxRow)
	} else if err != nil {
		return err
	}
	return nil
}

// plainConsent is what somebody may say of an entry.
func plainConsent(c campaigns.Consent) campaigns.Consent {
	return campaigns.Consent{
		Number: c.Number, Name: c.Name, Kind: c.Kind, Level: c.Level, Seller: c.Seller, Purpose: c.Purpose, Goods: c.Goods, Channels: c.Channels,
		At: c.At, Until: c.Until, Source: c.Source, Wording: c.Wording, Reference: c.Reference, IP: c.IP, Note: c.Note,
	}
}
