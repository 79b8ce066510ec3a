package policy_test

import (
	"testing"

	"github.com/cenotehq/cenote/policy"
)

func TestReadValue(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		of      policy.ValueType
		text    string
		want    string
		refused bool
	}{
		{"text", policy.StringValue, "any thing", "any thing", false},
		{"no text", policy.StringValue, "", "", false},
		{"integer", policy.NumericValue, "-7", "-7", false},
		{"decimal", policy.NumericValue, "1.50", "1.50", false},
		{"exponent", policy.NumericValue, "1e3", "", true},
		{"no number", policy.NumericValue, "", "", true},
		{"true", policy.BooleanValue, "True", "True", false},
		{"one", policy.BooleanValue, "1", "", true},
		{"IPv4", policy.IPValue, "203.0.113.9", "203.0.113.9", false},
		{"IPv6", policy.IPValue, "2001:db8::1", "2001:db8::1", false},
		{"network", policy.IPValue, "203.0.113.0/24", "", true},
		{"zone", policy.IPValue, "fe80::1%eth0", "", true},
		{"bytes", policy.BinaryValue, "AP8=", "\x00\xff", false},
		{"no base64", policy.BinaryValue, "AP8", "", true},
		{"date", policy.DateValue, "2026-07-01T12:00:00Z", "2026-07-01T12:00:00Z", false},
		{"seconds", policy.DateValue, "1782900000", "1782900000", false},
		{"no date", policy.DateValue, "noon", "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := tt.of.Read(tt.text)
			if ok == tt.refused || ok && got != tt.want {
				t.Errorf("got %q, %v; want %q", got, ok, tt.want)
			}
		})
	}
}

// TestReadValueIsWhatConditionsRead compares what was read with what the operators
// of its type take.
func TestReadValueIsWhatConditionsRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		of             policy.ValueType
		operator, text string
	}{
		{policy.StringValue, "StringEquals", "x"},
		{policy.NumericValue, "NumericEquals", "1.50"},
		{policy.BooleanValue, "Bool", "TRUE"},
		{policy.IPValue, "IpAddress", "2001:db8::1"},
		{policy.BinaryValue, "BinaryEquals", "AP8="},
		{policy.DateValue, "DateEquals", "2026-07-01"},
	} {
		value, ok := tt.of.Read(tt.text)
		if !ok {
			t.Errorf("%q was not read", tt.text)
		}
		req := get(session())
		req.Context.Set("k", value)
		p := identity(t, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"`+tt.operator+`":{"k":"`+tt.text+`"}}}`)
		if !policy.Evaluate(req, p).Allowed {
			t.Errorf("%s does not match %q", tt.operator, tt.text)
		}
	}
}
