package storagetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

var registerTests = []test{
	{"versions of registers are kept as they were loaded, newest first", registersKept},
	{"a version that is there is not written over", registersOnce},
}

func registerVersion(list string, version int64) campaigns.RegisterVersion {
	at := time.Date(2026, 5, int(version), 0, 0, 0, 0, time.UTC)
	return campaigns.RegisterVersion{
		List: list, Version: version, Kind: campaigns.RegisterFull, SAN: "10012345-678901", Seller: "ACME", AccessedAt: at, LoadedAt: at.Add(time.Hour),
		By: "eva", Source: "202.txt", SourceSum: "aa", Covers: []string{"1202"}, Count: 250_000_000, Added: 3, Removed: 2, Lines: 9, Rejected: 1,
		SHA256: "bb", Reason: "the state left",
	}
}

func registersKept(b *bench) {
	for _, v := range []campaigns.RegisterVersion{registerVersion("us-national", 1), registerVersion("uk-tps", 1), registerVersion("us-national", 2)} {
		b.must(b.AddRegisterVersion(b.Context(), v))
	}
	got, err := b.RegisterVersions(b.Context(), "us-national")
	b.must(err)
	if len(got) != 2 {
		b.Fatalf("%d versions", len(got))
	}
	for i, v := range got {
		want := registerVersion("us-national", int64(2-i))
		if fmt.Sprintf("%+v", v) != fmt.Sprintf("%+v", want) {
			b.Fatalf("got  %+v\nwant %+v", v, want)
		}
	}
	all, err := b.RegisterVersions(b.Context(), "")
	b.must(err)
	if len(all) != 3 || all[0].List != "uk-tps" {
		b.Fatalf("all lists: %+v", all)
	}
	b.clean()
}

func registersOnce(b *bench) {
	b.must(b.AddRegisterVersion(b.Context(), registerVersion("us-national", 2)))
	for _, version := range []int64{1, 2} {
		if err := b.AddRegisterVersion(b.Context(), registerVersion("us-national", version)); !errors.Is(err, campaigns.ErrExists) {
			b.Fatalf("version %d: %v", version, err)
		}
	}
	b.clean()
}
