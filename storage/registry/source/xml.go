package source

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
)

// Names of elements and attributes, in small letters. The United States' files
// nest numbers of seven digits in their area code: <ac val="202"><ph val="5550123"/></ac>.
var (
	xmlNumbers = []string{"ph", "phone", "phonenumber", "phone_number", "number", "tel", "telephone", "telephonenumber", "e164", "msisdn"}
	xmlAreas   = []string{"ac", "areacode", "area_code", "npa"}
	xmlActions = []string{"change", "action", "changetype", "change_type", "type", "status", "op"}
	xmlValues  = []string{"val", "value", "number", "n"}
)

// xml reads elements. Whatever stands in an element of a number, as text or as
// its value, is the number; an area code around it comes before it.
func (j *job) xml(ctx context.Context, in io.Reader) error {
	d := &document{job: j, decoder: xml.NewDecoder(in)}
	d.decoder.Strict = true
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		token, err := d.decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return d.ended()
		}
		if err != nil {
			return j.damaged(err)
		}
		if err := d.token(token); err != nil {
			return err
		}
	}
}

func (j *job) damaged(err error) error {
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
		return unreadable("line %d is no XML: %s", syntax.Line, syntax.Msg)
	}
	return broken(err)
}

// document is an XML file under way.
type document struct {
	*job
	decoder *xml.Decoder
	depth   int
	area    string
	inArea  int // depth of the element of the area code; 0 = none
	inside  int // depth of the element of a number; 0 = none
	text    strings.Builder
	action  string
}

func (d *document) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		d.depth++
		d.begin(t)
	case xml.CharData:
		if d.inside > 0 && d.text.Len() < maxLine {
			d.text.Write(t)
		}
	case xml.EndElement:
		d.depth--
		return d.end()
	}
	return nil
}

// attribute is the first of some attributes that an element has.
func attribute(e xml.StartElement, names []string) string {
	for _, a := range e.Attr {
		if slices.Contains(names, strings.ToLower(a.Name.Local)) {
			return a.Value
		}
	}
	return ""
}

func (d *document) begin(e xml.StartElement) {
	name := strings.ToLower(e.Name.Local)
	switch {
	case slices.Contains(xmlAreas, name):
		if v := attribute(e, xmlValues); v != "" {
			d.area, d.inArea = v, d.depth
		}
	case d.inside == 0 && slices.Contains(xmlNumbers, name):
		d.inside = d.depth
		d.text.Reset()
		d.text.WriteString(attribute(e, xmlValues))
		d.action = attribute(e, xmlActions)
	}
}

// end takes a number when its element is over.
func (d *document) end() error {
	if d.inArea > d.depth {
		d.area, d.inArea = "", 0
	}
	if d.inside == 0 || d.inside <= d.depth {
		return nil
	}
	d.inside = 0
	text := strings.TrimSpace(d.text.String())
	if !d.Change && actionOf([]byte(d.action)) != 0 {
		return unreadable("it was called a full list, and its elements say add or delete: is it a change list?")
	}
	d.report.Lines++
	e, err := d.entryOf(text)
	if err != nil {
		line, _ := d.decoder.InputPos()
		return d.reject(reject(d.name, int64(line), err, []byte(text)))
	}
	d.entry(e)
	return nil
}

func (d *document) entryOf(text string) (e entry, err error) {
	if d.inArea > 0 && onlyDigits([]byte(text)) == 7 {
		text = d.area + text
	}
	if e.number, err = d.reader.number([]byte(text)); err != nil || !d.Change {
		return e, err
	}
	wanted := actions[strings.ToUpper(d.Only)]
	if d.action != "" {
		wanted = actionOf([]byte(d.action))
	}
	e.drop = wanted == drop
	if wanted == 0 {
		err = errUnwanted
	}
	return e, err
}

// ended says what is wrong with a document that held nothing.
func (d *document) ended() error {
	if d.depth != 0 {
		return unreadable("it ends within an element")
	}
	if d.report.Lines == 0 {
		return unreadable("no element of it is called phone, number, ph or tel")
	}
	return nil
}
