package sim

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// settings are a policy's own settings as people write them behind its name: "max=8,available-only". Each is asked for by
// its key; what nobody asked for is an error, which err tells.
type settings struct {
	keys, values []string
	asked        []bool
	wrong        []string
}

func readSettings(text string) *settings {
	s := &settings{}
	if strings.TrimSpace(text) == "" {
		return s
	}
	for part := range strings.SplitSeq(text, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if slices.Contains(s.keys, key) {
			s.wrong = append(s.wrong, fmt.Sprintf("%s stands there twice", key))
		}
		s.keys, s.values, s.asked = append(s.keys, key), append(s.values, value), append(s.asked, false)
	}
	return s
}

// text returns the value of a key.
func (s *settings) text(key string) (string, bool) {
	i := slices.Index(s.keys, key)
	if i < 0 {
		return "", false
	}
	s.asked[i] = true
	return s.values[i], true
}

// number sets to from key=1.5, if it is there.
func (s *settings) number(key string, to *float64, least, most float64) {
	if value, found := s.text(key); found {
		s.parse(key, value, to, least, most)
	}
}

// alone sets to from a setting that is a number and nothing else, named as key in errors.
func (s *settings) alone(key string, to *float64, least, most float64) {
	if len(s.keys) != 1 || s.values[0] != "" {
		return
	}
	if _, err := strconv.ParseFloat(s.keys[0], 64); err == nil {
		s.asked[0] = true
		s.parse(key, s.keys[0], to, least, most)
	}
}

func (s *settings) parse(key, value string, to *float64, least, most float64) {
	x, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(x) || x < least || x > most {
		s.wrong = append(s.wrong, fmt.Sprintf("%s=%s is not a number from %g to %g", key, value, least, most))
		return
	}
	*to = x
}

// flag sets to when the key is there; "key=no" takes it back.
func (s *settings) flag(key string, to *bool) {
	value, found := s.text(key)
	if !found {
		return
	}
	switch value {
	case "", "yes":
		*to = true
	case "no":
		*to = false
	default:
		s.wrong = append(s.wrong, fmt.Sprintf("%s=%s is not yes or no", key, value))
	}
}

// err tells everything that is wrong and what would be right.
func (s *settings) err(right string) error {
	for i, key := range s.keys {
		if !s.asked[i] {
			s.wrong = append(s.wrong, fmt.Sprintf("unknown setting %q", key))
		}
	}
	if len(s.wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%w with these settings: %s; it takes %s", ErrPolicy, strings.Join(s.wrong, "; "), right)
}
