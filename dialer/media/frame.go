package media

// Frame is what one RTP packet says: some milliseconds of sound, or a piece of
// a key press.
type Frame struct {
	Codec     Codec
	Payload   []byte // sound, one octet per sample; valid only during the call
	Timestamp uint32 // of the first sample, in samples, on the source's own clock
	Marker    bool   // first of a talk spurt or key press (RFC 3551 section 4.1)
	Event     Event  // zero: the frame is sound

	// Source tells streams apart (an SSRC, say); where it changes, the
	// receiver joins the new stream to the old without a gap. Seq counts the
	// frames of the source, so that loss and order survive. With Source zero,
	// frames are taken in the order they come and Seq means nothing.
	Source uint32
	Seq    uint16
}

// Event is a piece of a key press (RFC 4733 section 2.3).
type Event struct {
	Digit    byte // '0' to '9', '*', '#', 'A' to 'D'; zero: none
	End      bool
	Volume   uint8  // level in -dBm0, 0 to 63
	Duration uint16 // in samples, since the key went down
}

// Sink hears frames.
type Sink interface {
	// WriteFrame is called by the reader of the other side: it must not wait.
	WriteFrame(Frame) error
}

// Port is one side of a conversation.
type Port interface {
	Sink
	// Connect sets where goes what this side says; nil is nowhere. It may be
	// called at any time; a frame that is on its way still arrives.
	Connect(Sink)
	// Quality returns how well this side is heard.
	Quality() Quality
}

// SinkFunc is a function as a Sink.
type SinkFunc func(Frame) error

// WriteFrame calls f.
func (f SinkFunc) WriteFrame(frame Frame) error { return f(frame) }
