package numbers

import (
	"sync"
	"testing"
)

func TestAParserServesManyGoroutinesAtOnce(t *testing.T) {
	p := newParser(t, Policy{})
	texts := []string{"+34600111222", "+12125550123", "+442079460958", "+36301234567", "+493023125123", "+33199001234", "+37255512345", "112", "+18765550123"}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range texts {
				text := texts[(i+w)%len(texts)]
				want, wantErr := Parse(text, "US")
				got, err := p.Parse(text, "US")
				if got.E164 != want.E164 || CodeOf(err) != CodeOf(wantErr) {
					t.Errorf("%s: %v %v, want %v %v", text, got, err, want, wantErr)
				}
			}
		})
	}
	wg.Wait()
}
