package internalleg

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Names of our headers.
const (
	orderHeader  = "Forecall-Leg"
	answerHeader = "Forecall-Leg-Answer"
)

// freshness is how far the clocks of two nodes may be apart, and how long an
// order may be on its way.
const freshness = 30 * time.Second

// order is what an INVITE asks for, and what it is signed with.
type order struct {
	from, to string // nodes
	station  string
	mode     Mode
	at       time.Time // in milliseconds
	callID   string
	offer    []byte
}

var (
	errOrder    = errors.New("no order that can be read")
	errProof    = errors.New("not signed with the key of the house")
	errNotMine  = errors.New("meant for another node")
	errStale    = errors.New("signed too long ago, ahead of time, or before this node was up: compare the clocks")
	errReplayed = errors.New("has come before")
)

// write returns the header's value.
func (o order) write(key []byte) string {
	at := strconv.FormatInt(o.at.UnixMilli(), 10)
	return strings.Join([]string{"1", encode(o.from), encode(o.to), encode(o.station), string(o.mode), at, o.proof(key)}, ";")
}

// readOrder takes a header apart and checks the proof; nothing of an order
// without a good one is returned.
func readOrder(value, callID string, offer, key []byte) (order, error) {
	parts := strings.Split(value, ";")
	if len(parts) != 7 || parts[0] != "1" || len(value) > 6*maxName {
		return order{}, errOrder
	}
	var names [3]string
	for i := range names {
		name, err := base64.RawURLEncoding.Strict().DecodeString(parts[1+i])
		if err != nil || len(name) == 0 || len(name) > maxName {
			return order{}, errOrder
		}
		names[i] = string(name)
	}
	at, err := strconv.ParseInt(parts[5], 10, 64)
	mode := Mode(parts[4])
	if err != nil || mode != Talk && mode != Ear {
		return order{}, errOrder
	}
	o := order{from: names[0], to: names[1], station: names[2], mode: mode, at: time.UnixMilli(at), callID: callID, offer: offer}
	if !hmac.Equal([]byte(value), []byte(o.write(key))) { // the whole of it: one order is written in one way
		return order{}, errProof
	}
	return o, nil
}

func encode(name string) string { return base64.RawURLEncoding.EncodeToString([]byte(name)) }

func (o order) proof(key []byte) string {
	mac := hmac.New(sha256.New, key)
	part(mac, "forecall internal leg 1: order")
	for _, s := range []string{o.from, o.to, o.station, string(o.mode), strconv.FormatInt(o.at.UnixMilli(), 10), o.callID, string(o.offer)} {
		part(mac, s)
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// answerProof shows that who answers has the key, and that nobody has changed
// where the sound goes.
func (o order) answerProof(answer, key []byte) string {
	mac := hmac.New(sha256.New, key)
	part(mac, "forecall internal leg 1: answer")
	part(mac, o.proof(key))
	part(mac, string(answer))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// part writes one field with its length, so that no two lists of fields are
// written alike.
func part(mac hash.Hash, s string) {
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(s)))
	_, _ = mac.Write(size[:]) // a hash never fails
	_, _ = io.WriteString(mac, s)
}

// gate refuses orders that are old, meant for others, or come twice. What it
// remembers is signed, so that a stranger cannot fill it.
type gate struct {
	node string
	born time.Time

	mu    sync.Mutex
	seen  map[string]time.Time // Call-IDs and when they may be forgotten
	swept time.Time
}

func newGate(node string, now time.Time) *gate {
	return &gate{node: node, born: now.Truncate(time.Millisecond), seen: map[string]time.Time{}, swept: now}
}

// admit takes an order whose proof is good, once.
func (g *gate) admit(o order, now time.Time) error {
	age := now.Sub(o.at)
	switch {
	case o.to != g.node:
		return errNotMine
	case age > freshness || age < -freshness || o.at.Before(g.born):
		return errStale
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sweep(now)
	if _, again := g.seen[o.callID]; again {
		return errReplayed
	}
	g.seen[o.callID] = now.Add(2*freshness + time.Second) // one ahead of time is good for twice as long
	return nil
}

func (g *gate) sweep(now time.Time) {
	if now.Sub(g.swept) < time.Second {
		return
	}
	g.swept = now
	for id, until := range g.seen {
		if now.After(until) {
			delete(g.seen, id)
		}
	}
}
