package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// made is an export as a test makes it.
type made struct {
	signer  Signer
	octets  []byte
	records []Record
	marks   []Checkpoint
}

// attemptRecord is an attempt whose columns have values of every type.
func attemptRecord(ref int64, salt []byte, decision any) Record {
	c, _ := ColumnsOf(KindAttempt)
	public := make([]any, len(c.Public))
	for i := range public {
		switch i % 4 {
		case 0:
			public[i] = ref*100 + int64(i)
		case 1:
			public[i] = fmt.Sprintf("zäh \"%d\"\\\n%d", ref, i)
		case 2:
			public[i] = float64(ref) / 3
		}
	}
	public[0], public[17] = ref, decision
	personal := []any{ref, int64(34600000000) + ref}
	row := Row{Format: 2, Ref: ref, Public: Fields(c.Public, public), Personal: Fields(c.Personal, personal), Opening: Opening(salt, KindAttempt, ref)}
	row.Commitment = Commit(row.Opening, personal)
	return Record{Kind: KindAttempt, Ref: ref, Rows: []Row{row}}
}

// auditRecord is an entry that somebody wrote.
func auditRecord(ref int64) Record {
	c, _ := ColumnsOf(KindAudit)
	return Record{Kind: KindAudit, Ref: ref, Rows: []Row{{Format: 2, Ref: ref, Public: Fields(c.Public, []any{ref, int64(5), "k", "b", "s", "\xff text"})}}}
}

// batchRecord is a batch of the do-not-call list of which one row is withheld
// and one erased.
func batchRecord(ref int64, salt []byte) Record {
	c, _ := ColumnsOf(KindDoNotCall)
	r := Record{Kind: KindDoNotCall, Ref: ref}
	for i := range int64(3) {
		public := make([]any, len(c.Public))
		public[0], public[1] = ref+i, int64(34600000000)+i
		personal := []any{"Ana", "asked", "", ""}
		row := Row{Format: 2, Ref: ref + i, Public: Fields(c.Public, public), Personal: Fields(c.Personal, personal), Opening: Opening(salt, KindDoNotCall, ref+i)}
		row.Commitment = Commit(row.Opening, personal)
		switch i {
		case 1:
			d := DigestRow(public, row.Commitment)
			row = Row{Format: 2, Ref: ref + i, Withheld: d[:]}
		case 2:
			row.Personal, row.Opening, row.Erased = Fields(c.Personal, []any{"", "", "", ""}), nil, true
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}

// makeExport makes an export of n records after 3 links of others, with links
// between that are not shown.
func makeExport(t testing.TB, n int64) made {
	t.Helper()
	return makeExportOf(t, n, Selection{Campaign: 1})
}

// makeExportOf makes one of a selection; of everything all links are shown.
func makeExportOf(t testing.TB, n int64, sel Selection) made {
	t.Helper()
	s := signer(t)
	at := Link{}
	for range 3 {
		at = at.Next("x", 1, Digest{1})
	}
	before, salt := at, []byte("salt of a person, of 32 octets..")
	terms := Sum([]byte("{}"))
	stored := Stored{Attempt: 1, Book: make([]byte, 32), Terms: terms[:], Text: "{}", Record: []byte("why")}
	decision := stored.Digest()
	type step struct {
		Link

		kind   string
		ref    int64
		digest Digest
	}
	var steps []step
	var out made
	var marks []Checkpoint
	for i := int64(1); i <= n; i++ {
		r := attemptRecord(i, salt, decision[:])
		switch i % 4 {
		case 2:
			r = auditRecord(i)
		case 3:
			r = batchRecord(i*10, salt)
		}
		d, err := r.Digest()
		if err != nil {
			t.Fatal(err)
		}
		at = at.Next(r.Kind, r.Ref, d)
		steps = append(steps, step{at, r.Kind, r.Ref, d})
		if r.Link = at.Seq; i%5 != 0 || sel == (Selection{}) {
			out.records = append(out.records, r)
		}
		if i%10 == 0 || i == n {
			marks = append(marks, s.Sign(Checkpoint{Size: at.Seq, Head: hex.EncodeToString(at.Hash[:]), At: noon, Zones: "2025c", Program: "test"}))
		}
	}
	var file bytes.Buffer
	w := NewWriter(&file, Manifest{MadeAt: noon, By: "test", Program: "test", Zones: "2025c", Selection: sel, Keys: []Key{Introduce(s, s, noon)}, Checkpoint: marks[len(marks)-1]})
	fine := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	fine(w.BeginChain(before))
	for _, l := range steps {
		fine(w.Link(l.Link, l.kind, l.ref, l.digest))
	}
	fine(w.BeginRecords())
	for _, r := range out.records {
		fine(w.Record(r))
	}
	fine(w.BeginLines(CheckpointsFile))
	for _, c := range marks {
		fine(w.Line(c))
	}
	fine(w.BeginLines(DecisionsFile))
	for _, r := range out.records {
		if stored.Attempt = r.Ref; r.Kind == KindAttempt && (r.Ref == 1 || sel == Selection{}) {
			fine(w.Line(stored))
		}
	}
	set := []byte("id: us\n")
	sum := Sum(set)
	fine(w.File(RuleSetsFolder+hex.EncodeToString(sum[:])+".yaml", set))
	fine(w.BeginLines(BooksFile))
	fine(w.Line(Book{Hash: stored.Book, Sets: []string{hex.EncodeToString(sum[:])}}))
	fine(w.BeginLines(AdoptionsFile))
	fine(w.Line(map[string]string{"why": "law"}))
	fine(w.Close(s))
	out.signer, out.octets, out.marks = s, file.Bytes(), marks
	return out
}

func check(t testing.TB, octets []byte, pin string) Report {
	t.Helper()
	r, err := VerifyFile(context.Background(), bytes.NewReader(octets), int64(len(octets)), Known{Key: pin})
	if err != nil {
		return Report{Count: 1, Bad: []Fault{{Detail: err.Error()}}}
	}
	return r
}

func TestAnExportVerifiesByItself(t *testing.T) {
	m := makeExport(t, 40)
	r := check(t, m.octets, m.signer.ID())
	if !r.Clean() || r.Links != 40 || r.Records != int64(len(m.records)) || r.Checkpoints != 4 || r.Signer != m.signer.ID() || r.Erased == 0 {
		t.Fatalf("report %+v", r)
	}
	if r := check(t, m.octets, signer(t).ID()); r.Clean() {
		t.Error("an export that another house signed passes")
	}
}

// parts unpacks an export.
func parts(t testing.TB, octets []byte) (names []string, files map[string][]byte) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(octets), int64(len(octets)))
	if err != nil {
		t.Fatal(err)
	}
	files = map[string][]byte{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		names, files[f.Name] = append(names, f.Name), b
	}
	return names, files
}

func pack(t testing.TB, names []string, files map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range names {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(files[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// resign makes the manifest agree with the parts, and signs it with the house's
// own key: what is left to find a change is the chain.
func resign(t testing.TB, m made, names []string, files map[string][]byte) []byte {
	t.Helper()
	var man Manifest
	if err := strict(files[ManifestFile], &man); err != nil {
		t.Fatal(err)
	}
	for i, f := range man.Files {
		sum := Sum(files[f.Name])
		man.Files[i].SHA256 = hex.EncodeToString(sum[:])
	}
	text := mustJSON(t, man)
	files[ManifestFile] = text
	sig, err := json.MarshalIndent(signature{m.signer.ID(), m.signer.SignText(manifestHeading, text)}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	files[SignatureFile] = append(sig, '\n')
	return pack(t, names, files)
}

func TestWhoeverChangesARecordOfAnExportIsFoundAtThatRecord(t *testing.T) {
	m := makeExport(t, 40)
	for i := range m.records {
		if testing.Short() && i%4 != 0 {
			continue
		}
		for name, change := range map[string]func(lines [][]byte) [][]byte{
			"flip":    func(l [][]byte) [][]byte { l[i] = flip(l[i]); return l },
			"drop":    func(l [][]byte) [][]byte { return slices.Delete(l, i, i+1) },
			"double":  func(l [][]byte) [][]byte { return slices.Insert(l, i, l[i]) },
			"reorder": func(l [][]byte) [][]byte { j := (i + 1) % len(l); l[i], l[j] = l[j], l[i]; return l },
		} {
			names, files := parts(t, m.octets)
			l := change(bytes.Split(bytes.TrimSuffix(files[RecordsFile], []byte("\n")), []byte("\n")))
			files[RecordsFile] = append(bytes.Join(l, []byte("\n")), '\n')
			r := check(t, resign(t, m, names, files), "")
			if r.Clean() {
				t.Errorf("%s of record %d passes", name, i+1)
			}
			if first := r.Bad[0]; name == "flip" && (first.File != RecordsFile || first.Line != int64(i+1)) {
				t.Errorf("%s of record %d is reported as %s", name, i+1, first)
			}
		}
	}
}

// flip changes a digit of a line that is not in a name.
func flip(line []byte) []byte {
	line = bytes.Clone(line)
	at := bytes.LastIndexAny(line, "0123456789")
	line[at] = '0' + (line[at]-'0'+1)%10
	return line
}

func TestWhoeverChangesTheChainOfAnExportIsFoundAtThatLink(t *testing.T) {
	m := makeExport(t, 40)
	for i := 1; i <= 40; i++ {
		if testing.Short() && i%4 != 0 {
			continue
		}
		for name, change := range map[string]func(lines [][]byte) [][]byte{
			"flip":     func(l [][]byte) [][]byte { l[i] = flip(l[i]); return l },
			"drop":     func(l [][]byte) [][]byte { return slices.Delete(l, i, i+1) },
			"truncate": func(l [][]byte) [][]byte { return l[:i] },
			"reorder":  func(l [][]byte) [][]byte { j := i%40 + 1; l[i], l[j] = l[j], l[i]; return l },
		} {
			names, files := parts(t, m.octets)
			l := change(bytes.Split(bytes.TrimSuffix(files[ChainFile], []byte("\n")), []byte("\n")))
			files[ChainFile] = append(bytes.Join(l, []byte("\n")), '\n')
			r := check(t, resign(t, m, names, files), "")
			if r.Clean() {
				t.Errorf("%s of link %d passes", name, i)
			} else if first := r.Bad[0]; name == "flip" && (first.File != ChainFile || first.Line != int64(i+1)) {
				t.Errorf("%s of link %d is reported as %s", name, i, first)
			}
		}
	}
}

// tries is how often something random is tried; short runs are those of the
// race detector, which is slow.
func tries(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}

func TestAnyOctetOfAnyPartThatChangesIsFound(t *testing.T) {
	m := makeExport(t, 20)
	names, files := parts(t, m.octets)
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, name := range names {
		for range tries(150) {
			changed := map[string][]byte{}
			for n, b := range files {
				changed[n] = b
			}
			b := bytes.Clone(files[name])
			switch at := rnd.IntN(len(b)); rnd.IntN(4) {
			case 0:
				b[at] ^= 1 << rnd.IntN(8)
			case 1:
				b = b[:at]
			case 2:
				b = slices.Delete(b, at, min(len(b), at+1+rnd.IntN(40)))
			case 3:
				b = slices.Insert(b, at, byte(rnd.IntN(256)))
			}
			changed[name] = b
			if r := check(t, pack(t, names, changed), m.signer.ID()); r.Clean() {
				t.Fatalf("%s passes after a change:\n%s", name, b)
			}
		}
	}
}

func TestAnyRangeOfTheFileThatIsOverwrittenIsFound(t *testing.T) {
	m := makeExport(t, 20)
	_, whole := parts(t, m.octets)
	rnd := rand.New(rand.NewPCG(3, 4))
	for range tries(1500) {
		b := bytes.Clone(m.octets)
		at := rnd.IntN(len(b))
		for i := range min(len(b)-at, 1+rnd.IntN(8)) {
			b[at+i] ^= byte(1 + rnd.IntN(255))
		}
		if !check(t, b, m.signer.ID()).Clean() {
			continue
		}
		// Of the zip itself some octets mean nothing (the time of a part): then
		// every part must still be what it was.
		_, files := parts(t, b)
		for name := range whole {
			if !bytes.Equal(files[name], whole[name]) {
				t.Fatalf("octet %d: %s is another and the export passes", at, name)
			}
		}
	}
}

func TestPartsOfTwoExportsCannotBeExchanged(t *testing.T) {
	one, two := makeExport(t, 20), makeExport(t, 24)
	names, files := parts(t, one.octets)
	_, others := parts(t, two.octets)
	for _, name := range names {
		if bytes.Equal(files[name], others[name]) {
			continue
		}
		own := files[name]
		files[name] = others[name]
		if check(t, pack(t, names, files), "").Clean() {
			t.Errorf("%s of another export passes", name)
		}
		files[name] = own
	}
	if check(t, pack(t, append(names, "more.txt"), files), "").Clean() {
		t.Error("a part that nobody put in passes")
	}
	for i, name := range names {
		if check(t, pack(t, slices.Delete(slices.Clone(names), i, i+1), files), "").Clean() {
			t.Errorf("an export without %s passes", name)
		}
	}
}

func TestARecordReadsAsItWasWritten(t *testing.T) {
	values := []any{
		nil, int64(0), int64(-1), int64(math.MaxInt64), int64(math.MinInt64), 0.5, 1.0, -3e300, math.SmallestNonzeroFloat64, "", "plain",
		"\"\\\x00\x1f\x7f\u2028é", "\xff\xfe", []byte{}, []byte{0, 255}, strings.Repeat("long ", 30000),
	}
	for i, v := range values {
		in := Record{Link: 9, Kind: "k", Ref: -4, Rows: []Row{{Format: 2, Ref: 3, Public: []Field{{"a", v}, {"b", int64(i)}}, Opening: []byte{1}, Commitment: []byte{2}, Erased: i%2 == 0}}}
		line := appendRecord(nil, in)
		out, err := readRecord(line[:len(line)-1])
		if err != nil {
			t.Fatalf("%v: %v in %s", v, err, line)
		}
		if got := appendRecord(nil, out); !bytes.Equal(got, line) {
			t.Errorf("%v: written as %s, then as %s", v, line, got)
		}
		if !bytes.Equal(Canonical(nil, []any{v}), Canonical(nil, []any{out.Rows[0].Public[0].Value})) {
			t.Errorf("%#v reads as %#v", v, out.Rows[0].Public[0].Value)
		}
	}
}

func FuzzReadingARecordNeverPanics(f *testing.F) {
	f.Add(appendRecord(nil, batchRecord(7, []byte("salt"))))
	f.Add([]byte(`{"link":1,"kind":"a","ref":1,"rows":[{"format":2,"ref":1,"public":{"a":"\u0041\`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := readRecord(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			return
		}
		again, err := readRecord(bytes.TrimSuffix(appendRecord(nil, r), []byte("\n")))
		if err != nil || !bytes.Equal(appendRecord(nil, again), appendRecord(nil, r)) {
			t.Fatalf("%q: %v", line, err)
		}
	})
}
