package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/node"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/siptrunk"
)

// testCall is what one test call is asked for.
type testCall struct {
	number, trunk, callerID, play string
	ring, talk                    time.Duration
	asJSON                        bool
	where                         location // a service to ask for its do-not-call list
	prompt                        media.Prompt
}

// Bounds of a test call. A ring below 15 s is too short for people to reach
// the phone: four rings (16 CFR 310.4(b)(4)(ii)).
const (
	shortestRing = 15 * time.Second
	longestTalk  = 10 * time.Minute
)

func newCall() *cobra.Command {
	var t testCall
	c := &cobra.Command{
		Use: "call NUMBER", Short: "Place one test call and print what happened on each step", Args: cobra.ExactArgs(1),
		Long: `Places one call over a configured trunk, says what the carrier answered and when,
plays a tone (or --play) once answered, listens, hangs up after --talk, and
reports the sound. The number must be one that may be dialed and not be on the
do-not-call list: that of the data folder, or with --server and --user that of
a service which runs on it.

Exit status 0 when answered, 3 when the call was placed and not answered, 1 when
it could not be placed, 2 when it was asked wrongly or the number may never be
dialed.`,
		Example: `  forecall call +34600111222 --trunk carrier-a
  forecall call +34600111222 --trunk carrier-a --json --config /etc/forecall/forecall.yaml`,
		RunE: func(c *cobra.Command, args []string) error {
			t.number = args[0]
			return t.run(c)
		},
	}
	f := c.Flags()
	f.StringVar(&t.trunk, "trunk", "", "name of the trunk (default: the first configured)")
	f.StringVar(&t.callerID, "caller-id", "", "number to show (default: the trunk's first)")
	f.StringVar(&t.play, "play", "", "WAV file to play once answered (default: a tone of 440 Hz)")
	f.DurationVar(&t.ring, "ring", 25*time.Second, "how long to let it ring, at least "+shortestRing.String())
	f.DurationVar(&t.talk, "talk", 3*time.Second, "how long to stay on the line")
	f.BoolVar(&t.asJSON, "json", false, "print JSON")
	t.where.serverFlags(c)
	addConfigFlags(c)
	return c
}

func (t *testCall) run(c *cobra.Command) error {
	loaded, err := loadConfig(c)
	if err != nil {
		return err
	}
	if err := t.check(loaded.Config); err != nil {
		return err
	}
	if err := t.suppressed(c.Context(), loaded.Data); err != nil {
		return err
	}
	trunks, sound, err := t.open(c, loaded.Config)
	if err != nil {
		return err
	}
	defer sound.Poller.Close()
	defer trunks.Close()
	r := t.place(c.Context(), trunks)
	if err := r.print(c.OutOrStdout(), t.asJSON); err != nil {
		return err
	}
	return r.verdict()
}

// check refuses what must not be dialed and what cannot be done, before
// anything is opened. The numbers are E.164 afterwards.
func (t *testCall) check(c config.Config) (err error) {
	if t.number, err = dialable(t.number, c.Import.Region); err != nil {
		return usage("%w; nothing was sent", err)
	}
	if t.callerID != "" {
		if t.callerID, err = dialable(t.callerID, c.Import.Region); err != nil {
			return usage("--caller-id %w", err)
		}
	}
	switch {
	case t.ring < shortestRing:
		return usage("--ring %s: at least %s, or four rings (16 CFR 310.4(b)(4)(ii))", t.ring, shortestRing)
	case t.talk < 0 || t.talk > longestTalk:
		return usage("--talk %s: 0s to %s", t.talk, longestTalk)
	case len(c.Trunks) == 0:
		return usage("trunks: none is configured; name the file with --config")
	}
	if err := t.choose(c.Trunks); err != nil {
		return err
	}
	t.prompt, err = t.load()
	return err
}

// choose finds the trunk by name.
func (t *testCall) choose(trunks []config.Trunk) error {
	if t.trunk == "" {
		t.trunk = trunks[0].Name
	}
	var names []string
	for _, k := range trunks {
		names = append(names, k.Name)
	}
	if !slices.Contains(names, t.trunk) {
		return usage("--trunk %s: no such trunk is configured; there are: %s", t.trunk, strings.Join(names, ", "))
	}
	return nil
}

// load reads what is played, so that a bad file is told before anybody's
// phone rings.
func (t *testCall) load() (media.Prompt, error) {
	if t.play == "" {
		return media.Tone(440, t.talk), nil
	}
	prompt, err := loadWAV(t.play)
	if err != nil {
		return prompt, usage("--play: %w", err)
	}
	return prompt, nil
}

// dialable is a number as E.164. Emergency and premium numbers, codes of a
// phone and everything that is no plain number are refused.
func dialable(text, region string) (string, error) {
	parser, err := numbers.NewParser(numbers.Policy{})
	if err != nil {
		return "", err
	}
	n, err := parser.Parse(text, region)
	if err != nil {
		return "", fmt.Errorf("%q: %w", text, err)
	}
	return n.E164, nil
}

// suppressed refuses a number on the do-not-call list: that of a service that
// runs, or of the data folder when there is one.
func (t *testCall) suppressed(ctx context.Context, folder string) error {
	listed, err := t.listed(ctx, folder)
	if err == nil && listed {
		return errors.New("the number is on the do-not-call list; nothing was sent")
	}
	return err
}

func (t *testCall) listed(ctx context.Context, folder string) (bool, error) {
	if t.where.remote() {
		session, err := t.where.login(ctx)
		if err != nil {
			return false, err
		}
		return session.IsDoNotCall(ctx, t.number)
	}
	if _, err := os.Stat(dataFile(folder)); err != nil {
		return false, nil // nothing was ever stored, so nobody was ever listed
	}
	db, err := location{data: folder}.open(ctx)
	if err != nil {
		return false, fmt.Errorf("read the do-not-call list: %w", err)
	}
	listed, err := db.IsDoNotCall(ctx, t.number)
	return listed, errors.Join(err, db.Close())
}

// open opens the one trunk. Where a service that runs holds its port, the
// call leaves from another.
func (t *testCall) open(c *cobra.Command, conf config.Config) (*siptrunk.Trunks, media.Settings, error) {
	sound, err := node.MediaSettings(conf)
	if err != nil {
		return nil, sound, usage("%w", err)
	}
	settings, err := node.TrunkSettings(conf, sound, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, sound, errors.Join(usage("%w", err), sound.Poller.Close())
	}
	settings.Trunks = slices.DeleteFunc(settings.Trunks, func(k siptrunk.Trunk) bool { return k.Name != t.trunk })
	trunks, err := siptrunk.Open(settings)
	if errors.Is(err, syscall.EADDRINUSE) {
		listen := settings.Trunks[0].Listen
		fmt.Fprintf(c.ErrOrStderr(), "forecall: port %d is taken, by the service perhaps: the test call leaves from another\n", listen.Port())
		settings.Trunks[0].Listen = netip.AddrPortFrom(listen.Addr(), 0)
		settings.Trunks[0].Advertise = netip.AddrPortFrom(settings.Trunks[0].Advertise.Addr(), 0)
		trunks, err = siptrunk.Open(settings)
	}
	if err != nil {
		return nil, sound, errors.Join(err, sound.Poller.Close())
	}
	return trunks, sound, nil
}
