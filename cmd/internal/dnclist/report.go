package dnclist

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
)

// Number reads one number as a file's are read; the error is a
// numbers.Refusal.
func Number(text, region string) (string, error) {
	n, err := everyKind.Parse(text, region)
	return n.E164, err
}

// WriteReport writes refusals as CSV: line, code, reason.
func WriteReport(w io.Writer, refusals []Refusal) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"line", "code", "reason"}}
	for _, r := range refusals {
		rows = append(rows, []string{strconv.FormatInt(r.Line, 10), string(r.Code), r.Reason})
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write the refused lines: %w", err)
	}
	return nil
}
