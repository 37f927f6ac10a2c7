package node

import (
	"context"
	"encoding/json"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// This file is what nodes say of their headsets to the one that leads.

// saidHeadset is how the headset of a user is.
type saidHeadset struct {
	User  int64             `json:"user"`
	State campaigns.Headset `json:"state"` // phase none: there is none any more
}

// saidHeadsets is what a node says at a time.
type saidHeadsets struct {
	All   bool          `json:"all"` // whoever is not named has none
	Those []saidHeadset `json:"those"`
}

// sayHeadsets says how the headsets of this node are to whoever leads, until ctx is
// done.
func (s *several) sayHeadsets(ctx context.Context) {
	changes, forget := s.n.headsets.watchAll()
	defer forget()
	tick := time.NewTicker(sayHeadsetsEvery / 8)
	defer tick.Stop()
	told, at := "", time.Time{}
	for {
		var changed []int64
		select {
		case <-ctx.Done():
			return
		case <-changes.wake:
			changed = changes.take()
		case <-tick.C:
		}
		leader := s.member.View().Leader.Name
		if leader == "" || leader == s.name {
			told = ""
			continue
		}
		all := leader != told || time.Since(at) >= sayHeadsetsEvery
		if !all && len(changed) == 0 {
			continue
		}
		err := s.sayHeadsetsTo(ctx, leader, all, changed)
		switch {
		case err != nil:
			told = "" // all of it at the next try
			s.n.log.Debug("the headsets of this node were not told", "node", leader, "error", err)
		case all:
			told, at = leader, time.Now()
		}
	}
}

func (s *several) sayHeadsetsTo(ctx context.Context, leader string, all bool, changed []int64) error {
	say := saidHeadsets{All: all}
	if all {
		changed = s.n.headsets.users()
	}
	for _, user := range changed {
		say.Those = append(say.Those, saidHeadset{user, s.n.headsets.Headset(user)})
	}
	text, err := json.Marshal(say)
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, askHeadsetWithin)
	defer cancel()
	_, err = s.peers.Ask(within, leader, askHeadsets, text)
	return err
}

// take takes what a node says of its headsets, and wakes who watches one that is
// other than before. What is somewhere else by what we know is not taken from there,
// unless that is gone.
func (o *others) take(node string, say saidHeadsets) {
	for _, user := range o.note(node, say) {
		o.wake(user)
	}
}

func (o *others) note(node string, say saidHeadsets) (changed []int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now, named := time.Now(), make(map[int64]bool)
	if say.All {
		o.said[node] = now
	}
	for _, said := range say.Those {
		e, known := o.know[said.User]
		switch {
		case !known && o.here(said.User):
			continue
		case known && e.node != node && !o.gone(e.node) && now.Sub(e.at) < headsetsFresh:
			continue
		case said.State.Phase == campaigns.HeadsetNone:
			if known && e.node == node && now.Sub(e.at) > headsetsFresh {
				delete(o.know, said.User)
				changed = append(changed, said.User)
			}
			continue
		}
		named[said.User] = true
		if !known || e.node != node || headsetMark(e.state) != headsetMark(said.State) {
			changed = append(changed, said.User)
		}
		o.know[said.User] = elsewhere{node, now, said.State}
	}
	for user, e := range o.know {
		if say.All && e.node == node && !named[user] && now.Sub(e.at) > headsetsFresh {
			delete(o.know, user)
			changed = append(changed, user)
		}
	}
	return changed
}
