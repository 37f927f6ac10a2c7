package campaigns

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
)

// AuditFilter chooses entries of the audit; the zero filter chooses all.
type AuditFilter struct {
	Kind     string    // or its beginning: rules. finds rules.adopt
	By       string    // login
	Subject  string    // whole, as campaign 7
	From, To time.Time // To excluded; zero = open
	Before   int64     // only those with a lesser seq; 0 = from the newest
	Limit    int       // 0 = 100
}

// AuditPager reads the audit, newest first.
type AuditPager interface {
	AuditPage(ctx context.Context, f AuditFilter) ([]AuditEntry, error)
}

// AuditTrail is who did what, for those who answer for it.
type AuditTrail struct {
	pages AuditPager
	audit Auditor
}

// NewAuditTrail returns the service.
func NewAuditTrail(pages AuditPager, audit Auditor) *AuditTrail {
	return &AuditTrail{pages: pages, audit: audit}
}

// Page reads entries, newest first.
func (a *AuditTrail) Page(ctx context.Context, by User, f AuditFilter) ([]AuditEntry, error) {
	if err := by.Allow(SeeLedger); err != nil {
		return nil, err
	}
	if f.Limit <= 0 || f.Limit > 1000 {
		f.Limit = 100
	}
	return a.pages.AuditPage(ctx, f)
}

// Export writes all entries of a filter, newest first, as csv or jsonl, and
// writes down who took them.
func (a *AuditTrail) Export(ctx context.Context, by User, f AuditFilter, format string, w io.Writer) error {
	for _, p := range []Permission{SeeLedger, ExportCalls} {
		if err := by.Allow(p); err != nil {
			return err
		}
	}
	if format != "csv" && format != "jsonl" {
		return problem(KindInvalid, "format_unknown", "The audit is exported as csv or jsonl.")
	}
	detail := fmt.Sprintf("format %s, kind %q, by %q, subject %q, from %s, to %s", format, f.Kind, f.By, f.Subject, boundary(f.From), boundary(f.To))
	if err := a.audit.AddAudit(ctx, AuditEntry{Kind: "audit.export", By: by.Login, Subject: "audit", Detail: detail}); err != nil {
		return fmt.Errorf("write an export down: %w", err)
	}
	line := auditLines(w, format)
	for f.Limit = 1000; ; {
		page, err := a.pages.AuditPage(ctx, f)
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := line(e); err != nil {
				return err
			}
		}
		if len(page) < f.Limit {
			return nil
		}
		f.Before = page[len(page)-1].Seq
	}
}

func boundary(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

// auditLines writes one entry after the other.
func auditLines(w io.Writer, format string) func(AuditEntry) error {
	if format == "jsonl" {
		enc := json.NewEncoder(w)
		return func(e AuditEntry) error { return enc.Encode(e) }
	}
	c := csv.NewWriter(w)
	head := []string{"seq", "at", "kind", "by", "subject", "detail"}
	return func(e AuditEntry) error {
		if head != nil {
			if err := c.Write(head); err != nil {
				return err
			}
			head = nil
		}
		row := []string{strconv.FormatInt(e.Seq, 10), e.At.UTC().Format(time.RFC3339Nano), e.Kind, e.By, e.Subject, e.Detail}
		for i, cell := range row {
			row[i] = harmless(cell)
		}
		if err := c.Write(row); err != nil {
			return err
		}
		c.Flush()
		return c.Error()
	}
}

// harmless keeps a spreadsheet from running a cell as a formula.
func harmless(cell string) string {
	if cell != "" && (cell[0] == '=' || cell[0] == '+' || cell[0] == '-' || cell[0] == '@' || cell[0] == '\t' || cell[0] == '\r') {
		return "'" + cell
	}
	return cell
}
