package policy_test

import (
	"fmt"
	"testing"

	"github.com/cenotehq/cenote/policy"
)

// keys is a request's context: a string is one value, a []string a set.
type keys map[string]any

func (k keys) context() policy.Context {
	c := policy.NewContext()
	for key, value := range k {
		switch v := value.(type) {
		case string:
			c.Set(key, v)
		case []string:
			c.SetList(key, v)
		}
	}
	return c
}

// applies reports whether an Allow of everything under condition lets req pass.
func applies(t *testing.T, condition string, k keys) bool {
	t.Helper()
	req := get(user())
	req.Context = k.context()
	return policy.Evaluate(req, identity(t, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":`+condition+`}`)).Allowed
}

func TestOperators(t *testing.T) {
	t.Parallel()
	tests := []struct {
		operator, values, have string
		want                   bool
	}{
		{"StringEquals", `"a"`, "a", true},
		{"StringEquals", `"a"`, "A", false},
		{"StringEquals", `["a","b"]`, "b", true},
		{"StringEquals", `"a*"`, "ab", false},
		{"StringEquals", `"a*"`, "a*", true},
		{"StringEquals", `""`, "", true},
		{"StringEquals", `[]`, "a", false},
		{"StringEquals", `5`, "5", true},
		{"StringEquals", `true`, "true", true},
		{"StringNotEquals", `["a","b"]`, "b", false},
		{"StringNotEquals", `["a","b"]`, "c", true},
		{"StringNotEquals", `[]`, "c", true},
		{"StringEqualsIgnoreCase", `"Ab"`, "aB", true},
		{"StringEqualsIgnoreCase", `"Ab"`, "aBc", false},
		{"StringNotEqualsIgnoreCase", `"Ab"`, "aB", false},
		{"StringLike", `"a?c*"`, "abcd/e", true},
		{"StringLike", `"a?c*"`, "Abcd", false},
		{"StringNotLike", `"a*"`, "abc", false},
		{"StringNotLike", `"a*"`, "bc", true},

		{"NumericEquals", `10`, "10.0", true},
		{"NumericEquals", `"-0"`, "0", true},
		{"NumericEquals", `9007199254740993`, "9007199254740992", false},
		{"NumericNotEquals", `10`, "11", true},
		{"NumericEquals", `"+5"`, "5", true},
		{"NumericEquals", `5`, "5.", false},
		{"NumericGreaterThan", `1`, "-2", false},
		{"NumericLessThan", `10`, "9.99", true},
		{"NumericLessThan", `10`, "10", false},
		{"NumericLessThan", `-1`, "-1.5", true},
		{"NumericLessThanEquals", `10`, "10", true},
		{"NumericGreaterThan", `10`, "9", false},
		{"NumericGreaterThan", `-10`, "1", true},
		{"NumericGreaterThan", `0.05`, "0.5", true},
		{"NumericGreaterThanEquals", `[100,10]`, "11", true},
		{"NumericGreaterThanEquals", `10`, "10", true},
		{"NumericEquals", `10`, "ten", false},
		{"NumericNotEquals", `10`, "ten", false},
		{"NumericNotEquals", `10`, "", false},
		{"NumericLessThan", `10`, "1e0", false},

		{"DateEquals", `"2026-01-02T03:04:05Z"`, "2026-01-02T04:04:05+01:00", true},
		{"DateEquals", `"1970-01-01T00:01:00Z"`, "60", true},
		{"DateEquals", `60`, "1970-01-01T00:01:00Z", true},
		{"DateEquals", `"2026-01-02"`, "2026-01-02T00:00:00Z", true},
		{"DateNotEquals", `"2026-01-02"`, "2026-01-03", true},
		{"DateLessThan", `"2026-01-02T03:04:05Z"`, "2026-01-02T03:04:04.999Z", true},
		{"DateLessThan", `"2026-01-02T03:04:05Z"`, "2026-01-02T03:04:05Z", false},
		{"DateLessThanEquals", `"2026-01-02T03:04Z"`, "2026-01-02T03:04:00Z", true},
		{"DateGreaterThan", `"2026-01"`, "2026-01-01T00:00:01Z", true},
		{"DateGreaterThanEquals", `"2026-01-02"`, "2026-01-01", false},
		{"DateLessThan", `"2026-01-02"`, "soon", false},
		{"DateNotEquals", `"2026-01-02"`, "soon", false},
		{"DateLessThan", `"2026-01-02"`, "9223372036854775807", false},
		{"DateGreaterThan", `"2026-01-02"`, "9223372036854775808", false},

		{"Bool", `"true"`, "TRUE", true},
		{"Bool", `false`, "false", true},
		{"Bool", `"true"`, "false", false},
		{"Bool", `"false"`, "no", false},

		{"BinaryEquals", `"AAH/"`, "\x00\x01\xff", true},
		{"BinaryEquals", `"AAH/"`, "AAH/", false},

		{"IpAddress", `"203.0.113.0/24"`, "203.0.113.9", true},
		{"IpAddress", `"203.0.113.0/24"`, "203.0.114.9", false},
		{"IpAddress", `"203.0.113.9"`, "203.0.113.9", true},
		{"IpAddress", `"203.0.113.9"`, "203.0.113.8", false},
		{"IpAddress", `"203.0.113.77/24"`, "203.0.113.8", true},
		{"IpAddress", `"2001:db8::1"`, "2001:db8::2", false},
		{"IpAddress", `"203.0.113.0/24"`, "::ffff:203.0.113.9", true},
		{"IpAddress", `["10.0.0.0/8","2001:db8::/32"]`, "2001:db8::1", true},
		{"IpAddress", `"0.0.0.0/0"`, "2001:db8::1", false},
		{"NotIpAddress", `"0.0.0.0/0"`, "2001:db8::1", true},
		{"NotIpAddress", `"10.0.0.0/8"`, "10.1.1.1", false},
		{"NotIpAddress", `"10.0.0.0/8"`, "localhost", false},

		{"ArnEquals", `"arn:aws:sns:*:123456789012:t*"`, "arn:aws:sns:us-east-1:123456789012:topic:sub", true},
		{"ArnLike", `"arn:aws:s?s:*:*:*"`, "arn:aws:sns:us-east-1:123456789012:topic", true},
		{"ArnLike", `"arn:aws:sns:*:topic"`, "arn:aws:sns:us-east-1:123456789012:topic", false},
		{"ArnLike", `"arn:aws:sns:us*:topic:x:y"`, "arn:aws:sns:us:1:topic:x:y", false},
		{"ArnLike", `"arn:AWS:sns:us-east-1:1:t"`, "arn:aws:sns:us-east-1:1:t", false},
		{"ArnEquals", `"arn:aws:sns:us-east-1:1:t"`, "arn:aws:sns:us-east-1:1:t", true},
		{"ArnNotEquals", `"arn:aws:sns:us-east-1:1:t*"`, "arn:aws:sns:us-east-1:1:topic", false},
		{"ArnNotLike", `"arn:aws:sns:us-east-1:1:t"`, "arn:aws:sns:us-east-1:2:t", true},
		{"ArnNotLike", `"arn:aws:sns:us-east-1:1:t"`, "not an arn", false},
		{"ArnNotLike", `"*"`, "arn:aws:sns:us-east-1:2:t", false},

		{"Null", `"true"`, "", false},
		{"Null", `"false"`, "x", true},
		{"Null", `["true","false"]`, "x", true},
	}
	for _, tt := range tests {
		condition := fmt.Sprintf(`{%q:{"k":%s}}`, tt.operator, tt.values)
		if got := applies(t, condition, keys{"K": tt.have}); got != tt.want {
			t.Errorf("%s with k=%q: %v", condition, tt.have, got)
		}
	}
}

func TestMissingKey(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"StringEquals": `"a"`, "StringEqualsIgnoreCase": `"a"`, "StringLike": `"*"`,
		"NumericEquals": `1`, "NumericLessThan": `1`, "NumericLessThanEquals": `1`, "NumericGreaterThan": `1`, "NumericGreaterThanEquals": `1`,
		"DateEquals": `1`, "DateLessThan": `1`, "DateLessThanEquals": `1`, "DateGreaterThan": `1`, "DateGreaterThanEquals": `1`,
		"Bool": `"false"`, "BinaryEquals": `""`, "IpAddress": `"0.0.0.0/0"`, "ArnEquals": `"arn:aws:*:*:*:*"`, "ArnLike": `"arn:aws:*:*:*:*"`,
	}
	negated := map[string]string{
		"StringNotEquals": `"a"`, "StringNotEqualsIgnoreCase": `"a"`, "StringNotLike": `"*"`, "NumericNotEquals": `1`,
		"DateNotEquals": `1`, "NotIpAddress": `"0.0.0.0/0"`, "ArnNotEquals": `"arn:aws:*:*:*:*"`, "ArnNotLike": `"arn:aws:*:*:*:*"`,
	}
	check := func(operator, value string, want bool) {
		t.Helper()
		for _, k := range []keys{{}, {"k": []string{}}} {
			if got := applies(t, `{"`+operator+`":{"k":`+value+`}}`, k); got != want {
				t.Errorf("%s with k absent (%v): %v", operator, k, got)
			}
		}
	}
	for operator, value := range values {
		check(operator, value, false)
	}
	for operator, value := range negated {
		check(operator, value, true)
		values[operator] = value
	}
	for operator, value := range values {
		check(operator+"IfExists", value, true)
		check("ForAllValues:"+operator, value, true)
		check("ForAllValues:"+operator+"IfExists", value, true)
		check("ForAnyValue:"+operator, value, false)
		check("ForAnyValue:"+operator+"IfExists", value, true)
	}
	check("Null", `"true"`, true)
	check("Null", `"false"`, false)
}

func TestSets(t *testing.T) {
	t.Parallel()
	tests := []struct {
		operator, values string
		have             any
		want             bool
	}{
		{"ForAnyValue:StringEquals", `["a","b"]`, []string{"x", "b"}, true},
		{"ForAnyValue:StringEquals", `["a","b"]`, []string{"x", "y"}, false},
		{"ForAnyValue:StringNotEquals", `["a","b"]`, []string{"a", "y"}, true},
		{"ForAnyValue:StringNotEquals", `["a","b"]`, []string{"a", "b"}, false},
		{"ForAllValues:StringEquals", `["a","b"]`, []string{"b", "a", "a"}, true},
		{"ForAllValues:StringEquals", `["a","b"]`, []string{"b", "c"}, false},
		{"ForAllValues:StringNotEquals", `["a","b"]`, []string{"c", "d"}, true},
		{"ForAllValues:StringNotEquals", `["a","b"]`, []string{"c", "b"}, false},
		{"ForAnyValue:StringLike", `"auth*"`, []string{"authenticated", "accounts.google.com"}, true},
		{"ForAnyValue:StringLikeIfExists", `"auth*"`, []string{"unauthenticated"}, false},
		{"ForAllValues:NumericLessThan", `5`, []string{"1", "x"}, false},

		// One value is a set of one.
		{"ForAnyValue:StringEquals", `"a"`, "a", true},
		{"ForAllValues:StringEquals", `"a"`, "b", false},

		// An empty string is no value, to the set operators only.
		{"ForAllValues:StringEquals", `"a"`, "", true},
		{"ForAllValues:StringEquals", `"a"`, []string{"", ""}, true},
		{"ForAnyValue:StringEquals", `""`, []string{""}, false},
		{"ForAnyValue:StringNotEquals", `"a"`, "", false},

		// A set without a set operator never matches, not even a set of one.
		{"StringEquals", `"a"`, []string{"a"}, false},
		{"StringNotEquals", `"a"`, []string{"b"}, false},
		{"StringEqualsIfExists", `"a"`, []string{"a"}, false},
		{"Null", `"false"`, []string{"a", "b"}, true},
	}
	for _, tt := range tests {
		condition := fmt.Sprintf(`{%q:{"k":%s}}`, tt.operator, tt.values)
		if got := applies(t, condition, keys{"k": tt.have}); got != tt.want {
			t.Errorf("%s with k=%q: %v", condition, tt.have, got)
		}
	}
}

func TestConditionsAreAnded(t *testing.T) {
	t.Parallel()
	const condition = `{"StringEquals":{"a":"1","b":"2"},"StringLike":{"c":["3","4"]}}`
	if !applies(t, condition, keys{"a": "1", "b": "2", "c": "4"}) {
		t.Error("all hold, but the statement does not apply")
	}
	for _, k := range []keys{{"a": "0", "b": "2", "c": "4"}, {"a": "1", "b": "0", "c": "4"}, {"a": "1", "b": "2", "c": "0"}, {"a": "1"}} {
		if applies(t, condition, k) {
			t.Errorf("applies with %v", k)
		}
	}
}

func TestKeyNamesFold(t *testing.T) {
	t.Parallel()
	if !applies(t, `{"StringEquals":{"aws:ResourceTag/TagKey1":"v"}}`, keys{"AWS:resourcetag/tagkey1": "v"}) {
		t.Error("key names are case-sensitive")
	}
}

func TestUnknownOperatorWithoutKeysIsEmpty(t *testing.T) {
	t.Parallel()
	if !applies(t, `{"NotAnOperator":{}}`, keys{}) {
		t.Error("an empty block is not empty")
	}
}
