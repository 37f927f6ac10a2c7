package intake

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

// memory is a store that keeps what it gets, and knows duplicates by number.
type memory struct {
	load     campaigns.Load
	contacts []campaigns.Contact
	numbers  map[string]int64
	counts   campaigns.LoadCounts
	cut      campaigns.LoadCut
	begun    int
	ended    int
	batches  int
	fail     func(batch int) error // before a batch is taken
}

func (m *memory) BeginLoad(_ context.Context, l campaigns.Load) (int64, error) {
	m.begun++
	m.load = l
	return 7, nil
}

func (m *memory) AddContacts(_ context.Context, load int64, batch []campaigns.Contact, policy campaigns.Duplicates) ([]campaigns.RowVerdict, error) {
	m.batches++
	if m.fail != nil {
		if err := m.fail(m.batches); err != nil {
			return nil, err
		}
	}
	if load != 7 || len(batch) > 500 {
		return nil, fmt.Errorf("load %d, batch of %d", load, len(batch))
	}
	if m.numbers == nil {
		m.numbers = map[string]int64{}
	}
	out := make([]campaigns.RowVerdict, len(batch))
	for i, c := range batch {
		out[i] = campaigns.RowVerdict{Row: c.Row, Fate: campaigns.RowAdded}
		for _, p := range c.Phones {
			if id := m.numbers[p.Number]; id != 0 && policy != campaigns.AllowDuplicates {
				out[i].Fate, out[i].Contact = campaigns.RowDuplicate, id
			}
		}
		if out[i].Fate == campaigns.RowDuplicate && policy == campaigns.UpdateDuplicates {
			out[i].Fate = campaigns.RowUpdated
		}
		if out[i].Fate != campaigns.RowAdded {
			continue
		}
		c.ID = int64(len(m.contacts) + 1)
		c.Fields = maps.Clone(c.Fields)
		c.Phones = append([]campaigns.Phone(nil), c.Phones...)
		for _, p := range c.Phones {
			m.numbers[p.Number] = c.ID
		}
		m.contacts = append(m.contacts, c)
		out[i].Contact = c.ID
	}
	return out, nil
}

func (m *memory) EndLoad(_ context.Context, _ int64, counts campaigns.LoadCounts, cut campaigns.LoadCut) error {
	m.ended, m.cut = m.ended+1, cut
	m.counts = counts
	return nil
}

// bring imports a text and fails the test on an error.
func bring(t *testing.T, list string, o Options) (*memory, Result) {
	t.Helper()
	m := &memory{}
	if o.DefaultRegion == "" {
		o.DefaultRegion = "ES"
	}
	r, err := Import(t.Context(), m, strings.NewReader(list), o)
	if err != nil {
		t.Fatalf("import: %v", err)
	}
	if sum := r.Counts.Added + r.Counts.Updated + r.Counts.Duplicates + r.Counts.Refused; sum != r.Counts.Rows {
		t.Errorf("counts do not add up: %+v", r.Counts)
	}
	if m.counts != r.Counts {
		t.Errorf("the load was ended with %+v, the result says %+v", m.counts, r.Counts)
	}
	return m, r
}

// refusedFile imports a text that cannot be imported and returns the reason.
func refusedFile(t *testing.T, list string, o Options) *FileError {
	t.Helper()
	m := &memory{}
	_, err := Import(t.Context(), m, strings.NewReader(list), o)
	f, ok := errors.AsType[*FileError](err)
	if !ok || !errors.Is(err, ErrFile) {
		t.Fatalf("import: %v, want a FileError", err)
	}
	if m.begun != 0 {
		t.Error("a load was begun")
	}
	return f
}

// rowsOf reads a report back.
func rowsOf(t *testing.T, report string) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(report, string(utf8BOM))))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatalf("the report is not CSV: %v", err)
	}
	return rows
}
