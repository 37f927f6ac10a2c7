package rules

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"
)

// minutesPerDay is the end of a day as a minute of it: "24:00".
const minutesPerDay = 24 * 60

// Span is an open stretch of one day in minutes since its wall-clock
// midnight: From is inside, To is not.
type Span struct{ From, To int }

// Week holds the calling windows of each weekday, Sunday first as in package
// time. The zero Week is never open.
type Week [7][]Span

// Always is open at every minute of every day.
func Always() Week {
	var w Week
	for d := range w {
		w[d] = []Span{{0, minutesPerDay}}
	}
	return w
}

// Open tells whether the wall clock of t, in t's own location, stands inside
// a window.
func (w Week) Open(t time.Time) bool {
	minute := t.Hour()*60 + t.Minute()
	for _, s := range w[t.Weekday()] {
		if minute >= s.From && minute < s.To {
			return true
		}
	}
	return false
}

// Empty tells whether no day has a window.
func (w Week) Empty() bool {
	for _, day := range w {
		if len(day) > 0 {
			return false
		}
	}
	return true
}

var dayNames = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseWeek reads windows by day or range of days, as they stand in a
// configuration: {"mon-fri": ["09:00-13:00", "14:00-20:00"], "sat": ["10:00-14:00"]}.
// A day named twice, an overlap or a malformed time is an error that says which.
func ParseWeek(days map[string][]string) (Week, error) {
	var w Week
	for _, key := range sortedKeys(days) {
		from, to, err := parseDays(key)
		if err != nil {
			return Week{}, err
		}
		spans, err := parseSpans(key, days[key])
		if err != nil {
			return Week{}, err
		}
		for d := from; ; d = (d + 1) % 7 {
			if w[d] != nil {
				return Week{}, fmt.Errorf("calling window %q: %s is already set by another entry", key, dayNames[d])
			}
			w[d] = spans
			if d == to {
				break
			}
		}
	}
	return w, nil
}

func parseDays(key string) (from, to int, err error) {
	first, last, isRange := strings.Cut(strings.ToLower(strings.TrimSpace(key)), "-")
	if !isRange {
		last = first
	}
	from, to = dayIndex(first), dayIndex(last)
	if from < 0 || to < 0 {
		return 0, 0, fmt.Errorf("calling window %q: not a day; write mon, tue, wed, thu, fri, sat, sun or a range as mon-fri", key)
	}
	return from, to, nil
}

func dayIndex(name string) int {
	for i, d := range dayNames {
		if d == name {
			return i
		}
	}
	return -1
}

func parseSpans(key string, texts []string) ([]Span, error) {
	spans := make([]Span, 0, len(texts))
	for _, text := range texts {
		s, err := parseSpan(text)
		if err != nil {
			return nil, fmt.Errorf("calling window %q: %w", key, err)
		}
		spans = append(spans, s)
	}
	sort.Slice(spans, func(i, j int) bool { return spans[i].From < spans[j].From })
	for i := 1; i < len(spans); i++ {
		if spans[i].From < spans[i-1].To {
			return nil, fmt.Errorf("calling window %q: %s overlaps %s", key, spans[i], spans[i-1])
		}
	}
	return spans, nil
}

func parseSpan(text string) (Span, error) {
	a, b, ok := strings.Cut(strings.TrimSpace(text), "-")
	if !ok {
		return Span{}, fmt.Errorf("%q is not a span; write it as 09:00-21:00", text)
	}
	from, errA := parseMinute(a)
	to, errB := parseMinute(b)
	if errA != nil || errB != nil {
		return Span{}, fmt.Errorf("%q is not a span of times from 00:00 to 24:00", text)
	}
	if to <= from {
		return Span{}, fmt.Errorf("%q ends before it begins; split it at midnight into two days", text)
	}
	return Span{from, to}, nil
}

func parseMinute(text string) (int, error) {
	text = strings.TrimSpace(text)
	if text == "24:00" {
		return minutesPerDay, nil
	}
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, err
	}
	return t.Hour()*60 + t.Minute(), nil
}

// String writes the span as it is read: 09:00-21:00.
func (s Span) String() string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", s.From/60, s.From%60, s.To/60, s.To%60)
}

// Days writes the week as ParseWeek reads it, one entry a day.
func (w Week) Days() map[string][]string {
	days := make(map[string][]string, 7)
	for d, spans := range w {
		for _, s := range spans {
			days[dayNames[d]] = append(days[dayNames[d]], s.String())
		}
	}
	return days
}

// MarshalJSON writes the form that ParseWeek reads.
func (w Week) MarshalJSON() ([]byte, error) { return json.Marshal(w.Days()) }

// UnmarshalJSON reads the form that ParseWeek reads.
func (w *Week) UnmarshalJSON(data []byte) error {
	var days map[string][]string
	if err := json.Unmarshal(data, &days); err != nil {
		return fmt.Errorf("calling windows: %w", err)
	}
	parsed, err := ParseWeek(days)
	if err != nil {
		return err
	}
	*w = parsed
	return nil
}

func sortedKeys(m map[string][]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
