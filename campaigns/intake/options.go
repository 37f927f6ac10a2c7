package intake

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
)

// Header says whether the first row of a list names its columns.
type Header string

// The ways to say it. The zero value finds out.
const (
	HeaderAuto Header = ""
	HeaderYes  Header = "yes"
	HeaderNo   Header = "no"
)

// Options says how a list is read and where it goes. Campaign, List and
// Source go into the load; the rest may be left zero.
type Options struct {
	Campaign   int64
	List       int64
	Source     string // file name, "stdin", address of the upload
	By         string // login of who imports
	Duplicates campaigns.Duplicates
	DryRun     bool  // read and judge everything, store nothing; no store is needed
	Known      Known // asked by a dry run for numbers that the campaign has; nil = it has none
	// Foresight is asked which contacts the rules forbid to call, for the counts
	// of Result.Bars; nil = nobody is.
	Foresight campaigns.Foresight

	DefaultRegion string // ISO 3166-1 alpha-2, of numbers without a country code
	Numbers       numbers.Policy
	Columns       []Assignment // beyond or against what the header says
	Charset       string       // a name of the web's list; "" = find out
	Delimiter     byte         // 0 = find out
	Header        Header

	Report   io.Writer        // gets the rejected rows as CSV; nil = nowhere
	Progress func(Progress)   // is told about every quarter of a second; nil = nobody
	Size     int64            // bytes of the file, for the time left; 0 = unknown
	Now      func() time.Time // of BeganAt; nil = time.Now
}

// Assignment gives a column to a target, as the options phone=Telefon,
// phone:mobile=Handy, name=2, field:product=Produkt and ignore=Notes do.
type Assignment struct {
	Target Target
	Label  string // of a phone, or the key of a field
	Column string // header, or number from 1
	Number int    // of the column, from 1, whatever the headers are; 0 = by Column
}

// ParseAssignment reads target=column or target:label=column.
func ParseAssignment(text string) (Assignment, error) {
	left, column, ok := strings.Cut(text, "=")
	name, label, _ := strings.Cut(strings.TrimSpace(left), ":")
	a := Assignment{Target: Target(strings.TrimSpace(name)), Label: strings.TrimSpace(label), Column: strings.TrimSpace(column)}
	if !ok || a.Column == "" || !slices.Contains(targets(), a.Target) {
		return Assignment{}, fileError(FileOptions, "column %q: write target=column, with the target one of %s and the column its header or its number from 1",
			text, join(targets()))
	}
	return a, nil
}

func join(list []Target) string {
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}

// number is the column's number from 0, if it is given as a number.
func (a Assignment) number() (int, bool) {
	n, err := strconv.Atoi(a.Column)
	return n - 1, err == nil && n >= 1
}

func (o Options) check() error {
	if o.Duplicates != "" && !o.Duplicates.Known() {
		return fileError(FileOptions, "duplicates %q: skip, allow or update", o.Duplicates)
	}
	if o.Header != HeaderAuto && o.Header != HeaderYes && o.Header != HeaderNo {
		return fileError(FileOptions, "header %q: yes, no, or leave it out to find out", o.Header)
	}
	if strings.ContainsRune("\"\r\n\x00", rune(o.Delimiter)) && o.Delimiter != 0 {
		return fileError(FileOptions, "%q cannot be a delimiter", o.Delimiter)
	}
	return nil
}
