package intake

import (
	"errors"
	"fmt"
)

// ErrFile is what every FileError is.
var ErrFile = errors.New("the file cannot be imported")

// FileError says why a file as a whole cannot be imported. Nothing of it was
// stored.
type FileError struct {
	Code   string // stable
	Reason string // for people, with what to do about it
}

// The codes of a FileError.
const (
	FileEmpty        = "empty_file"
	FileHeaderOnly   = "header_only"
	FileBinary       = "binary_file"
	FileSpreadsheet  = "spreadsheet_file"
	FileCharset      = "unknown_charset"
	FileNoPhone      = "no_phone_column"
	FileNoColumn     = "unknown_column"
	FileManyColumns  = "too_many_columns"
	FileHeaderBroken = "header_unreadable"
	FileOptions      = "options"
)

// Error is the sentence.
func (e *FileError) Error() string { return e.Reason }

// Is makes every FileError an ErrFile.
func (e *FileError) Is(target error) bool { return target == ErrFile }

func fileError(code, format string, args ...any) *FileError {
	return &FileError{Code: code, Reason: fmt.Sprintf(format, args...)}
}

// Rejection is the verdict on one row that did not become a contact, or on one
// phone of a row that did.
type Rejection struct {
	Line    int      `json:"line"`              // where the row begins in the file, from 1
	Verdict string   `json:"verdict"`           // refused, duplicate, phone_left_out, noted
	Column  string   `json:"column,omitempty"`  // header of the cell that is to blame
	Code    string   `json:"code"`              // stable
	Reason  string   `json:"reason"`            // one sentence
	Cells   []string `json:"columns,omitempty"` // the row as it came
}

// The verdicts of a Rejection.
const (
	VerdictRefused   = "refused"
	VerdictDuplicate = "duplicate"
	VerdictPhoneOut  = "phone_left_out" // the contact was taken without this phone
	VerdictNoted     = "noted"          // the contact was taken; what the cell says could not be used
)

// The codes of rows; those of phones are numbers.Code.
const (
	RowNoPhone       = "no_phone"
	RowTooLong       = "row_too_long"
	RowQuote         = "quote"
	RowNUL           = "nul_byte"
	RowColumns       = "too_many_columns"
	RowZone          = "zone_invalid"
	RowCountry       = "country_invalid"
	RowRegion        = "region_invalid"
	RowPostcode      = "postcode_invalid"
	RowLineType      = "line_type_invalid"
	RowConsent       = "consent_invalid"
	RowTwiceInFile   = "duplicate_in_file"
	RowInStore       = "duplicate_in_campaign"
	RowStoreRefused  = "refused_by_store"
	PhoneTwiceInFile = "phone_in_file"
)
