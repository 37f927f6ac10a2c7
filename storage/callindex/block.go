package callindex

import "fmt"

// Call is what can be searched of one call.
type Call struct {
	Campaign, List int64
	Agent          int64  // who talked, or was to; 0 = nobody
	Second         int64  // who took over; 0 = nobody
	Code           int64  // final answer of SIP; 0 = none
	Number         uint64 // E.164 without the plus; 0 = erased
	CallerID       string
	Outcome        string // empty = the call goes on
	Disposition    string // empty = none
}

// Name is the name of a column.
type Name int

// The columns: integers, then texts, then the digits of numbers.
const (
	Campaign Name = iota
	List
	Agent
	Second
	Code
	CallerID
	Outcome
	Disposition
	Digits
)

// names are what columns are kept under: never changed, only added to.
var names = [...]string{"campaign", "list", "agent", "second", "code", "caller_id", "outcome", "disposition", "digits"}

func (n Name) String() string { return names[n] }

// Names lists the columns.
func Names() []Name {
	return []Name{Campaign, List, Agent, Second, Code, CallerID, Outcome, Disposition, Digits}
}

// Block is up to 65,536 calls in the order of the ledger. A column that was not
// loaded has no calls. A block belongs to one goroutine at a time.
type Block struct {
	integers [CallerID]column[int64]
	texts    [Digits - CallerID]column[string]
	digits   digits
}

// Len is how many calls the block holds, by the longest of its columns.
func (b *Block) Len() int {
	n := len(b.digits)
	for i := range b.integers {
		n = max(n, b.integers[i].len())
	}
	for i := range b.texts {
		n = max(n, b.texts[i].len())
	}
	return n
}

// Set writes call i; i is at most Len, and every column is loaded.
func (b *Block) Set(i int, c Call) {
	for name, v := range [...]int64{Campaign: c.Campaign, List: c.List, Agent: c.Agent, Second: c.Second, Code: c.Code} {
		b.integers[name].set(i, v)
	}
	for name, v := range [...]string{c.CallerID, c.Outcome, c.Disposition} {
		b.texts[name].set(i, v)
	}
	b.digits.set(i, c.Number)
}

func (b *Block) integer(n Name) *column[int64] { return &b.integers[n] }

func (b *Block) text(n Name) *column[string] { return &b.texts[n-CallerID] }

// Has tells whether a column is loaded.
func (b *Block) Has(n Name) bool {
	switch {
	case n == Digits:
		return b.digits != nil
	case n >= CallerID:
		return b.text(n).len() > 0
	}
	return b.integer(n).len() > 0
}

// Drop frees a column, which can be loaded again.
func (b *Block) Drop(n Name) {
	switch {
	case n == Digits:
		b.digits = nil
	case n >= CallerID:
		*b.text(n) = column[string]{}
	default:
		*b.integer(n) = column[int64]{}
	}
}

// Encode writes a column to keep it.
func (b *Block) Encode(n Name) []byte {
	switch {
	case n == Digits:
		return b.digits.encode()
	case n >= CallerID:
		return b.text(n).encode(putText)
	}
	return b.integer(n).encode(putInteger)
}

// Load reads a column that Encode wrote; the block keeps data. It fails when
// the data is not that, and the block is to be made anew.
func (b *Block) Load(n Name, data []byte) (err error) {
	switch {
	case n == Digits:
		err = b.digits.decode(data)
	case n >= CallerID:
		err = b.text(n).decode(data, takeText)
	default:
		err = b.integer(n).decode(data, takeInteger)
	}
	if err != nil {
		b.Drop(n)
		return fmt.Errorf("column %s: %w", n, err)
	}
	return nil
}
