package campaigns

import (
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files anew")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// shop is a campaign that sells.
func shop() Campaign {
	c := NewCampaign("fibre")
	c.Products = []Product{
		{Code: "f500", Name: "Fibre 500", Price: 2990, Currency: "EUR", Term: Monthly, MinTerms: 12, MaxDiscount: 0.1},
		{Code: "router", Name: "Router", Price: 4900, Currency: "EUR"},
		{Code: "care", Name: "Care plan", Price: 4800, Currency: "EUR", Term: Yearly, MinTerms: 1, MaxDiscount: 1},
		{Code: "lamp", Name: "Lamp", Price: 1500, Currency: "JPY"},
		{Code: "gold", Name: "Gold", Price: 1_234_567, Currency: "KWD", MaxDiscount: 0.05},
	}
	return c
}

func TestAnOrderIsPricedByTheListToTheLastUnit(t *testing.T) {
	s, err := shop().Price(Sale{Lines: []OrderLine{
		{Product: "f500", Quantity: 2, DiscountShare: 0.1}, {Product: "router", Quantity: 1, UnitPrice: 4900}, {Product: "care", Quantity: 3, Discount: 14_400},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if s.Currency != "EUR" || s.Lines[0].Discount != 598 || s.Lines[0].Term != Monthly || s.Lines[0].Name != "Fibre 500" || s.Lines[1].Term != Once {
		t.Errorf("order %+v", s)
	}
	if s.Total() != 5980-598+4900 || s.Value() != 12*(5980-598)+4900 {
		t.Errorf("first bill %d, worth %d", s.Total(), s.Value())
	}
	want := []TermTotal{{Term: Once, Amount: 4900}, {Term: Monthly, MinTerms: 12, Amount: 5382, Discount: 598}, {Term: Yearly, MinTerms: 1, Discount: 14_400}}
	for i, got := range s.Totals() {
		if got != want[i] {
			t.Errorf("total %d: %+v, want %+v", i, got, want[i])
		}
	}
}

func TestAnOrderThatTheListDoesNotAllowIsRefusedInWords(t *testing.T) {
	for _, c := range []struct {
		name string
		sale Sale
		says string
	}{
		{"a product that is not sold", Sale{Lines: []OrderLine{{Product: "moon", Quantity: 1}}}, `"moon" is not one of the campaign's products`},
		{"too great a discount", Sale{Lines: []OrderLine{{Product: "f500", Quantity: 2, Discount: 599}}}, "at most 10 % (5.98 EUR)"},
		{"a share beyond the greatest", Sale{Lines: []OrderLine{{Product: "router", Quantity: 1, DiscountShare: 0.01}}}, "at most 0 % (0.00 EUR)"},
		{"a price of yesterday", Sale{Lines: []OrderLine{{Product: "f500", Quantity: 1, UnitPrice: 2890}}}, "the price of Fibre 500 has changed"},
		{"two currencies", Sale{Lines: []OrderLine{{Product: "f500", Quantity: 1}, {Product: "lamp", Quantity: 1}}}, "an order of its own"},
		{"nothing", Sale{Currency: "EUR"}, "no order line"},
		{"none of it", Sale{Lines: []OrderLine{{Product: "f500"}}}, "a quantity from 1"},
		{"a currency that is none", Sale{Currency: "EURO", Lines: []OrderLine{{Product: "f500", Quantity: 1}}}, "the order is in EURO"},
		{"a discount in a currency of three decimals", Sale{Lines: []OrderLine{{Product: "gold", Quantity: 1, Discount: 61_729}}}, "(61.728 KWD)"},
	} {
		if _, err := shop().Price(c.sale); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v does not say %q", c.name, err, c.says)
		}
	}
	free := NewCampaign("free")
	if _, err := free.Price(Sale{Currency: "QQQ", Lines: []OrderLine{{Product: "x", Quantity: 1, UnitPrice: 1}}}); err == nil {
		t.Error("a currency that ISO 4217 does not know passes")
	}
	if s, err := free.Price(Sale{Currency: "EUR", Lines: []OrderLine{{Product: "x", Quantity: 3, UnitPrice: 333, DiscountShare: 0.5}}}); err != nil || s.Total() != 499 {
		t.Errorf("without a list: %+v, %v", s, err)
	}
}

func TestTotalsByTermAddUpToTheWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	c := shop()
	for range 500 {
		s := Sale{Currency: "EUR"}
		for range 1 + random.IntN(6) {
			p := c.Products[random.IntN(3)]
			s.Lines = append(s.Lines, OrderLine{Product: p.Code, Quantity: 1 + random.IntN(9), DiscountShare: random.Float64() * p.MaxDiscount})
		}
		priced, err := c.Price(s)
		if err != nil {
			t.Fatalf("%+v: %v", s, err)
		}
		var sum, worth int64
		for _, total := range priced.Totals() {
			sum += total.Amount
			worth += total.Amount * int64(max(1, total.MinTerms))
		}
		if sum != priced.Total() || worth != priced.Value() || sum < 0 {
			t.Fatalf("%+v: totals %d and %d, not %d and %d", priced, sum, worth, priced.Total(), priced.Value())
		}
	}
}

func TestAnOrderIsReadBackInEachLanguage(t *testing.T) {
	c := shop()
	orders := [][]OrderLine{
		{{Product: "f500", Quantity: 2}},
		{{Product: "f500", Quantity: 1, DiscountShare: 0.1}, {Product: "router", Quantity: 1}, {Product: "care", Quantity: 13}},
		{{Product: "lamp", Quantity: 12}},
		{{Product: "gold", Quantity: 1, Discount: 1000}},
	}
	var out strings.Builder
	for _, lines := range orders {
		s, err := c.Price(Sale{Lines: lines})
		if err != nil {
			t.Fatal(err)
		}
		for _, language := range []string{"en", "es-ES", "hu", "et"} {
			words, in := s.Words(language)
			out.WriteString(in + ": " + words + "\n")
		}
		out.WriteString("\n")
	}
	golden(t, "readback.txt", out.String())
	if _, in := (Sale{}).Words("tlh"); in != "en" {
		t.Errorf("a language that we do not speak is read back in %s", in)
	}
}

func TestCurrenciesHaveTheDecimalsOfTheStandard(t *testing.T) {
	for currency, unit := range map[string]int64{"EUR": 100, "JPY": 1, "KWD": 1000, "HUF": 100} {
		if Unit(currency) != unit {
			t.Errorf("%s: %d", currency, Unit(currency))
		}
	}
	if got := plainMoney(5, "EUR") + ", " + plainMoney(5, "JPY") + ", " + plainMoney(1005, "KWD"); got != "0.05 EUR, 5 JPY, 1.005 KWD" {
		t.Error(got)
	}
}

func TestACampaignSaysWhatIsWrongWithItsTrade(t *testing.T) {
	c := shop()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	c.Products = append(c.Products, c.Products[0], Product{Code: "p", Name: "P", Currency: "EUR", Price: -1},
		Product{Code: "q", Name: "Q", Currency: "euro"}, Product{Code: "r", Name: "R", Currency: "EUR", MinTerms: 3}, Product{Code: "s", Name: "S", Currency: "EUR", MaxDiscount: 2})
	c.Reasons, c.Complaints, c.Commission = []string{"a", "a"}, []string{""}, Commission{PerSale: 5}
	c.Dispositions[0].Key, c.Dispositions[1].Key, c.Dispositions[2].Group, c.Dispositions[3].Asks = "x", "x", "odd", "money"
	err := c.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{
		`"f500" stands there twice`, "product p: a price", `product q: currency "euro"`, "min_terms 3: 0 to", "max_discount 2", "reasons: \"a\" stands",
		"complaints: \"\": 1 to", "commission: currency", "have the same key x", `group "odd"`, `asks for "money"`,
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v\ndoes not say %q", err, part)
		}
	}
}
