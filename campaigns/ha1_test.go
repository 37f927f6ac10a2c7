package campaigns

import (
	"errors"
	"testing"
)

func TestHA1IsThatOfTheStandard(t *testing.T) {
	// The example of RFC 7616 section 3.9.1, up to the first digest.
	got := NewHA1("Mufasa", "http-auth@example.org", "Circle of Life")
	want := HA1{
		MD5:    "3d78807defe7de2157e2b0b6573a855f",
		SHA256: "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232",
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if NewHA1("", "r", "s") != (HA1{}) || NewHA1("e", "r", "") != (HA1{}) {
		t.Error("no extension or no secret has a digest")
	}
}

func TestAPhonesSecretIsKeptAsDigestsOfItsExtension(t *testing.T) {
	a, store := accounts(t)
	admin := User{Login: "root", Role: Admin}
	in := Account{User: store.users["ana"], PhoneSecret: "the-secret"}
	in.Extension = "201"
	u, err := a.Update(t.Context(), admin, in)
	if err != nil || u.PhoneHA1 != NewHA1("201", "house", "the-secret") {
		t.Fatalf("stored %+v, %v", u, err)
	}
	in = Account{User: u}
	in.Name = "Ana"
	if u, err = a.Update(t.Context(), admin, in); err != nil || u.PhoneHA1 != NewHA1("201", "house", "the-secret") {
		t.Fatalf("without a secret the old one is not kept: %+v, %v", u, err)
	}
	in.Extension = "202"
	_, err = a.Update(t.Context(), admin, in)
	var p *Problem
	if !errors.As(err, &p) || p.Code != "phone_secret_missing" {
		t.Fatalf("another extension kept digests of the old one: %v", err)
	}
	in.PhoneSecret = "the-secret"
	if u, err = a.Update(t.Context(), admin, in); err != nil || u.PhoneHA1 != NewHA1("202", "house", "the-secret") {
		t.Fatalf("stored %+v, %v", u, err)
	}
	in.Extension, in.PhoneSecret = "", ""
	if u, err = a.Update(t.Context(), admin, in); err != nil || u.PhoneHA1 != (HA1{}) {
		t.Fatalf("without an extension: %+v, %v", u, err)
	}
}
