package node

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/records"
)

// sessionStore keeps the sessions of those who are logged in usable while the store
// is away. Who logs in then is refused.
type sessionStore struct {
	*records.SessionStore
	known *lastKnown
}

// storedSession is what a token stands for.
type storedSession struct {
	data  []byte
	found bool
}

// FindCtx returns the data of a token that has not expired.
func (s sessionStore) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	v, err := recall(ctx, s.known, "session "+token, nil, func(ctx context.Context) (storedSession, error) {
		data, found, err := s.SessionStore.FindCtx(ctx, token)
		return storedSession{data, found}, err
	})
	return v.data, v.found, err
}

// CommitCtx stores the data of a token. That somebody who is logged in was seen is
// only remembered while the store is away.
func (s sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	before, there := s.known.find("session " + token)
	if !there {
		return s.SessionStore.CommitCtx(ctx, token, data, expiry)
	}
	_, err := patiently(ctx, s.known, readWithin, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.SessionStore.CommitCtx(ctx, token, data, expiry)
	})
	switch {
	case err == nil:
		s.known.keep("session "+token, storedSession{data, true})
	case storeAway(err) && ctx.Err() == nil && before.(storedSession).found: //nolint:forcetypeassert // a key has one type
		s.known.keep("session "+token, storedSession{data, true})
		s.known.hush()
		return nil
	}
	return err
}

// DeleteCtx ends a session; here in any case.
func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	s.known.forget("session " + token)
	return s.SessionStore.DeleteCtx(ctx, token)
}

// Find is FindCtx without a context, as scs.Store has it.
func (s sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context, as scs.Store has it.
func (s sessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context, as scs.Store has it.
func (s sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// requestKeys are the keys of requests that are done once. While the store is away
// they are kept here; what they guard has keys of its own in the ledger.
type requestKeys struct {
	*records.DB
	known *lastKnown

	mu   sync.Mutex // guards what follows
	here map[string]campaigns.Kept
}

func newRequestKeys(db *records.DB, known *lastKnown) *requestKeys {
	return &requestKeys{DB: db, known: known, here: map[string]campaigns.Kept{}}
}

func requestKey(user int64, key string) string { return fmt.Sprint(user, " ", key) }

// Reserve claims a key.
func (s *requestKeys) Reserve(ctx context.Context, user int64, key string, request []byte, until time.Time) (campaigns.Kept, bool, error) {
	if kept, there := s.find(user, key); there {
		return kept, false, nil
	}
	type reserved struct {
		kept  campaigns.Kept
		fresh bool
	}
	if !s.known.on {
		return s.DB.Reserve(ctx, user, key, request, until)
	}
	out, err := patiently(ctx, s.known, keyWithin, func(ctx context.Context) (reserved, error) {
		kept, fresh, err := s.DB.Reserve(ctx, user, key, request, until)
		return reserved{kept, fresh}, err
	})
	if err == nil || !storeAway(err) || ctx.Err() != nil {
		return out.kept, out.fresh, err
	}
	s.known.hush()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.here) >= keptMost {
		clear(s.here)
	}
	s.here[requestKey(user, key)] = campaigns.Kept{Request: request}
	return campaigns.Kept{}, true, nil
}

// KeepAnswer keeps the answer of a key that was reserved.
func (s *requestKeys) KeepAnswer(ctx context.Context, user int64, key string, answer []byte) error {
	if kept, there := s.find(user, key); there {
		kept.Answer = answer
		s.mu.Lock()
		defer s.mu.Unlock()
		s.here[requestKey(user, key)] = kept
		return nil
	}
	return s.patiently(ctx, func(ctx context.Context) error { return s.DB.KeepAnswer(ctx, user, key, answer) })
}

// DropKey frees a key.
func (s *requestKeys) DropKey(ctx context.Context, user int64, key string) error {
	if _, there := s.find(user, key); there {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.here, requestKey(user, key))
		return nil
	}
	return s.patiently(ctx, func(ctx context.Context) error { return s.DB.DropKey(ctx, user, key) })
}

func (s *requestKeys) find(user int64, key string) (campaigns.Kept, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, there := s.here[requestKey(user, key)]
	return kept, there
}

// patiently waits for the store no longer than a desk does, where it may be away.
func (s *requestKeys) patiently(ctx context.Context, do func(context.Context) error) error {
	if !s.known.on {
		return do(ctx)
	}
	_, err := patiently(ctx, s.known, keyWithin, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) })
	return err
}
