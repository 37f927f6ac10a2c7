package campaigns

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/forecall/forecall/campaigns/rules"
)

// Invitation is a booking as a calendar program takes it.
type Invitation struct {
	Booking
	Seller  string // who invites
	Host    string // of the UID: the part behind the @
	Phone   string // where the contact is called, of a meeting by phone
	Product string // of the program that writes it
}

// maxLine is how many octets a line of a calendar has at most, without its end
// (RFC 5545 section 3.1).
const maxLine = 75

// Calendar writes the booking as an iCalendar object (RFC 5545): a published
// event (RFC 5546 section 3.2.1), or the withdrawal of one. It stands in UTC,
// so that no zone has to be described; a change has the same UID and a greater
// sequence.
func (i Invitation) Calendar() string {
	method, status := "PUBLISH", "CONFIRMED"
	if i.State == BookingCancelled {
		method, status = "CANCEL", "CANCELLED"
	}
	stamp := i.CreatedAt
	if i.ChangedAt.After(stamp) {
		stamp = i.ChangedAt
	}
	lines := []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//forecall//forecall " + escaped(i.Product) + "//EN", "CALSCALE:GREGORIAN", "METHOD:" + method,
		"BEGIN:VEVENT", "UID:" + escaped(fmt.Sprintf("appointment-%d@%s", i.ID, i.Host)), "DTSTAMP:" + utcStamp(stamp),
		"DTSTART:" + utcStamp(i.From), "DTEND:" + utcStamp(i.To), fmt.Sprintf("SEQUENCE:%d", i.Sequence), "STATUS:" + status,
		"SUMMARY:" + escaped(i.summary()), "LOCATION:" + escaped(i.location()),
	}
	if note := i.Text(); note != "" {
		lines = append(lines, "DESCRIPTION:"+escaped(note))
	}
	lines = append(lines, "END:VEVENT", "END:VCALENDAR")
	var out strings.Builder
	for _, line := range lines {
		out.WriteString(folded(line))
	}
	return out.String()
}

func (i Invitation) summary() string {
	if i.Seller == "" {
		return i.Person
	}
	return i.Person + " (" + i.Seller + ")"
}

func (i Invitation) location() string {
	if i.How == ByPhone {
		return strings.TrimSpace("phone " + i.Phone)
	}
	return i.Place
}

// Text is the invitation in words, by the contact's own clock: who, when,
// where, and the note.
func (i Invitation) Text() string {
	when := i.From.UTC().Format("Mon 2 Jan 2006 15:04 MST")
	if loc, err := rules.Location(i.Zone); err == nil {
		when = i.From.In(loc).Format("Mon 2 Jan 2006 15:04") + " (" + i.Zone + ")"
	}
	parts := []string{i.summary(), when}
	if where := i.location(); where != "" {
		parts = append(parts, where)
	}
	if i.Note != "" {
		parts = append(parts, i.Note)
	}
	return strings.Join(parts, "\n")
}

func utcStamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// escaped is a value of type TEXT (RFC 5545 section 3.3.11). What is no text
// at all, control characters and broken UTF-8, is left out.
func escaped(s string) string {
	var out strings.Builder
	s = strings.ReplaceAll(s, "\r\n", "\n")
	for _, r := range s {
		switch {
		case r == '\\' || r == ';' || r == ',':
			out.WriteRune('\\')
			out.WriteRune(r)
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			out.WriteString(`\n`)
		case r == utf8.RuneError, r < ' ' && r != '\t', r == 0x7f:
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// folded breaks a line after 75 octets, never inside a letter, and ends it with
// CRLF (RFC 5545 section 3.1).
func folded(line string) string {
	var out strings.Builder
	room := maxLine
	for _, r := range line {
		n := utf8.RuneLen(r)
		if n > room {
			out.WriteString("\r\n ")
			room = maxLine - 1
		}
		out.WriteRune(r)
		room -= n
	}
	out.WriteString("\r\n")
	return out.String()
}
