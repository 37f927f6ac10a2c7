package campaigns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/campaigns/rules"
)

// EvidenceStore writes the ledger as evidence.
type EvidenceStore interface {
	WriteEvidence(ctx context.Context, s evidence.Selection, w *evidence.Writer) error
	// Person is what the audit calls a number; empty when nothing is known of it.
	Person(ctx context.Context, number string) (string, error)
}

// EvidenceClerk signs how far the ledger has grown.
type EvidenceClerk interface {
	// Sign signs the head of the chain as it stands, unless that was done.
	Sign(ctx context.Context) (evidence.Checkpoint, error)
	// Signer signs with the last of the house's keys, which all come with it.
	Signer(ctx context.Context) (evidence.Signer, []evidence.Key, error)
	// Stamp is the version of the program and of its time zones.
	Stamp() (program, zones string)
}

// EvidenceDesk hands the ledger over as files that verify by themselves.
type EvidenceDesk struct {
	store EvidenceStore
	clerk EvidenceClerk
	audit Auditor
}

// NewEvidenceDesk returns the service.
func NewEvidenceDesk(store EvidenceStore, clerk EvidenceClerk, audit Auditor) *EvidenceDesk {
	return &EvidenceDesk{store: store, clerk: clerk, audit: audit}
}

// Export writes an evidence file, and writes down who took what: of a number a
// pseudonym. Told, when it is not nil, hears now and then how many links and
// records are written. When it fails, what is written so far is no export.
func (d *EvidenceDesk) Export(ctx context.Context, by User, s evidence.Selection, out io.Writer, told func(links, records int64)) (evidence.Manifest, error) {
	if err := d.Check(by, s); err != nil {
		return evidence.Manifest{}, err
	}
	if err := d.note(ctx, by, s); err != nil {
		return evidence.Manifest{}, err
	}
	point, err := d.clerk.Sign(ctx)
	if err != nil {
		return evidence.Manifest{}, fmt.Errorf("sign the head of the chain: %w", err)
	}
	program, zones := d.clerk.Stamp()
	w := evidence.NewWriter(out, evidence.Manifest{
		MadeAt: time.Now().UTC(), By: by.Login, Program: program, Zones: zones, Selection: s, Checkpoint: point,
	})
	w.Told = told
	if err := d.store.WriteEvidence(ctx, s, w); err != nil {
		if errors.Is(err, ErrNoCheckpoint) {
			err = problem(KindConflict, "nothing_recorded", "Nothing stands in the ledger yet; there is no evidence to export.")
		}
		return w.Manifest(), err
	}
	signer, keys, err := d.clerk.Signer(ctx) // now: the key may have been exchanged while we wrote
	if err != nil {
		return w.Manifest(), fmt.Errorf("sign the export: %w", err)
	}
	w.SignedUnder(keys)
	if err := w.Close(signer); err != nil {
		return w.Manifest(), fmt.Errorf("close the export: %w", err)
	}
	return w.Manifest(), nil
}

// Check says what is wrong with an export before any of it is written. What is
// no number would choose nobody, or everybody.
func (d *EvidenceDesk) Check(by User, s evidence.Selection) error {
	if err := by.Allow(ExportEvidence); err != nil {
		return err
	}
	if s.Number != "" {
		if err := rules.Dialable(s.Number); err != nil {
			return invalid("number_invalid", err)
		}
	}
	if !s.From.IsZero() && !s.To.IsZero() && !s.From.Before(s.To) {
		return problem(KindInvalid, "period_empty", "The period of the export ends before it begins; exchange from and to.")
	}
	return nil
}

func (d *EvidenceDesk) note(ctx context.Context, by User, s evidence.Selection) error {
	if s.Number != "" {
		who, err := d.store.Person(ctx, s.Number)
		if err != nil {
			return err
		}
		if s.Number = who; who == "" {
			s.Number = "a number that is not known"
		}
	}
	detail, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write an export down: %w", err)
	}
	err = d.audit.AddAudit(ctx, AuditEntry{Kind: "evidence.export", By: by.Login, Subject: "evidence", Detail: string(detail)})
	if err != nil {
		return fmt.Errorf("write an export down: %w", err)
	}
	return nil
}
