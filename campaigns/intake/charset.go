package intake

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/wlynxg/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// sampleSize is how much of a file is looked at before anything is decided.
const sampleSize = 64 << 10

// Charset is what the bytes of a file were taken for.
type Charset struct {
	Name    string  `json:"name"`              // UTF-8, UTF-16LE, windows-1252, ...
	Source  string  `json:"source"`            // bom, content, guess, option
	Sure    float64 `json:"sure"`              // 0 to 1; below 1 only for a guess
	Guessed string  `json:"guessed,omitempty"` // what the guesser said, when we took something near it
}

// Guess tells whether a person should look at the preview before trusting it.
func (c Charset) Guess() bool { return c.Source == "guess" }

var signatures = []struct {
	magic []byte
	err   *FileError
}{
	{[]byte("PK\x03\x04"), fileError(FileSpreadsheet, "the file is a spreadsheet (XLSX, ODS) or a zip archive; save the sheet as CSV and import that")},
	{[]byte("\xd0\xcf\x11\xe0"), fileError(FileSpreadsheet, "the file is an old spreadsheet (XLS); save the sheet as CSV and import that")},
	{[]byte("\x1f\x8b"), fileError(FileBinary, "the file is compressed (gzip); unpack it first")},
	{[]byte("%PDF-"), fileError(FileBinary, "the file is a PDF; a list is a CSV file")},
}

// decode returns the file as UTF-8 and what it was taken for. The reader is
// consumed through a buffer of the sample's size.
func decode(in io.Reader, name string) (*bufio.Reader, Charset, error) {
	raw := bufio.NewReaderSize(in, sampleSize)
	sample, err := raw.Peek(sampleSize)
	if err != nil && err != io.EOF {
		return nil, Charset{}, fmt.Errorf("read the list: %w", err)
	}
	if len(bytes.TrimSpace(bytes.Trim(sample, "\xef\xbb\xbf\xff\xfe\x00"))) == 0 && err == io.EOF {
		return nil, Charset{}, fileError(FileEmpty, "the file is empty")
	}
	for _, s := range signatures {
		if bytes.HasPrefix(sample, s.magic) {
			return nil, Charset{}, s.err
		}
	}
	set, enc, err := charsetOf(sample, name)
	if err != nil {
		return nil, Charset{}, err
	}
	if enc == nil {
		if bytes.HasPrefix(sample, utf8BOM) {
			_, _ = raw.Discard(len(utf8BOM))
		}
		return raw, set, nil
	}
	return bufio.NewReaderSize(transform.NewReader(raw, enc.NewDecoder()), sampleSize), set, nil
}

var utf8BOM = []byte("\xef\xbb\xbf")

// charsetOf decides by byte order mark, then by what the bytes can be at all,
// and only then by a guess. A nil encoding is UTF-8.
func charsetOf(sample []byte, name string) (Charset, encoding.Encoding, error) {
	switch {
	case name != "":
		return named(name)
	case bytes.HasPrefix(sample, utf8BOM):
		return Charset{Name: "UTF-8", Source: "bom", Sure: 1}, nil, nil
	case bytes.HasPrefix(sample, []byte("\xff\xfe")):
		return Charset{Name: "UTF-16LE", Source: "bom", Sure: 1}, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	case bytes.HasPrefix(sample, []byte("\xfe\xff")):
		return Charset{Name: "UTF-16BE", Source: "bom", Sure: 1}, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), nil
	}
	if zeros := bytes.Count(sample, []byte{0}); zeros > len(sample)/20 {
		return wide(sample, zeros)
	}
	if validUTF8(sample) {
		return Charset{Name: "UTF-8", Source: "content", Sure: 1}, nil, nil
	}
	return guess(sample)
}

func named(name string) (Charset, encoding.Encoding, error) {
	enc, err := htmlindex.Get(strings.TrimSpace(name))
	if err != nil {
		return Charset{}, nil, fileError(FileCharset, "%q is not a character set; use utf-8, utf-16le, windows-1252, iso-8859-2 or another name of the web's list", name)
	}
	canonical, _ := htmlindex.Name(enc)
	set := Charset{Name: canonical, Source: "option", Sure: 1}
	if canonical == "utf-8" {
		set.Name = "UTF-8"
		return set, nil, nil
	}
	return set, enc, nil
}

// wide decides between the two byte orders of UTF-16 by where its zeros stand
// and calls anything else with many zeros a binary file.
func wide(sample []byte, zeros int) (Charset, encoding.Encoding, error) {
	odd := 0
	for i := 1; i < len(sample); i += 2 {
		if sample[i] == 0 {
			odd++
		}
	}
	switch {
	case odd*10 >= zeros*9:
		return Charset{Name: "UTF-16LE", Source: "content", Sure: 1}, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), nil
	case odd*10 <= zeros:
		return Charset{Name: "UTF-16BE", Source: "content", Sure: 1}, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), nil
	}
	return Charset{}, nil, fileError(FileBinary, "the file is not text: %d of its first %d bytes are zero; a list is a CSV file", zeros, len(sample))
}

// validUTF8 lets a character be cut at the end of the sample.
func validUTF8(sample []byte) bool {
	for cut := 0; cut < utf8.UTFMax && cut <= len(sample); cut++ {
		if utf8.Valid(sample[:len(sample)-cut]) {
			return cut == 0 || len(sample) >= sampleSize
		}
	}
	return false
}

// leastSure is the confidence below which a guess is not followed: Western
// Europe is likelier than what the guesser says.
const leastSure = 0.5

// guess asks the guesser. What it calls ISO-8859-1 is read as Windows-1252,
// whose letters are the same and which also has the euro sign and the quotes
// that office programs write.
func guess(sample []byte) (Charset, encoding.Encoding, error) {
	western := Charset{Name: "windows-1252", Source: "guess", Sure: leastSure}
	said := chardet.Detect(sample)
	western.Guessed = said.Encoding
	enc, err := htmlindex.Get(said.Encoding)
	if err != nil || said.Confidence < leastSure {
		return western, charmap.Windows1252, nil
	}
	canonical, _ := htmlindex.Name(enc)
	if canonical == "utf-8" || canonical == "windows-1252" { // the web reads ISO-8859-1 as Windows-1252, too
		western.Sure = max(said.Confidence, leastSure)
		return western, charmap.Windows1252, nil
	}
	return Charset{Name: canonical, Source: "guess", Sure: said.Confidence, Guessed: said.Encoding}, enc, nil
}
