package api

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/forecall/forecall/campaigns"
)

// registersPath is where the registers are.
const registersPath = "/v1/registers"

// verifyRegisterWithin is how long every version of a large list may take to be
// built anew.
const verifyRegisterWithin = 10 * time.Minute

// confirmRegisterWithin is how long another node may take to keep a copy of a large
// list, and all of them to take it.
const confirmRegisterWithin = 3 * time.Minute

// registerRoutes are the do-not-call registers that others publish.
func (s *Server) registerRoutes() []route {
	see, load, seeDNC := need(campaigns.SeeCompliance), need(campaigns.LoadRegisters), need(campaigns.SeeDoNotCall)
	return []route{
		do(get, registersPath, see, "registers", "The registers as they stand, and those that rules ask and nobody has loaded", s.registers),
		do(get, registersPath+"/{list}/versions", see, "registers", "All versions of a register that were ever in force", s.registerVersions),
		do(post, registersPath+"/{list}/load", load, "registers", "Read a file of a register; nothing is in force before it is confirmed", s.loadRegister, registerBody),
		do(post, registersPath+"/{list}/verify", see, "registers", "Build every version that is kept anew and compare it with the ledger", s.verifyRegister, within(verifyRegisterWithin)),
		do(get, registersPath+"/{list}/versions/{version}/numbers", load, "registers", "The numbers of a version, one a line", s.exportRegister),
		do(post, registersPath+"/look", seeDNC, "registers", "Where a number stood in every version that is kept", s.lookRegisters),
		do(get, "/v1/register-loads/{id}", load, "registers", "How far a load is", s.registerLoad),
		do(post, "/v1/register-loads/{id}/confirm", load, "registers", "Put a version that is ready in force", s.confirmRegister, within(confirmRegisterWithin)),
		do(post, "/v1/register-loads/{id}/drop", load, "registers", "Forget a load", s.dropRegister),
		do(get, "/v1/register-loads/{id}/rejects", load, "registers", "The lines that hold no number, as CSV", s.registerRejects),
	}
}

// registerStreams tells whether a request brings a file of a register.
func registerStreams(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, registersPath+"/") && strings.HasSuffix(r.URL.Path, "/load")
}

// registerBody describes the body, which huma must not read.
func registerBody(op *huma.Operation) {
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: binary}}}
	op.Description += " The body is the file as it was published: text in lines or columns, XML, any of it in gzip or zip."
}

type registersOutput struct {
	Body struct {
		Lists []campaigns.RegisterList `json:"lists"`
	}
}

func (s *Server) registers(ctx context.Context, _ *struct{}) (*registersOutput, error) {
	lists, err := s.Registry.Lists(ctx, who(ctx), time.Now())
	out := &registersOutput{}
	out.Body.Lists = notNil(lists)
	return out, err
}

type registerInput struct {
	List string `path:"list" maxLength:"64"`
}

type registerVersionsOutput struct {
	Body struct {
		Versions []campaigns.RegisterVersion `json:"versions" doc:"Newest first."`
	}
}

func (s *Server) registerVersions(ctx context.Context, in *registerInput) (*registerVersionsOutput, error) {
	versions, err := s.Registry.Versions(ctx, who(ctx), in.List)
	out := &registerVersionsOutput{}
	out.Body.Versions = notNil(versions)
	return out, err
}

type registerLoadInput struct {
	exchange
	List      string    `path:"list" maxLength:"64"`
	Kind      string    `query:"kind" enum:"full,change" doc:"Every number of the register, or what has come and gone."`
	Accessed  time.Time `query:"accessed_at" required:"true" doc:"When it was taken from the register: its age counts from here."`
	SAN       string    `query:"san" maxLength:"64" doc:"Subscription account."`
	Seller    string    `query:"seller" maxLength:"200" doc:"Whose subscription it is."`
	Name      string    `query:"name" maxLength:"200" doc:"Of the file."`
	Country   string    `query:"country" pattern:"^[A-Z]{2}$" doc:"Of numbers without their country code, ISO 3166-1."`
	Covers    string    `query:"covers" maxLength:"3000" doc:"Beginnings of the numbers that it speaks of, as 1202,1305; file = the area codes that it holds; absent = every number."`
	Format    string    `query:"format" enum:"text,xml" doc:"Found out when absent."`
	Delimiter string    `query:"delimiter" maxLength:"3" doc:"One character, or tab; found out when absent."`
	Columns   []int     `query:"columns" doc:"Of the number, from 1; several are joined, as area code and number."`
	Action    int       `query:"action_column" minimum:"0" doc:"Of a change list: which column says add or delete."`
	Start     int       `query:"start" minimum:"0" doc:"Of fixed width: where the number begins, from 1."`
	Width     int       `query:"width" minimum:"0" doc:"Of fixed width: how long it is."`
	Only      string    `query:"only" enum:"add,delete" doc:"Of a change list without such a column: what all of it is."`
}

type registerLoadingOutput struct{ Body RegisterLoading }

func (in *registerLoadInput) order(map[string]string) (campaigns.RegisterLoad, error) {
	if in.Delimiter == "tab" {
		in.Delimiter = "\t"
	}
	l := campaigns.RegisterLoad{
		Version: campaigns.RegisterVersion{
			List: in.List, Kind: campaigns.RegisterKind(in.Kind), SAN: in.SAN, Seller: in.Seller, AccessedAt: in.Accessed.UTC(), Source: in.Name,
		},
		Reading: campaigns.RegisterReading{
			Format: in.Format, Country: in.Country, Delimiter: in.Delimiter, Columns: in.Columns, Action: in.Action, Start: in.Start, Width: in.Width, Only: in.Only,
		},
	}
	l.Version.Covers, l.CoversFile = CoversOf(in.Covers)
	if l.Version.Kind == "" {
		l.Version.Kind = campaigns.RegisterFull
	}
	return l, nil
}

// CoversOf reads which numbers a version speaks of: file, or beginnings by
// commas or spaces; empty = every number.
func CoversOf(text string) (starts []string, file bool) {
	if text == "file" {
		return nil, true
	}
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == ';' || r == '\n' || r == '\r' || r == '\t' }), false
}

func (s *Server) loadRegister(ctx context.Context, in *registerLoadInput) (*registerLoadingOutput, error) {
	l, err := s.RegisterLoads.Receive(in.w, in.r, who(ctx), in.order)
	return &registerLoadingOutput{l}, err
}

type registerLoadID struct {
	ID string `path:"id" maxLength:"64"`
}

func (s *Server) registerLoad(ctx context.Context, in *registerLoadID) (*registerLoadingOutput, error) {
	l, err := s.RegisterLoads.State(who(ctx), in.ID)
	return &registerLoadingOutput{l}, err
}

type registerConfirmInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"1000" doc:"Why it is right all the same, when something speaks against it."`
	}
}

func (s *Server) confirmRegister(ctx context.Context, in *registerConfirmInput) (*registerLoadingOutput, error) {
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	l, err := s.RegisterLoads.Confirm(ctx, who(ctx), in.ID, reason)
	return &registerLoadingOutput{l}, err
}

func (s *Server) dropRegister(ctx context.Context, in *registerLoadID) (*struct{}, error) {
	return nil, s.RegisterLoads.Drop(who(ctx), in.ID)
}

func (s *Server) registerRejects(ctx context.Context, in *registerLoadID) (*huma.StreamResponse, error) {
	report, err := s.RegisterLoads.Rejects(who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		defer report.Close()
		out.SetHeader("Content-Type", "text/csv; charset=utf-8")
		out.SetHeader("Content-Disposition", `attachment; filename="rejects.csv"`)
		_, _ = io.Copy(patientWriterOf(out), report) // the client may be gone
	}}, nil
}

type registerVersionInput struct {
	List    string `path:"list" maxLength:"64"`
	Version int64  `path:"version" minimum:"1"`
}

// exportRegister streams the numbers. What cannot be exported is found before
// the first of them.
func (s *Server) exportRegister(ctx context.Context, in *registerVersionInput) (*huma.StreamResponse, error) {
	u := who(ctx)
	if _, err := s.Registry.Versions(ctx, u, in.List); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		out.SetHeader("Content-Type", "text/plain; charset=utf-8")
		out.SetHeader("Content-Disposition", `attachment; filename="`+in.List+"-"+strconv.FormatInt(in.Version, 10)+`.txt"`)
		if _, err := s.Registry.Export(out.Context(), u, in.List, in.Version, patientWriterOf(out)); err != nil {
			s.Log.ErrorContext(out.Context(), "the numbers of a register were not written", "list", in.List, "version", in.Version, "error", err)
			panic(http.ErrAbortHandler) // so that half a file is seen to be half
		}
	}}, nil
}

type registerVerifiedOutput struct {
	Body struct {
		Checked  int      `json:"checked" doc:"Versions that were built anew."`
		Findings []string `json:"findings" doc:"Empty: all of it is as it was loaded."`
	}
}

func (s *Server) verifyRegister(ctx context.Context, in *registerInput) (*registerVerifiedOutput, error) {
	checked, findings, err := s.Registry.Verify(ctx, who(ctx), in.List)
	out := &registerVerifiedOutput{}
	out.Body.Checked, out.Body.Findings = checked, notNil(findings)
	return out, err
}

type registerStandingOutput struct {
	Body struct {
		Lists map[string][]campaigns.RegisterStanding `json:"lists" doc:"By list, newest version first."`
	}
}

func (s *Server) lookRegisters(ctx context.Context, in *numberInput) (*registerStandingOutput, error) {
	lists, err := s.Registry.Standing(ctx, who(ctx), in.Body.Number)
	out := &registerStandingOutput{}
	out.Body.Lists = lists
	return out, err
}
