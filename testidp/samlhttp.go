package testidp

import (
	"errors"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// samlForm is what a browser carries from the provider to the recipient (SAML V2.0
// Bindings, section 3.5).
const samlForm = `<!DOCTYPE html>
<title>{{.User}} signs in</title>
<form method="post" action="{{.Recipient}}">
<input type="hidden" name="SAMLResponse" value="{{.Response}}">
<button>Go on to {{.Recipient}}</button>
</form>
`

// ServeHTTP answers GET /metadata, GET /sso, whose page posts a response to its
// recipient, and POST /response, which hands it out as {"SAMLResponse": …}; below the
// path of the entity id or at the root. Both take user, recipient, audience (optional),
// session (a duration such as 1h, optional) and any number of attribute=NAME=VALUE.
func (p *SAMLProvider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if u, err := url.Parse(p.entityID); err == nil {
		if below, ok := strings.CutPrefix(path, u.Path+"/"); ok {
			path = "/" + below
		}
	}
	switch r.Method + " " + path {
	case "GET /metadata":
		w.Header().Set("Content-Type", "application/samlmetadata+xml")
		_, _ = io.WriteString(w, p.Metadata()) // fails when the client has gone
	case "GET /sso":
		p.serve(w, r, page)
	case "POST /response":
		p.serve(w, r, func(w http.ResponseWriter, _ url.Values, response string) {
			respond(w, map[string]any{"SAMLResponse": response})
		})
	default:
		http.NotFound(w, r)
	}
}

func page(w http.ResponseWriter, form url.Values, response string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	fields := struct{ User, Recipient, Response string }{form.Get("user"), form.Get("recipient"), response}
	_ = template.Must(template.New("form").Parse(samlForm)).Execute(w, fields) // fails when the client has gone
}

// serve makes the response that a form asks for, and shows it.
func (p *SAMLProvider) serve(w http.ResponseWriter, r *http.Request, show func(http.ResponseWriter, url.Values, string)) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	response, err := p.asked(r.Form)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	show(w, r.Form, response)
}

func (p *SAMLProvider) asked(form url.Values) (string, error) {
	attributes := make(map[string][]string)
	for _, pair := range form["attribute"] {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return "", errors.New("testidp: attribute is not of the form NAME=VALUE")
		}
		attributes[name] = append(attributes[name], value)
	}
	o := SAMLOptions{Audience: form.Get("audience")}
	if text := form.Get("session"); text != "" {
		session, err := time.ParseDuration(text)
		if err != nil {
			return "", errors.New("testidp: session is not a duration such as 1h")
		}
		o.Session = session
	}
	return p.Response(form.Get("user"), form.Get("recipient"), attributes, o)
}
