package rules

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// check says what is wrong with a rule that was read.
func (r *Rule) check(n *yaml.Node) error {
	if r.Cite == "" {
		return errors.New("write where the law says so: cite: \"47 CFR 64.1200(c)(1)\"")
	}
	if r.Status == "" {
		r.Status = Verified
	}
	if !slices.Contains([]Status{Verified, Secondary, Unverified, Advisory}, r.Status) {
		return fmt.Errorf("status %q: write verified, secondary, unverified or advisory", r.Status)
	}
	if err := r.When.check(); err != nil {
		return fmt.Errorf("when: %w", err)
	}
	if r.Type == TypeConsent && len(r.Unless) == 0 && len(r.Any) == 0 {
		if err := (&Need{Level: r.Level, Channel: r.Channel}).check(n.Line); err != nil {
			return err
		}
	}
	return r.checkType(n)
}

func (w *When) check() error {
	for _, s := range w.States {
		if s == "" || strings.ToUpper(s) != s {
			return fmt.Errorf("state %q: write FL or US-FL", s)
		}
	}
	if len(w.Via) > 0 && (len(w.Via) != 2 || !w.Via.has("area_code") || !w.Via.has("address")) {
		return errors.New("via: a state counts by area code and by address, always both: write [area_code, address] or leave it out")
	}
	for _, flags := range []words{w.Any, w.All, w.Not} {
		if err := checkWords("flag", flags, flagNames); err != nil {
			return err
		}
	}
	return errors.Join(checkPlace(w.Countries, nil), checkWords("purpose", w.Purposes, purposeWords), checkWords("party", w.Parties, partyWords))
}

func (r *Rule) checkType(n *yaml.Node) error {
	switch r.Type {
	case TypeList:
		return needs1(r.List != "", "list: the name of the register, as us-national")
	case TypeConsent:
		return errors.Join(r.checkAny(), needs1(len(r.Any) == 0 || (r.Level == "" && r.Channel == "" && r.MaxAge.IsZero() && !r.NamesSeller),
			"level, channel, max_age and names_seller within the words of any, or without any"))
	case TypeWindow:
		return r.checkWindow(n)
	case TypeCap:
		return r.checkCap()
	case TypeCooldown, TypeGuard:
		return r.checkSilence()
	case TypeRate:
		return r.checkRate()
	case TypeRing:
		return needs1(r.Min.Clock > 0 && !r.Min.Calendar(), "min: a time, as 15s")
	case TypeConnect:
		return r.checkConnect()
	case TypeCLI:
		return r.checkCLI()
	case TypeRecord:
		return errors.Join(checkWords("require", r.Require, words{"off", "on", "announce", "consent"}),
			needs1(len(r.Require)+len(r.Keep) > 0, "require: how calls are recorded, or keep: what is kept"),
			needs1(len(r.Keep) == 0 || !r.Hold.IsZero(), "hold: how long it is kept, as 5y"))
	case TypeExternal:
		return needs1(r.Check != "", "check: which check, as rnd")
	case TypeLineType:
		return errors.Join(needs1(len(r.Allow)+len(r.Forbid) > 0, "allow or forbid: line types, as mobile"),
			checkWords("unknown", one(r.Unknown), words{"refused", "allowed"}))
	case TypeZone:
		return needs1(len(r.Sources) > 0 || r.MaxZones > 0, "sources: where a zone may come from, or max_zones")
	case TypeCustom:
		return r.checkExpr()
	}
	return nil
}

// needs1 asks for a field.
func needs1(ok bool, what string) error {
	if ok {
		return nil
	}
	return errors.New("write " + what)
}

// one is a list of a word that may be empty.
func one(word string) words {
	if word == "" {
		return nil
	}
	return words{word}
}

func (r *Rule) checkAny() error {
	for _, n := range r.Any {
		if n.Kind == needReserved || n.Kind == needManual {
			return fmt.Errorf("any: %s is no consent; write it below unless", n.Kind)
		}
	}
	return nil
}

func (r *Rule) checkWindow(n *yaml.Node) error {
	if child(n, "weekly") == nil {
		return errors.New("write weekly: {mon-fri: [\"09:00-20:00\"]}")
	}
	if err := checkWords("zones", one(r.Zones), words{"all_candidates"}); err != nil {
		return err
	}
	if r.Holidays != "" {
		if _, _, err := parseHolidaySpec(r.Holidays); err != nil {
			return err
		}
	}
	return needs1(len(r.PreHoliday) == 0 || r.Holidays != "", "holidays beside pre_holiday: which days are meant")
}

func (r *Rule) checkCap() error {
	return errors.Join(needs1(r.Max >= 0 && r.Max == math.Trunc(r.Max) && r.Max < 1e6, "max: how many calls, a whole number"),
		needs1(!r.Per.IsZero(), "per: in which time, as 24h or 30d"), r.checkDays(r.Per),
		checkWords("count", one(r.Count), words{"attempts", "answered", "conversations"}), checkWords("key", r.Key, keyWords))
}

func (r *Rule) checkDays(p Period) error {
	switch {
	case r.Elapsed && r.CalendarDays:
		return errors.New("elapsed and calendar_days are two ways to count; choose one")
	case (r.CalendarDays || (p.Calendar() && !r.Elapsed)) && p.Clock%(24*3600*1e9) != 0:
		return fmt.Errorf("%s cannot be counted by dates; write days, or elapsed: true", p)
	}
	return nil
}

func (r *Rule) checkSilence() error {
	for _, text := range r.After {
		if _, ok := parseEvent(text); !ok {
			return fmt.Errorf("after %q: write %s, outcome.NAME or effect.NAME", text, joinKeys(classes))
		}
	}
	return errors.Join(needs1(len(r.After) > 0, "after: what it follows, as refused"), needs1(!r.For.IsZero(), "for: how long, as 72h or 60d"),
		r.checkDays(r.For), checkWords("key", r.Key, keyWords))
}

func (r *Rule) checkRate() error {
	w := r.Window
	forms := 0
	for _, set := range []bool{!w.Blocks.IsZero(), !w.Rolling.IsZero(), w.Calendar != ""} {
		if set {
			forms++
		}
	}
	return errors.Join(needs1(r.Max >= 0 && r.Max < 1, "max: a share below 1, as 0.03"), needs1(r.ActAt >= 0 && r.ActAt <= r.Max, "act_at: a share up to max"),
		needs1(forms == 1, "window: {blocks: 30d, anchor: campaign_start}, {rolling: 24h} or {calendar: month}"),
		checkWords("window calendar", one(w.Calendar), words{"month", "day"}), checkWords("window and", one(w.And), words{"calendar_day"}),
		checkWords("window anchor", one(w.Anchor), words{"campaign_start"}),
		checkWords("group", one(r.Group), words{"campaign", "seller_purpose", "centre"}),
		checkWords("formula", one(r.Formula), words{"us", "ca", "uk2010", "uk_amd_fp", "uk_adjusted"}),
		checkWords("on_breach", one(r.OnBreach), words{"progressive"}), checkWords("act", one(r.Act), words{"period", "hard"}),
		checkWords("start", one(r.Start), words{fromConnected, fromGreetingStart, fromGreetingEnd}))
}

func (r *Rule) checkConnect() error {
	return errors.Join(needs1(r.Within.Clock > 0 && !r.Within.Calendar(), "within: a time, as 2s"),
		checkWords("from", one(r.From), words{fromGreetingEnd, fromGreetingStart, fromConnected}),
		checkWords("fallback", one(r.Fallback), words{fromAnswered}),
		checkWords("message audio", one(r.Message.Audio), words{"req"}),
		checkWords("message opt_out", one(r.Message.OptOut), words{"keypress", "voice", "keypress_and_voice"}))
}

func (r *Rule) checkCLI() error {
	for _, word := range r.Require {
		if _, ok := cliWishes[word]; !ok {
			return fmt.Errorf("require %q: write %s", word, joinKeys(cliWishes))
		}
	}
	for _, beginning := range r.ForbidRanges {
		if !strings.HasPrefix(beginning, "+") {
			return fmt.Errorf("forbid_ranges %q: write the beginning with + and the country code, as +346", beginning)
		}
	}
	for _, beginning := range r.RequireRange {
		if !strings.HasPrefix(beginning, "+") && !strings.HasPrefix(beginning, "$") {
			return fmt.Errorf("require_range %q: write a beginning as +34910, or a variable as $es_commercial_code", beginning)
		}
	}
	return needs1(len(r.Require)+len(r.ForbidRanges)+len(r.RequireRange) > 0 || !r.TestedWithin.IsZero(), "require, forbid_ranges, require_range or tested_within")
}

func (r *Rule) checkExpr() (err error) {
	if r.custom, err = compileCustom(r.Expr); err != nil {
		return fmt.Errorf("expr: %w", err)
	}
	return nil
}
