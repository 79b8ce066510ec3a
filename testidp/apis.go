package testidp

import (
	"encoding/json"
	"net/http"
	"strings"
)

// ServeHTTP answers for all three providers, whose paths differ, at any host:
//
//	GET /me and /app                             Facebook's Graph API, with or without a version before
//	GET /auth/o2/tokeninfo                       Login with Amazon
//	GET /1.1/account/verify_credentials.json     Twitter
//	POST /token                                  a token, for the form's provider, user and app
func (a *AccessTokens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if version, below, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/"); ok && strings.HasPrefix(version, "v") {
		path = "/" + below
	}
	switch r.Method + " " + path {
	case "GET /me":
		a.serveGraph(w, r, func(g grant) map[string]any { return map[string]any{"id": g.user, "name": "Test User"} })
	case "GET /app":
		a.serveGraph(w, r, func(g grant) map[string]any { return map[string]any{"id": g.app, "name": "Test App"} })
	case "GET /auth/o2/tokeninfo":
		a.serveTokenInfo(w, r)
	case "GET /1.1/account/verify_credentials.json":
		a.serveVerifyCredentials(w, r)
	case "POST /token":
		a.serveToken(w, r)
	default:
		http.NotFound(w, r)
	}
}

// serveGraph answers for the node that a token itself names; without fields it has all.
func (a *AccessTokens) serveGraph(w http.ResponseWriter, r *http.Request, node func(grant) map[string]any) {
	g, expired, ok := a.grant(Facebook, bearer(r))
	switch {
	case !ok:
		graphError(w, map[string]any{"message": "Invalid OAuth access token - Cannot parse access token", "type": "OAuthException", "code": 190})
		return
	case expired:
		graphError(w, map[string]any{"message": "Error validating access token: Session has expired.", "type": "OAuthException", "code": 190, "error_subcode": 463})
		return
	}
	members := node(g)
	if fields := r.URL.Query().Get("fields"); fields == "id" {
		delete(members, "name")
	}
	respond(w, members)
}

func graphError(w http.ResponseWriter, members map[string]any) {
	respondStatus(w, http.StatusBadRequest, map[string]any{"error": members})
}

// bearer is the access token of a request, as a parameter or in the header.
func bearer(r *http.Request) string {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return token
	}
	return r.URL.Query().Get("access_token")
}

func (a *AccessTokens) serveTokenInfo(w http.ResponseWriter, r *http.Request) {
	g, expired, ok := a.grant(Amazon, bearer(r))
	if !ok || expired {
		respondStatus(w, http.StatusBadRequest, map[string]any{
			"error": "invalid_token", "error_description": "The request has an invalid parameter : access_token",
		})
		return
	}
	now := a.now()
	respond(w, map[string]any{
		"iss": "https://" + Amazon, "aud": g.app, "app_id": AmazonAppID(g.app), "user_id": g.user,
		"exp": int64(g.expires.Sub(now).Seconds()), "iat": g.expires.Add(-lifetime).Unix(),
	})
}

func (a *AccessTokens) serveVerifyCredentials(w http.ResponseWriter, r *http.Request) {
	fields := oauthFields(r)
	g, expired, ok := a.grant(Twitter, fields["oauth_token"])
	if !ok || expired || !g.signed(r, fields, a.now()) {
		respondStatus(w, http.StatusUnauthorized, map[string]any{
			"errors": []any{map[string]any{"code": 89, "message": "Invalid or expired token."}},
		})
		return
	}
	respond(w, map[string]any{"id": json.Number(g.user), "id_str": g.user, "name": "Test User", "screen_name": "test"})
}

// serveToken gives out a token as Token does; app is what the identity pool has in its
// settings.
func (a *AccessTokens) serveToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	token, err := a.Token(r.Form.Get("provider"), r.Form.Get("user"), r.Form.Get("app"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	respond(w, map[string]any{"access_token": token, "token_type": "bearer", "expires_in": int(lifetime.Seconds())})
}
