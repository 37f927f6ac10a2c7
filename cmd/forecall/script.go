package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns/script"
)

// errScript ends script check when a script cannot be taken.
var errScript = errors.New("the script cannot be taken like this")

func newScript() *cobra.Command {
	c := &cobra.Command{Use: "script", Short: "Check and read the script that agents follow, before a campaign has it", Args: cobra.NoArgs}
	c.AddCommand(newScriptCheck(), newScriptRead())
	return c
}

func newScriptCheck() *cobra.Command {
	var columns []string
	c := &cobra.Command{
		Use: "check FILE", Short: "Say what is wrong with a script, line by line", Args: cobra.ExactArgs(1),
		Long: `Reads a script (YAML of steps, or a text) and says what is wrong: faults of the
file, dead ends, steps that nothing leads to, circles without an end, branches
that never hold, texts that a language lacks. With --columns the columns of the
list are checked, too.

Exit status 0 when a campaign would take it, 1 when not.`,
		RunE: func(c *cobra.Command, args []string) error {
			s, err := readScript(args[0])
			if err != nil {
				return printFaults(c.OutOrStdout(), err)
			}
			findings := s.Check(script.Known{Columns: columns})
			for _, f := range findings {
				fmt.Fprintf(c.OutOrStdout(), "%s:%d: %s: %s\n", args[0], f.Line, f.Severity, f.Text)
			}
			fmt.Fprintf(c.OutOrStdout(), "%d steps, %d questions, %d objections, in %s\n",
				len(s.Steps), len(s.Questions()), len(s.Objections), strings.Join(s.Languages, ", "))
			if !script.Sound(findings) {
				return errScript
			}
			return nil
		},
	}
	c.Flags().StringSliceVar(&columns, "columns", nil, "columns of the list, such as plan,city")
	return c
}

// readScript reads a file; its faults name it.
func readScript(file string) (*script.Script, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the script: %w", err)
	}
	return script.Parse(file, string(data))
}

// printFaults prints what is wrong with a file that can be read and no further.
func printFaults(out io.Writer, err error) error {
	faults := script.Faults(err)
	if len(faults) == 0 {
		return err
	}
	for _, f := range faults {
		fmt.Fprintln(out, f.Error())
	}
	return errScript
}

func newScriptRead() *cobra.Command {
	var language string
	c := &cobra.Command{
		Use: "read FILE", Short: "Walk a script on the terminal as an agent does", Args: cobra.ExactArgs(1),
		Long: `Shows the script step by step, its fields filled with its own examples. Answers
are typed as question=answer (several with commas), an empty line goes on, back
goes back, the key of an objection leads to it, quit ends.`,
		RunE: func(c *cobra.Command, args []string) error {
			s, err := readScript(args[0])
			if err != nil {
				return printFaults(c.OutOrStdout(), err)
			}
			r := reading{script: s, values: s.Example(time.Now()), language: s.Language(language), out: c.OutOrStdout()}
			return r.walk(c.InOrStdin())
		},
	}
	c.Flags().StringVar(&language, "language", "", "BCP 47, such as es; the script's first when absent")
	return c
}

// reading is a walk on the terminal.
type reading struct {
	script   *script.Script
	values   script.Values
	language string
	out      io.Writer
}

func (r reading) walk(in io.Reader) error {
	lines := bufio.NewScanner(in)
	w := r.script.Begin()
	for {
		page := r.script.Render(w, r.language, r.values)
		r.show(page)
		if page.End || !lines.Scan() || strings.TrimSpace(lines.Text()) == "quit" {
			return lines.Err()
		}
		next, err := r.move(w, strings.TrimSpace(lines.Text()))
		if err != nil {
			fmt.Fprintln(r.out, "! "+err.Error())
		}
		w = next
	}
}

// move does what was typed; the walk stays where that cannot be.
func (r reading) move(w script.Walk, typed string) (script.Walk, error) {
	question, answer, answers := strings.Cut(typed, "=")
	switch {
	case typed == "":
		return r.script.Next(w, r.values)
	case typed == "back":
		return r.script.Back(w), nil
	case answers:
		return r.script.Answer(w, r.values, map[string]any{strings.TrimSpace(question): given(answer)})
	}
	for _, o := range r.script.Objections {
		if typed == o.Key || typed == o.ID {
			return r.script.Object(w, o.ID)
		}
	}
	return w, fmt.Errorf("%q is neither question=answer, back, quit nor an objection", typed)
}

// given is an answer, or several with commas between.
func given(answer string) any {
	if !strings.Contains(answer, ",") {
		return answer
	}
	var out []any
	for _, one := range strings.Split(answer, ",") {
		out = append(out, strings.TrimSpace(one))
	}
	return out
}

func (r reading) show(p script.Page) {
	fmt.Fprintf(r.out, "\n[%s] %s\n", p.ID, p.Title)
	for _, b := range append(p.Blocks, p.Hint...) {
		mark := ""
		if b.Note {
			mark = "  > "
		}
		if len(b.Spans) > 0 {
			fmt.Fprintln(r.out, mark+plainSpans(b.Spans))
		}
		for _, item := range b.Items {
			fmt.Fprintln(r.out, mark+"  - "+plainSpans(item))
		}
	}
	for _, q := range p.Questions {
		var options []string
		for _, o := range q.Options {
			options = append(options, o.ID)
		}
		fmt.Fprintf(r.out, "? %s: %s (%s) %s\n", q.ID, q.Text, q.Kind, strings.Join(options, " | "))
	}
	if p.End {
		fmt.Fprintf(r.out, "-- the end; outcome %s\n", cmp.Or(p.Suggests, "as the agent chooses"))
	}
}

func plainSpans(spans []script.Span) string {
	var b strings.Builder
	for _, s := range spans {
		if s.Missing {
			b.WriteString("<" + s.Field + ">")
		}
		b.WriteString(s.Text)
	}
	return b.String()
}
