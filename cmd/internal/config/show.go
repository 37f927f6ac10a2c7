package config

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"
)

// hidden stands where a secret would.
const hidden = "********"

// Show writes the configuration in force, each value with where it came from
// and secrets hidden.
func (l *Loaded) Show(w io.Writer) error {
	p := &printer{w: w}
	p.line("# file: %s", orDefault(l.File, "none found"))
	for _, s := range settings(&l.Config) {
		p.line("%s: %s  # %s", s.key, scalar(s.value, s.secret), l.Origins[s.key])
	}
	v := reflect.ValueOf(l.Config)
	for i := range v.NumField() {
		p.lists(v.Type().Field(i).Tag.Get("key"), v.Field(i))
	}
	return p.err
}

// printer writes lines until the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// lists writes the lists of objects in a part of the configuration.
func (p *printer) lists(name string, v reflect.Value) {
	switch {
	case isObjects(v.Type()):
		p.list(name, v)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			p.lists(name+"."+v.Type().Field(i).Tag.Get("key"), v.Field(i))
		}
	}
}

func (p *printer) list(name string, items reflect.Value) {
	for i := range items.Len() {
		p.object(fmt.Sprintf("%s[%d]", name, i+1), items.Index(i))
	}
}

func (p *printer) object(path string, v reflect.Value) {
	for i := range v.NumField() {
		f, value := v.Type().Field(i), v.Field(i)
		key := path + "." + f.Tag.Get("key")
		switch {
		case value.IsZero():
		case value.Kind() == reflect.Struct:
			p.object(key, value)
		case isObjects(f.Type):
			p.list(key, value)
		default:
			p.line("%s: %s", key, scalar(value, f.Tag.Get("secret") != ""))
		}
	}
}

func scalar(v reflect.Value, secret bool) string {
	switch {
	case secret && !v.IsZero():
		return hidden
	case v.Type() == durationType:
		return time.Duration(v.Int()).String()
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.String:
		return "[" + strings.Join(v.Interface().([]string), ", ") + "]"
	}
	return fmt.Sprintf("%v", v.Interface())
}
