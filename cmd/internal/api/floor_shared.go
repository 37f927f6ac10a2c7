package api

import (
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// sharedFloor is the floor as all streams of it see it: it is drawn up once for
// all of them, and not once for each page that is open.
type sharedFloor struct {
	mu   sync.Mutex
	at   time.Time
	view *floorView
}

// floorView is the floor and its rows as they are sent. Nobody changes it.
type floorView struct {
	floor Floor
	rows  rows
}

// floorFresh is how long a floor may be shown again: less than the eye sees,
// and with floorEvery far less than the second that a desk may be behind.
const floorFresh = floorEvery / 4

// see is the floor for somebody who may see it.
func (f *sharedFloor) see(board *campaigns.Wallboard, u campaigns.User) (*floorView, error) {
	if err := u.Allow(campaigns.SeeFloor); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.view != nil && time.Since(f.at) < floorFresh {
		return f.view, nil
	}
	snapshot, err := board.Snapshot(u)
	if err != nil {
		return nil, err
	}
	floor := FloorOf(snapshot)
	f.at, f.view = time.Now(), &floorView{floor, rowsOf(floor)}
	return f.view, nil
}
