package rules

import (
	"slices"
	"strings"
	"time"
)

// cliRule is what a cli rule asks of the caller ID, with variables put in.
type cliRule struct {
	require []cliWish
	forbid  []string // beginnings
	ranges  []string // beginnings of which it has to have one
	ranged  bool     // a range is asked for, even if the variable is empty
	tested  time.Duration
}

type cliWish uint8

const (
	cliShown cliWish = iota
	cliAuthorized
	cliCallable
	cliNotBlocked
	cliAssigned
	cliNotMobile
	cliSameCountry
)

var cliWishes = map[string]cliWish{
	"shown": cliShown, "authorized": cliAuthorized, "callable": cliCallable, "not_blocked": cliNotBlocked, "assigned": cliAssigned,
	"not_mobile": cliNotMobile, "same_country": cliSameCountry,
}

func (b *Book) cliRule(r *Rule) *cliRule {
	out := &cliRule{forbid: b.values(r.ForbidRanges), ranges: b.values(r.RequireRange), ranged: len(r.RequireRange) > 0, tested: r.TestedWithin.Duration()}
	for _, word := range r.Require {
		out.require = append(out.require, cliWishes[word])
	}
	return out
}

// values puts the values of variables in the place of their names.
func (b *Book) values(list words) []string {
	var out []string
	for _, word := range list {
		if name, is := variable(word); is {
			out = append(out, b.variables[name]...)
		} else {
			out = append(out, word)
		}
	}
	return out
}

// CLIRules are the beginnings of caller IDs that the plan forbids, and those of
// which it asks for one, rule by rule: what chooses caller IDs looks here first.
// Advisory rules are left out.
func (p *Plan) CLIRules() (forbid []string, require [][]string) {
	for i := range p.rules {
		b := &p.rules[i]
		if b.kind != kindCLI || b.advisory {
			continue
		}
		forbid = append(forbid, b.cli.forbid...)
		if b.cli.ranged {
			require = append(require, slices.Clone(b.cli.ranges))
		}
	}
	return forbid, require
}

// ForbidsCLI finds the rule by which a number may not be shown whatever else is
// known of it, and the range that says so; nil = none does. Advisory rules are
// left out.
func (p *Plan) ForbidsCLI(number string) (rule *Rule, beginning string) {
	for i := range p.rules {
		b := &p.rules[i]
		if b.kind != kindCLI || b.advisory {
			continue
		}
		for _, beginning := range b.cli.forbid {
			if strings.HasPrefix(number, beginning) {
				return b.rule, beginning
			}
		}
	}
	return nil, ""
}

// cliReason tells what is wrong with the caller ID; ref is the range that
// decides.
func (p *Plan) cliReason(r *cliRule, c *CLI, now time.Time) (reason, int32) {
	if c.Number == "" {
		return reasonNoCLI, -1
	}
	for i, beginning := range r.forbid {
		if strings.HasPrefix(c.Number, beginning) {
			return reasonForbiddenRange, int32(i)
		}
	}
	if r.ranged && !slices.ContainsFunc(r.ranges, func(beginning string) bool { return strings.HasPrefix(c.Number, beginning) }) {
		return reasonRange, -1
	}
	for _, wish := range r.require {
		if why := p.cliWish(wish, c, now); why != reasonNone {
			return why, -1
		}
	}
	return unless(r.tested == 0 || (!c.TestedAt.IsZero() && now.Sub(c.TestedAt) <= r.tested), reasonUntested), -1
}

func (p *Plan) cliWish(wish cliWish, c *CLI, now time.Time) reason {
	switch wish {
	case cliAuthorized:
		return unless(c.Authorized && !now.Before(c.From) && (c.Until.IsZero() || now.Before(c.Until)), reasonUnauthorized)
	case cliCallable:
		return unless(c.Callable, reasonNotCallable)
	case cliNotBlocked:
		return unless(!c.Blocked, reasonBlocked)
	case cliAssigned:
		return unless(c.Seller != "" && strings.EqualFold(c.Seller, strings.TrimSpace(p.terms.Seller)), reasonNotAssigned)
	case cliNotMobile:
		return unless(c.LineType != "mobile", reasonMobile)
	case cliSameCountry:
		return unless(c.Country == "" || p.place.Country == "" || c.Country == p.place.Country, reasonOtherCountry)
	case cliShown:
	}
	return reasonNone
}
