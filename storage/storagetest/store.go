package storagetest

import (
	"context"
	"iter"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// Store is everything that a record store does, in small parts by noun.
type Store interface {
	Ledger
	Dispositions
	Contacts
	Lists
	Loads
	Campaigns
	Users
	DoNotCall
	Calls
	Estimates
	Idempotency
	Audit
	Odds
	Tapes
	Breaks
	Numbers
	Scripts
	Talk
	Office
	Spells
	Trade
	Receptions
	Gate
	Search
	Desk
	CallerIDs
	Checks
	campaigns.StopStore
	campaigns.RuleStore
	Consents
	Abandonment
}

// Ledger records attempts: before their INVITE, and when they have ended.
type Ledger interface {
	Begin(ctx context.Context, c campaigns.Campaign, a *campaigns.Attempt) error
	Finish(ctx context.Context, a campaigns.Attempt) error
	Recover(ctx context.Context, now time.Time) ([]campaigns.Attempt, error)
}

// Dispositions records what agents said of calls.
type Dispositions interface {
	Dispose(ctx context.Context, d campaigns.Disposition) (created bool, err error)
	Callbacks(ctx context.Context, f campaigns.CallbackFilter) ([]campaigns.Callback, error)
}

// Contacts hands out contacts and takes them back.
type Contacts interface {
	Lease(ctx context.Context, campaign int64, now time.Time, n int) ([]campaigns.Contact, error)
	Release(ctx context.Context, ids []int64) error
	Postpone(ctx context.Context, ids []int64, until time.Time) error
	Contact(ctx context.Context, id int64) (campaigns.Contact, error)
	Depth(ctx context.Context, campaign int64, now time.Time) (campaigns.Depth, error)
	Recycle(ctx context.Context, campaign int64, outcomes []campaigns.Outcome, by string) (int64, error)
}

// Lists keeps the lists of campaigns.
type Lists interface {
	CreateList(ctx context.Context, l campaigns.List) (campaigns.List, error)
	List(ctx context.Context, id int64) (campaigns.List, error)
	Lists(ctx context.Context, campaign int64) ([]campaigns.List, error)
	SetListActive(ctx context.Context, id int64, active bool, by string) error
	SetListPriority(ctx context.Context, id int64, priority int, by string) error
}

// Loads takes contacts in, and whole loads out again.
type Loads interface {
	BeginLoad(ctx context.Context, l campaigns.Load) (int64, error)
	AddContacts(ctx context.Context, load int64, batch []campaigns.Contact, policy campaigns.Duplicates) ([]campaigns.RowVerdict, error)
	EndLoad(ctx context.Context, load int64, counts campaigns.LoadCounts, cut campaigns.LoadCut) error
	UndoLoad(ctx context.Context, load int64, by string) (removed, kept int64, err error)
	Load(ctx context.Context, id int64) (campaigns.Load, error)
	Loads(ctx context.Context, campaign int64) ([]campaigns.Load, error)
}

// Campaigns keeps what managers set.
type Campaigns interface {
	CreateCampaign(ctx context.Context, c campaigns.Campaign, by string) (campaigns.Campaign, error)
	UpdateCampaign(ctx context.Context, c campaigns.Campaign, by string) (campaigns.Campaign, error)
	SetStatus(ctx context.Context, id int64, to campaigns.Status, by string) (campaigns.Campaign, error)
	Campaign(ctx context.Context, id int64) (campaigns.Campaign, error)
	CampaignByName(ctx context.Context, name string) (campaigns.Campaign, error)
	Campaigns(ctx context.Context) ([]campaigns.Campaign, error)
}

// Users keeps who may log in.
type Users interface {
	PutUser(ctx context.Context, u campaigns.User) (campaigns.User, error)
	User(ctx context.Context, id int64) (campaigns.User, error)
	UserByLogin(ctx context.Context, login string) (campaigns.User, error)
	Users(ctx context.Context) ([]campaigns.User, error)
}

// DoNotCall keeps the numbers that nobody calls any more.
type DoNotCall interface {
	AddDoNotCall(ctx context.Context, d campaigns.DoNotCall) error
	ImportDoNotCall(ctx context.Context, batch []campaigns.DoNotCall) (added int, err error)
	AddRegisterVersion(ctx context.Context, v campaigns.RegisterVersion) error
	RegisterVersions(ctx context.Context, list string) ([]campaigns.RegisterVersion, error)
	DoNotCallEntries(ctx context.Context, number string) ([]campaigns.DoNotCall, error)
	RemoveDoNotCall(ctx context.Context, d campaigns.DoNotCall) error
	DoNotCall(ctx context.Context, number string) (campaigns.DoNotCall, error)
	IsDoNotCall(ctx context.Context, number string) (bool, error)
	DoNotCallHistory(ctx context.Context, number string) ([]campaigns.DoNotCallChange, error)
	DoNotCalls(ctx context.Context, after string, limit int) ([]campaigns.DoNotCall, error)
}

// Calls reads the ledger.
type Calls interface {
	Attempt(ctx context.Context, id string) (campaigns.Call, error)
	Calls(ctx context.Context, f campaigns.CallFilter) iter.Seq2[campaigns.Call, error]
	History(ctx context.Context, contact int64, limit int) ([]campaigns.Call, error)
	Tally(ctx context.Context, campaign int64, since, until time.Time) (campaigns.Tally, error)
	Verify(ctx context.Context, now time.Time) (campaigns.Findings, error)
}

// Estimates keeps what pacing has learned of a campaign.
type Estimates interface {
	SaveEstimates(ctx context.Context, campaign int64, body []byte) error
	Estimates(ctx context.Context, campaign int64) ([]byte, error)
}

// Idempotency keeps answers to requests, so that a request sent twice is done once.
type Idempotency interface {
	// Reserve claims a key for a request of the user. It is new, or it brings
	// what was kept: the digest of the first request, and its answer, which is
	// nil while that one is still at work.
	Reserve(ctx context.Context, user int64, key string, request []byte, until time.Time) (kept campaigns.Kept, fresh bool, err error)
	KeepAnswer(ctx context.Context, user int64, key string, answer []byte) error
	DropKey(ctx context.Context, user int64, key string) error
}

// Audit keeps what must be provable beside calls.
type Audit interface {
	AddAudit(ctx context.Context, e campaigns.AuditEntry) error
	AuditEntries(ctx context.Context, after int64, limit int) ([]campaigns.AuditEntry, error)
}

// Odds keeps what a campaign has learned of who answers.
type Odds interface {
	SaveOdds(ctx context.Context, campaign int64, model []byte) error
	Odds(ctx context.Context, campaign int64) ([]byte, error)
}

// Tapes keeps what pacing saw and decided, minute by minute, for some days.
type Tapes interface {
	SaveTape(ctx context.Context, campaign int64, from time.Time, tape []byte) error
	Tapes(ctx context.Context, campaign int64, from, to time.Time, each func(from time.Time, tape []byte) error) error
	DropTapes(ctx context.Context, before time.Time) error
}

// Breaks keeps when agents will take no calls.
type Breaks interface {
	PlanBreak(ctx context.Context, b campaigns.Break) (campaigns.Break, error)
	Break(ctx context.Context, id int64) (campaigns.Break, error)
	Breaks(ctx context.Context, agent int64, from time.Time) ([]campaigns.Break, error)
	CancelBreak(ctx context.Context, id int64, by string) error
}

// Numbers finds who has a number.
type Numbers interface {
	ContactsByNumber(ctx context.Context, campaign int64, number string) ([]campaigns.Contact, error)
}

// Gate judges calls by the rules that the house has adopted, and keeps what was
// decided.
type Gate interface {
	campaigns.RuleShelf
	campaigns.DecisionReader
	campaigns.ZoneHistory
	campaigns.Judge
	campaigns.Foresight
	Book() *rules.Book
	SetRegisters(r campaigns.Registers)
	Decision(ctx context.Context, id string) (campaigns.DecisionRecord, error)
	Refusals(ctx context.Context, campaign int64, from, to time.Time) ([]campaigns.RefusalCount, error)
	Weigh(ctx context.Context, c campaigns.Campaign, p campaigns.Contact, number string, manual bool, now time.Time) (*rules.Decision, error)
	KeepRefusal(ctx context.Context, c campaigns.Campaign, p campaigns.Contact, number string, d *rules.Decision) error
}
