// Package server is the HTTP side of Cenote: one handler that routes, verifies,
// authorizes, calls and records every request.
package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/cenotehq/cenote/audit"
	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/wire"
)

// Config is what a Server answers with. All of it is needed, save where it says
// otherwise.
type Config struct {
	Account string
	Root    iam.AccessKey // signs for the account itself

	Cognito *cognito.Service
	STS     *sts.Service
	IAM     *iam.Service
	Issuer  *issuer.Issuer
	Audit   audit.Log

	// PublicURL is where clients reach the server; empty means at the host that they
	// ask for, which no cache may remember.
	PublicURL string

	// Hosts are further names that clients sign for, as they stand in the Host header.
	// A proxy may have put another name there.
	Hosts []string

	// Ready returns nil while requests can be answered.
	Ready func(context.Context) error

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Server is the handler of every path of the API. It is safe for concurrent use.
type Server struct {
	Config
	codec  wire.Codec
	apis   apis
	mux    *http.ServeMux
	shared http.Header // of all answers of the API
}

// New makes a Server.
func New(c Config) *Server {
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Server{Config: c, mux: http.NewServeMux(), shared: sharedHeader()}
	s.apis = newAPIs(s)
	s.mux.HandleFunc("GET /healthz", serveLive)
	s.mux.HandleFunc("GET /readyz", s.serveReady)
	s.mux.HandleFunc("GET "+issuer.DiscoveryPath, s.serveDiscovery)
	for _, path := range keysPaths() {
		s.mux.HandleFunc("GET "+path, s.serveKeys)
	}
	s.mux.HandleFunc("/identitypools/", serveNoSync)
	return s
}

// serveNoSync refuses Amazon Cognito Sync, whose clients come with their own paths, in
// words that they can read.
func serveNoSync(w http.ResponseWriter, _ *http.Request) {
	f := fault.New("UnknownOperationException", http.StatusNotFound, "Amazon Cognito Sync is not here.")
	body, header := wire.JSONError(f, newRequestID())
	maps.Copy(w.Header(), header)
	w.WriteHeader(f.Status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}

// ServeHTTP answers one request. The API is at the root, also where a client joins
// two slashes; the mux would redirect those, which no signature survives.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.Trim(r.URL.Path, "/") == "" {
		s.serveAPI(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// call is one request on its way through the steps of serveAPI.
type call struct {
	*http.Request
	w         http.ResponseWriter
	event     audit.Event
	api       *api
	operation operation
	body      []byte
	form      formValues // of a Query request
	caller    iam.Caller
	input     any
	output    any
}

// serveAPI answers a request to the API. No operation can leave a step out.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		servePreflight(w, r)
		return
	}
	c := &call{Request: r, w: w, api: s.apis.fallback(r), event: audit.Event{
		RequestID: newRequestID(), Start: s.Now().UTC(), SourceIP: sourceIP(r), UserAgent: r.UserAgent(),
	}}
	err := s.steps(c)
	s.respond(c, err)
	s.record(c)
}

func (s *Server) steps(c *call) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v\n%s", reason, debug.Stack())
		}
	}()
	// 1. Read the body, no more than any operation needs.
	if err := c.readBody(); err != nil {
		return err
	}
	// 2. Find the operation.
	if err := s.route(c); err != nil {
		return err
	}
	// 3. Prove who signed, unless the operation is public.
	if err := s.authenticate(c); err != nil {
		return err
	}
	c.Request = c.WithContext(iam.WithRequest(c.Context(), c.conditionKeys))
	// 4. Read and validate the input.
	if err := s.decode(c); err != nil {
		return err
	}
	// 5. Ask the policies.
	if err := s.authorize(c); err != nil {
		return err
	}
	// 6. Do it.
	c.output, err = c.operation.invoke(c.Context(), c.caller, c.input)
	return err
}

func (s *Server) record(c *call) {
	c.event.Duration = s.Now().Sub(c.event.Start)
	c.event.API, c.event.Caller = c.api.name, c.caller.ARN
	s.Audit.Record(c.Context(), c.event)
}

// faultOf returns the error that the client is told. What is no fault.Error is
// none of the client's business and becomes the API's internal error.
func (c *call) faultOf(err error) *fault.Error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	if f := c.api.format.Fault(err); f != nil {
		return f
	}
	return fault.New(c.api.internal, http.StatusInternalServerError,
		"An internal error has occurred. The request id is "+c.event.RequestID+".").With(err)
}

func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	x := hex.EncodeToString(b[:])
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

func sourceIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
