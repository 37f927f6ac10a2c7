// Package peer joins the nodes of one house: one port a node, on which only nodes
// of the house are heard. Over it go words, questions and forwarded requests.
//
//	node a                                                     node b
//	  Link.Send ----- words: numbered, said again, heard once ----> Link.Receive     own TLS connection
//	  Pipe ---------- pieces, until it breaks ---------------------> Settings.OnPipe  own TLS connection
//	  Ask ----------- question, deadline ------------------------> Settings.Answer   \ HTTP/2 over TLS
//	  Forward ------- the request of a browser, streamed ---------> Settings.Serve    /
//
// # Who is of the house
//
// All nodes share a secret. Each derives from it (HKDF-SHA-256) the Ed25519 key of
// the house's authority, makes itself a certificate of a day with its name and
// epoch, and renews it at half time; nothing is handed around, and the key of the
// certificate never leaves the process. TLS 1.3, both sides show theirs. A stranger,
// or a node of a house with another secret, fails the handshake. Certificates begin
// two hours before they are made and end two hours after their day, so that clocks
// may be apart. Of one name, the highest epoch that was seen counts: whoever comes
// with a lower one was replaced, and is refused.
//
// # Words
//
// A Link is the life of two processes with each other: it begins when both have met
// and ends when one of them begins anew, is away for Settings.Keep, or has more
// words waiting than Settings.Words. Between these it outlives its connections.
//
//	       met               connection lost: dialed again, each 0.1 to 1 s
//	none ------> here <-----------------------------------+
//	              | nothing heard for 2 s                 |
//	              +------------------> gone --- heard ----+
//	              |                      | away for Keep: ErrAway
//	              +----------+-----------+
//	                         | a process began anew: ErrRestarted; Close: ErrClosed
//	                         v
//	                       ended, and a new Link begins when they meet again
//
// Each word has a number. It is kept until the other side's Receive has returned it,
// and is said again on the next connection if that side has not got it; a number
// that came is not taken twice, and one that skips ends the connection. So words are
// heard in the order of Send, each once, for as long as the Link lives; whoever gets
// ErrRestarted or ErrAway does not know which of the last ones were heard, and says
// on the next Link how things stand. A side that says nothing else says so each
// 500 ms. The node whose name is first in the alphabet dials.
//
// Words have a connection of their own, and not a stream of HTTP/2: an upload would
// stand before them in one TCP connection and its flow control, and a connection
// that is half open is theirs to find out.
//
// Who numbers by itself, as brain and hands of package dialer do, takes a Pipe: whole
// pieces in order, over a TLS connection of its own, until that breaks.
//
// # Requests
//
// Ask is answered or fails; one that failed on the way may have been done. Forward
// hands a request on as it is: Host, cookies, body and answer stream through, events
// are flushed as they come, connections that are upgraded (WebSocket) go over
// HTTP/1.1 on the same port. The client's address and whether it came by TLS travel
// in headers of ours, which are deleted from what a client sends and believed only on
// this port. A request is forwarded once: what comes to a node that is not the right
// one either is 503. When the other node is gone, the answer is 503 with Retry-After
// and a problem as the API writes them.
//
// # Promises
//
//   - Send never waits for the network. Receive, Ask and Forward end with their context.
//   - A word is heard once and in order, or the Link ends with an error on both sides.
//   - A node that is killed, stopped or cut off is known as gone in two seconds; from
//     then on questions and requests to it are refused at once, and those on their way
//     end within five.
//   - What waits is bounded, in words and octets, on both sides.
//   - After Close no goroutine and no socket is left.
package peer
