package siptrunk

import (
	"fmt"
	"strconv"

	"github.com/forecall/forecall/campaigns"
)

// verdict is what a call that was not answered means.
type verdict struct {
	outcome campaigns.Outcome
	// failOver: another trunk may try, since nobody was reached through this one.
	failOver bool
}

// failure is what is known of a call that was not answered.
type failure struct {
	code int // SIP status, 0 when none came
	q850 int // ITU-T Q.850 cause of the Reason header (RFC 3326), 0 when absent
	// progressed: a provisional response beyond 100 came, so somebody may have
	// heard a ring.
	progressed bool
}

// judge maps a failed call to its outcome (RFC 3261 section 21, RFC 3398
// section 8.2.6, RFC 8197, RFC 8688). Where the code only says that something
// failed (480, 500, 503), the cause of the telephone network in Reason says
// what; a cause that says the number is bad is believed with every other code
// that does not come from the person.
func judge(f failure) verdict {
	v := verdict{outcome: f.outcome()}
	v.failOver = v.outcome == campaigns.RouteFailed && !f.progressed
	return v
}

func (f failure) outcome() campaigns.Outcome {
	byCode, known := codeOutcome[f.code]
	byCause, told := causeOutcome[f.q850]
	switch {
	case f.code == 0:
		return campaigns.RouteFailed
	case told && f.code >= 400 && (f.vague() || byCause == campaigns.Invalid && !f.personal()):
		return byCause
	case f.code == 408 && f.progressed:
		return campaigns.NoAnswer
	case known:
		return byCode
	case f.code >= 500 && f.code < 600:
		return campaigns.RouteFailed
	}
	return campaigns.Failed
}

// vague codes say only that something failed.
func (f failure) vague() bool { return f.code == 480 || f.code == 500 || f.code == 503 }

// personal codes come from the person, the phone, or our own CANCEL: the
// number is good.
func (f failure) personal() bool {
	switch f.code {
	case 486, 487, 600, 603, 607, 608:
		return true
	}
	return false
}

// codeOutcome says what a final response means. 5xx that are not named are
// the route's fault; everything else that is not named, 3xx among it, is
// failed: ours to explain.
var codeOutcome = map[int]campaigns.Outcome{
	486: campaigns.Busy,
	600: campaigns.Busy,

	480: campaigns.NoAnswer,
	487: campaigns.NoAnswer, // our CANCEL is judged before; here the carrier's own ring limit

	404: campaigns.Invalid,
	410: campaigns.Invalid,
	484: campaigns.Invalid,
	485: campaigns.Invalid,
	604: campaigns.Invalid,

	603: campaigns.Blocked, // declined, or blocked by analytics ("603+")
	607: campaigns.Blocked, // RFC 8197: unwanted
	608: campaigns.Blocked, // RFC 8688: rejected by an intermediary

	401: campaigns.RouteFailed, // after our one answer: the password is wrong
	407: campaigns.RouteFailed,
	402: campaigns.RouteFailed, // the account is empty
	403: campaigns.RouteFailed,
	406: campaigns.RouteFailed,
	408: campaigns.RouteFailed, // nothing rang; see progressed
	415: campaigns.RouteFailed,
	428: campaigns.RouteFailed, // RFC 8224: the route wants an Identity header
	436: campaigns.RouteFailed,
	437: campaigns.RouteFailed,
	438: campaigns.RouteFailed,
	482: campaigns.RouteFailed, // the carrier loops
	483: campaigns.RouteFailed,
	488: campaigns.RouteFailed,
	606: campaigns.RouteFailed,
}

// causeOutcome says what a Q.850 cause means. Causes that say nothing of
// their own (16, 31, 127) are left to the code.
var causeOutcome = map[int]campaigns.Outcome{
	1:  campaigns.Invalid, // unallocated number
	22: campaigns.Invalid, // number changed
	28: campaigns.Invalid, // number format

	17: campaigns.Busy,

	18: campaigns.NoAnswer, // no user responding
	19: campaigns.NoAnswer, // alerted, no answer
	20: campaigns.NoAnswer, // subscriber absent

	21: campaigns.Blocked, // call rejected

	2:   campaigns.RouteFailed, // no route to the transit network
	3:   campaigns.RouteFailed, // no route to the destination
	5:   campaigns.RouteFailed, // misdialed trunk prefix
	25:  campaigns.RouteFailed, // exchange routing error
	27:  campaigns.RouteFailed, // destination out of order
	29:  campaigns.RouteFailed, // facility rejected
	34:  campaigns.RouteFailed, // no circuit
	38:  campaigns.RouteFailed, // network out of order
	41:  campaigns.RouteFailed, // temporary failure
	42:  campaigns.RouteFailed, // congestion
	43:  campaigns.RouteFailed,
	44:  campaigns.RouteFailed,
	47:  campaigns.RouteFailed, // resource unavailable
	50:  campaigns.RouteFailed,
	55:  campaigns.RouteFailed,
	57:  campaigns.RouteFailed,
	58:  campaigns.RouteFailed,
	63:  campaigns.RouteFailed,
	65:  campaigns.RouteFailed,
	69:  campaigns.RouteFailed,
	79:  campaigns.RouteFailed,
	88:  campaigns.RouteFailed,
	102: campaigns.RouteFailed, // a timer expired
	111: campaigns.RouteFailed,
}

// shunned reports a failure that says the next call will fail as well: the
// breaker counts these.
func (f failure) shunned() bool {
	return f.code == 0 || (f.code == 503 && f.outcome() == campaigns.RouteFailed) || (f.code == 408 && !f.progressed)
}

// String says the failure as a page would.
func (f failure) String() string {
	switch {
	case f.code == 0:
		return "no response"
	case f.q850 != 0:
		return fmt.Sprintf("%d, Q.850 cause %d", f.code, f.q850)
	}
	return strconv.Itoa(f.code)
}
