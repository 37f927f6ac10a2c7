package campaigns

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ScoreAnswer is the answer to one question of a scoring form: yes or no, 1 to
// 5, or text. An empty value means that the question did not apply: it counts
// neither for nor against.
type ScoreAnswer struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Score is what one scorer thought of a call.
type Score struct {
	Attempt  string          `json:"attempt_id"`
	Campaign int64           `json:"campaign_id"`
	Agent    int64           `json:"agent_id"` // whose call it was
	CalledAt time.Time       `json:"called_at"`
	Scorer   int64           `json:"scorer_id"`
	By       string          `json:"by"` // login of the scorer
	At       time.Time       `json:"at"`
	Share    float64         `json:"share"` // of the points, 0 to 1; -1 = nothing that has points was answered
	Fatal    bool            `json:"fatal"`
	Comment  string          `json:"comment"`
	Answers  []ScoreAnswer   `json:"answers"`
	Form     []ScoreQuestion `json:"form"` // as it was then
}

// Reckon checks answers against a form and returns the share of the points, and
// whether a fatal question failed: then the share is 0.
func Reckon(form []ScoreQuestion, answers []ScoreAnswer) (share float64, fatal bool, err error) {
	given := map[string]string{}
	for _, a := range answers {
		if _, twice := given[a.Key]; twice {
			return 0, false, fmt.Errorf("score: %q is answered twice", a.Key)
		}
		given[a.Key] = strings.TrimSpace(a.Value)
	}
	points, most := 0.0, 0.0
	for _, q := range form {
		value := given[q.Key]
		delete(given, q.Key)
		if value == "" {
			continue
		}
		part, err := q.earns(value)
		if err != nil {
			return 0, false, err
		}
		points += part * float64(q.Weight)
		most += float64(q.Weight)
		fatal = fatal || q.Fatal && part == 0
	}
	for key := range given {
		return 0, false, fmt.Errorf("score: the form has no question %q", key)
	}
	switch {
	case fatal:
		return 0, true, nil
	case most == 0:
		return -1, false, nil
	}
	return points / most, false, nil
}

// earns is the part of its weight that an answer earns, 0 to 1.
func (q ScoreQuestion) earns(value string) (float64, error) {
	switch q.Kind {
	case ScoreYesNo:
		switch value {
		case "yes":
			return 1, nil
		case "no":
			return 0, nil
		}
		return 0, fmt.Errorf("score: %q is answered yes or no, not %q", q.Key, value)
	case ScoreScale:
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 5 {
			return 0, fmt.Errorf("score: %q is answered 1 to 5, not %q", q.Key, value)
		}
		return float64(n-1) / 4, nil
	}
	if len([]rune(value)) > 2000 {
		return 0, fmt.Errorf("score: the text of %q has at most 2000 characters", q.Key)
	}
	return 0, nil
}
