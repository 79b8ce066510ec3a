package server

import (
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/wire"
)

// sharedHeader is what all answers of the API say, whose values nobody changes.
func sharedHeader() http.Header {
	return http.Header{
		"Access-Control-Allow-Origin":   {"*"},
		"Access-Control-Expose-Headers": {"x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"},
	}
}

// respond sends the output, or what the client is told of err.
func (s *Server) respond(c *call, err error) {
	header := c.w.Header()
	// In the form that Set would bring them into, each time.
	maps.Copy(header, s.shared)
	header["X-Amzn-Requestid"] = []string{c.event.RequestID}
	status, body := http.StatusOK, []byte(nil)
	if err == nil {
		header["Content-Type"] = c.api.contentType
		c.learn(c.output)
		if c.api.format == wire.JSON {
			body = s.codec.EncodeJSON(c.output)
		} else {
			body = s.codec.EncodeQuery(c.event.Operation, c.api.namespace, c.event.RequestID, c.output)
		}
	} else {
		status, body = c.refuse(err)
	}
	c.event.Status = status
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body) // a client that is gone needs no answer
}

// reticent is an output that does not tell all: the log learns why a part of what was
// asked for was not done.
type reticent interface {
	Cause() error
}

// learn puts into the event what an output keeps from the client.
func (c *call) learn(output any) {
	if out, ok := output.(reticent); ok {
		c.event.Cause = out.Cause()
		c.event.Refused = refusedBy(c.event.Cause)
	}
	if out, ok := output.(*AuthorizeRequestOutput); ok {
		c.event.Refused = out.Explanation
	}
}

func (c *call) refuse(err error) (status int, body []byte) {
	f := c.faultOf(err)
	c.event.Code, c.event.Message, c.event.Cause = f.Code, f.Message, f.Cause
	c.event.Refused = refusedBy(err)
	if c.api.format == wire.Query {
		c.w.Header()["Content-Type"] = c.api.contentType
		return f.Status, wire.QueryError(c.api.namespace, f, c.event.RequestID)
	}
	body, header := wire.JSONError(f, c.event.RequestID)
	for name, values := range header {
		c.w.Header()[name] = values
	}
	return f.Status, body
}

// servePreflight lets browsers of any origin call the API: a request proves itself
// by its signature or token, never by a cookie.
func servePreflight(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Allow-Methods", "POST, GET, OPTIONS")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" && isHeaderList(asked) {
		header.Set("Access-Control-Allow-Headers", asked)
	}
	header.Set("Access-Control-Max-Age", "172800")
	header.Set("Vary", "Access-Control-Request-Headers")
	w.WriteHeader(http.StatusOK)
}

func isHeaderList(s string) bool {
	return len(s) <= 4096 && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789-_, ") == ""
}

func serveLive(w http.ResponseWriter, _ *http.Request) { servePlain(w, http.StatusOK, "ok\n") }

func (s *Server) serveReady(w http.ResponseWriter, r *http.Request) {
	if err := s.Ready(r.Context()); err != nil {
		servePlain(w, http.StatusServiceUnavailable, "not ready\n")
		return
	}
	servePlain(w, http.StatusOK, "ready\n")
}

func servePlain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// keysPaths are where the keys of our tokens are found: AWS's path, and those that
// object stores look at without asking the discovery document (SeaweedFS, Ceph).
func keysPaths() []string {
	return []string{issuer.KeysPath, "/.well-known/jwks.json", "/protocol/openid-connect/certs"}
}

// What caches may do with a document.
const (
	cachePublic = "public, max-age=300"
	cacheNever  = "no-store"
)

func (s *Server) serveKeys(w http.ResponseWriter, _ *http.Request) {
	serveDocument(w, cachePublic, s.Issuer.JWKS())
}

// serveDiscovery says where the keys are: below PublicURL, or else at the name that the
// client itself reaches the server by, which may be any in a network of containers. Such
// an answer is for that client alone. A cache would give it to others, and whoever asks
// with a name of their choice would choose whose keys these trust.
func (s *Server) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.PublicURL != "":
		serveDocument(w, cachePublic, s.Issuer.Discovery(s.PublicURL))
	case r.TLS != nil:
		serveDocument(w, cacheNever, s.Issuer.Discovery("https://"+r.Host))
	default:
		serveDocument(w, cacheNever, s.Issuer.Discovery("http://"+r.Host))
	}
}

func serveDocument(w http.ResponseWriter, caches string, body []byte) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Cache-Control", caches)
	header.Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}
