package policy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cenotehq/cenote/policy"
)

const (
	syntax  = "Syntax errors in policy."
	legacy  = "The policy failed legacy parsing"
	version = "Policy document must be version 2012-10-17 or greater."
)

func TestParse(t *testing.T) {
	t.Parallel()
	const text = `{
	"Version": "2012-10-17",
	"Id": "my id",
	"Statement": [{
		"Sid": "One",
		"Effect": "Deny",
		"NotPrincipal": {"AWS": ["123456789012", "*"], "Federated": "accounts.google.com", "Service": "ec2.amazonaws.com", "CanonicalUser": []},
		"NotAction": "s3:Get*",
		"NotResource": [],
		"Condition": {"NumericLessThan": {"a:n": [5, "6.5"]}, "Bool": {"a:b": true}}
	}, {"Effect": "Allow", "Principal": "*", "Action": ["s3:PutObject"], "Resource": "arn:aws:s3:::b/*"}]
}`
	d := parseText(t, text)
	if d.Source() != text {
		t.Error("Source is not the text")
	}
	want := &policy.Document{Version: "2012-10-17", ID: "my id", Statements: []policy.Statement{{
		Sid: "One", Effect: policy.Deny, NotPrincipal: true, NotAction: true, NotResource: true,
		Principals: &policy.Principals{
			Any: true, AWS: []string{"123456789012", "*"}, Federated: []string{"accounts.google.com"},
			Service: []string{"ec2.amazonaws.com"}, CanonicalUser: []string{},
		},
		Actions:   []string{"s3:Get*"},
		Resources: []string{},
		Conditions: []policy.Condition{
			{Operator: "NumericLessThan", Key: "a:n", Values: []string{"5", "6.5"}},
			{Operator: "Bool", Key: "a:b", Values: []string{"true"}},
		},
	}, {
		Effect: policy.Allow, Principals: &policy.Principals{Any: true},
		Actions: []string{"s3:PutObject"}, Resources: []string{"arn:aws:s3:::b/*"},
	}}}
	diff := cmp.Diff(want, d,
		cmpopts.IgnoreUnexported(policy.Document{}, policy.Statement{}, policy.Principals{}, policy.Condition{}),
		cmpopts.IgnoreFields(policy.Statement{}, "Start", "End"))
	if diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, prefix := range []string{`{` + "\n\t\t" + `"Sid": "One"`, `{"Effect": "Allow", "Principal": "*"`} {
		s := d.Statements[i]
		if got := text[s.Start:s.End]; !strings.HasPrefix(got, prefix) || !strings.HasSuffix(got, "}") {
			t.Errorf("statement %d stands at %q", i, got)
		}
	}
}

// statement wraps elements into a document that is otherwise complete.
func statement(elements string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*",` + elements + `}]}`
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"empty", ``, syntax},
		{"no JSON", `policy`, syntax},
		{"list", `[]`, syntax},
		{"trailing text", statement(`"Sid":"a"`) + `{}`, syntax},
		{"no statement", `{"Version":"2012-10-17"}`, syntax},
		{"empty statements", `{"Version":"2012-10-17","Statement":[]}`, syntax},
		{"empty statement", `{"Version":"2012-10-17","Statement":{}}`, syntax},
		{"statement is text", `{"Version":"2012-10-17","Statement":["a"]}`, syntax},
		{"unknown version", `{"Version":"2020-01-01","Statement":` + allowAll + `}`, syntax},
		{"unknown top element", `{"Version":"2012-10-17","Extra":"x","Statement":` + allowAll + `}`, syntax},
		{"element in lower case", `{"Version":"2012-10-17","statement":` + allowAll + `}`, syntax},
		{"Id is a list", `{"Version":"2012-10-17","Id":["x"],"Statement":` + allowAll + `}`, syntax},
		{"repeated top element", `{"Version":"2012-10-17","Version":"2012-10-17","Statement":` + allowAll + `}`, syntax},
		{"repeated element", statement(`"Effect":"Deny"`), syntax},
		{"repeated element, escaped", statement(`"\u0045ffect":"Deny"`), syntax},
		{"repeated operator", statement(`"Condition":{"Bool":{"a":"true"},"Bool":{"b":"true"}}`), syntax},
		{"repeated key", statement(`"Condition":{"Bool":{"a":"true","a":"false"}}`), syntax},
		{"repeated principal type", statement(`"Principal":{"AWS":"*","AWS":"*"}`), syntax},
		{"unknown element", statement(`"Extra":"x"`), syntax},
		{"Sid is null", statement(`"Sid":null`), syntax},
		{"Action and NotAction", statement(`"NotAction":"s3:Put*"`), syntax},
		{"Resource and NotResource", statement(`"NotResource":[]`), syntax},
		{"Principal and NotPrincipal", statement(`"Principal":"*","NotPrincipal":"*"`), syntax},
		{"principal is text", statement(`"Principal":"123456789012"`), syntax},
		{"principal is a list", statement(`"Principal":["*"]`), syntax},
		{"unknown principal type", statement(`"Principal":{"Group":"x"}`), syntax},
		{"condition is a list", statement(`"Condition":[]`), syntax},
		{"operator without a block", statement(`"Condition":{"Bool":"x"}`), syntax},
		{"value is an object", statement(`"Condition":{"Bool":{"a":{}}}`), syntax},
		{"value is null", statement(`"Condition":{"Bool":{"a":null}}`), syntax},
		{"unknown operator", statement(`"Condition":{"StringMatches":{"a":"b"}}`), syntax},
		{"operator in lower case", statement(`"Condition":{"stringEquals":{"a":"b"}}`), syntax},
		{"unknown set operator", statement(`"Condition":{"ForSomeValues:StringEquals":{"a":"b"}}`), syntax},
		{"two colons", statement(`"Condition":{"ForAnyValue::StringEquals":{"a":"b"}}`), syntax},
		{"BinaryNotEquals", statement(`"Condition":{"BinaryNotEquals":{"a":"eA=="}}`), syntax},
		{"NullIfExists", statement(`"Condition":{"NullIfExists":{"a":"true"}}`), syntax},
		{"set of Null", statement(`"Condition":{"ForAllValues:Null":{"a":"true"}}`), syntax},
		{"key without a name", statement(`"Condition":{"Bool":{"":"true"}}`), syntax},
		{"no effect", `{"Version":"2012-10-17","Statement":{"Action":"s3:*","Resource":"*"}}`, syntax},
		{"unknown effect", `{"Version":"2012-10-17","Statement":{"Effect":"Permit","Action":"s3:*","Resource":"*"}}`, syntax},
		{"action in a list in a list", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":[["s3:*"]],"Resource":"*"}}`, syntax},
		{"invalid UTF-8", "{\"Version\":\"2012-10-17\",\"Id\":\"\xff\",\"Statement\":" + allowAll + "}", syntax},
		{"deep", strings.Repeat(`[`, 50_000) + strings.Repeat(`]`, 50_000), syntax},
		{"effect in lower case", `{"Version":"2012-10-17","Statement":{"Effect":"allow","Action":"s3:*","Resource":"*"}}`, legacy},
		{"effect in lower case, old version", `{"Statement":{"Effect":"allow","Action":"s3:*","Resource":"*"}}`, version},
		{"date", statement(`"Condition":{"DateLessThan":{"a":"yesterday"}}`), legacy},
		{"date, old version", `{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"DateLessThan":{"a":"x"}}}}`, version},
		{"number", statement(`"Condition":{"NumericEquals":{"a":"1e3"}}`), legacy},
		{"bool", statement(`"Condition":{"Bool":{"a":"yes"}}`), legacy},
		{"null", statement(`"Condition":{"Null":{"a":"0"}}`), legacy},
		{"address", statement(`"Condition":{"IpAddress":{"a":"10.0.0.0/33"}}`), legacy},
		{"address with a zone", statement(`"Condition":{"IpAddress":{"a":"fe80::1%eth0"}}`), legacy},
		{"host name", statement(`"Condition":{"IpAddress":{"a":"localhost"}}`), legacy},
		{"statement is a number", `{"Version":"2012-10-17","Statement":1}`, syntax},
		{"second statement unknown", `{"Version":"2012-10-17","Statement":[` + allowAll + `,{"Extra":1}]}`, syntax},
		{"effect is a list", `{"Version":"2012-10-17","Statement":{"Effect":["Allow"],"Action":"s3:*","Resource":"*"}}`, syntax},
		{"version is a number", `{"Version":1,"Statement":` + allowAll + `}`, syntax},
		{"base64", statement(`"Condition":{"BinaryEquals":{"a":"%"}}`), legacy},
		{"open variable", statement(`"Condition":{"StringEquals":{"a":"${aws:userid"}}`), legacy},
		{"empty variable", statement(`"Condition":{"StringEquals":{"a":"${}"}}`), legacy},
		{"nested variable", statement(`"Condition":{"StringEquals":{"a":"${a${b}}"}}`), legacy},
		{"default without a space", statement(`"Condition":{"StringEquals":{"a":"${k,'d'}"}}`), legacy},
		{"default without quotes", statement(`"Condition":{"StringEquals":{"a":"${k, d}"}}`), legacy},
		{"default without an end", statement(`"Condition":{"StringEquals":{"a":"${k, 'd}"}}`), legacy},
		{"variable as account", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:sns:*:${aws:PrincipalAccount}:t"}}`, legacy},
		{"five fields", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3::bucket"}}`, legacy},
		{"no service", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws::::bucket"}}`, legacy},
		{"short with an empty field", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws::bucket"}}`, legacy},
		{"one Sid twice", `{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"a","Effect":"Allow"}]}`, "Statement IDs (SID) in a single policy must be unique."},
		{"no action", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Resource":"*"}}`, "Policy statement must contain actions."},
		{"empty action", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":[],"Resource":"*"}}`, "Policy statement must contain actions."},
		{"empty NotAction", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":[],"Resource":"*"}}`, "Policy statement must contain actions."},
	}
	for _, tt := range tests {
		_, err := policy.Parse(tt.text)
		bad, ok := errors.AsType[*policy.SyntaxError](err)
		if !ok {
			t.Errorf("%s: %v, want a SyntaxError", tt.name, err)
			continue
		}
		if bad.Message != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, bad.Message, tt.want)
		}
		if bad.Offset < 0 || bad.Offset > len(tt.text) {
			t.Errorf("%s: offset %d", tt.name, bad.Offset)
		}
	}
}

func TestParseLength(t *testing.T) {
	t.Parallel()
	const head, tail = `{"Version":"2012-10-17","Id":"`, `","Statement":` + allowAll + `}`
	full := head + strings.Repeat("é", 131072-len(head)-len(tail)) + tail
	if _, err := policy.Parse(full); err != nil {
		t.Errorf("131072 characters: %v", err)
	}
	if _, err := policy.Parse(full + " "); err == nil {
		t.Error("131073 characters parse")
	}
}

func TestParseTolerates(t *testing.T) {
	t.Parallel()
	for _, elements := range []string{
		`"Condition":{}`,
		`"Condition":{"Bool":{}}`,
		`"Condition":{"NotAnOperator":{}}`,
		`"Condition":{"DateGreaterThan":{"a":[]}}`,
		`"Condition":{"ForAnyValue:StringEqualsIfExists":{"a":"b"}}`,
		`"Condition":{"DateLessThanEquals":{"a":"2016-12-13T21:20:37.593194+00:00"}}`,
		`"Condition":{"DateLessThanEquals":{"a":"2016-12-13"}}`,
		`"Condition":{"Bool":{"a":"${aws:SecureTransport}"}}`,
		`"Sid":"with spaces: a service may allow them"`,
		`"Sid":""`,
	} {
		parseText(t, statement(elements))
	}
}

func TestContextKeys(t *testing.T) {
	t.Parallel()
	d := parse(t, `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/${AWS:UserName, 'x'}",
		"Condition":{"StringLike":{"s3:prefix":["${aws:userid}/*","${*}"]},"Null":{"aws:TokenIssueTime":"true"}}}`)
	want := []string{"aws:TokenIssueTime", "aws:userid", "aws:username", "s3:prefix"}
	if diff := cmp.Diff(want, d.ContextKeys()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":` + allowAll + `}`)
	f.Add(statement(`"Principal":{"AWS":["*"]},"Condition":{"StringLike":{"a":["${b, 'c'}*",1,true]}}`))
	f.Add(`{"Statement":[{"Effect":"Deny","NotAction":"a:*","NotResource":["arn:aws:s3"]}]}`)
	f.Add(statement(`"Condition":{"DateLessThan":{"a":"2020-01-01T00:00:00Z"},"IpAddress":{"b":"::1/64"}}`))
	f.Add(`{"Id":"a","Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Deny","NotPrincipal":{"AWS":["123456789012","AROAQNZGKIQY56JQ7WML2"],"Federated":"a.b","Service":"c.d","CanonicalUser":"e"},"Action":"a:?*"},` + allowGet + `]}`)
	f.Add(statement(`"Condition":{"ForAllValues:NumericNotEqualsIfExists":{"a":[-1.5,"+2"]},"BinaryEquals":{"b":"AAH/"},"ArnLike":{"c":"arn:aws:s3:*:${d}:*"},"Null":{"e":false}}`))
	f.Add(statement(`"Condition":{"StringLike":{"a":"${${${","b":"${*}${?}${$}","c":"\ud800\udfff\u0000"}}`))
	f.Fuzz(func(t *testing.T, text string) {
		d, err := policy.Parse(text)
		if err != nil {
			if _, ok := errors.AsType[*policy.SyntaxError](err); !ok {
				t.Fatalf("not a SyntaxError: %v", err)
			}
			return
		}
		if d.Source() != text {
			t.Fatal("Source is not the text")
		}
		for _, s := range d.Statements {
			if len(s.Actions) == 0 || s.Effect != policy.Allow && s.Effect != policy.Deny || text[s.Start] != '{' || text[s.End-1] != '}' {
				t.Fatalf("statement %+v", s)
			}
		}
		d.ContextKeys()
		for kind := policy.Identity; kind <= policy.Resource; kind++ {
			if err := d.Validate(kind); err != nil {
				if _, ok := errors.AsType[*policy.SyntaxError](err); !ok {
					t.Fatalf("Validate: not a SyntaxError: %v", err)
				}
			}
		}
		s := policy.Source{Document: d}
		req := get(session())
		req.Context.Set("a", "1")
		req.Context.SetList("b", []string{"::1", "x"})
		all := policy.Policies{Identity: []policy.Source{s}, Session: []policy.Source{s}, Boundary: &s, Resource: &s}
		policy.Evaluate(req, all)
		policy.EvaluateTrust(req, s, all)
	})
}
