package campaigns

// Proof is the services of those who hand the ledger over and answer persons:
// all of them, or none in a house without.
type Proof struct {
	Evidence  *EvidenceDesk
	Subjects  *Subjects
	Retention *Retention
	Audit     *AuditTrail
}
