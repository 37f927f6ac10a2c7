package dialer

import (
	"context"
	"slices"
	"strconv"

	"github.com/forecall/forecall/dialer/media"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// circle is who talks with each other now: all in it hear each other.
func (c *conversation) circle() []*side {
	switch {
	case c.holder == nil:
		return nil
	case c.transfer == nil:
		return []*side{c.holder}
	case c.transfer.phase == TransferTalking, c.transfer.phase == TransferConference:
		return []*side{c.holder, c.target}
	}
	return []*side{c.holder}
}

// alone tells whether the person is in nobody's circle: on hold, or while a
// transfer is under way.
func (c *conversation) alone() bool {
	return c.holder == nil || c.held || (c.transfer != nil && c.transfer.began && c.transfer.phase != TransferConference)
}

// hearing is whom each hears. Who is muted is heard by nobody but supervisors;
// a whisper is heard by the agent it is for and by nobody else.
func (c *conversation) hearing() media.Hearing {
	h := make(media.Hearing)
	circle, alone := c.circle(), c.alone()
	for _, s := range circle {
		if !alone {
			h[s.party] = append(h[s.party], person)
			if !s.muted {
				h[person] = append(h[person], s.party)
			}
		}
		for _, other := range circle {
			if other != s && !other.muted {
				h[s.party] = append(h[s.party], other.party)
			}
		}
	}
	c.hearSupervisors(h, circle, alone)
	return h
}

// hearSupervisors adds those who listen: first what they say, then what they
// hear, which is all that their agent says and hears.
func (c *conversation) hearSupervisors(h media.Hearing, circle []*side, alone bool) {
	for _, s := range []*side{c.holder, c.target} {
		if s == nil || s.agent == 0 {
			continue
		}
		for _, e := range c.ears[s.agent] {
			who := supervisor(e.User)
			if e.Mode != Listen {
				h[s.party] = append(h[s.party], who)
			}
			if e.Mode != Barge || !slices.Contains(circle, s) {
				continue
			}
			if !alone {
				h[person] = append(h[person], who)
			}
			for _, other := range circle {
				if other != s {
					h[other.party] = append(h[other.party], who)
				}
			}
		}
	}
	for _, s := range []*side{c.holder, c.target} {
		if s == nil || s.agent == 0 {
			continue
		}
		for _, e := range c.ears[s.agent] {
			who := supervisor(e.User)
			h[who] = append(append(h[who], s.party), slices.DeleteFunc(slices.Clone(h[s.party]), func(p media.Party) bool { return p == who })...)
		}
	}
}

func supervisor(user int64) media.Party { return media.Party("supervisor " + itoa(user)) }

// music plays what those hear who wait: the person music, the agent who waits
// for an answer and the agent who is asked for one a ringing tone.
func (c *conversation) music(ctx context.Context) {
	if c.holder != nil && c.alone() {
		c.loopTune(ctx, person, "music", c.sounds.music)
	} else {
		c.hushOf(person, "music")
	}
	ringing := c.transfer != nil && c.transfer.phase == TransferRinging && c.transfer.began
	for _, s := range []*side{c.holder, c.target} {
		switch {
		case s == nil || s.agent == 0:
		case ringing:
			c.loopTune(ctx, s.party, "ringing", c.sounds.ringing)
		default:
			c.hushOf(s.party, "ringing")
		}
	}
}

// loopTune plays a sound to a party for as long as it is asked for.
func (c *conversation) loopTune(ctx context.Context, to media.Party, what string, p media.Prompt) {
	if c.tunes[to].what == what {
		return
	}
	c.hush(to)
	ctx, stop := context.WithCancel(ctx)
	c.tunes[to] = playing{what, stop}
	c.sound.Go(func() { _ = c.room.Play(ctx, to, p, true) }) // ends with stop, or when the party leaves
}

// hushOf stops a sound, if it is that one which a party hears.
func (c *conversation) hushOf(to media.Party, what string) {
	if c.tunes[to].what == what {
		c.hush(to)
	}
}

// hush stops what is played to a party.
func (c *conversation) hush(to media.Party) {
	if p, plays := c.tunes[to]; plays {
		p.stop()
		delete(c.tunes, to)
	}
}

// say plays a sound to a party once.
func (c *conversation) say(ctx context.Context, to media.Party, p media.Prompt) {
	if p.Duration() == 0 {
		return
	}
	play := c.room.Cue(to, p, false)     // before whom the party hears next
	c.sound.Go(func() { _ = play(ctx) }) // ends early when the party leaves
}

// tone is what an agent hears before a person; in a demonstration that runs
// faster than life there is none.
func (c *conversation) tone() media.Prompt {
	if c.settings.Speed == 1 {
		return c.settings.Tone
	}
	return media.Prompt{}
}
