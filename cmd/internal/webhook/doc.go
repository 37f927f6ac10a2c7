// Package webhook tells other systems what happened here: a CloudEvents
// envelope, signed by the rules of Standard Webhooks, sent at least once.
//
//	ledger's chain --Feeder--> deliveries in the store --Courier--> their server
//	  (the fact)    cursor      one row a webhook and      2xx: delivered
//	                            event, written once        else: again, 24 h long,
//	                                                       then the webhook is off
//
// The chain of the ledger is the outbox: a fact is in it in the transaction
// that makes it a fact, so that none is lost in a crash, and nothing is added
// to the path of a call. The id of an event is made of its place in the chain,
// so that a fact that is read twice is still one event.
//
// Promises: no delivery waits for a slow one of another webhook; nothing here
// delays dialing; no address of a private network is ever connected to unless
// the operator allows it, whatever a name resolves to and whenever it changes;
// redirects are not followed; an answer is read to its first kilobyte only.
package webhook
