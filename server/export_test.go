package server

import (
	"reflect"

	"github.com/cenotehq/cenote/policy"
	"github.com/cenotehq/cenote/wire"
)

// Operation is a line of the table of operations.
type Operation struct {
	Service string // as in signatures
	Format  wire.Format
	Version string // of a Query API
	Name    string
	Target  string // of a JSON API
	Signed  bool
	Action  string
	Input   reflect.Type
}

// Operations returns the whole table.
func Operations(s *Server) []Operation {
	var list []Operation
	for _, api := range []*api{s.apis.cognito, s.apis.cenote, s.apis.sts, s.apis.iam} {
		for name, o := range api.operations {
			list = append(list, Operation{
				Service: api.name, Format: api.format, Version: api.version, Name: name, Target: api.target + name,
				Signed: o.signed, Action: o.action, Input: reflect.TypeOf(o.input()).Elem(),
			})
		}
	}
	return list
}

// Codec is the one that the server reads and writes with.
func Codec(s *Server) *wire.Codec { return &s.codec }

// Refusal says in words which statements stood in the way.
func Refusal(d policy.Decision) string { return refusal(d) }
