// Package sipua is the edge to SIP: sockets, the door, transactions, dialogs,
// registration and session descriptions. It is the only package that imports
// sipgo; those above it (siptrunk, deskphone, carrier, robot phones) know calls
// and endings, not headers.
package sipua
