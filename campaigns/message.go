package campaigns

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

// Message is a line from a supervisor to the desk of one agent, or of all.
type Message struct {
	ID    int64     `json:"id"`
	At    time.Time `json:"at"`
	By    string    `json:"by"`       // login
	Agent int64     `json:"agent_id"` // 0 = all
	Text  string    `json:"text"`
}

// MessageStore keeps messages. Unread are those to an agent, or to all, since a
// time, that the agent has not read, the oldest first.
type MessageStore interface {
	AddMessage(ctx context.Context, m Message) (Message, error)
	Unread(ctx context.Context, agent int64, since time.Time) ([]Message, error)
	ReadMessage(ctx context.Context, agent, message int64) error
	Messages(ctx context.Context, limit int) ([]Message, error)
}

// Bell tells the open desks of an agent, 0 = of all, that there is something new.
type Bell interface{ Ring(agent int64) }

const (
	// messageLives is how long a message waits to be read: a shift.
	messageLives   = 12 * time.Hour
	longestMessage = 500
)

// Messages carries lines from supervisors to desks.
type Messages struct {
	store MessageStore
	users UserStore
	bell  Bell
	sent  atomic.Uint64
}

// NewMessages returns the service.
func NewMessages(store MessageStore, users UserStore, bell Bell) *Messages {
	return &Messages{store: store, users: users, bell: bell}
}

// Send puts a line on an agent's desk, 0 = on all desks. It is kept until it is
// read, for twelve hours at most, and in the audit.
func (m *Messages) Send(ctx context.Context, by User, agent int64, text string) (Message, error) {
	if err := by.Allow(SendMessages); err != nil {
		return Message{}, err
	}
	text = strings.TrimSpace(text)
	if n := len([]rune(text)); n == 0 || n > longestMessage {
		return Message{}, problem(KindInvalid, "message_length", "A message has 1 to %d characters.", longestMessage)
	}
	if agent != 0 {
		users, err := m.users.Users(ctx)
		if err != nil {
			return Message{}, fmt.Errorf("read the users: %w", err)
		}
		found := false
		for _, u := range users {
			found = found || u.ID == agent && u.Role.May(DoCalls)
		}
		if !found {
			return Message{}, problem(KindNotFound, "agent_not_found", "There is no agent with the number %d.", agent)
		}
	}
	sent, err := m.store.AddMessage(ctx, Message{At: time.Now().UTC(), By: by.Login, Agent: agent, Text: text})
	if err != nil {
		return Message{}, fmt.Errorf("store a message: %w", err)
	}
	m.sent.Add(1)
	m.bell.Ring(agent)
	return sent, nil
}

// Count is how many messages were sent since the start: whoever saw the same
// count has missed none.
func (m *Messages) Count() uint64 { return m.sent.Load() }

// Unread lists what the agent has not read yet.
func (m *Messages) Unread(ctx context.Context, by User) ([]Message, error) {
	if err := by.Allow(DoCalls); err != nil {
		return nil, err
	}
	return m.store.Unread(ctx, by.ID, time.Now().Add(-messageLives))
}

// Read says that the agent has read a message.
func (m *Messages) Read(ctx context.Context, by User, id int64) error {
	if err := by.Allow(DoCalls); err != nil {
		return err
	}
	return missing("message", m.store.ReadMessage(ctx, by.ID, id))
}

// Sent lists the last messages, the newest first, for those who send some.
func (m *Messages) Sent(ctx context.Context, by User, limit int) ([]Message, error) {
	if err := by.Allow(SendMessages); err != nil {
		return nil, err
	}
	return m.store.Messages(ctx, limit)
}
