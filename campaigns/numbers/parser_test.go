package numbers

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

func newParser(t testing.TB, policy Policy) *Parser {
	t.Helper()
	p, err := NewParser(policy)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// everything lets all kinds and regions through, so that a comparison sees
// what both readings say and not only that both refuse.
func everything() Policy {
	p := Policy{AllowKinds: []Kind{PremiumRate, Shared, Network, Personal, Pager, Voicemail}}
	for region := range phonenumbers.GetSupportedRegions() {
		p.AllowRegions = append(p.AllowRegions, region)
	}
	return p
}

// same fails the test when the tables and the library differ on a text.
func same(t *testing.T, policy Policy, p *Parser, text, region string) (valid bool) {
	t.Helper()
	want, wantErr := policy.Parse(text, region)
	got, gotErr := p.Parse(text, region)
	if (wantErr == nil) != (gotErr == nil) || got.E164 != want.E164 || got.Region != want.Region ||
		got.Kind != want.Kind || !slices.Equal(got.Zones, want.Zones) {
		t.Errorf("%q in %q: tables say %+v %v, the library says %+v %v", text, region, got, gotErr, want, wantErr)
	}
	if wantErr != nil && gotErr != nil && (CodeOf(wantErr) != CodeOf(gotErr) || wantErr.Error() != gotErr.Error()) {
		t.Errorf("%q in %q: tables refuse with %v, the library with %v", text, region, gotErr, wantErr)
	}
	return wantErr == nil
}

// regions are all that have a numbering plan; a few of them under the race
// detector, which finds nothing more in two hundred than in ten.
func regions() []string {
	if underRace {
		return []string{"AU", "BR", "CA", "DE", "ES", "GB", "HU", "IT", "JM", "US"}
	}
	var out []string
	for region := range phonenumbers.GetSupportedRegions() {
		out = append(out, region)
	}
	slices.Sort(out)
	return out
}

// examples are the metadata's own numbers of a region, one of each kind.
func examples(region string) []*phonenumbers.PhoneNumber {
	var out []*phonenumbers.PhoneNumber
	for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
		if n := phonenumbers.GetExampleNumberForType(region, kind); n != nil {
			out = append(out, n)
		}
	}
	return out
}

func TestTheTablesAgreeWithTheLibraryOnEveryRegionAndKindInEveryForm(t *testing.T) {
	policy := everything()
	p := newParser(t, policy)
	tested := 0
	for _, region := range regions() {
		for _, n := range examples(region) {
			national := phonenumbers.Format(n, phonenumbers.NATIONAL)
			e164 := phonenumbers.Format(n, phonenumbers.E164)
			for _, text := range []string{
				e164, e164[1:], "00" + e164[1:], "011" + e164[1:], "0" + e164[1:], national, phonenumbers.GetNationalSignificantNumber(n),
				phonenumbers.Format(n, phonenumbers.INTERNATIONAL), phonenumbers.Format(n, phonenumbers.RFC3966),
				e164 + "0", e164[:len(e164)-1], "(+" + e164[1:] + ")",
			} {
				for _, home := range []string{region, "GB", ""} {
					same(t, policy, p, text, home)
					tested++
				}
			}
		}
	}
	t.Logf("%d comparisons", tested)
}

func TestTheTablesAgreeWithTheLibraryOnRandomNumbersOfEveryRegion(t *testing.T) {
	policy := everything()
	p := newParser(t, policy)
	rng := rand.New(rand.NewPCG(1, 2))
	valid, tested := 0, 0
	rounds := 12
	if testing.Short() {
		rounds = 1
	}
	for _, region := range regions() {
		known := examples(region)
		for range rounds {
			for _, n := range known {
				text, home := disturb(rng, n), region
				if rng.IntN(4) == 0 {
					home = ""
				}
				tested++
				if same(t, policy, p, text, home) {
					valid++
				}
			}
		}
	}
	t.Logf("%d comparisons, %d of them valid numbers", tested, valid)
	if valid*10 < tested {
		t.Errorf("only %d of %d texts were valid numbers: the test does not look at enough of them", valid, tested)
	}
}

// disturb changes some digits of a number and writes it in one of the forms
// that lists hold.
func disturb(rng *rand.Rand, n *phonenumbers.PhoneNumber) string {
	national := []byte(phonenumbers.GetNationalSignificantNumber(n))
	for range rng.IntN(4) {
		from := len(national) / 2
		if rng.IntN(3) == 0 {
			from = 0
		}
		national[from+rng.IntN(len(national)-from)] = byte('0' + rng.IntN(10))
	}
	switch rng.IntN(20) {
	case 0:
		national = append(national, '7')
	case 1:
		national = national[:len(national)-1]
	}
	code := fmt.Sprint(n.GetCountryCode())
	switch rng.IntN(8) {
	case 0:
		return string(national)
	case 1:
		return "0" + string(national)
	case 2:
		return "00" + code + " " + string(national)
	case 3:
		return code + string(national)
	case 4:
		return "+" + code + "0" + string(national)
	}
	return "+" + code + string(national)
}

func TestOrdinaryNumbersAreAnsweredFromTheTables(t *testing.T) {
	p := newParser(t, Policy{})
	missed := map[string]bool{}
	for _, region := range regions() {
		for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE} {
			n := phonenumbers.GetExampleNumberForType(region, kind)
			if n == nil {
				continue
			}
			text := phonenumbers.Format(n, phonenumbers.E164)
			if _, _, ok := p.read(text, []byte(text[1:]), true, ""); !ok {
				missed[region] = true
			}
		}
	}
	// A handful of plans rewrite numbers while reading them; those go to the library.
	if len(missed) > 25 {
		t.Errorf("%d regions are left to the library: %v", len(missed), missed)
	}
	t.Logf("left to the library: %v", missed)
	for _, region := range []string{"US", "GB", "DE", "FR", "ES", "IT", "HU", "EE", "PT", "NL", "PL", "CA", "AU"} {
		if missed[region] {
			t.Errorf("%s is left to the library", region)
		}
	}
}

func FuzzTheTablesAgreeWithTheLibrary(f *testing.F) {
	policy := everything()
	p := newParser(f, policy)
	for _, seed := range []string{"+34600111222", "(212) 555-0123", "06 30 123 4567", "0034600111222", "+54 9 11 2345 6789", "8 800 555 35 35", "'+1x", "112", "٠٦٠٠", ";maddr="} {
		f.Add(seed, "US")
		f.Add(seed, "HU")
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, text, region string) {
		same(t, policy, p, text, region)
		n, err := p.Parse(text, region)
		if err == nil && (len(n.E164) < 8 || len(n.E164) > 16 || n.E164[0] != '+' || !onlyDigits(n.E164[1:])) {
			t.Errorf("%q became %q", text, n.E164)
		}
	})
}

func BenchmarkParseCleanE164(b *testing.B) {
	p := newParser(b, Policy{})
	texts := []string{"+34600111222", "+12125550123", "+442079460958", "+36301234567", "+4930123456", "+33612345678", "+37255512345"}
	for _, text := range texts {
		if _, err := p.Parse(text, ""); err != nil {
			b.Fatal(text, err)
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_, _ = p.Parse(texts[i%len(texts)], "")
	}
}

func BenchmarkParseNationalForms(b *testing.B) {
	p := newParser(b, Policy{})
	texts := [][2]string{{"600 111 222", "ES"}, {"(212) 555-0123", "US"}, {"020 7946 0958", "GB"}, {"06 30 123 4567", "HU"}, {"0034 600 11 12 22", "HU"}, {"06.12.34.56.78", "FR"}}
	for _, text := range texts {
		if _, err := p.Parse(text[0], text[1]); err != nil {
			b.Fatal(text, err)
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_, _ = p.Parse(texts[i%len(texts)][0], texts[i%len(texts)][1])
	}
}

func BenchmarkParseWithTheLibrary(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = Parse("+34600111222", "")
	}
}
