package carrier

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Record is one thing the carrier saw or did. CallID and Number are those of
// the INVITE.
type Record struct {
	At     time.Time `json:"at"`
	CallID string    `json:"call_id"`
	Number string    `json:"number"`
	Event  Event     `json:"event"`
	Code   int       `json:"code,omitempty"` // of a final answer
	Kind   string    `json:"kind,omitempty"` // of the callee, with the INVITE
	From   string    `json:"from,omitempty"` // host:port that sent the INVITE, with it
	// Ring and Talk are how long the callee means to let it ring and to talk,
	// with the INVITE: in the carrier's time, before Speed divides it.
	Ring time.Duration `json:"ring_ns,omitempty"`
	Talk time.Duration `json:"talk_ns,omitempty"`
	Run  string        `json:"run,omitempty"` // with start: which life of the carrier
}

// Event names a Record.
type Event string

// The events, in the order in which a call sees them.
const (
	Started  Event = "start"    // the carrier came up
	Invited  Event = "invite"   // a new INVITE transaction
	Ringing  Event = "ringing"  // 180 sent
	Canceled Event = "cancel"   // CANCEL received
	Refused  Event = "refused"  // a final 3xx to 6xx sent
	Answered Event = "answered" // 200 sent
	Acked    Event = "ack"      // ACK of the 200 received
	Unacked  Event = "unacked"  // no ACK came in 32 s, or the carrier stopped before
	Bye      Event = "bye"      // BYE received: the dialer hung up
	HungUp   Event = "hangup"   // BYE sent: the callee hung up
	Vanished Event = "vanished" // the dialer does not answer our BYE, or its media stopped: it died
)

// journal writes records as JSON lines. Each line is handed to the kernel
// before append returns, so that it outlives this process.
type journal struct {
	mu   sync.Mutex
	file *os.File
	err  error
}

func openJournal(path string) (*journal, error) {
	if path == "" {
		return &journal{}, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("carrier log: %w", err)
	}
	return &journal{file: f}, nil
}

func (j *journal) append(r Record) {
	line, err := json.Marshal(r)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil || j.err != nil {
		return
	}
	if err == nil {
		_, err = j.file.Write(append(line, '\n'))
	}
	j.err = err
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	return errors.Join(j.err, j.file.Close())
}

// ReadLog reads a log in the order it was written. A last line that was cut
// off by a kill is left out; any other malformed line is an error that names it.
func ReadLog(r io.Reader) ([]Record, error) {
	var records []Record
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil {
			return nil, fmt.Errorf("carrier log, line %d: %w", n, err)
		}
		var rec Record
		if err := json.Unmarshal(line, &rec); err != nil {
			return nil, fmt.Errorf("carrier log, line %d: %w", n, err)
		}
		records = append(records, rec)
	}
}
