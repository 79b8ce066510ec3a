package testidp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxForm is the longest body of a token request in bytes.
const maxForm = 64 << 10

// ServeHTTP answers discovery, the key set and POST /token, below the issuer's
// path or at the root, and at the root AdminGetUser of the user pools API. The token
// form has user, client_id (optional), and any number of claim=NAME=VALUE; a claim that
// occurs twice becomes a list, and a value in brackets or braces is JSON.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if below, ok := strings.CutPrefix(path, p.path+"/"); ok {
		path = "/" + below
	}
	switch r.Method + " " + path {
	case "GET /.well-known/openid-configuration":
		p.serveDiscovery(w)
	case "GET /.well-known/jwks.json", "GET /jwks.json":
		p.serveKeys(w)
	case "POST /token":
		p.serveToken(w, r)
	case "POST /":
		if r.Header.Get("X-Amz-Target") != "AWSCognitoIdentityProviderService.AdminGetUser" {
			http.NotFound(w, r)
			return
		}
		p.serveAdminGetUser(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (p *Provider) serveDiscovery(w http.ResponseWriter) {
	respond(w, map[string]any{
		"issuer":                                p.issuer,
		"jwks_uri":                              p.issuer + "/jwks.json",
		"token_endpoint":                        p.issuer + "/token",
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{p.algorithm},
	})
}

func (p *Provider) serveKeys(w http.ResponseWriter) {
	keys, err := p.keySet()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	respond(w, json.RawMessage(keys))
}

func (p *Provider) serveToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	override, err := claims(r.Form["claim"])
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if client := r.Form.Get("client_id"); client != "" {
		override["aud"] = client
	}
	signed, err := p.Token(r.Form.Get("user"), override)
	if errors.Is(err, ErrUnknownUser) {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	respond(w, map[string]any{
		"id_token":   signed,
		"token_type": "Bearer",
		"expires_in": int(lifetime.Seconds()),
	})
}

// claims reads NAME=VALUE pairs.
func claims(pairs []string) (map[string]any, error) {
	lists := make(map[string][]any)
	for _, pair := range pairs {
		name, text, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, errors.New("testidp: claim is not of the form NAME=VALUE")
		}
		value, err := claim(text)
		if err != nil {
			return nil, fmt.Errorf("testidp: the claim %s looks like JSON and is none", name)
		}
		lists[name] = append(lists[name], value)
	}
	out := make(map[string]any)
	for name, values := range lists {
		if len(values) == 1 {
			out[name] = values[0]
		} else {
			out[name] = values
		}
	}
	return out, nil
}

// claim reads lists and objects; all else is text, numbers too, as a user's id may be
// one.
func claim(text string) (any, error) {
	if !strings.HasPrefix(text, "[") && !strings.HasPrefix(text, "{") {
		return text, nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("testidp: more than one value")
	}
	return value, nil
}

func respond(w http.ResponseWriter, body any) { respondStatus(w, http.StatusOK, body) }

func respondStatus(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(data) // fails when the client has gone, which is its affair
}
