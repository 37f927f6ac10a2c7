package media

import "testing"

// deafPort is a port whose listener does nothing.
type deafPort struct{ sink Sink }

func (p *deafPort) WriteFrame(Frame) error { return nil }
func (p *deafPort) Connect(s Sink)         { p.sink = s }
func (p *deafPort) Quality() Quality       { return Quality{} }

// BenchmarkPassThrough is what stands between a frame that is read and the frame
// that is sent, without both:
//
//	go test -run=- -bench=PassThrough -benchmem ./dialer/media
func BenchmarkPassThrough(b *testing.B) {
	frame := Frame{Payload: voice20(7), Source: 1}
	say := func(b *testing.B, p *deafPort) {
		b.ReportAllocs()
		for b.Loop() {
			frame.Seq++
			frame.Timestamp += frameSamples
			_ = p.sink.WriteFrame(frame)
		}
	}
	b.Run("connected", func(b *testing.B) { // as a bridge has it
		from, to := &deafPort{}, &deafPort{}
		from.Connect(to)
		say(b, from)
	})
	for name, h := range map[string]Hearing{"room": talk, "room, listened to": monitor} {
		b.Run(name, func(b *testing.B) {
			room := NewRoom()
			defer room.Close()
			person := &deafPort{}
			room.Enter("person", person)
			room.Enter("agent", &deafPort{})
			room.Enter("supervisor", &deafPort{})
			room.Hear(h)
			say(b, person)
		})
	}
}

// BenchmarkMix is one beat of a three-way conversation: three frames in, three
// mixes out. Fifty a second are one conference:
//
//	go test -run=- -bench=Mix -benchmem ./dialer/media
func BenchmarkMix(b *testing.B) {
	room := NewRoom()
	defer room.Close()
	ports := []*deafPort{{}, {}, {}}
	for i, who := range []Party{"person", "agent", "supervisor"} {
		room.Enter(who, ports[i])
	}
	room.Hear(barge)
	mixer := room.mixer
	frame := Frame{Payload: voice20(7), Source: 1}
	b.ReportAllocs()
	for b.Loop() {
		frame.Timestamp += frameSamples
		for _, p := range ports {
			_ = p.sink.WriteFrame(frame)
		}
		mixer.beat()
	}
}
