package rules

import "time"

// OpenAt tells whether the window is open in every zone from t to t+margin. No
// zone, or one that is not known, is never open.
func OpenAt(w Week, names []string, t time.Time, margin time.Duration) bool {
	win := window{week: w}
	for _, name := range names {
		z, err := zoneOf(name)
		if err != nil {
			return false
		}
		if _, ok := win.open(z, t.Unix(), t.Add(margin).Unix()); !ok {
			return false
		}
	}
	return len(names) > 0
}

// NextOpen finds the first moment at or after t at which the window is open in
// every zone for the margin, within 400 days; ok is false when there is none, as
// for zones whose windows never meet. It is t itself or the beginning of a
// minute.
func NextOpen(w Week, names []string, t time.Time, margin time.Duration) (next time.Time, ok bool) {
	zs, err := zonesOf(names)
	if err != nil || w.Empty() || len(zs) == 0 {
		return time.Time{}, false
	}
	win := window{week: w}
	return win.next(zs, t, margin, horizon)
}

// next is first for instants with a fraction of a second.
func (w *window) next(zs []*zone, t time.Time, margin, within time.Duration) (time.Time, bool) {
	if w.openAt(zs, t, margin) {
		return t, true
	}
	// The window is closed at some moment of t to t+margin: it can be open only
	// from a later beginning of hours on, which is a whole minute.
	limit := t.Add(within).Unix()
	at, ok := w.first(zs, ceilSecond(t), seconds(margin), limit)
	if !ok {
		return time.Time{}, false
	}
	return time.Unix(at, 0).In(t.Location()), true
}

func (w *window) openAt(zs []*zone, t time.Time, margin time.Duration) bool {
	from, to := t.Unix(), t.Add(margin).Unix()
	for _, z := range zs {
		if _, ok := w.open(z, from, to); !ok {
			return false
		}
	}
	return len(zs) > 0
}

func ceilSecond(t time.Time) int64 {
	if t.Nanosecond() > 0 {
		return t.Unix() + 1
	}
	return t.Unix()
}

// seconds is a duration in whole seconds, rounded up.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

func zonesOf(names []string) ([]*zone, error) {
	zs := make([]*zone, len(names))
	for i, name := range names {
		z, err := zoneOf(name)
		if err != nil {
			return nil, err
		}
		zs[i] = z
	}
	return zs, nil
}
