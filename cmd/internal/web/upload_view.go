package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/forecall/forecall/campaigns/intake"
)

// choice is one entry of a list to choose from.
type choice struct {
	Value, Text string
	Chosen      bool
}

// column is a column of the file: what it is called, what stands in it, what it
// was taken for and why.
type column struct {
	intake.Column
	Number  int
	Samples []string
	Targets []choice
}

// Columns are those of the file, with three values of each.
func (v uploadView) Columns() []column {
	out := make([]column, len(v.Look.Columns))
	for i, c := range v.Look.Columns {
		out[i] = column{Column: c, Number: i + 1, Targets: v.targets(c)}
		for _, row := range v.Look.Rows {
			if len(out[i].Samples) < 3 && i < len(row) && strings.TrimSpace(row[i]) != "" {
				out[i].Samples = append(out[i].Samples, brief(row[i]))
			}
		}
	}
	return out
}

// targets are what a column can become, the one that it is chosen.
func (v uploadView) targets(c intake.Column) []choice {
	t, is := v.Lang.T, string(c.Target)
	if c.Target == intake.Phone && c.Label != "" {
		is += ":" + c.Label
	}
	out := []choice{
		{"phone", t("Phone number"), false}, {"phone:mobile", t("Phone number (mobile)"), false}, {"phone:home", t("Phone number (home)"), false},
		{"phone:work", t("Phone number (work)"), false}, {"phone:other", t("Phone number (other)"), false},
		{"name", t("Name"), false}, {"first_name", t("First name"), false}, {"last_name", t("Last name"), false}, {"company", t("Company"), false},
		{"external_id", t("Number of the customer"), false}, {"language", t("Language"), false}, {"zone", t("Time zone"), false},
		{"country", t("Country"), false}, {"region", t("State or province"), false}, {"postcode", t("Postcode"), false}, {"line_type", t("Kind of line"), false},
		{"field", t("Keep as a field of its own"), false}, {"ignore", t("Leave out"), false},
	}
	if i := slices.IndexFunc(out, func(o choice) bool { return o.Value == is }); i >= 0 {
		out[i].Chosen = true
		return out
	}
	return append(out, choice{is, is, true})
}

// Charsets are the character sets to choose from.
func (v uploadView) Charsets() []choice {
	return v.choices(v.Upload.Charset, v.Lang.T("Found out: %s", v.Look.Charset.Name),
		"utf-8", "windows-1252", "iso-8859-1", "iso-8859-2", "iso-8859-15", "windows-1250", "windows-1257", "utf-16le", "utf-16be", "macintosh")
}

// Delimiters are those to choose from.
func (v uploadView) Delimiters() []choice {
	is := string(rune(v.Upload.Delimiter))
	switch v.Upload.Delimiter {
	case 0:
		is = ""
	case '\t':
		is = "tab"
	}
	found := v.Look.Delimiter
	if found == "\t" {
		found = v.Lang.T("tab")
	}
	return v.choices(is, v.Lang.T("Found out: %s", found), ",", ";", "tab", "|")
}

// Headers says whether the first row names the columns.
func (v uploadView) Headers() []choice {
	t, found := v.Lang.T, v.Lang.T("Found out: it holds a contact")
	if v.Look.Header {
		found = t("Found out: it names the columns")
	}
	is := string(v.Upload.Header)
	return []choice{{"", found, is == ""}, {"yes", t("It names the columns"), is == "yes"}, {"no", t("It holds a contact"), is == "no"}}
}

func (v uploadView) choices(is, found string, values ...string) []choice {
	out := []choice{{"", found, is == ""}}
	for _, value := range values {
		text := value
		if value == "tab" {
			text = v.Lang.T("tab")
		}
		out = append(out, choice{value, text, value == is})
	}
	return out
}

// Guess says why a column was taken for what it is.
func (v uploadView) Guess(source string) string {
	t := v.Lang.T
	switch source {
	case "header":
		return t("by its name")
	case "content":
		return t("by what stands in it")
	case "option":
		return t("chosen")
	}
	return t("not recognised")
}

// verdict is how many rows were judged so, with some of them.
type verdict struct {
	Code, Text string
	Count      int64
	Rows       []intake.Rejection
}

// Verdicts are the rejections of a check or an import, the most frequent first.
func (v uploadView) Verdicts() []verdict {
	of := v.Upload.Check
	if v.Step == "done" || of == nil {
		of = v.Upload.Import
	}
	if of == nil {
		return nil
	}
	var out []verdict
	for _, code := range slices.Sorted(maps.Keys(of.Codes)) {
		out = append(out, verdict{code, v.codeText(code), of.Codes[code], of.Samples[code]})
	}
	slices.SortStableFunc(out, func(a, b verdict) int { return int(min(max(b.Count-a.Count, -1), 1)) })
	return out
}

// codeText says a code of a rejection.
func (v uploadView) codeText(code string) string {
	t := v.Lang.T
	text, ok := map[string]string{
		intake.RowNoPhone: t("No phone number in the row"), intake.RowTooLong: t("The row is too long"), intake.RowQuote: t("A quote is not closed"),
		intake.RowNUL: t("The row is damaged"), intake.RowColumns: t("Too many columns"), intake.RowZone: t("The time zone does not exist"), intake.RowConsent: t("What it says of a consent is wrong"),
		intake.RowCountry: t("Taken, but its country does not exist"), intake.RowRegion: t("Taken, but its state or province does not exist"),
		intake.RowPostcode: t("Taken, but its postcode cannot be right"), intake.RowLineType: t("Taken, but its kind of line is not understood"),
		intake.RowTwiceInFile: t("Stands in the file twice"), intake.RowInStore: t("The campaign has the number already"),
		intake.RowStoreRefused: t("The number may not be dialed"), intake.PhoneTwiceInFile: t("A further number stands in the file twice"),
	}[code]
	if !ok {
		return t(words(code))
	}
	return text
}

// Suggested is a name for the list: that of the file.
func (v uploadView) Suggested() string {
	if v.Upload.List != "" {
		return v.Upload.List
	}
	name := v.Upload.Name
	for _, end := range []string{".gz", ".csv", ".txt", ".tsv", ".xlsx", ".CSV", ".XLSX"} {
		name = strings.TrimSuffix(name, end)
	}
	clean := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) || strings.ContainsRune(" ._-", r) {
			return r
		}
		return ' '
	}, name)
	clean = strings.Join(strings.Fields(strings.TrimLeft(clean, " ._-")), " ")
	if r := []rune(clean); len(r) > 60 {
		clean = string(r[:60])
	}
	if clean == "" {
		return fmt.Sprintf("%s %s", v.Lang.T("List"), v.Upload.At.Format("2006-01-02"))
	}
	return clean
}

// Policies are what can be done with contacts whom the campaign has already.
func (v uploadView) Policies() []choice {
	t, is := v.Lang.T, string(v.Upload.Duplicates)
	return []choice{
		{"skip", t("Leave them as they are"), is == "skip"}, {"update", t("Fill in what the file has of them"), is == "update"},
		{"allow", t("Store them a second time"), is == "allow"},
	}
}

// Added is how many rows would be stored under the policy that was checked.
func (v uploadView) Added() int64 {
	if v.Upload.Check == nil {
		return 0
	}
	return v.Upload.Check.Counts.Added + v.Upload.Check.Counts.Updated
}

// Number is which of the steps the page is at.
func (v uploadView) Number() int {
	return map[string]int{"read": 2, "checking": 3, "checked": 3, "importing": 4, "done": 5}[v.Step]
}

// Shown is how many rows of a verdict are shown.
func (v verdict) Shown() int64 { return int64(len(v.Rows)) }

// Here is the address of the upload.
func (v uploadView) Here() string {
	return fmt.Sprintf("/campaigns/%d/upload/%s", v.Campaign.ID, v.Upload.ID)
}

// Short bounds a cell: some are longer than a page.
func (v uploadView) Short(cell string) string { return brief(cell) }

// Took is how long the import took.
func (v uploadView) Took() string {
	if v.Upload.Import == nil {
		return ""
	}
	return elapsed(v.Upload.Import.EndedAt.Sub(v.Upload.Import.BeganAt))
}
