// Package hush keeps go-redis' own logger, one for the whole process, from
// writing a line to the standard error for each attempt to reach a server that
// is down. What an operator should know is said by those who hold the client.
package hush

import (
	"context"
	"sync"

	"github.com/redis/go-redis/v9"
)

var once sync.Once

// GoRedis silences it, before the first client is made.
func GoRedis() { once.Do(func() { redis.SetLogger(silent{}) }) }

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}
