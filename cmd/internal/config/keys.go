package config

import (
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
	"time"
)

// setting is one scalar key of Config with the place it is read from.
type setting struct {
	key    string // http.listen
	doc    string
	secret bool
	value  reflect.Value
}

// env is the variable that overrides the key: FORECALL_HTTP_LISTEN.
func (s setting) env() string {
	return "FORECALL_" + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_"))
}

// flag is the name on the command line: --http-listen.
func (s setting) flag() string {
	return strings.NewReplacer(".", "-", "_", "-").Replace(s.key)
}

var durationType = reflect.TypeFor[time.Duration]()

// settings lists the keys of c that are not inside a list, in order.
func settings(c *Config) []setting {
	return scalars("", reflect.ValueOf(c).Elem())
}

func scalars(prefix string, v reflect.Value) []setting {
	var out []setting
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key := prefix + f.Tag.Get("key")
		switch {
		case v.Field(i).Kind() == reflect.Struct:
			out = append(out, scalars(key+".", v.Field(i))...)
		case isObjects(f.Type):
		default:
			out = append(out, setting{key, f.Tag.Get("doc"), f.Tag.Get("secret") != "", v.Field(i)})
		}
	}
	return out
}

func isObjects(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct
}

// unknownKeys walks what the file holds beside the type that should hold it.
func unknownKeys(path string, raw any, t reflect.Type) []error {
	switch {
	case t.Kind() == reflect.Struct:
		return unknownFields(path, raw, t)
	case isObjects(t):
		return unknownItems(path, raw, t)
	}
	return nil
}

func unknownItems(path string, raw any, t reflect.Type) []error {
	list, ok := raw.([]any)
	if raw != nil && !ok {
		return []error{fmt.Errorf("%s: must be a list; begin each entry with a dash", path)}
	}
	var errs []error
	for i, item := range list {
		errs = append(errs, unknownKeys(fmt.Sprintf("%s[%d]", path, i+1), item, t.Elem())...)
	}
	return errs
}

func unknownFields(path string, raw any, t reflect.Type) []error {
	m, ok := raw.(map[string]any)
	if raw != nil && !ok {
		return []error{fmt.Errorf("%s: must hold keys, not %v", path, raw)}
	}
	var errs []error
	for _, key := range sortedKeys(m) {
		f, ok := fieldByKey(t, key)
		if !ok {
			errs = append(errs, fmt.Errorf("%s: unknown key; %s", join(path, key), suggestion(key, t)))
			continue
		}
		errs = append(errs, unknownKeys(join(path, key), m[key], f.Type)...)
	}
	return errs
}

func fieldByKey(t reflect.Type, key string) (reflect.StructField, bool) {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("key") == key {
			return t.Field(i), true
		}
	}
	return reflect.StructField{}, false
}

func suggestion(key string, t reflect.Type) string {
	known := make([]string, t.NumField())
	for i := range known {
		known[i] = t.Field(i).Tag.Get("key")
	}
	return nearest(key, known)
}

// nearest names the known key with the smallest edit distance, or all of
// them when none is close.
func nearest(key string, known []string) string {
	best, distance := "", len(key)/2+2
	for _, k := range known {
		if d := editDistance(key, k); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		slices.Sort(known)
		return "known here: " + strings.Join(known, ", ")
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// editDistance is the Levenshtein distance of two short texts.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
