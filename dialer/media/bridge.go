package media

import "context"

// Bridge lets a and b hear each other until ctx is done, and takes them apart
// before it returns. Sound is passed through as it is where both speak the same
// law; where not, the side that sends translates. Who has something else to say
// to a side meanwhile must not: a leg hears one source at a time.
func Bridge(ctx context.Context, a, b Port) {
	a.Connect(b)
	b.Connect(a)
	defer b.Connect(nil)
	defer a.Connect(nil)
	<-ctx.Done()
}
