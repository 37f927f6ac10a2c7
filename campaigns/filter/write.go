package filter

import (
	"fmt"
	"strconv"
	"strings"
)

// write is a condition as a manager would write it.
func write(x Condition) string {
	switch x := x.(type) {
	case And:
		return write(x.Left) + " and " + write(x.Right)
	case Or:
		return "(" + write(x.Left) + " or " + write(x.Right) + ")"
	case Not:
		return "not (" + write(x.X) + ")"
	case Always:
		return strconv.FormatBool(x.Value)
	case tried:
		return Tried
	case Part:
		return fmt.Sprintf("%s %s %q", writeValue(x.X), x.Where, x.Text)
	case In:
		items := make([]string, len(x.List))
		for i, v := range x.List {
			items[i] = writeValue(v)
		}
		return writeValue(x.X) + " in [" + strings.Join(items, ", ") + "]"
	case Compare:
		return writeValue(x.Left) + " " + string(x.Op) + " " + writeValue(x.Right)
	}
	return ""
}

func writeValue(v Value) string {
	switch v := v.(type) {
	case Column:
		return string(v)
	case Field:
		if plainName(v.Name) {
			return "fields." + v.Name
		}
		return fmt.Sprintf("fields[%q]", v.Name)
	case Text:
		return strconv.Quote(string(v))
	case Number:
		return strconv.FormatFloat(float64(v), 'g', -1, 64)
	case Lower:
		return "lower(" + writeValue(v.X) + ")"
	case AsNumber:
		return writeValue(v.X)
	}
	return ""
}

// plainName tells whether a field can be written after a point.
func plainName(name string) bool {
	for i, r := range name {
		if r != '_' && !('a' <= r && r <= 'z') && !('A' <= r && r <= 'Z') && (i == 0 || !('0' <= r && r <= '9')) {
			return false
		}
	}
	return name != ""
}
