package records

import (
	"database/sql"
	"strings"

	"github.com/forecall/forecall/campaigns/evidence"
)

// The rows of a record with format, commitment, erased and salt behind their
// columns, as sealedOf reads them, and whether they are of the selection.
const (
	attemptRecord = `SELECT ` + attemptColumns + `, ` + attemptMore + `, format, commitment, erased,
		(SELECT salt FROM subjects s WHERE s.e164 = CASE attempts.e164 WHEN 0 THEN -attempts.seq ELSE attempts.e164 END)
		FROM attempts WHERE seq = ?`
	outcomeRecord   = `SELECT ` + outcomeColumns + `, ` + outcomeMore + `, format, NULL, 0, NULL FROM outcomes WHERE seq = ?`
	auditRecord     = `SELECT seq, at, kind, by, subject, detail, 1, NULL, 0, NULL FROM audit WHERE seq = ?`
	erasureRecord   = `SELECT seq, at, by, basis, kind, counts, 2, NULL, 0, NULL FROM erasures WHERE seq = ?`
	recordingRecord = `SELECT ` + recordingColumns + `, 2, NULL, 0, NULL FROM recordings WHERE attempt = ?`
	changeRecord    = `SELECT ` + changeColumns + `, format, commitment, erased,
		(SELECT salt FROM subjects s WHERE s.e164 = do_not_call_changes.e164) FROM do_not_call_changes WHERE batch = ? ORDER BY seq`
	consentRecord = `SELECT ` + consentPublic + `, ` + consentPersonal + `, 2, commitment, erased,
		(SELECT salt FROM subjects s WHERE s.e164 = consent_events.e164) FROM consent_events WHERE batch = ? ORDER BY seq`
	eventRecord = `SELECT ` + eventColumns + `, 2, commitment, erased, (SELECT salt FROM attempts a JOIN subjects s
		ON s.e164 = CASE a.e164 WHEN 0 THEN -a.seq ELSE a.e164 END WHERE a.seq = call_events.attempt)
		FROM call_events WHERE batch = ? ORDER BY id`
)

// rowShape is how rows of a kind are read.
type rowShape struct {
	query    string
	width    int // columns of format 2
	old      int // of format 1
	personal []int
	shown    func(x *exporter, row []any) bool // nil = always
}

func shapeOf(kind string) (s rowShape, ok bool) {
	switch kind {
	case kindAttempt:
		return rowShape{query: attemptRecord, width: attemptWidth + attemptMoreWidth, old: attemptWidth, personal: []int{4, 6}}, true
	case kindOutcome:
		return rowShape{query: outcomeRecord, width: outcomeWidth + outcomeMoreWidth, old: outcomeWidth}, true
	case kindAudit:
		return rowShape{query: auditRecord, width: 6, old: 6}, true
	case kindErasure:
		return rowShape{query: erasureRecord, width: 6}, true
	case kindRecording:
		return rowShape{query: recordingRecord, width: 7}, true
	case kindDoNotCall:
		return rowShape{query: changeRecord, width: changeWidth, old: changeWidth, personal: []int{7, 10, 11, 12}, shown: (*exporter).showsChange}, true
	case evidence.KindConsent:
		return rowShape{query: consentRecord, width: consentWidth, personal: []int{20, 21, 22, 23, 24}, shown: (*exporter).showsConsent}, true
	case kindEvents:
		return rowShape{query: eventRecord, width: eventWidth, personal: []int{6}, shown: (*exporter).showsEvent}, true
	}
	return s, false
}

// showsChange tells whether a line of the do-not-call list is of the selection:
// of an export of one number, those of others are withheld.
func (x *exporter) showsChange(row []any) bool { return x.num == 0 || row[1] == x.num }

func (x *exporter) showsConsent(row []any) bool {
	return x.num == 0 || row[consentPublicWidth] == x.num
}

func (x *exporter) showsEvent(row []any) bool {
	seq, _ := row[1].(int64)
	return x.all || x.attempts[seq]
}

// rows reads what stands behind a link; none when it is not shown: what
// remains of an erased row of format 1 is chained elsewhere.
func (x *exporter) rows(kind string, ref int64) ([]evidence.Row, error) {
	if kind == kindDisposition {
		return x.disposition(ref)
	}
	shape, ok := shapeOf(kind)
	if !ok {
		return nil, nil
	}
	var out []evidence.Row
	lost := false
	err := x.q.rows(shape.query, []any{ref}, func(r *sql.Rows) error {
		_, all, err := scanAny(r)
		if err != nil {
			return err
		}
		row, s := all[:shape.width], sealedAny(all[shape.width:])
		at, _ := row[0].(int64)
		if s.format < rowFormat {
			lost = lost || s.erased
			out = append(out, evidence.Row{Format: 1, Ref: at, Public: named(kind, 1, row[:shape.old])})
			return nil
		}
		public, personal := split(row, shape.personal...)
		if shape.shown != nil && !shape.shown(x, row) {
			d := digest2(public, s.commitment)
			out = append(out, evidence.Row{Format: 2, Ref: at, Withheld: d[:]})
			return nil
		}
		out = append(out, s.shown(kind, at, named(kind, 2, public), namedPersonal(kind, personal)))
		return nil
	})
	if lost {
		out = nil
	}
	return out, err
}

// shown is a row of format 2 in an export.
func (s sealed) shown(kind string, ref int64, public, personal []evidence.Field) evidence.Row {
	row := evidence.Row{Format: 2, Ref: ref, Public: public, Personal: personal, Commitment: s.commitment, Erased: s.erased}
	if !s.erased && s.commitment != nil {
		row.Opening = evidence.Opening(s.salt, kind, ref)
	}
	return row
}

func sealedAny(row []any) (s sealed) {
	s.format, _ = row[0].(int64)
	s.commitment, _ = row[1].([]byte)
	erased, _ := row[2].(int64)
	s.erased = erased != 0
	s.salt, _ = row[3].([]byte)
	return s
}

func named(kind string, format int, row []any) []evidence.Field {
	c, _ := evidence.ColumnsOf(kind)
	if format == 1 {
		return evidence.Fields(c.Old, row)
	}
	return evidence.Fields(c.Public, row)
}

func namedPersonal(kind string, row []any) []evidence.Field {
	c, _ := evidence.ColumnsOf(kind)
	return evidence.Fields(c.Personal, row)
}

// disposition reads one with all its rows.
func (x *exporter) disposition(ref int64) ([]evidence.Row, error) {
	var public, personal, old []evidence.Field
	var s sealed
	err := x.q.rows(dispositionQuery, []any{ref}, func(r *sql.Rows) error {
		names, row, err := scanAny(r)
		if err != nil {
			return err
		}
		s = sealedAny(row[dispositionWidth:])
		old = evidence.Fields(names, row[:dispositionWidth])
		public, personal = splitFields(old, 4)
		return nil
	})
	if err != nil || s.format == 0 || s.format < rowFormat && s.erased {
		return nil, err
	}
	for _, part := range dispositionRows {
		err := x.q.rows(part.query, []any{ref}, func(r *sql.Rows) error {
			names, row, err := scanAny(r)
			if err != nil {
				return err
			}
			fields := evidence.Fields(names, row)
			for i := range fields {
				fields[i].Name = tableOf(part.query) + "." + fields[i].Name
			}
			old = append(old, fields...)
			open, own := splitFields(fields[part.chained:], part.personal...)
			public, personal = append(public, open...), append(personal, own...)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if s.format < rowFormat {
		return []evidence.Row{{Format: 1, Ref: ref, Public: old}}, nil
	}
	return []evidence.Row{s.shown(kindDisposition, ref, public, personal)}, nil
}

// splitFields is split for columns with names.
func splitFields(row []evidence.Field, personal ...int) (public, own []evidence.Field) {
	for i, f := range row {
		if len(personal) > 0 && personal[0] == i {
			own, personal = append(own, f), personal[1:]
			continue
		}
		public = append(public, f)
	}
	return public, own
}

// tableOf is the table that a query of dispositionRows reads.
func tableOf(query string) string {
	_, rest, _ := strings.Cut(query, " FROM ")
	name, _, _ := strings.Cut(rest, " ")
	return name
}
