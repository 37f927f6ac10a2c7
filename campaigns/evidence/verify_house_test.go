package evidence

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
)

// counted makes the manifest say what is in the records now, as a house would
// that hides something of its own.
func counted(t *testing.T, files map[string][]byte) {
	t.Helper()
	var man Manifest
	if err := strict(files[ManifestFile], &man); err != nil {
		t.Fatal(err)
	}
	man.Counts = map[string]int64{}
	for line := range bytes.Lines(files[RecordsFile]) {
		r, err := readRecord(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			t.Fatal(err)
		}
		man.Counts[r.Kind]++
	}
	text, err := json.MarshalIndent(man, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	files[ManifestFile] = text
}

// without leaves out one line of a part.
func without(part []byte, line int) []byte {
	all := bytes.SplitAfter(part, []byte("\n"))
	return bytes.Join(append(all[:line:line], all[line+1:]...), nil)
}

func TestAHouseThatHidesARecordOfAnExportOfEverythingIsFound(t *testing.T) {
	m := makeExportOf(t, 20, Selection{})
	if r := check(t, m.octets, m.signer.ID()); !r.Clean() || r.Undecided != 0 || r.Lost != 0 {
		t.Fatalf("not clean before: %+v", r)
	}
	for i := range m.records {
		names, files := parts(t, m.octets)
		files[RecordsFile] = without(files[RecordsFile], i)
		counted(t, files)
		if r := check(t, resign(t, m, names, files), m.signer.ID()); r.Clean() {
			t.Errorf("an export of everything passes without record %d", i+1)
		}
	}
	names, files := parts(t, m.octets)
	files[DecisionsFile] = without(files[DecisionsFile], 1)
	if r := check(t, resign(t, m, names, files), m.signer.ID()); r.Clean() || r.Undecided != 1 {
		t.Errorf("an export passes that hides why a call was placed: %+v", r)
	}
}

func TestAHouseThatLeavesTheRulesOutIsFoundWhereverTheirListStands(t *testing.T) {
	m := makeExport(t, 8)
	names, files := parts(t, m.octets)
	files[BooksFile] = nil
	if r := check(t, resign(t, m, names, files), m.signer.ID()); r.Clean() {
		t.Error("an export without the rules that decided passes")
	}
}

// against checks an export by checkpoints that were kept elsewhere.
func against(t *testing.T, octets []byte, outside ...Checkpoint) Report {
	t.Helper()
	r, err := VerifyFile(t.Context(), bytes.NewReader(octets), int64(len(octets)), Known{Outside: outside})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnExportIsHeldAgainstCheckpointsThatWereKeptElsewhere(t *testing.T) {
	m := makeExportOf(t, 20, Selection{})
	if r := against(t, m.octets, m.marks...); !r.Clean() || r.Outside != int64(len(m.marks)) {
		t.Fatalf("not clean before: %+v", r)
	}
	anew, beyond := m.marks[0], m.marks[len(m.marks)-1]
	anew.Head = hex.EncodeToString(make([]byte, 32))
	beyond.Size++
	for name, tt := range map[string]struct {
		c    Checkpoint
		says string
	}{
		"the chain was written anew": {m.signer.Sign(anew), "written anew"},
		"the end was cut off":        {m.signer.Sign(beyond), "cut off"},
		"a stranger signed":          {signer(t).Sign(m.marks[0]), "not one of the house"},
	} {
		r := against(t, m.octets, tt.c)
		if r.Clean() || !strings.Contains(r.Bad[0].Detail, tt.says) {
			t.Errorf("%s: %+v", name, r.Bad)
		}
	}
	later := beyond
	later.At = noon.Add(1)
	if r := against(t, m.octets, m.signer.Sign(later)); !r.Clean() {
		t.Errorf("a checkpoint that was signed after the export breaks it: %+v", r.Bad)
	}
}
