// Package arn parses, prints and matches Amazon Resource Names and AWS ids.
package arn

import (
	"errors"
	"fmt"
	"strings"
)

// ErrInvalid is wrapped by every error of this package.
var ErrInvalid = errors.New("arn: invalid")

// ARN is an Amazon Resource Name taken apart. Region and Account are empty
// where the service has none; Resource is everything after the fifth colon.
// See AWS "Amazon Resource Names (ARNs)".
type ARN struct {
	Partition, Service, Region, Account, Resource string
}

// Parse takes s apart. The error wraps ErrInvalid when s does not start with
// "arn:", has fewer than six fields, or lacks a partition, service or resource.
func Parse(s string) (ARN, error) {
	f, ok := Fields(s)
	if !ok {
		return ARN{}, fmt.Errorf("%w: %q does not have six fields", ErrInvalid, s)
	}
	if f[0] != "arn" || f[1] == "" || f[2] == "" || f[5] == "" {
		return ARN{}, fmt.Errorf("%w: %q is not arn:partition:service:region:account:resource", ErrInvalid, s)
	}
	return ARN{Partition: f[1], Service: f[2], Region: f[3], Account: f[4], Resource: f[5]}, nil
}

// Fields cuts s at its first five colons; ok is false when it has fewer.
// The fields are arn, partition, service, region, account, resource.
func Fields(s string) (f [6]string, ok bool) {
	for i := range 5 {
		head, rest, found := strings.Cut(s, ":")
		if !found {
			return f, false
		}
		f[i], s = head, rest
	}
	f[5] = s
	return f, true
}

// String prints a in the form that Parse reads.
func (a ARN) String() string {
	return "arn:" + a.Partition + ":" + a.Service + ":" + a.Region + ":" + a.Account + ":" + a.Resource
}
