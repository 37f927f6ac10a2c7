package redis

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed limits.lua
var limitsText string

var limitsScript = redis.NewScript(limitsText)

// speakTimeout bounds one talk with Redis, a new connection among it. Callers do
// not wait for it.
const speakTimeout = 500 * time.Millisecond

// word is what a node says of one trunk: who it is, what it has, what it wants.
type word struct {
	*stake
	number            int64
	share             float64 // calls a second that it puts into the pool
	claim, need, want int     // lines: those it has, those its callers wait for, those it would have besides
	turns             int
	askers            int // for how many it is said, the first that wait
	greeting          bool
	cmd               *redis.Cmd
	err               error
}

// Run talks with Redis until ctx ends, and leaves word then that its lines in
// excess of those in use, and its turns, are the others'.
func (l *Limits) Run(ctx context.Context) {
	l.mu.Lock()
	l.start(time.Now())
	l.mu.Unlock()
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	var number int64
	for all := true; ; {
		l.speak(ctx, all, &number)
		select {
		case <-ctx.Done():
			l.leave(&number)
			return
		case <-beat.C:
			all = true
		case <-l.kick:
			all = false
		}
	}
}

// speak says one word for each trunk that somebody waits for, or for all; a
// greeting first when the last answer is too old to be referred to.
func (l *Limits) speak(ctx context.Context, all bool, number *int64) {
	for range 2 {
		words := l.words(all, number)
		if len(words) == 0 || !l.say(ctx, words) || !words[0].greeting {
			return
		}
	}
}

// words puts together what is to be said now.
func (l *Limits) words(all bool, number *int64) []*word {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.look(now)
	if l.house == nil {
		return nil
	}
	if !l.speaks(now) || !l.fresh(now) {
		if !all && l.apart {
			return nil
		}
		return []*word{{stake: l.stakes[l.names[0]], greeting: true}}
	}
	var words []*word
	for _, name := range l.names {
		if s := l.stakes[name]; all || len(s.askers) > 0 {
			*number++
			words = append(words, s.word(*number))
		}
	}
	l.pledged = l.heard
	return words
}

// word gives back what the node does not need and asks for what it does.
func (s *stake) word(number int64) *word {
	wish, need := s.wish()
	if spare := wish + 1; s.allotted > spare {
		s.allotted = max(spare, s.held)
	}
	w := &word{stake: s, number: number, share: s.pace.is, claim: s.allotted, askers: len(s.askers), want: max(0, wish-s.allotted)}
	w.need = max(0, need-(s.allotted-s.held)) // a line may have come free meanwhile
	for _, a := range s.askers {
		if a.turn && !a.withdrawn {
			w.turns++
		}
	}
	return w
}

// say sends the words in one go; false when Redis did not answer.
func (l *Limits) say(ctx context.Context, words []*word) bool {
	ctx, stop := context.WithTimeout(ctx, speakTimeout)
	defer stop()
	l.mu.Lock()
	node, run, seen, members := l.node, l.run, l.seen, strings.Join(l.members, " ")
	l.mu.Unlock()
	sent := time.Now()
	_, _ = l.house.client.Pipelined(ctx, func(p redis.Pipeliner) error { // each word has its own error
		for _, w := range words {
			w.cmd = l.send(ctx, p, w, node, run, seen, members)
		}
		return nil
	})
	came := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.node != node { // what an earlier life was lent is not this one's
		return false
	}
	for _, w := range words {
		if w.err = l.hear(w, sent, came); w.err != nil {
			l.failed()
			l.why = w.err
			w.refuse(came, w.askers, errSilent)
		}
	}
	return words[0].err == nil
}

func (l *Limits) send(ctx context.Context, p redis.Pipeliner, w *word, node, run string, seen int64, members string) *redis.Cmd {
	if w.greeting {
		seen = 0
	}
	keys := []string{l.house.key("trunk", w.trunk.Name)}
	args := []any{
		run, node, seen, strconv.FormatFloat(w.share, 'f', -1, 64), w.trunk.Lines, w.claim, w.need, w.want, w.turns, w.number, w.born, members,
	}
	if l.loaded {
		return limitsScript.EvalSha(ctx, p, keys, args...)
	}
	return limitsScript.Eval(ctx, p, keys, args...)
}

// hear takes the answer to a word.
func (l *Limits) hear(w *word, sent, came time.Time) error {
	answer, err := w.cmd.Slice()
	if err != nil {
		l.loaded = l.loaded && !redis.HasErrorPrefix(err, "NOSCRIPT")
		return err
	}
	l.loaded = true
	figures, run, err := figuresOf(answer)
	if err != nil {
		return err
	}
	l.answered(came, run, figures[0], len(figures) > 1)
	if len(figures) == 1 {
		if !w.greeting {
			w.refuse(came, w.askers, errSilent)
		}
		return nil
	}
	w.learn(figures, sent, came)
	return nil
}

// figuresOf reads an answer: a server's name, and numbers.
func figuresOf(answer []any) (figures []int64, run string, err error) {
	if len(answer) != 2 && len(answer) != 10 {
		return nil, "", fmt.Errorf("limits: an answer of %d parts", len(answer))
	}
	run, ok := answer[0].(string)
	for _, part := range answer[1:] {
		n, is := part.(int64)
		ok = ok && is
		figures = append(figures, n)
	}
	if !ok {
		return nil, "", errors.New("limits: an answer of another kind")
	}
	return figures, run, nil
}

// learn takes what the pool gave: lines, and turns by Redis' clock. A turn lies
// between its offset from when we asked and from when we had the answer; it is
// used after the later, and until the earlier and what it may be late.
func (w *word) learn(f []int64, sent, came time.Time) {
	micro := func(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
	w.born = f[1]
	w.allotted += int(f[2])
	w.free = int(f[3])
	w.rate = float64(f[8]) / 1000
	w.next = came.Add(micro(f[7]))
	turns := make([]grant, 0, f[4])
	for i := range f[4] {
		offset := micro(f[5] + i*f[6])
		if g := (grant{from: came.Add(offset), until: sent.Add(offset + late)}); g.from.Before(g.until) {
			turns = append(turns, g)
		}
	}
	w.settle(came, w.askers, turns)
}

// look lets time pass: who is there, and whether Redis is.
func (l *Limits) look(now time.Time) {
	rank, member := rankOf(l.node, l.members)
	left, joined := l.turnOver(now)
	if left {
		l.log.Warn("redis does not answer: the node keeps to its own part of the trunks' limits", "node", l.node, "error", l.why)
	}
	if joined {
		l.log.Info("redis answers: the nodes share the trunks' limits again", "node", l.node)
	}
	after := growAfter
	if l.sole {
		after = growSole
	}
	for _, s := range l.stakes {
		if member && l.fresh(now) {
			s.members(now, rank, len(l.members), after)
			s.cutBack(l.apart)
		} else {
			s.strand()
		}
	}
}

// fresh reports whether the node knows who is there, itself among them.
func (l *Limits) fresh(now time.Time) bool {
	_, member := rankOf(l.node, l.members)
	return member && now.Sub(l.told) < toldCounts
}

// leave says that the node takes no more turns and keeps only the lines in use.
func (l *Limits) leave(number *int64) {
	l.mu.Lock()
	for _, s := range l.stakes {
		s.refuse(time.Now(), len(s.askers), errors.New("the node stops"))
		s.allotted, s.pace = s.held, growing{}
	}
	words := []*word{}
	if l.speaks(time.Now()) {
		for _, name := range l.names {
			*number++
			s := l.stakes[name]
			words = append(words, &word{stake: s, number: *number, claim: s.held})
		}
	}
	l.members = slices.DeleteFunc(slices.Clone(l.members), func(id string) bool { return id == l.node })
	l.mu.Unlock()
	if len(words) > 0 {
		l.say(context.Background(), words)
	}
}
