package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestScriptCheckSaysWhatIsWrongWithAFileAndTakesTheExamples(t *testing.T) {
	var out, errOut bytes.Buffer
	for _, file := range []string{"fibre.yaml", "survey.yaml"} {
		if status := run([]string{"script", "check", filepath.Join("../../testdata/scripts", file)}, &out, &errOut); status != exitOK {
			t.Errorf("%s: status %d: %s%s", file, status, &out, &errOut)
		}
	}
	if !strings.Contains(out.String(), "12 steps, 8 questions, 3 objections, in en, es, hu, et") {
		t.Errorf("%s", &out)
	}
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	for source, want := range map[string]string{
		"steps:\n  - id: a\n    text: '{{nme}}'\n    end: true\n":         bad + `:3: steps[0].text: there is no field "nme"`,
		"steps:\n  - id: a\n    text: x\n  - id: b\n    next: a\n":        bad + ":2: error: From step a no end can be reached",
		"steps:\n  - id: a\n    text: '{{fields.plam}}'\n    end: true\n": bad + `:3: error: No list of the campaign has a column "plam", but one named plan`,
	} {
		out.Reset()
		if err := os.WriteFile(bad, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		if status := run([]string{"script", "check", "--columns", "plan", bad}, &out, &errOut); status != exitFailed || !strings.Contains(out.String(), want) {
			t.Errorf("status %d: %s", status, &out)
		}
	}
	if status := run([]string{"script", "check", bad + ".none"}, &out, &errOut); status != exitFailed || !strings.Contains(errOut.String(), "read the script") {
		t.Errorf("a file that is not there: %d %s", status, &errOut)
	}
}

func TestScriptReadWalksAScriptOnTheTerminal(t *testing.T) {
	var out, errOut bytes.Buffer
	typed := "right_person=yes\n\nx\nback\n\ninterested=no\nuses=work, games\ne\n\n\nsatisfied=11\nsatisfied=7\n\n"
	if status := runWith([]string{"script", "read", "--language", "es", "../../testdata/scripts/fibre.yaml"}, strings.NewReader(typed), &out, &errOut); status != exitOK {
		t.Fatalf("status %d: %s", status, &errOut)
	}
	for _, want := range []string{"[opening] Saludo", "[interest] Por qué llamamos", "! \"x\" is neither", "[too_expensive] Es caro", "[survey] Dos preguntas",
		"! The answer to \"satisfied\" is a whole number from 0 to 10.", "[thanks] Gracias", "-- the end; outcome survey"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in %s", want, &out)
		}
	}
}
