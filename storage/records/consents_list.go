package records

import "github.com/forecall/forecall/campaigns"

// addListed enters what the rows of a load say of consents, for each phone of
// those that were taken in: for the seller of the campaign, unless the row names
// another.
func (t *tx) addListed(l campaigns.Load, rows []contactRow, verdicts []campaigns.RowVerdict) error {
	var batch []campaigns.Consent
	for i := range rows {
		said := rows[i].person.Consent
		if said == nil || verdicts[i].Fate != campaigns.RowAdded && verdicts[i].Fate != campaigns.RowUpdated {
			continue
		}
		c := *said
		if c.Name == "" {
			c.Name = rows[i].person.Name
		}
		if c.Seller == "" {
			settings, _ := t.settings(l.Campaign)
			c.Seller = settings.Seller
		}
		c.Campaign, c.Load, c.By = l.Campaign, l.ID, l.By
		for _, n := range rows[i].e164 {
			c.Number = number(n)
			batch = append(batch, c)
		}
	}
	if len(batch) == 0 {
		return nil
	}
	_, err := t.addConsents(batch)
	return err
}
