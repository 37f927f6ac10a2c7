package postgres

import (
	"database/sql/driver"
	"io"

	"github.com/jackc/pgx/v5/pgconn"
)

// rows were read already, all of them or a piece.
type rows struct {
	fields []pgconn.FieldDescription
	read   [][]driver.Value
	at     int
	more   func(*rows) (bool, error) // brings the next piece; false = it was the last
	end    func() error
}

func (r *rows) Columns() []string {
	out := make([]string, len(r.fields))
	for i, f := range r.fields {
		out[i] = f.Name
	}
	return out
}

func (r *rows) Close() error {
	if r.end == nil {
		return nil
	}
	end := r.end
	r.end, r.more = nil, nil
	return end()
}

func (r *rows) Next(dest []driver.Value) error {
	if r.at == len(r.read) {
		some, err := r.refill()
		if err != nil {
			return err
		}
		if !some { // the piece before was the last, and full
			return io.EOF
		}
	}
	copy(dest, r.read[r.at])
	r.at++
	return nil
}

func (r *rows) refill() (bool, error) {
	if r.more == nil {
		return false, io.EOF
	}
	r.read, r.at = r.read[:0], 0
	again, err := r.more(r)
	if !again {
		r.more = nil
	}
	if err == nil && len(r.read) == 0 {
		return false, nil
	}
	return true, err
}

// fill reads a result to its end.
func (r *rows) fill(result *pgconn.ResultReader) (n int, err error) {
	for result.NextRow() {
		raw := result.Values()
		row := make([]driver.Value, len(raw))
		for i, v := range raw {
			if row[i], err = decode(r.fields[i].DataTypeOID, result.FieldDescriptions()[i].Format, v); err != nil {
				_, _ = result.Close()
				return n, err
			}
		}
		r.read = append(r.read, row)
		n++
	}
	_, err = result.Close()
	return n, err
}
