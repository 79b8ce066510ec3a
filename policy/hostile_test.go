package policy_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cenotehq/cenote/policy"
)

const (
	// longest is how many characters a document may have.
	longest = 131072

	// maxFactor is how many bytes may be allocated for each byte of a document: the
	// quotas of IAM hold it to a tenth of the longest.
	maxFactor = 256

	// maxTime is for the longest document, with much to spare for a busy machine.
	maxTime = 10 * time.Second
)

// hostileDocuments are as long as they may be, or longer, with what their parsing must
// come to: "" where they are policies.
func hostileDocuments() map[string]struct{ text, want string } {
	document := func(elements string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Deny",` + elements + `}}`
	}
	const filler = 200 // for what stands around the repeated
	times := func(s string) string { return strings.Repeat(s, (longest-filler)/len(s)) }
	list := func(s string) string { return "[" + strings.TrimSuffix(times(s+","), ",") + "]" }
	condition := func(operator, values string) string {
		return document(`"Action":"*","Resource":"*","Condition":{"` + operator + `":{"k":` + values + `}}`)
	}
	resource := func(pattern string) string {
		return document(`"Action":"*","Resource":"arn:aws:s3:::` + pattern + `"`)
	}
	return map[string]struct{ text, want string }{
		"a megabyte of blanks":        {strings.Repeat(" ", 1<<20), syntax},
		"a megabyte of policy":        {document(`"Action":"*","Resource":"*"` + strings.Repeat(" ", 1<<20)), syntax},
		"a million wildcards":         {resource(strings.Repeat("*", 1_000_000)), syntax},
		"a hundred thousand actions":  {document(`"Action":[` + strings.Repeat(`"s3:*",`, 100_000) + `"s3:*"],"Resource":"*"`), syntax},
		"ten thousand statements":     {`{"Version":"2012-10-17","Statement":[` + strings.Repeat(allowGet+",", 10_000) + allowGet + `]}`, syntax},
		"lists in lists":              {strings.Repeat("[", longest), syntax},
		"objects in objects":          {strings.Repeat(`{"Statement":`, longest/13), syntax},
		"lists in lists, closed":      {document(`"Action":` + strings.Repeat("[", longest/4) + strings.Repeat("]", longest/4)), syntax},
		"a hundred lists in lists":    {document(`"Resource":"*","Action":` + strings.Repeat("[", 100) + strings.Repeat("]", 100)), syntax},
		"objects in a value":          {condition("Bool", strings.Repeat(`{"a":`, 1000)+"1"+strings.Repeat("}", 1000)), syntax},
		"the same key again":          {document(times(`"Action":"*",`) + `"Resource":"*"`), syntax},
		"the same condition again":    {document(`"Action":"*","Resource":"*","Condition":{"Bool":{` + times(`"k":true,`) + `"k":true}}`), syntax},
		"bytes that are not UTF-8":    {resource(times("\xff")), syntax},
		"a byte order mark":           {"\uFEFF" + resource("x"), syntax},
		"a zero byte":                 {resource("\x00"), syntax},
		"sets of sets":                {condition(times("ForAllValues:")+"Bool", "true"), syntax},
		"if exists if exists":         {condition("Bool"+times("IfExists"), "true"), syntax},
		"variables in variables":      {resource(times("${")), legacy},
		"a variable without an end":   {resource("${" + times("a")), legacy},
		"a default without an end":    {resource("${a, '" + times("a")), legacy},
		"defaults without an end":     {resource(times("${a, '")), legacy},
		"an exponent":                 {condition("NumericEquals", "1e999999999"), legacy},
		"a number of digits and dots": {condition("NumericEquals", `"`+times("1.")+`"`), legacy},
		"an address of colons":        {condition("IpAddress", `"`+times(":")+`"`), legacy},
		"a date of digits":            {condition("DateEquals", `"`+times("9")+`"`), legacy},

		"half surrogates":       {resource(times(`\ud800`)), ""},
		"stars":                 {resource(times("*")), ""},
		"question marks":        {resource(times("?")), ""},
		"stars and letters":     {resource(times("*a")), ""},
		"questions and letters": {resource("*" + times("a?") + "b*"), ""},
		"a letter, nearly":      {resource("*" + times("a") + "b*"), ""},
		"escapes":               {resource(times("${*}")), ""},
		"variables":             {resource(times("${a}")), ""},
		"variables, defaulted":  {resource(times("${no, 'a'}")), ""},
		"a long default":        {resource("${no, '" + times("a") + "'}"), ""},
		"fields":                {resource(times(":")), ""},
		"digits":                {condition("NumericEquals", times("9")), ""},
		"a second's fractions":  {condition("DateEquals", `"2026-01-02T03:04:05.`+times("9")+`Z"`), ""},
		"digits, a fraction":    {condition("NumericEquals", "0."+times("9")), ""},
		"statements":            {`{"Version":"2012-10-17","Statement":` + list(denyGet) + `}`, ""},
		"actions":               {document(`"Resource":"*","Action":` + list(`"s3:*"`)), ""},
		"actions, excepted":     {document(`"Resource":"*","NotAction":` + list(`"s3:?*t"`)), ""},
		"resources":             {document(`"Action":"*","NotResource":` + list(`"arn:aws:s3:::*a?b*"`)), ""},
		"principals":            {document(`"Action":"*","Resource":"*","Principal":{"AWS":` + list(`"123456789012"`) + `}`), ""},
		"values":                {condition("StringLike", list(`"*a?b*"`)), ""},
		"values of sets":        {condition("ForAllValues:StringNotLike", list(`"*b"`)), ""},
		"numbers":               {condition("NumericNotEquals", list(`1`)), ""},
		"addresses":             {condition("NotIpAddress", list(`"::/0"`)), ""},
		"ARNs":                  {condition("ArnNotLike", list(`"arn:aws:s3:::*?b*"`)), ""},
		"a long Sid":            {document(`"Sid":"` + times("a") + `","Action":"*","Resource":"*"`), ""},
		"a long key":            {document(`"Action":"*","Resource":"*","Condition":{"Bool":{"` + times("a") + `":true}}`), ""},
	}
}

// TestHostileDocuments parses, validates and evaluates what nobody writes who means
// well: it fails with a message or it ends, soon and with memory in proportion to the
// document.
func TestHostileDocuments(t *testing.T) {
	for name, tt := range hostileDocuments() {
		t.Run(name, func(t *testing.T) {
			d, err := policy.Parse(tt.text)
			got := ""
			if bad, ok := errors.AsType[*policy.SyntaxError](err); ok {
				got = bad.Message
			}
			if got != tt.want || (d == nil) == (tt.want == "") {
				t.Errorf("Parse: %v, want %q", err, tt.want)
			}
			bounded(t, "parsing", len(tt.text), func() { _, _ = policy.Parse(tt.text) })
			if d == nil {
				return
			}
			req, s := hostileRequest(), policy.Source{Document: d}
			bounded(t, "evaluation", len(tt.text), func() {
				for kind := policy.Identity; kind <= policy.Resource; kind++ {
					_ = d.Validate(kind)
				}
				d.ContextKeys()
				policy.Evaluate(req, policy.Policies{Identity: []policy.Source{s}, Resource: &s})
			})
		})
	}
}

// hostileRequest nearly matches the patterns of hostile documents.
func hostileRequest() policy.Request {
	req := get(session())
	req.Resource = "arn:aws:s3:::" + strings.Repeat("a", 512)
	req.Context.Set("k", strings.Repeat("a", 512))
	req.Context.Set("a", strings.Repeat("a", 64))
	return req
}

// bounded fails where do takes too long every time, or allocates out of proportion to
// n bytes.
func bounded(t *testing.T, what string, n int, do func()) {
	t.Helper()
	var before, after runtime.MemStats
	took := time.Hour
	for range 3 {
		runtime.ReadMemStats(&before)
		start := time.Now()
		do()
		took = min(took, time.Since(start))
		runtime.ReadMemStats(&after)
		if took < maxTime {
			break
		}
	}
	if took > maxTime {
		t.Errorf("%s took %v", what, took)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > uint64(maxFactor*n) {
		t.Errorf("%s allocated %d bytes for a document of %d", what, allocated, n)
	}
}
