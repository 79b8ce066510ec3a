package policy_test

import (
	"fmt"
	"testing"

	"github.com/cenotehq/cenote/policy"
)

func TestVariablesInResource(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, key string
		k            keys
		want         bool
	}{
		{"${aws:userid}/*", "me/x", keys{"aws:userid": "me"}, true},
		{"${AWS:UserID}/*", "me/x", keys{"aws:userid": "me"}, true},
		{"${aws:userid}/*", "you/x", keys{"aws:userid": "me"}, false},
		{"${aws:userid}/*", "you/x", keys{"aws:userid": "*"}, false},
		{"${aws:userid}/*", "*/x", keys{"aws:userid": "*"}, true},
		{"${aws:userid}", "a:b/c", keys{"aws:userid": "a:b/c"}, true},
		{"${a}-${b}", "1-2", keys{"a": "1", "b": "2"}, true},
		{"${a}-${b}", "1-2", keys{"a": "1"}, false},
		{"${a}", "x", keys{"a": []string{"x"}}, false},
		{"${a}", "", keys{"a": ""}, true},
		{"${a, 'guest'}", "guest", keys{}, true},
		{"${a, 'guest'}", "guest", keys{"a": "me"}, false},
		{"${a, 'x*'}", "xyz", keys{}, false},
		{"${a, 'guest'}", "guest", keys{"a": []string{"x"}}, false},
		{"${a, 'it}s'}", "it}s", keys{}, true},
		{"a${*}b${?}c${$}{d}", "a*b?c${d}", keys{}, true},
		{"a${*}", "ab", keys{}, false},
		{"$a", "$a", keys{}, true},
		{"${cognito-identity.amazonaws.com:sub}/*", "us-east-1:1f/x", keys{"cognito-identity.amazonaws.com:sub": "us-east-1:1f"}, true},
	}
	for _, tt := range tests {
		req := get(user())
		req.Resource, req.Context = "arn:aws:s3:::b/"+tt.key, tt.k.context()
		p := identity(t, fmt.Sprintf(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/%s"}`, tt.pattern))
		if got := policy.Evaluate(req, p).Allowed; got != tt.want {
			t.Errorf("%s against %s with %v: %v", tt.pattern, tt.key, tt.k, got)
		}
	}
}

func TestVariablesInNotResource(t *testing.T) {
	t.Parallel()
	p := identity(t, `{"Effect":"Allow","Action":"*","NotResource":["arn:aws:s3:::c","arn:aws:s3:::${a}/*"]}`)
	for _, tt := range []struct {
		k    keys
		want bool
	}{{keys{"a": "bucket"}, false}, {keys{"a": "other"}, true}, {keys{}, false}} {
		req := get(user())
		req.Context = tt.k.context()
		if got := policy.Evaluate(req, p).Allowed; got != tt.want {
			t.Errorf("with %v: %v", tt.k, got)
		}
	}
}

func TestVariablesInConditions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		operator, value string
		k               keys
		want            bool
	}{
		{"StringEquals", "${a}", keys{"k": "1", "a": "1"}, true},
		{"StringEquals", "${a}", keys{"k": "1"}, false},
		{"StringNotEquals", "${a}", keys{"k": "1"}, true},
		{"StringNotEquals", "${a}", keys{"k": "1", "a": "1"}, false},
		{"StringNotEquals", "${a, '1'}", keys{"k": "1"}, false},
		{"StringLike", "${a}*", keys{"k": "12", "a": "1"}, true},
		{"StringLike", "${a}", keys{"k": "12", "a": "1*"}, false},
		{"StringNotLike", "${a}", keys{"k": "12"}, true},
		{"StringLike", "${*}", keys{"k": "*"}, true},
		{"StringLike", "${*}", keys{"k": "x"}, false},
		{"StringEqualsIgnoreCase", "${a}", keys{"k": "AB", "a": "ab"}, true},
		{"Bool", "${a}", keys{"k": "true", "a": "True"}, true},
		{"Bool", "${a}", keys{"k": "true"}, false},
		{"ArnEquals", "${a}", keys{"k": "arn:aws:sns:r:1:t", "a": "arn:aws:sns:r:1:t"}, true},
		{"ArnLike", "arn:aws:sns:*:${acct}:*", keys{"k": "arn:aws:sns:r:1:t", "acct": "1"}, true},
		{"ArnLike", "arn:aws:sns:*:${acct}:*", keys{"k": "arn:aws:sns:r:1:t", "acct": "*"}, false},
		{"ArnNotLike", "arn:aws:sns:*:${acct}:*", keys{"k": "arn:aws:sns:r:1:t"}, true},
		{"ForAnyValue:StringEquals", "${a}", keys{"k": []string{"1", "2"}, "a": "2"}, true},
	}
	for _, tt := range tests {
		condition := fmt.Sprintf(`{%q:{"k":%q}}`, tt.operator, tt.value)
		if got := applies(t, condition, tt.k); got != tt.want {
			t.Errorf("%s with %v: %v", condition, tt.k, got)
		}
	}
}

func TestOldVersionHasNoVariables(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"", `"Version":"2008-10-17",`} {
		d := parseText(t, `{`+version+`"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*",
			"Resource":"arn:aws:s3:::b/${a}","Condition":{"StringEquals":{"k":"${a}"}}}}`)
		p := policy.Policies{Resource: &policy.Source{Kind: policy.Resource, Document: d}}
		req := get(user())
		req.Context = keys{"a": "1", "k": "${a}"}.context()
		req.Resource = "arn:aws:s3:::b/${a}"
		if !policy.Evaluate(req, p).Allowed {
			t.Error("the text itself does not match")
		}
		req.Resource = "arn:aws:s3:::b/1"
		if policy.Evaluate(req, p).Allowed {
			t.Error("a variable was replaced in the resource")
		}
		req.Resource, req.Context = "arn:aws:s3:::b/${a}", keys{"a": "1", "k": "1"}.context()
		if policy.Evaluate(req, p).Allowed {
			t.Error("a variable was replaced in the condition")
		}
	}
}
