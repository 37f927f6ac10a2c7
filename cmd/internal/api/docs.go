package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"

	"github.com/danielgtaylor/huma/v2"
	"github.com/swaggest/swgui/v5emb"
)

const (
	specPath = "/v1/openapi.json"
	docsPath = "/docs/"
)

// openAPI answers the OpenAPI 3.1 document.
func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(s.spec)
}

// describe adds to the document what huma does not know: what our errors hold
// beyond RFC 9457's own members.
func describe(doc *huma.OpenAPI) *huma.OpenAPI {
	if m, ok := doc.Components.Schemas.Map()["ErrorModel"]; ok {
		m.Properties["code"] = &huma.Schema{Type: huma.TypeString, Description: "What went wrong, for programs. Stable."}
		m.Properties["reference"] = &huma.Schema{Type: huma.TypeString, Description: "Where the log has more, when it is our fault."}
	}
	return doc
}

var inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

// docs is Swagger UI from inside the binary: nothing is fetched from
// elsewhere. Its page has two scripts of its own inline, which the policy
// names by hash; its styles are inline throughout.
func docs() http.HandlerFunc {
	ui := v5emb.New("forecall API", specPath, docsPath)
	page := renderedPage(ui)
	policy := "default-src 'none'; script-src 'self'"
	for _, m := range inlineScript.FindAllSubmatch(page, -1) {
		sum := sha256.Sum256(m[1])
		policy += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	policy += "; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		if r.URL.Path != docsPath {
			ui.ServeHTTP(w, r)
			return
		}
		h.Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	}
}

// renderedPage renders the page once: it is the same for everybody.
func renderedPage(ui http.Handler) []byte {
	req, err := http.NewRequest(http.MethodGet, docsPath, nil)
	if err != nil {
		panic(err) // the path is a constant
	}
	page := &pageWriter{header: make(http.Header)}
	ui.ServeHTTP(page, req)
	return page.Bytes()
}

// pageWriter takes a page into memory.
type pageWriter struct {
	bytes.Buffer
	header http.Header
}

// Header is what the page's handler sets and nobody reads.
func (p *pageWriter) Header() http.Header { return p.header }

// WriteHeader is not needed in memory.
func (p *pageWriter) WriteHeader(int) {}
