package intake

import (
	"io"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Progress is how far an import is.
type Progress struct {
	Bytes   int64                `json:"bytes"` // read
	Size    int64                `json:"size"`  // of the file; 0 = unknown
	Counts  campaigns.LoadCounts `json:"counts"`
	Elapsed time.Duration        `json:"elapsed"`
	Rate    float64              `json:"rate"` // rows a second since the start
	Left    time.Duration        `json:"left"` // until the end at this rate; 0 = unknown
	Done    bool                 `json:"done"`
}

// counter counts the bytes that are read from a file.
type counter struct {
	in io.Reader
	n  atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// meter tells about the progress, four times a second and at the end.
type meter struct {
	tell    func(Progress)
	read    *counter
	size    int64
	started time.Time
	last    time.Time
}

const tellEvery = 250 * time.Millisecond

func newMeter(o Options, read *counter) *meter {
	now := time.Now()
	return &meter{tell: o.Progress, read: read, size: o.Size, started: now, last: now}
}

func (m *meter) tick(counts campaigns.LoadCounts, done bool) {
	if m.tell == nil || (!done && time.Since(m.last) < tellEvery) {
		return
	}
	m.last = time.Now()
	m.tell(m.progress(counts, done))
}

func (m *meter) progress(counts campaigns.LoadCounts, done bool) Progress {
	p := Progress{Bytes: m.read.n.Load(), Size: m.size, Counts: counts, Elapsed: time.Since(m.started), Done: done}
	if seconds := p.Elapsed.Seconds(); seconds > 0 {
		p.Rate = float64(counts.Rows) / seconds
	}
	if !done && p.Size > p.Bytes && p.Bytes > 0 {
		p.Left = time.Duration(float64(p.Elapsed) * float64(p.Size-p.Bytes) / float64(p.Bytes))
	}
	return p
}
