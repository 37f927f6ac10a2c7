package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/cmd/internal/api/edge"
	"github.com/forecall/forecall/cmd/internal/dnclist"
)

const dncImportPath = "/v1/do-not-call/import"

type dncImportInput struct {
	exchange
	Region string `query:"region" pattern:"^[A-Z]{2}$" doc:"Country of numbers without a country code, ISO 3166-1."`
	Column string `query:"column" maxLength:"200" doc:"Header of the column with the numbers; found out when absent."`
	Seller string `query:"seller" maxLength:"200" doc:"Who must not call the numbers; absent = the whole house."`
	Reason string `query:"reason" maxLength:"1000" doc:"Kept with each number."`
}

type dncImportOutput struct{ Body dnclist.Imported }

// numbersBody describes the body, which huma must not read.
func numbersBody(op *huma.Operation) {
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"text/csv": {Schema: binary}}}
	op.Description += " The body is one number a line, or CSV with a column of numbers, of any length; it is read as it comes." +
		" What was read is on the list, even when the answer is an error; the same file may be sent again."
}

// importDoNotCall reads numbers from the body. The time allowed runs from line
// to line, not from the first to the last.
func (s *Server) importDoNotCall(ctx context.Context, in *dncImportInput) (*dncImportOutput, error) {
	var source intake.Options
	body, wire, err := (&importInput{exchange: in.exchange}).open(&source)
	if err != nil {
		return nil, err
	}
	by := who(ctx)
	result, err := dnclist.Read(ctx, body, dnclist.Options{Region: in.Region, Column: in.Column, Seller: in.Seller, Reason: in.Reason},
		func(ctx context.Context, batch []campaigns.DoNotCall) (int, error) {
			return s.DNC.Import(ctx, by, batch)
		})
	if late := wire.allowAnswer(); err == nil {
		err = late
	}
	if err != nil {
		return nil, listFault(err)
	}
	return &dncImportOutput{result}, nil
}

// listFault turns a file that cannot be read into a problem that says why.
func listFault(err error) error {
	refusal, ok := errors.AsType[*numbers.Refusal](err)
	switch {
	case ok:
		return edge.NewFault(http.StatusUnprocessableEntity, string(refusal.Code), refusal.Error())
	case errors.Is(err, dnclist.ErrFile):
		return edge.NewFault(http.StatusUnprocessableEntity, "list_invalid", err.Error())
	}
	return err
}
