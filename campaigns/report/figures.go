package report

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// column is one column of a table of figures.
type column[T any] struct {
	name string
	kind kind
	put  func(b []byte, v T) []byte
}

// writeTable writes rows as CSV with the rules of every report: cells that a
// spreadsheet would run are made harmless unless Raw is asked for.
func writeTable[T any](w io.Writer, rows []T, columns []column[T], o Options) error {
	out := bufio.NewWriterSize(w, bufferSize)
	var line, value []byte
	if o.Mark {
		line = append(line, "\xef\xbb\xbf"...)
	}
	for i, c := range columns {
		if i > 0 {
			line = append(line, ',')
		}
		line = append(line, c.name...)
	}
	out.Write(append(line, '\r', '\n'))
	for _, r := range rows {
		line = line[:0]
		for i, c := range columns {
			if i > 0 {
				line = append(line, ',')
			}
			if value = c.put(value[:0], r); c.kind == text && !o.Raw && runs(value) {
				value = append([]byte{'\''}, value...)
			}
			line = appendCell(line, value)
		}
		out.Write(append(line, '\r', '\n'))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	return nil
}

func words[T any](name string, f func(T) string) column[T] {
	return column[T]{name, text, func(b []byte, v T) []byte { return append(b, f(v)...) }}
}

func count[T any](name string, f func(T) int64) column[T] {
	return column[T]{name, number, func(b []byte, v T) []byte { return appendInt(b, f(v)) }}
}

func seconds[T any](name string, f func(T) time.Duration) column[T] {
	return column[T]{name, number, func(b []byte, v T) []byte { return strconv.AppendFloat(b, f(v).Seconds(), 'f', 1, 64) }}
}

func portion[T any](name string, f func(T) float64) column[T] {
	return column[T]{name, number, func(b []byte, v T) []byte { return strconv.AppendFloat(b, f(v), 'f', 4, 64) }}
}

func instant[T any](name string, f func(T) time.Time) column[T] {
	return column[T]{name, text, func(b []byte, v T) []byte { return appendTime(b, f(v)) }}
}

// money writes amounts as 12.50 EUR, joined by semicolons.
func money(b []byte, amounts map[string]int64) []byte {
	for i, currency := range slices.Sorted(maps.Keys(amounts)) {
		if i > 0 {
			b = append(b, "; "...)
		}
		b = append(append(appendMoney(b, amounts[currency], currency), ' '), currency...)
	}
	return b
}

// WriteFigures writes a table of performance as CSV: shares are 0 to 1, times
// are seconds.
func WriteFigures(w io.Writer, r campaigns.FigureReport, o Options) error {
	switch r.Table {
	case campaigns.FiguresByStep:
		return writeTable(w, r.Steps, stepColumns(), o)
	case campaigns.FiguresByAnswer:
		return writeTable(w, r.Answers, answerColumns(), o)
	}
	return writeTable(w, r.Rows, figureColumns(r.Table), o)
}

func figureColumns(table campaigns.FigureTable) []column[campaigns.Figures] {
	type row = campaigns.Figures
	out := []column[row]{
		words(string(table), func(f row) string { return f.Key }), words("name", func(f row) string { return f.Name }),
		count("calls", func(f row) int64 { return f.Calls }), count("answered", func(f row) int64 { return f.Answered }),
		count("talked", func(f row) int64 { return f.Talked }), count("abandoned", func(f row) int64 { return f.Abandoned }),
		count("inbound", func(f row) int64 { return f.Inbound }),
		seconds("talk_s", func(f row) time.Duration { return f.Talk }), seconds("wait_s", func(f row) time.Duration { return f.Wait }),
		seconds("wrap_up_s", func(f row) time.Duration { return f.WrapUp }), seconds("paused_s", func(f row) time.Duration { return f.Paused }),
		seconds("signed_in_s", func(f row) time.Duration { return f.SignedIn }), portion("occupancy", row.Occupancy),
		seconds("mean_talk_s", row.MeanTalk),
		count("sales", func(f row) int64 { return f.Sales }), count("appointments", func(f row) int64 { return f.Appointments }),
		count("surveys", func(f row) int64 { return f.Surveys }), count("callbacks", func(f row) int64 { return f.Callbacks }),
		count("converted", func(f row) int64 { return f.Converted }), portion("conversion", row.Conversion), portion("converted_per_hour", row.PerHour),
		{"sold", text, func(b []byte, f row) []byte { return money(b, f.Sold) }},
	}
	if table != campaigns.FiguresByAgent && table != campaigns.FiguresByTeam {
		return out
	}
	return append(out, count("scored", func(f row) int64 { return f.Scored }), portion("score", row.Score),
		count("rank", func(f row) int64 { return int64(f.Rank) }), count("days", func(f row) int64 { return int64(f.Days) }),
		count("target_sales", func(f row) int64 { return int64(f.Target.Sales) }), count("target_appointments", func(f row) int64 { return int64(f.Target.Appointments) }),
		count("target_surveys", func(f row) int64 { return int64(f.Target.Surveys) }), count("target_calls", func(f row) int64 { return int64(f.Target.Calls) }))
}

func stepColumns() []column[campaigns.StepFigures] {
	type row = campaigns.StepFigures
	return []column[row]{
		count("campaign_id", func(f row) int64 { return f.Campaign }), words("step", func(f row) string { return f.Step }),
		count("reached", func(f row) int64 { return f.Reached }), count("ended_here", func(f row) int64 { return f.Ended }),
		count("converted", func(f row) int64 { return f.Converted }), count("converted_here", func(f row) int64 { return f.ConvertedHere }),
		seconds("time_s", func(f row) time.Duration { return f.Time }),
	}
}

func answerColumns() []column[campaigns.AnswerFigures] {
	type row = campaigns.AnswerFigures
	return []column[row]{
		words("question", func(f row) string { return f.Question }), words("answer", func(f row) string { return f.Answer }),
		count("given", func(f row) int64 { return f.Given }), portion("share", func(f row) float64 { return f.Share }),
		count("sales", func(f row) int64 { return f.Sales }), count("appointments", func(f row) int64 { return f.Appointments }),
	}
}

// WriteAdherence writes planned shifts beside what was worked as CSV. Login
// names agents.
func WriteAdherence(w io.Writer, rows []campaigns.Adherence, login func(int64) string, o Options) error {
	type row = campaigns.Adherence
	return writeTable(w, rows, []column[row]{
		words("agent", func(a row) string { return login(a.Shift.Agent) }),
		instant("planned_from", func(a row) time.Time { return a.Shift.From }), instant("planned_to", func(a row) time.Time { return a.Shift.To }),
		instant("signed_in_at", func(a row) time.Time { return a.First }), instant("signed_out_at", func(a row) time.Time { return a.Last }),
		seconds("planned_s", func(a row) time.Duration { return a.Planned }), seconds("worked_s", func(a row) time.Duration { return a.Worked }),
		seconds("paused_s", func(a row) time.Duration { return a.Paused }), seconds("outside_s", func(a row) time.Duration { return a.Outside }),
		seconds("late_s", func(a row) time.Duration { return a.Late }), seconds("early_s", func(a row) time.Duration { return a.Early }),
		portion("adherence", func(a row) float64 { return a.Share }),
		words("missed", func(a row) string { return strconv.FormatBool(a.Missed) }),
	}, o)
}
