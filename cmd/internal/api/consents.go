package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/cmd/internal/api/edge"
	"github.com/forecall/forecall/cmd/internal/consentlist"
)

const (
	consentImportPath = "/v1/consents/import"

	editConsents need = need(campaigns.EditConsents)
	seeConsents  need = need(campaigns.SeeCompliance)
)

// consentRoutes is the ledger of what people permitted.
func (s *Server) consentRoutes() []route {
	return []route{
		do(post, "/v1/consents", editConsents, "consents", "Enter a permission or relation; the same again changes nothing", s.addConsent),
		do(post, consentImportPath, editConsents, "consents", "Enter the permissions of a file", s.importConsents, consentsBody),
		do(post, "/v1/consents/find", seeConsents, "consents", "What a number permitted, and when its holder withdrew", s.findConsents),
		do(get, "/v1/consents/{id}", seeConsents, "consents", "One entry with its events and the calls that stood on it", s.consent),
		do(post, "/v1/consents/withdraw", editConsents, "consents", "End what a person permitted, all of a seller or one entry", s.withdrawConsent),
		do(get, "/v1/consents/export", seeConsents, "consents", "The ledger as CSV or JSON lines", s.exportConsents, within(time.Hour)),

		do(get, "/v1/agent/call/consent", takeCalls, "agent", "What the person on the line permitted, and the words to ask for more", s.deskConsent),
		do(post, "/v1/agent/call/consent", takeCalls, "agent", "The person on the line says yes to the words of the campaign", s.giveConsent),
		do(post, "/v1/agent/call/consent/withdraw", takeCalls, "agent", "The person on the line takes back what they permitted", s.withdrawSpoken),
	}
}

type consentInput struct {
	Body struct {
		Number    string    `json:"number" pattern:"^\\+[1-9][0-9]{6,14}$" doc:"E.164."`
		Name      string    `json:"name,omitempty" maxLength:"1000"`
		Kind      string    `json:"kind,omitempty" enum:"consent,out_of_hours,contract,purchase,inquiry,interaction" default:"consent"`
		Level     string    `json:"level,omitempty" enum:",soft,express,express_written" doc:"Of a permission; express when absent."`
		Seller    string    `json:"seller,omitempty" maxLength:"1000" doc:"As in the campaign; empty = every seller of the house."`
		Purpose   string    `json:"purpose,omitempty" enum:",sales,debt,service,survey,political,charity" doc:"Empty = any."`
		Goods     string    `json:"goods_or_service,omitempty" maxLength:"1000"`
		Channels  []string  `json:"channels,omitempty" maxItems:"3" enum:"live,automated,recording" doc:"Empty = live calls alone."`
		At        time.Time `json:"at" doc:"When it was given."`
		Until     time.Time `json:"until,omitempty" doc:"Its own end; absent = the law's alone."`
		Source    string    `json:"source,omitempty" enum:"web_form,paper,call,import,api" default:"api"`
		Wording   string    `json:"wording,omitempty" maxLength:"20000" doc:"What the person was shown or read, to the letter."`
		Reference string    `json:"reference,omitempty" maxLength:"1000" doc:"Where the proof lies: recording, file, order."`
		IP        string    `json:"ip,omitempty" maxLength:"45"`
		Note      string    `json:"note,omitempty" maxLength:"1000"`
	}
}

type consentFateOutput struct{ Body campaigns.ConsentFate }

func (s *Server) addConsent(ctx context.Context, in *consentInput) (*consentFateOutput, error) {
	b := in.Body
	c := campaigns.Consent{
		Number: b.Number, Name: b.Name, Kind: campaigns.ConsentKind(b.Kind), Level: campaigns.ConsentLevel(b.Level), Seller: b.Seller, Purpose: b.Purpose,
		Goods: b.Goods, At: b.At, Until: b.Until, Source: campaigns.ConsentSource(b.Source), Wording: b.Wording, Reference: b.Reference, IP: b.IP, Note: b.Note,
	}
	for _, ch := range b.Channels {
		c.Channels = append(c.Channels, campaigns.ConsentChannel(ch))
	}
	fate, err := s.Consents.Record(ctx, who(ctx), c)
	if err != nil {
		return nil, err
	}
	return &consentFateOutput{fate}, nil
}

type consentsOutput struct {
	Body struct {
		Consents    []campaigns.Consent    `json:"consents" doc:"Newest first; with whatever ended them."`
		Withdrawals []campaigns.Withdrawal `json:"withdrawals"`
	}
}

func (s *Server) findConsents(ctx context.Context, in *numberInput) (*consentsOutput, error) {
	found, err := s.Consents.List(ctx, who(ctx), campaigns.ConsentFilter{Number: in.Body.Number})
	if err != nil {
		return nil, err
	}
	said, err := s.Consents.Withdrawals(ctx, who(ctx), in.Body.Number)
	if err != nil {
		return nil, err
	}
	out := &consentsOutput{}
	out.Body.Consents, out.Body.Withdrawals = notNil(found), notNil(said)
	return out, nil
}

type consentByID struct {
	ID string `path:"id" maxLength:"64"`
}

type consentFileOutput struct{ Body campaigns.ConsentFile }

func (s *Server) consent(ctx context.Context, in *consentByID) (*consentFileOutput, error) {
	f, err := s.Consents.Find(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &consentFileOutput{f}, nil
}

type withdrawalInput struct {
	Body struct {
		Number    string    `json:"number,omitempty" pattern:"^(\\+[1-9][0-9]{6,14})?$" doc:"E.164; not needed with consent_id."`
		ID        string    `json:"consent_id,omitempty" maxLength:"64" doc:"One entry; empty = all of the number."`
		Seller    string    `json:"seller,omitempty" maxLength:"1000" doc:"Empty = every seller."`
		At        time.Time `json:"at,omitempty" doc:"When it was said; absent = now. What was given later stands."`
		Source    string    `json:"source,omitempty" enum:"web_form,paper,call,api" default:"api"`
		Reference string    `json:"reference,omitempty" maxLength:"1000"`
		Note      string    `json:"note,omitempty" maxLength:"1000"`
		Stop      bool      `json:"stop,omitempty" doc:"The number goes onto the do-not-call list too: of the seller, or of the whole house when none is named or no campaign calls for it."`
	}
}

type withdrawalOutput struct {
	Body struct {
		Ended int `json:"ended" doc:"Entries that stood until now."`
	}
}

func (s *Server) withdrawConsent(ctx context.Context, in *withdrawalInput) (*withdrawalOutput, error) {
	b := in.Body
	if b.Number == "" && b.ID == "" {
		return nil, edge.NewFault(http.StatusUnprocessableEntity, "number_missing", "Name the number, or the entry of the ledger.")
	}
	ended, err := s.Consents.Withdraw(ctx, who(ctx), campaigns.Withdrawal{
		Number: b.Number, ID: b.ID, Seller: b.Seller, At: b.At, Source: campaigns.ConsentSource(b.Source), Reference: b.Reference, Note: b.Note,
	}, b.Stop)
	return withdrawn(ended, err)
}

func withdrawn(ended int, err error) (*withdrawalOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &withdrawalOutput{}
	out.Body.Ended = ended
	return out, nil
}

type consentImportInput struct {
	exchange
	Region  string `query:"region" pattern:"^[A-Z]{2}$" doc:"Country of numbers without a country code, ISO 3166-1."`
	Seller  string `query:"seller" maxLength:"1000" doc:"Of rows that name none."`
	Purpose string `query:"purpose" maxLength:"100" doc:"Of rows that name none."`
	Source  string `query:"source" enum:"web_form,paper,call,import,api" doc:"Of rows that name none."`
}

type consentImportOutput struct{ Body consentlist.Entered }

// consentsBody describes the body, which huma must not read.
func consentsBody(op *huma.Operation) {
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"text/csv": {Schema: binary}, "application/jsonl": {Schema: binary}}}
	op.Description += " The body is CSV with a header (number, kind, level, seller, purpose, goods, channels, at, until, source, wording, reference, ip, name, note)" +
		" or one JSON object a line, of any length; it is read as it comes. What was read is entered, even when the answer is an error; the same file may be sent again."
}

// importConsents reads entries from the body. The time allowed runs from row to
// row, not from the first to the last.
func (s *Server) importConsents(ctx context.Context, in *consentImportInput) (*consentImportOutput, error) {
	var source intake.Options
	body, wire, err := (&importInput{exchange: in.exchange}).open(&source)
	if err != nil {
		return nil, err
	}
	by := who(ctx)
	blank := campaigns.Consent{Seller: in.Seller, Purpose: in.Purpose, Source: campaigns.ConsentSource(in.Source)}
	result, err := consentlist.Read(ctx, body, consentlist.Options{Region: in.Region, Blank: blank},
		func(ctx context.Context, batch []campaigns.Consent) ([]campaigns.ConsentFate, []campaigns.ConsentRefusal, error) {
			return s.Consents.Import(ctx, by, batch)
		})
	if late := wire.allowAnswer(); err == nil {
		err = late
	}
	if err != nil {
		return nil, consentFault(err)
	}
	return &consentImportOutput{result}, nil
}

func consentFault(err error) error {
	refusal, ok := errors.AsType[*numbers.Refusal](err)
	switch {
	case ok:
		return edge.NewFault(http.StatusUnprocessableEntity, string(refusal.Code), refusal.Error())
	case errors.Is(err, consentlist.ErrFile):
		return edge.NewFault(http.StatusUnprocessableEntity, "list_invalid", err.Error())
	}
	return err
}

type consentExportInput struct {
	Format string `query:"format" enum:"csv,jsonl" default:"csv" doc:"JSON lines hold the events and uses of each entry as well."`
	Seller string `query:"seller" maxLength:"1000"`
	Kind   string `query:"kind" enum:"consent,out_of_hours,contract,purchase,inquiry,interaction"`
}

// exportConsents streams the ledger. An error on the way cuts the connection: a
// file that ends well is whole.
func (s *Server) exportConsents(ctx context.Context, in *consentExportInput) (*huma.StreamResponse, error) {
	u, f := who(ctx), campaigns.ConsentFilter{Seller: in.Seller, Kind: campaigns.ConsentKind(in.Kind)}
	if err := u.Allow(campaigns.ExportCalls); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		out, contentType := consentlist.NewCSV(patientWriterOf(hc)), "text/csv; charset=utf-8"
		if in.Format == "jsonl" {
			out, contentType = consentlist.NewJSONLines(patientWriterOf(hc)), "application/jsonl; charset=utf-8"
		}
		hc.SetHeader("Content-Type", contentType)
		hc.SetHeader("Content-Disposition", `attachment; filename="consents.`+in.Format+`"`)
		err := s.Consents.Export(ctx, u, f, out.Write)
		if err = errors.Join(err, out.Close()); err != nil {
			s.Log.ErrorContext(ctx, "export of consents ended early", "error", err)
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

type deskConsentOutput struct{ Body campaigns.DeskConsent }

func (s *Server) deskConsent(ctx context.Context, _ *struct{}) (*deskConsentOutput, error) {
	c, err := s.Desk.Consent(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	return &deskConsentOutput{c}, nil
}

type spokenConsentInput struct {
	Body struct {
		WordingID string `json:"wording_sha256" pattern:"^[0-9a-f]{64}$" doc:"Of the words that were read out."`
		Recording bool   `json:"recording,omitempty" doc:"The person agreed to be recorded, too."`
		Note      string `json:"note,omitempty" maxLength:"1000"`
	}
}

func (s *Server) giveConsent(ctx context.Context, in *spokenConsentInput) (*consentFateOutput, error) {
	fate, err := s.Desk.GiveConsent(ctx, who(ctx), campaigns.SpokenConsent{WordingID: in.Body.WordingID, Recording: in.Body.Recording, Note: in.Body.Note})
	if err != nil {
		return nil, err
	}
	return &consentFateOutput{fate}, nil
}

type spokenWithdrawalInput struct {
	Body struct {
		Stop bool   `json:"stop,omitempty" doc:"The number goes onto the seller's do-not-call list too."`
		Note string `json:"note,omitempty" maxLength:"1000"`
	}
}

func (s *Server) withdrawSpoken(ctx context.Context, in *spokenWithdrawalInput) (*withdrawalOutput, error) {
	return withdrawn(s.Desk.WithdrawConsent(ctx, who(ctx), campaigns.SpokenWithdrawal{Stop: in.Body.Stop, Note: in.Body.Note}))
}
