package postgres

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// statement is what the server has prepared.
type statement struct {
	name    string
	params  []uint32
	fields  []pgconn.FieldDescription
	results []int16
}

// statement prepares a query, once.
func (c *conn) statement(ctx context.Context, query string, args []driver.NamedValue) (*statement, error) {
	if s, ok := c.prepared[query]; ok {
		return s, nil
	}
	text := respell(query)
	params, err := c.types.of(ctx, text, args)
	if err != nil {
		return nil, c.known(err, text)
	}
	name := "s" + strconv.Itoa(len(c.prepared)+1)
	d, err := c.pg.Prepare(ctx, name, text, params)
	if err != nil {
		return nil, c.known(err, text)
	}
	s := &statement{name: name, params: d.ParamOIDs, fields: d.Fields, results: make([]int16, len(d.Fields))}
	for i, f := range d.Fields {
		s.results[i] = formatOf(f.DataTypeOID)
	}
	c.prepared[query] = s
	return s, nil
}

const (
	textFormat   int16 = 0
	binaryFormat int16 = 1
)

var binaryResults = []int16{binaryFormat}

// formatOf is how values of a type travel.
func formatOf(oid uint32) int16 {
	switch oid {
	case pgtype.Int8OID, pgtype.Int4OID, pgtype.Int2OID, pgtype.BoolOID, pgtype.Float8OID, pgtype.ByteaOID:
		return binaryFormat
	}
	return textFormat
}

// bind makes arguments what the server takes them for.
func (s *statement) bind(args []driver.NamedValue) (values [][]byte, formats []int16, err error) {
	if len(args) < len(s.params) {
		return nil, nil, fmt.Errorf("%d arguments for a statement with %d", len(args), len(s.params))
	}
	values, formats = make([][]byte, len(s.params)), make([]int16, len(s.params))
	for i, oid := range s.params {
		formats[i] = formatOf(oid)
		if values[i], err = encode(oid, args[i].Value); err != nil {
			return nil, nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
	}
	return values, formats, nil
}

func encode(oid uint32, v driver.Value) ([]byte, error) {
	if b, ok := v.(bool); ok {
		v = int64(0)
		if b {
			v = int64(1)
		}
	}
	switch v := v.(type) {
	case nil:
		return nil, nil
	case int64:
		return encodeInteger(oid, v), nil
	case float64:
		if oid == pgtype.Float8OID {
			return binary.BigEndian.AppendUint64(nil, math.Float64bits(v)), nil
		}
		if oid == pgtype.Int8OID {
			return nil, fmt.Errorf("%v for an integer", v)
		}
		return []byte(strconv.FormatFloat(v, 'g', -1, 64)), nil
	case string:
		return encodeText(oid, v)
	case []byte:
		if v == nil {
			return nil, nil
		}
		return v, nil
	}
	return nil, fmt.Errorf("a value of type %T", v)
}

func encodeInteger(oid uint32, v int64) []byte {
	switch oid {
	case pgtype.Int8OID:
		return binary.BigEndian.AppendUint64(nil, uint64(v))
	case pgtype.BoolOID:
		if v != 0 {
			return []byte{1}
		}
		return []byte{0}
	case pgtype.Float8OID:
		return binary.BigEndian.AppendUint64(nil, math.Float64bits(float64(v)))
	}
	return strconv.AppendInt(nil, v, 10)
}

// values are arguments as database/sql hands them over.
func values(all ...driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(all))
	for i, v := range all {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}

// encodeText writes a text.
func encodeText(oid uint32, v string) ([]byte, error) {
	switch oid {
	case pgtype.Int8OID:
		n, err := strconv.ParseInt(v, 10, 64)
		return encodeInteger(oid, n), err
	case pgtype.ByteaOID:
		return []byte(v), nil
	}
	return []byte(armour(v)), nil
}

// decode makes a value what the store's code takes it for: truths are 0 and 1,
// sums are integers.
func decode(oid uint32, format int16, raw []byte) (driver.Value, error) {
	if raw == nil {
		return nil, nil
	}
	switch oid {
	case pgtype.Int8OID:
		return int64(binary.BigEndian.Uint64(raw)), nil
	case pgtype.Int4OID:
		return int64(int32(binary.BigEndian.Uint32(raw))), nil
	case pgtype.Int2OID:
		return int64(int16(binary.BigEndian.Uint16(raw))), nil
	case pgtype.BoolOID:
		return int64(raw[0]), nil
	case pgtype.Float8OID:
		return math.Float64frombits(binary.BigEndian.Uint64(raw)), nil
	case pgtype.ByteaOID:
		return append([]byte{}, raw...), nil
	case pgtype.NumericOID:
		text := string(raw)
		if strings.ContainsRune(text, '.') {
			return strconv.ParseFloat(text, 64)
		}
		return strconv.ParseInt(text, 10, 64)
	}
	if format == binaryFormat && oid != pgtype.TextOID && oid != pgtype.VarcharOID && oid != pgtype.UnknownOID && oid != pgtype.NameOID {
		return nil, fmt.Errorf("a column of type %d", oid)
	}
	return disarm(string(raw)), nil
}
