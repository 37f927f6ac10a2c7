package campaigns

import (
	"errors"
	"fmt"
	"strings"

	"github.com/forecall/forecall/campaigns/filter"
)

// ScoreKind is how a question of a scoring form is answered.
type ScoreKind string

// The kinds of questions.
const (
	ScoreYesNo ScoreKind = "yes_no" // yes earns the whole weight
	ScoreScale ScoreKind = "scale"  // 1 to 5: 1 earns nothing, 5 the whole weight
	ScoreText  ScoreKind = "text"   // earns nothing
)

// ScoreQuestion is a question that is asked of a call that is heard again.
type ScoreQuestion struct {
	Key    string    `json:"key"`  // unique within the form
	Text   string    `json:"text"` // as the scorer reads it
	Kind   ScoreKind `json:"kind"`
	Weight int       `json:"weight,omitempty"` // of the points; text has none
	// Fatal makes the score of the whole call 0 when the answer is no, or 1.
	Fatal bool `json:"fatal,omitempty"`
}

// Limits of what an office keeps with a campaign.
const (
	maxQuestions    = 50
	maxPauseReasons = 30
	maxReason       = 64
)

// validateOffice says what is wrong with the filter, the reasons to pause and
// the scoring form.
func (c Campaign) validateOffice() error {
	var errs []error
	if _, err := filter.Parse(c.Filter, filter.Names{}); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(append(errs, validateReasons("pause_reasons", c.PauseReasons), validateForm(c.ScoreForm))...)
}

// validateReasons says what is wrong with words to choose from.
func validateReasons(what string, reasons []string) error {
	if len(reasons) > maxPauseReasons {
		return fmt.Errorf("%s: at most %d", what, maxPauseReasons)
	}
	seen := map[string]bool{}
	for _, r := range reasons {
		if strings.TrimSpace(r) == "" || len([]rune(r)) > maxReason || seen[r] {
			return fmt.Errorf("%s: %q: each has 1 to %d characters and stands there once", what, r, maxReason)
		}
		seen[r] = true
	}
	return nil
}

func validateForm(form []ScoreQuestion) error {
	if len(form) > maxQuestions {
		return fmt.Errorf("score_form: at most %d questions", maxQuestions)
	}
	seen := map[string]bool{}
	for i, q := range form {
		switch {
		case q.Key == "" || len(q.Key) > maxReason || seen[q.Key]:
			return fmt.Errorf("score_form: question %d needs a key of its own with 1 to %d characters", i+1, maxReason)
		case strings.TrimSpace(q.Text) == "" || len([]rune(q.Text)) > 500:
			return fmt.Errorf("score_form: %q needs a text of at most 500 characters", q.Key)
		case q.Kind != ScoreYesNo && q.Kind != ScoreScale && q.Kind != ScoreText:
			return fmt.Errorf("score_form: %q: kind %q: yes_no, scale or text", q.Key, q.Kind)
		case q.Weight < 0 || q.Weight > 1000 || q.Kind == ScoreText && (q.Weight != 0 || q.Fatal):
			return fmt.Errorf("score_form: %q: a weight of 0 to 1000; a text has none and is never fatal", q.Key)
		}
		seen[q.Key] = true
	}
	return nil
}
