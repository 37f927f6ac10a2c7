package records

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
)

// What a call would cost if attempts and outcomes were partitioned by month, which
// they are not: the figures and the reasons stand in storage/postgres/doc.go.
// Partitions are by the number of the attempt, which all that refer to one know;
// what asks by number, contact or id has to ask each of them.
func BenchmarkACallIsJudgedOverMonths(b *testing.B) {
	const calls = 300_000
	db := openPostgres(b)
	fillLong(b, db, calls)
	c := generic(b, db)
	for _, months := range []int{0, 6, 12, 24, 60} {
		if months > 0 {
			onServer(b, db, monthsOf(months, calls))
		}
		_, err := c.ExecContext(background, `SET search_path = months, forecall`)
		must(b, err)
		for i, name := range []string{"facts", "history", "finish"} {
			b.Run(fmt.Sprintf("months=%d/%s", months, name), func(b *testing.B) { questioned(b, db, c, i, calls) })
		}
	}
	b.Cleanup(func() { onServer(b, db, `DROP SCHEMA IF EXISTS months CASCADE`) })
}

// questioned asks one question about many calls, and reports what the server's
// processors had to do for each.
func questioned(b *testing.B, db *DB, c *sql.Conn, question, calls int) {
	s, err := server()
	must(b, err)
	ask := func(g int) {
		a := judged(db, g, calls)
		args := make([]any, len(a.args[question]))
		for i, v := range a.args[question] {
			args[i] = v.Value
		}
		rows, err := c.QueryContext(background, a.queries[question], args...)
		must(b, err)
		must(b, eachRow(rows, func(*sql.Rows) error { return nil }))
	}
	ask(1) // planned once
	before, err := s.CPU()
	must(b, err)
	b.ResetTimer()
	for i := range b.N {
		ask(1 + i*7919%calls)
	}
	b.StopTimer()
	after, err := s.CPU()
	must(b, err)
	b.ReportMetric(float64((after-before).Microseconds())/float64(b.N), "server-µs/op")
}

// monthsOf makes the same ledger in partitions, in a namespace that comes first.
func monthsOf(n, calls int) string {
	var s strings.Builder
	s.WriteString(`DROP SCHEMA IF EXISTS months CASCADE; CREATE SCHEMA months; SET synchronous_commit = off;`)
	for _, table := range []string{"attempts", "outcomes"} {
		fmt.Fprintf(&s, `CREATE TABLE months.%[1]s (LIKE forecall.%[1]s INCLUDING DEFAULTS) PARTITION BY RANGE (seq);`, table)
		for i := range n {
			from, to := fmt.Sprint(i*calls/n), fmt.Sprint((i+1)*calls/n)
			if i == n-1 {
				to = "MAXVALUE"
			}
			fmt.Fprintf(&s, `CREATE TABLE months.%[1]s_%[2]d PARTITION OF months.%[1]s FOR VALUES FROM (%[3]s) TO (%[4]s);`, table, i, from, to)
		}
		fmt.Fprintf(&s, `INSERT INTO months.%[1]s SELECT * FROM forecall.%[1]s; ALTER TABLE months.%[1]s ADD PRIMARY KEY (seq);`, table)
	}
	// By number alone, the newest call of one is sought from the end of the ledger.
	s.WriteString(`CREATE INDEX ON months.attempts (id); CREATE INDEX ON months.attempts (e164, seq); CREATE INDEX ON months.attempts (contact, seq);
		CREATE INDEX ON months.attempts (e164) WHERE live = 1; ANALYZE months.attempts; ANALYZE months.outcomes`)
	return s.String()
}
