package rules

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// Equal tells whether two terms say the same in everything.
func (t *Terms) Equal(o *Terms) bool {
	if t.Campaign != o.Campaign || t.Seller != o.Seller || t.Purpose != o.Purpose || t.Subject != o.Subject || t.Goods != o.Goods ||
		t.Mode != o.Mode || t.Party != o.Party || t.Recording != o.Recording {
		return false
	}
	if t.Margin != o.Margin || t.RingTime != o.RingTime || t.Hold != o.Hold || t.MaxTries != o.MaxTries || t.Cooldown != o.Cooldown || t.flags() != o.flags() {
		return false
	}
	for i := range t.Windows {
		if !slices.Equal(t.Windows[i], o.Windows[i]) {
			return false
		}
	}
	return true
}

// flags are the yes and no of the terms.
func (t *Terms) flags() (f byte) {
	for i, on := range [...]bool{t.AIVoice, t.Prerecorded, t.AMD, t.Message, t.OptOut} {
		if on {
			f |= 1 << i
		}
	}
	return f
}

func (t *Terms) clone() Terms {
	out := *t
	for i := range out.Windows {
		out.Windows[i] = slices.Clone(t.Windows[i])
	}
	return out
}

func (t *Terms) hash(h *maphash.Hash) {
	hashInts(h, t.Campaign, int64(t.Margin), int64(t.RingTime), int64(t.Hold), int64(t.MaxTries), int64(t.Cooldown), int64(t.flags()))
	hashWords(h, t.Seller, t.Purpose, t.Subject, t.Goods, t.Mode, t.Party, t.Recording)
	for _, day := range t.Windows {
		for _, s := range day {
			hashInts(h, int64(s.From)<<32|int64(s.To))
		}
		_ = h.WriteByte(0xff)
	}
}

func (p *Place) equal(o *Place) bool {
	return p.Country == o.Country && p.ZoneSource == o.ZoneSource && p.LineType == o.LineType && slices.Equal(p.Jurisdictions, o.Jurisdictions) &&
		slices.Equal(p.Regions, o.Regions) && slices.Equal(p.Zones, o.Zones)
}

func (p *Place) clone() Place {
	out := *p
	out.Jurisdictions, out.Regions, out.Zones = slices.Clone(p.Jurisdictions), slices.Clone(p.Regions), slices.Clone(p.Zones)
	return out
}

func (p *Place) hash(h *maphash.Hash) {
	hashWords(h, p.Country, p.ZoneSource, p.LineType)
	for _, list := range [...][]string{p.Jurisdictions, p.Regions, p.Zones} {
		hashWords(h, list...)
		_ = h.WriteByte(0xfe)
	}
}

func hashWords(h *maphash.Hash, words ...string) {
	for _, w := range words {
		_, _ = h.WriteString(w)
		_ = h.WriteByte(0)
	}
}

func hashInts(h *maphash.Hash, numbers ...int64) {
	var b [8]byte
	for _, n := range numbers {
		binary.LittleEndian.PutUint64(b[:], uint64(n))
		_, _ = h.Write(b[:])
	}
}
