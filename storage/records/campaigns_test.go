package records

import (
	"reflect"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

func TestACopyOfACampaignSharesNothingWithIt(t *testing.T) {
	var c campaigns.Campaign
	fields := reflect.ValueOf(&c).Elem()
	for i := range fields.NumField() {
		switch f := fields.Field(i); f.Kind() {
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		case reflect.Map:
			f.Set(reflect.MakeMap(f.Type()))
		}
	}
	c.Departments[0].Agents = []string{"ana"}
	same := reflect.ValueOf(copyCampaign(c))
	for i := range fields.NumField() {
		f := fields.Field(i)
		if k := f.Kind(); (k == reflect.Slice || k == reflect.Map) && f.Pointer() == same.Field(i).Pointer() {
			t.Errorf("%s is shared", fields.Type().Field(i).Name)
		}
	}
	copyCampaign(c).Departments[0].Agents[0] = "eve"
	if c.Departments[0].Agents[0] != "ana" {
		t.Error("the agents of a department are shared")
	}
}
