package script

import "slices"

// Bounds of a script: far above what people write, far below what would hurt.
const (
	maxSource     = 200_000 // octets
	maxText       = 10_000  // octets of one text in one language
	maxSteps      = 200
	maxQuestions  = 200 // in all steps together
	maxOptions    = 60
	maxObjections = 50
	maxLanguages  = 20
	maxBranches   = 50
	maxCondition  = 1000 // octets
)

// Script is a script that was read without a fault.
type Script struct {
	Title     string
	Plain     bool     // the source is no file of steps but a text to read
	Languages []string // BCP 47; the first is the default
	// Fields are the columns that the script declares, with an example of each.
	Fields     map[string]string
	Steps      []*Step // in the order of the file
	Start      string  // id of the first step
	Objections []*Objection

	steps      map[string]*Step
	objections map[string]*Objection
	questions  map[string]*Question
	order      []*Question    // as asked
	usedAt     map[string]int // columns of the list, and the line that names each first
	declaredAt map[string]int
}

// Step is one thing to say and what to ask with it.
type Step struct {
	ID        string
	Line      int
	Title     Text
	Text      Rich // read aloud, but for its quotes
	Hint      Rich // for the agent
	Questions []*Question
	Branches  []Branch
	Next      string // when no branch holds; empty only where End, or where something always leads on
	End       bool
	Suggest   string // code of the disposition that fits this end

	nextLine, suggestLine int
}

// Branch leads to a step when its condition holds.
type Branch struct {
	When string
	To   string
	Line int

	cond *condition
}

// Objection is what to say when the person objects, from any step.
type Objection struct {
	ID    string
	Key   string // one letter or digit
	Line  int
	Title Text
	Text  Rich
	Hint  Rich
	To    string // step to go on with; empty = the one that was left
}

// Kind is the sort of a question.
type Kind string

// The kinds of questions.
const (
	Single   Kind = "single"   // one of the options
	Multiple Kind = "multiple" // any of the options
	Number   Kind = "number"
	Date     Kind = "date"  // a day, 2006-01-02
	Scale    Kind = "scale" // a whole number from Min to Max
	FreeText Kind = "text"
)

// Kinds lists them all.
func Kinds() []Kind { return []Kind{Single, Multiple, Number, Date, Scale, FreeText} }

// Question is something to ask; its answer is kept with the call.
type Question struct {
	ID       string
	Line     int
	Text     Text
	Kind     Kind
	Required bool // there is no way on without an answer
	Options  []Option
	// Min and Max bound a number, a scale, how many options are chosen or how
	// many characters are written; nil = no bound.
	Min, Max *float64
	// From and To bound a date: a day, or today with an offset in days.
	From, To *Day
	Low, Top Text // what the ends of a scale mean
}

// Option is one answer to choose.
type Option struct {
	ID    string
	Label Text
	To    string // step that this answer leads to; empty = as the step says
	Line  int
}

// Step finds a step; nil when there is none.
func (s *Script) Step(id string) *Step { return s.steps[id] }

// Objection finds an objection; nil when there is none.
func (s *Script) Objection(id string) *Objection { return s.objections[id] }

// Question finds a question; nil when there is none.
func (s *Script) Question(id string) *Question { return s.questions[id] }

// Questions lists all questions in the order of the file.
func (s *Script) Questions() []*Question { return slices.Clone(s.order) }

// follows is the step that stands after the given one in the file.
func (s *Script) follows(id string) string {
	i := slices.IndexFunc(s.Steps, func(st *Step) bool { return st.ID == id })
	if i < 0 || i+1 >= len(s.Steps) {
		return ""
	}
	return s.Steps[i+1].ID
}

// decides tells whether the answers of a step lead on whatever they are: a
// question that must be answered has a way for each option.
func (st *Step) decides() bool {
	return slices.ContainsFunc(st.Questions, func(q *Question) bool {
		return q.Required && q.Kind == Single && !slices.ContainsFunc(q.Options, func(o Option) bool { return o.To == "" })
	})
}
