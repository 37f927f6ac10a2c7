//go:build !linux

package media

// NewEpollPoller returns the plain poller: epoll is of Linux only.
func NewEpollPoller(loops int) (Poller, error) {
	return NewPlainPoller(), nil
}
