package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// places are searched in order when no file is named.
var places = []string{"forecall.yaml", "/etc/forecall/forecall.yaml"}

// Source is where a configuration is read from. The zero Source reads the
// default places and the environment.
type Source struct {
	File  string         // --config; must exist when given
	Flags *pflag.FlagSet // flags made by AddFlags; nil = none
}

// Loaded is a checked configuration and where each value came from.
type Loaded struct {
	Config
	File    string // that was read; empty = none
	Origins map[string]string
}

// AddFlags gives fs one flag for each scalar key, named after it:
// http.listen is --http-listen.
func AddFlags(fs *pflag.FlagSet) {
	c := Default()
	for _, s := range settings(&c) {
		if s.secret {
			continue // secrets never stand on a command line
		}
		switch {
		case s.value.Type() == durationType:
			fs.Duration(s.flag(), time.Duration(s.value.Int()), s.doc)
		case s.value.Kind() == reflect.Slice:
			fs.StringSlice(s.flag(), s.value.Interface().([]string), s.doc)
		default:
			fs.String(s.flag(), s.value.String(), s.doc)
		}
	}
}

// Load reads, merges and checks the configuration. The error names every key
// that is wrong.
func Load(src Source) (*Loaded, error) {
	v := viper.New()
	file, err := readFile(v, src.File)
	if err != nil {
		return nil, err
	}
	if errs := unknownKeys("", v.AllSettings(), reflect.TypeFor[Config]()); len(errs) > 0 {
		return nil, fmt.Errorf("%s: %w", file, errors.Join(errs...))
	}
	origins := bind(v, src.Flags)
	c := Default()
	if err := v.Unmarshal(&c, decodeByKey); err != nil {
		return nil, fmt.Errorf("%s: %w", orDefault(file, "settings"), err)
	}
	if err := readSecrets(&c); err != nil {
		return nil, err
	}
	return &Loaded{Config: c, File: file, Origins: origins}, c.Validate()
}

func decodeByKey(d *mapstructure.DecoderConfig) {
	d.TagName = "key"
	d.DecodeHook = mapstructure.ComposeDecodeHookFunc(
		durations, mapstructure.StringToSliceHookFunc(","))
}

// durations reads 30s or 15m and says which text is neither.
func durations(_, to reflect.Type, data any) (any, error) {
	text, ok := data.(string)
	if !ok || to != durationType {
		return data, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return nil, fmt.Errorf("%q is not a duration as 30s or 15m", text)
	}
	return d, nil
}

func readFile(v *viper.Viper, name string) (string, error) {
	candidates := places
	if name != "" {
		candidates = []string{name}
	}
	for _, file := range candidates {
		_, err := os.Stat(file)
		if errors.Is(err, fs.ErrNotExist) && name == "" {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("configuration: %w; write one, or leave --config out to use the defaults", err)
		}
		v.SetConfigFile(file)
		v.SetConfigType("yaml")
		if err := v.ReadInConfig(); err != nil {
			return "", fmt.Errorf("configuration %s is not readable YAML: %w", file, err)
		}
		return file, nil
	}
	return "", nil
}

// bind gives viper every key's default, environment variable and flag, and
// tells which of them holds. viper forgets an environment value on Unmarshal
// unless its key has a default.
func bind(v *viper.Viper, flags *pflag.FlagSet) map[string]string {
	c := Default()
	origins := map[string]string{}
	for _, s := range settings(&c) {
		origins[s.key] = origin(v, s, flags)
		v.SetDefault(s.key, s.value.Interface())
		_ = v.BindEnv(s.key, s.env()) // fails only without a key
		if flags != nil {
			if f := flags.Lookup(s.flag()); f != nil {
				_ = v.BindPFlag(s.key, f) // fails only for a nil flag
			}
		}
	}
	return origins
}

func origin(v *viper.Viper, s setting, flags *pflag.FlagSet) string {
	if flags != nil && flags.Changed(s.flag()) {
		return "flag --" + s.flag()
	}
	if os.Getenv(s.env()) != "" { // viper takes an empty one for none
		return "environment " + s.env()
	}
	if v.InConfig(s.key) || nested(v.AllSettings(), strings.Split(s.key, ".")) {
		return "file"
	}
	return "default"
}

func nested(m map[string]any, path []string) bool {
	value, ok := m[path[0]]
	if !ok || len(path) == 1 {
		return ok
	}
	inner, ok := value.(map[string]any)
	return ok && nested(inner, path[1:])
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
