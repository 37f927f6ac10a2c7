package web

import (
	"net/http"
	"strings"

	"github.com/forecall/forecall/campaigns"
)

// tradeView is a page of a campaign with a table of fields, which ends with
// empty rows to write more into.
type tradeView struct {
	within
	Products []campaigns.Product
	Outcomes []campaigns.DispositionType
	Prompts  []campaigns.PromptFile
	Teams    []campaigns.Department
}

// Rows of a table of fields to write more into.
const freshRows = 3

// Amount writes money as the form takes it.
func (v tradeView) Amount(minor int64, currency string) string {
	if currency == "" {
		return ""
	}
	return amount(minor, currency)
}

// Percent writes a share as the form takes it; nothing for none.
func (v tradeView) Percent(share float64) string {
	if share == 0 {
		return ""
	}
	return inPercent(share)
}

// Lines writes a list as the form takes it.
func (v tradeView) Lines(list []string) string { return strings.Join(list, "\n") }

// Comma writes a list in one field.
func (v tradeView) Comma(list []string) string { return strings.Join(list, ", ") }

func (p *Pages) campaignProducts(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in, err := p.in(r, u, "products", "Products")
	if err != nil {
		return err
	}
	return p.showProducts(w, tradeView{within: in}, http.StatusOK)
}

func (p *Pages) showProducts(w http.ResponseWriter, v tradeView, status int) error {
	v.Products = append(append([]campaigns.Product{}, v.Campaign.Products...), make([]campaigns.Product, freshRows)...)
	return p.render(w, status, "campaign-products.html", v)
}

// saveProducts takes what is sold, and what agents earn by it.
func (p *Pages) saveProducts(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in, err := p.in(r, u, "products", "Products")
	if err != nil {
		return err
	}
	v, f := tradeView{within: in}, p.form(r)
	v.Campaign.Products = nil
	codes, names, currencies := f.all("code"), f.all("name"), f.all("currency")
	texts, prices, terms, least, most := f.all("description"), f.all("price"), f.all("term"), f.all("min_terms"), f.all("max_discount")
	for i := range codes {
		code, currency := at(codes, i), strings.ToUpper(at(currencies, i))
		if code == "" {
			continue // an empty row, or one that was emptied: the product goes
		}
		v.Campaign.Products = append(v.Campaign.Products, campaigns.Product{
			Code: code, Name: at(names, i), Description: at(texts, i), Currency: currency, Price: f.money(code, at(prices, i), currency),
			Term: campaigns.Term(at(terms, i)), MinTerms: f.whole(code, at(least, i)), MaxDiscount: f.percent(code, at(most, i)),
		})
	}
	c, t := &v.Campaign.Commission, f.say.T
	c.Currency = strings.ToUpper(f.text("commission_currency"))
	c.PerSale, c.PerAppointment = f.money(t("A sale"), f.text("per_sale"), c.Currency), f.money(t("An appointment"), f.text("per_appointment"), c.Currency)
	c.PerSurvey, c.ShareOfSales = f.money(t("A survey"), f.text("per_survey"), c.Currency), f.percent(t("Share of what is sold"), f.text("share_of_sales"))
	c.DayTarget = campaigns.DayTarget{
		Sales: f.whole(t("Sales"), f.text("target_sales")), Appointments: f.whole(t("Appointments"), f.text("target_appointments")),
		Surveys: f.whole(t("Surveys"), f.text("target_surveys")), Calls: f.whole(t("Calls"), f.text("target_calls")),
	}
	return p.saved(w, r, u, f, &v.within, "/products", func(status int) error { return p.showProducts(w, v, status) })
}

func (p *Pages) campaignOutcomes(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in, err := p.in(r, u, "outcomes", "Outcomes")
	if err != nil {
		return err
	}
	return p.showOutcomes(w, tradeView{within: in}, http.StatusOK)
}

func (p *Pages) showOutcomes(w http.ResponseWriter, v tradeView, status int) error {
	v.Outcomes = append(append([]campaigns.DispositionType{}, v.Campaign.Dispositions...), make([]campaigns.DispositionType, freshRows)...)
	return p.render(w, status, "campaign-outcomes.html", v)
}

// Length writes a length of time as the form takes it.
func (v tradeView) Length(o campaigns.DispositionType) string { return length(o.Delay) }

// saveOutcomes takes what agents can say of a call.
func (p *Pages) saveOutcomes(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in, err := p.in(r, u, "outcomes", "Outcomes")
	if err != nil {
		return err
	}
	v, f := tradeView{within: in}, p.form(r)
	v.Campaign.Dispositions = nil
	codes, labels, effects, delays := f.all("code"), f.all("label"), f.all("effect"), f.all("delay")
	groups, keys, asks := f.all("group"), f.all("key"), f.all("asks")
	for i := range codes {
		if code := at(codes, i); code != "" {
			v.Campaign.Dispositions = append(v.Campaign.Dispositions, campaigns.DispositionType{
				Code: code, Label: at(labels, i), Effect: campaigns.Effect(at(effects, i)), Delay: f.length(code, at(delays, i)),
				Group: campaigns.Group(at(groups, i)), Key: at(keys, i), Asks: campaigns.Asks(at(asks, i)),
			})
		}
	}
	v.Campaign.Reasons, v.Campaign.Complaints, v.Campaign.PauseReasons = f.lines("reasons"), f.lines("complaints"), f.lines("pause_reasons")
	v.Campaign.Consent = campaigns.ConsentAsk{Text: f.text("consent_text"), Months: f.whole("Consent", f.text("consent_months"))}
	return p.saved(w, r, u, f, &v.within, "/outcomes", func(status int) error { return p.showOutcomes(w, v, status) })
}
