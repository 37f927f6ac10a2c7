package intake

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

// silenced are rules that cannot be asked any more.
type silenced struct{ after int }

var errSilenced = errors.New("the rules cannot be asked")

func (s *silenced) Foresee(_ context.Context, _ int64, people []campaigns.Contact) ([]campaigns.Bar, error) {
	if s.after--; s.after < 0 {
		return nil, errSilenced
	}
	return make([]campaigns.Bar, len(people)), nil
}

// TestWhatIsStoredIsCountedAlsoWhenTheRulesAreNotAskedAnyMore, as when somebody
// interrupts an import while rows are being stored: else nobody knows of them.
func TestWhatIsStoredIsCountedAlsoWhenTheRulesAreNotAskedAnyMore(t *testing.T) {
	var list strings.Builder
	list.WriteString("name,phone\n")
	for i := range 1500 {
		fmt.Fprintf(&list, "Person %d,+34%d\n", i, 600_000_000+i*37)
	}
	m := &memory{}
	r, err := Import(t.Context(), m, strings.NewReader(list.String()), Options{Campaign: 1, List: 1, Foresight: &silenced{after: 1}})
	if !errors.Is(err, errSilenced) {
		t.Fatalf("%v", err)
	}
	if r.Counts.Added != int64(len(m.contacts)) || r.Counts.Rows != r.Counts.Added || len(m.contacts) != 1000 {
		t.Errorf("%d people are stored, %+v are told", len(m.contacts), r.Counts)
	}
}
