package policy_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/policy"
)

// draft is a statement to be, in the shape of its JSON.
type draft struct {
	Effect      string
	Principal   string                         `json:",omitempty"`
	Action      []string                       `json:",omitempty"`
	NotAction   []string                       `json:",omitempty"`
	Resource    []string                       `json:",omitempty"`
	NotResource []string                       `json:",omitempty"`
	Condition   map[string]map[string][]string `json:",omitempty"`
}

func drafts(least int) *rapid.Generator[[]draft] {
	return rapid.SliceOfN(rapid.Custom(drawDraft), least, 4)
}

func drawDraft(t *rapid.T) draft {
	d := draft{Effect: rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect")}
	actions := rapid.SliceOfN(rapid.SampledFrom([]string{"*", "s3:*", "S3:get*", "s3:PutObject", "iam:*", "s3:?etObject"}), 1, 2).Draw(t, "actions")
	resources := rapid.SliceOfN(rapid.SampledFrom([]string{"*", "arn:aws:s3:::a/*", "arn:aws:s3:::?/x", "arn:aws:s3:::b/${u}"}), 1, 2).Draw(t, "resources")
	if rapid.Bool().Draw(t, "not action") {
		d.NotAction = actions
	} else {
		d.Action = actions
	}
	if rapid.Bool().Draw(t, "not resource") {
		d.NotResource = resources
	} else {
		d.Resource = resources
	}
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		operator := rapid.SampledFrom([]string{
			"StringEquals", "StringNotEquals", "StringLike", "StringNotLike",
		}).Draw(t, "operator")
		prefix := rapid.SampledFrom([]string{"", "", "ForAllValues:", "ForAnyValue:"}).Draw(t, "set")
		suffix := rapid.SampledFrom([]string{"", "", "IfExists"}).Draw(t, "if exists")
		if d.Condition == nil {
			d.Condition = map[string]map[string][]string{}
		}
		d.Condition[prefix+operator+suffix] = map[string][]string{
			rapid.SampledFrom([]string{"u", "v", "w"}).Draw(t, "key"): rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y", "x*", "${u}"}), 0, 2).Draw(t, "values"),
		}
	}
	return d
}

func compile(t *rapid.T, kind policy.Kind, ds []draft) policy.Source {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": ds})
	if err != nil {
		t.Fatal(err)
	}
	d, err := policy.Parse(string(text))
	if err != nil {
		t.Fatalf("Parse(%s): %v", text, err)
	}
	return policy.Source{Kind: kind, Document: d}
}

func drawRequest(t *rapid.T) policy.Request {
	req := policy.Request{
		Principal: rapid.SampledFrom([]policy.Principal{user(), session()}).Draw(t, "who"),
		Action:    rapid.SampledFrom([]string{"s3:GetObject", "s3:PutObject", "iam:GetRole"}).Draw(t, "action"),
		Resource:  rapid.SampledFrom([]string{"arn:aws:s3:::a/x", "arn:aws:s3:::b/x", "arn:aws:s3:::b/y/z", "*"}).Draw(t, "resource"),
		Context:   policy.NewContext(),
	}
	for _, key := range []string{"u", "v"} {
		if rapid.Bool().Draw(t, "has "+key) {
			req.Context.Set(key, rapid.SampledFrom([]string{"x", "y", "xy", "x*", ""}).Draw(t, key))
		}
	}
	if rapid.Bool().Draw(t, "has w") {
		req.Context.SetList("w", rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y", "xy", ""}), 0, 3).Draw(t, "w"))
	}
	return req
}

// drawPolicies makes any mix of policies, the resource's for anyone.
func drawPolicies(t *rapid.T) policy.Policies {
	var p policy.Policies
	for range rapid.IntRange(0, 2).Draw(t, "identity policies") {
		p.Identity = append(p.Identity, compile(t, policy.Identity, drafts(1).Draw(t, "identity")))
	}
	if rapid.Bool().Draw(t, "has boundary") {
		s := compile(t, policy.Boundary, drafts(1).Draw(t, "boundary"))
		p.Boundary = &s
	}
	if rapid.Bool().Draw(t, "has resource policy") {
		ds := drafts(1).Draw(t, "resource")
		for i := range ds {
			ds[i].Principal = "*"
		}
		s := compile(t, policy.Resource, ds)
		p.Resource = &s
	}
	return p
}

func TestExplicitDenyWins(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		req, p := drawRequest(t), drawPolicies(t)
		p.Session = []policy.Source{compile(t, policy.Session, drafts(1).Draw(t, "session"))}
		deny := []draft{{Effect: "Deny", Action: []string{"*"}, Resource: []string{"*"}}}
		kind := rapid.SampledFrom([]policy.Kind{policy.Identity, policy.Boundary, policy.Session, policy.Resource}).Draw(t, "where")
		if kind == policy.Resource {
			deny[0].Principal = "*"
		}
		s := compile(t, kind, deny)
		switch kind {
		case policy.Identity:
			p.Identity = append(p.Identity, s)
		case policy.Session:
			p.Session = append(p.Session, s)
		case policy.Boundary:
			p.Boundary = &s
		case policy.Resource:
			p.Resource = &s
		case policy.Trust:
		}
		if d := policy.Evaluate(req, p); d.Allowed || !d.Explicit {
			t.Fatalf("%+v", d)
		}
	})
}

func TestNarrowingNeverWidens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		req, p := drawRequest(t), drawPolicies(t)
		p.Boundary = nil
		wide := policy.Evaluate(req, p)
		p.HasSession = true
		if rapid.Bool().Draw(t, "has session policy") {
			p.Session = []policy.Source{compile(t, policy.Session, drafts(1).Draw(t, "session"))}
		}
		withSession := policy.Evaluate(req, p)
		boundary := compile(t, policy.Boundary, drafts(1).Draw(t, "boundary"))
		p.Boundary = &boundary
		withBoth := policy.Evaluate(req, p)
		if withSession.Allowed && !wide.Allowed {
			t.Fatal("a session policy widens")
		}
		if withBoth.Allowed && !withSession.Allowed {
			t.Fatal("a boundary widens")
		}
	})
}

func TestOrderIsIrrelevant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		req := drawRequest(t)
		ds := drafts(1).Draw(t, "statements")
		shuffled := rapid.Permutation(ds).Draw(t, "shuffled")
		split := rapid.IntRange(0, len(ds)-1).Draw(t, "split")
		whole := policy.Policies{Identity: []policy.Source{compile(t, policy.Identity, ds)}}
		parts := policy.Policies{Identity: []policy.Source{compile(t, policy.Identity, shuffled[split:])}}
		if split > 0 {
			parts.Identity = append(parts.Identity, compile(t, policy.Identity, shuffled[:split]))
		}
		a, b := policy.Evaluate(req, whole), policy.Evaluate(req, parts)
		if a.Allowed != b.Allowed || a.Explicit != b.Explicit || len(a.NearMisses) != len(b.NearMisses) {
			t.Fatalf("%+v\n%+v", a, b)
		}
	})
}

// TestEvaluateEqualsNaive compares with an evaluator that follows the text of
// the language word by word.
func TestEvaluateEqualsNaive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		req := drawRequest(t)
		ds := drafts(1).Draw(t, "statements")
		allow, deny := false, false
		for _, d := range ds {
			if d.applies(req) {
				allow = allow || d.Effect == "Allow"
				deny = deny || d.Effect == "Deny"
			}
		}
		d := policy.Evaluate(req, policy.Policies{Identity: []policy.Source{compile(t, policy.Identity, ds)}})
		if d.Allowed != (allow && !deny) || d.Explicit != deny {
			t.Fatalf("%+v, want allow %v, deny %v", d, allow, deny)
		}
	})
}

func (d draft) applies(req policy.Request) bool {
	action := func(pattern string) bool { return wild(strings.ToLower(pattern), strings.ToLower(req.Action)) }
	resource := func(pattern string) bool {
		want, ok := fill(pattern, req.Context)
		return ok && (pattern == "*" || req.Resource != "*" && wild(want, req.Resource))
	}
	filled := func(pattern string) bool { _, ok := fill(pattern, req.Context); return ok }
	switch {
	case d.Action != nil && !slices.ContainsFunc(d.Action, action),
		d.NotAction != nil && slices.ContainsFunc(d.NotAction, action),
		d.Resource != nil && !slices.ContainsFunc(d.Resource, resource),
		d.NotResource != nil && (slices.ContainsFunc(d.NotResource, resource) || !all(d.NotResource, filled)):
		return false
	}
	for operator, block := range d.Condition {
		for key, values := range block {
			if !naiveCondition(operator, key, values, req.Context) {
				return false
			}
		}
	}
	return true
}

func naiveCondition(operator, key string, values []string, c policy.Context) bool {
	have, multi, ok := c.Get(key)
	absent := !ok || len(have) == 0
	passes := func(one string) bool {
		found := slices.ContainsFunc(values, func(value string) bool {
			if !strings.Contains(operator, "Like") && strings.Contains(value, "*") {
				return value == one
			}
			want, ok := fill(value, c)
			return ok && wild(want, one)
		})
		return found != strings.Contains(operator, "Not")
	}
	empty := absent || all(have, func(one string) bool { return one == "" })
	switch {
	case absent && strings.HasSuffix(operator, "IfExists"):
		return true
	case strings.HasPrefix(operator, "ForAllValues:"):
		return empty || all(have, passes)
	case strings.HasPrefix(operator, "ForAnyValue:"):
		return !empty && slices.ContainsFunc(have, passes)
	case absent:
		return strings.Contains(operator, "Not")
	}
	return !multi && passes(have[0])
}

func all(values []string, f func(string) bool) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return !f(v) })
}

// fill puts the value of u in; stars that it brings are marked, so that wild
// takes them for text.
func fill(pattern string, c policy.Context) (string, bool) {
	if !strings.Contains(pattern, "${u}") {
		return pattern, true
	}
	values, multi, ok := c.Get("u")
	if !ok || multi {
		return "", false
	}
	return strings.ReplaceAll(pattern, "${u}", strings.ReplaceAll(values[0], "*", "\x00")), true
}

func wild(pattern, s string) bool {
	switch {
	case pattern == "":
		return s == ""
	case pattern[0] == '*':
		return wild(pattern[1:], s) || s != "" && wild(pattern, s[1:])
	case s == "":
		return false
	case pattern[0] == '\x00':
		return s[0] == '*' && wild(pattern[1:], s[1:])
	}
	return (pattern[0] == '?' || pattern[0] == s[0]) && wild(pattern[1:], s[1:])
}
