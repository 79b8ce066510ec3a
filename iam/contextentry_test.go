package iam_test

import (
	"testing"

	"github.com/cenotehq/cenote/iam"
)

func TestContextEntries(t *testing.T) {
	t.Parallel()
	s := newService(t)
	tests := []struct {
		name, condition string
		entry           iam.ContextEntry
		want            string
	}{
		{"string", `"StringEquals":{"s3:prefix":"a"}`, entry("S3:Prefix", "string", "a"), "allowed"},
		{"another string", `"StringEquals":{"s3:prefix":"a"}`, entry("s3:prefix", "string", "b"), "implicitDeny"},
		{"strings", `"ForAnyValue:StringEquals":{"aws:TagKeys":"a"}`, entry("aws:TagKeys", "stringList", "b", "a"), "allowed"},
		{"no strings", `"ForAllValues:StringEquals":{"aws:TagKeys":"a"}`, entry("aws:TagKeys", "stringList"), "allowed"},
		{"a list is not one value", `"StringEquals":{"aws:TagKeys":"a"}`, entry("aws:TagKeys", "stringList", "a"), "implicitDeny"},
		{"number", `"NumericLessThan":{"s3:max-keys":"10"}`, entry("s3:max-keys", "numeric", "9.5"), "allowed"},
		{"boolean", `"Bool":{"aws:SecureTransport":"true"}`, entry("aws:SecureTransport", "boolean", "True"), "allowed"},
		{"address", `"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`, entry("aws:SourceIp", "ip", "203.0.113.9"), "allowed"},
		{"addresses", `"ForAllValues:IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`, entry("aws:SourceIp", "ipList", "203.0.113.9", "198.51.100.1"), "implicitDeny"},
		{"bytes", `"BinaryEquals":{"a:bytes":"AP8="}`, entry("a:bytes", "binary", "AP8="), "allowed"},
		{"date", `"DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}`, entry("aws:CurrentTime", "date", "2019-12-31"), "allowed"},
		{"the present is known", `"DateEquals":{"aws:CurrentTime":"2026-07-01T12:00:00Z"}`, entry("aws:other", "string", ""), "allowed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := custom(statements(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{` + tt.condition + `}}`))
			in.ContextEntries = []iam.ContextEntry{tt.entry}
			got := simulate(t, s, in)[0]
			if got.EvalDecision != tt.want || len(got.MissingContextValues) != 0 {
				t.Errorf("%s, missing %v; want %s", got.EvalDecision, got.MissingContextValues, tt.want)
			}
		})
	}
}

func TestContextEntriesAreRefused(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const incomplete = "Each of ContextEntries needs a ContextKeyName and a ContextKeyType."
	tests := []struct {
		name    string
		entries []iam.ContextEntry
		want    string
	}{
		{"no name", []iam.ContextEntry{entry("", "string", "a")}, incomplete},
		{"no type", []iam.ContextEntry{entry("aws:a", "", "a")}, incomplete},
		{"unknown type", []iam.ContextEntry{entry("aws:a", "arn", "a")}, "arn is not a type of context keys."},
		{"twice", []iam.ContextEntry{entry("aws:a", "string", "a"), entry("AWS:A", "string", "a")}, "The context key AWS:A is given twice."},
		{"number", []iam.ContextEntry{entry("aws:a", "numeric", "ten")}, "Value 1 of the context key aws:a is not of the type numeric."},
		{"one of two", []iam.ContextEntry{entry("aws:a", "booleanList", "true", "yes")}, "Value 2 of the context key aws:a is not of the type booleanList."},
		{"network", []iam.ContextEntry{entry("aws:a", "ip", "203.0.113.0/24")}, "Value 1 of the context key aws:a is not of the type ip."},
		{"bytes", []iam.ContextEntry{entry("aws:a", "binary", "*")}, "Value 1 of the context key aws:a is not of the type binary."},
		{"date", []iam.ContextEntry{entry("aws:a", "date", "noon")}, "Value 1 of the context key aws:a is not of the type date."},
		{"several values", []iam.ContextEntry{entry("aws:a", "string", "a", "b")}, "The context key aws:a of the type string must have exactly one value; for several there is the type stringList."},
		{"no value", []iam.ContextEntry{entry("aws:a", "date")}, "The context key aws:a of the type date must have exactly one value; for several there is the type dateList."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := custom(statements(allowGet))
			in.ContextEntries = tt.entries
			_, err := s.SimulateCustomPolicy(t.Context(), root(), in)
			refused(t, err, 400, "InvalidInput", tt.want)
		})
	}
}
