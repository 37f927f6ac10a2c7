package media

import "slices"

// retune brings routes, outlets and mixes to what the hearing says now. The lock
// of the room is held. Nothing is said twice and at most a frame is lost: a
// member is kept in its jitter buffer until those who leave a mix have what the
// mix held back.
func (r *Room) retune() {
	heard := r.heard()
	alone, mixed := make(map[*member][]*outlet), make(map[*member]bool)
	several := false
	for listener, speakers := range heard {
		if len(speakers) == 1 {
			alone[speakers[0]] = append(alone[speakers[0]], &listener.outlet)
		}
		if len(speakers) > 1 {
			several = true
			for _, speaker := range speakers {
				mixed[speaker] = true
			}
		}
	}
	if several && r.mixer == nil {
		r.mixer = startMixer()
	}
	r.route(alone, func(m *member) bool { return mixed[m] || m.routes.Load().mixed })
	r.tune(heard)
	r.route(alone, func(m *member) bool { return mixed[m] })
	if !several && r.mixer != nil {
		r.mixer.stop()
		r.mixer = nil
	}
}

// heard returns who of those present is heard by whom.
func (r *Room) heard() map[*member][]*member {
	heard := make(map[*member][]*member, len(r.members))
	for who, listener := range r.members {
		speakers := []*member{}
		for _, whom := range r.hearing[who] {
			speaker := r.members[whom]
			if speaker != nil && speaker != listener && !slices.Contains(speakers, speaker) {
				speakers = append(speakers, speaker)
			}
		}
		heard[listener] = speakers
	}
	return heard
}

// route sets where goes what each member says.
func (r *Room) route(alone map[*member][]*outlet, mixed func(*member) bool) {
	for who, m := range r.members {
		to := &routes{direct: alone[m], mixed: mixed(m)}
		for _, t := range r.taps[who] {
			if t.said != nil {
				to.taps = append(to.taps, t.said)
			}
		}
		if to.mixed && !m.routes.Load().mixed {
			m.buffer.reset()
		}
		m.routes.Store(to)
	}
}

// tune sets what each member hears, between two beats of the mixer.
func (r *Room) tune(heard map[*member][]*member) {
	if r.mixer != nil {
		r.mixer.mu.Lock()
		defer r.mixer.mu.Unlock()
		defer r.mixer.settle()
	}
	for who, m := range r.members {
		var taps []Sink
		for _, t := range r.taps[who] {
			if t.heard != nil {
				taps = append(taps, t.heard)
			}
		}
		switch speakers := heard[m]; len(speakers) {
		case 0:
			m.outlet.tune(nil, nil, taps)
		case 1:
			m.outlet.tune(speakers[0], nil, taps)
		default:
			m.outlet.tune(nil, r.mixer.of(&m.outlet, speakers), taps)
		}
	}
}
