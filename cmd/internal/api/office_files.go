package api

import (
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// jsonAnswer is a body as JSON, for operations that can answer with a file as
// well.
func jsonAnswer(body any) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "application/json")
		data, err := json.Marshal(body)
		if err != nil {
			panic(err) // our own structs always marshal
		}
		_, _ = hc.BodyWriter().Write(data) // a client that is gone needs no answer
	}}
}

// csvFile is a table as a file.
func csvFile(name string, write func(http.ResponseWriter) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "text/csv; charset=utf-8")
		hc.SetHeader("Content-Disposition", `attachment; filename="`+name+`.csv"`)
		_, w := humago.Unwrap(hc)
		if err := write(w); err != nil {
			panic(http.ErrAbortHandler) // a file that ends well is whole
		}
	}}
}
