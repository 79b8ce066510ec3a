package policy

import (
	"encoding/base64"
	"net/netip"
	"strings"
	"time"

	"github.com/cenotehq/cenote/arn"
)

// operand compiles one value of a condition. Only string, ARN and Bool operands
// take variables. ok is false for a value that the operator cannot read.
func (op operator) operand(value string, variables bool) (o operand, ok bool) {
	var t template
	switch op.base {
	case "StringEquals":
		t, ok = compileTemplate(value, false, variables)
		return stringTest{t}, ok
	case "StringLike":
		t, ok = compileTemplate(value, true, variables)
		return stringTest{t}, ok
	case "StringEqualsIgnoreCase":
		t, ok = compileTemplate(value, false, variables)
		return foldTest{t}, ok
	case "ArnEquals", "ArnLike":
		t, ok = compileTemplate(value, true, variables)
		return arnTest{t}, ok
	case "Bool":
		t, ok = compileTemplate(value, false, variables)
		return boolTest{t}, ok && (t.parts != nil || isBool(value))
	case "Null":
		return nil, isBool(value)
	case "BinaryEquals":
		b, err := base64.StdEncoding.DecodeString(value)
		return binaryTest(b), err == nil
	case "IpAddress":
		p, ok := parsePrefix(value)
		return ipTest(p), ok
	}
	if relation, found := strings.CutPrefix(op.base, "Numeric"); found {
		d, ok := parseDecimal(value)
		return numericTest{relation, d}, ok
	}
	relation, found := strings.CutPrefix(op.base, "Date")
	at, ok := parseDate(value)
	return dateTest{relation, at}, ok && found
}

func isBool(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

// stringTest is an operand of StringEquals and StringLike.
type stringTest struct{ template }

func (t stringTest) compare(have string, c Context) verdict {
	want, ok := t.expand(c)
	return decide(ok && want.Match(have))
}

func (t template) variables() []string { return t.keys() }

// foldTest is an operand of StringEqualsIgnoreCase.
type foldTest struct{ template }

func (f foldTest) compare(have string, c Context) verdict {
	want, ok := f.expand(c)
	return decide(ok && strings.EqualFold(string(want), have))
}

// arnTest is an operand of ArnEquals and ArnLike, which are the same: six fields
// compared one by one, with wildcards.
type arnTest struct{ template }

func (n arnTest) compare(have string, c Context) verdict {
	fields, ok := arn.Fields(have)
	if !ok {
		return unusable
	}
	want, ok := n.expand(c)
	if !ok {
		return no
	}
	patterns, ok := arn.Fields(string(want))
	if !ok {
		return unusable
	}
	for i := range patterns {
		ok = ok && arn.Pattern(patterns[i]).Match(fields[i])
	}
	return decide(ok)
}

// boolTest is an operand of Bool.
type boolTest struct{ template }

func (t boolTest) compare(have string, c Context) verdict {
	if !isBool(have) {
		return unusable
	}
	want, ok := t.expand(c)
	return decide(ok && strings.EqualFold(string(want), have))
}

// binaryTest is an operand of BinaryEquals.
type binaryTest string

func (o binaryTest) compare(have string, _ Context) verdict { return decide(string(o) == have) }

// ipTest is an operand of IpAddress. Addresses of the other family are in no
// network.
type ipTest netip.Prefix

func (n ipTest) compare(have string, _ Context) verdict {
	a, err := netip.ParseAddr(have)
	if err != nil {
		return unusable
	}
	return decide(netip.Prefix(n).Contains(a.Unmap()))
}

// parsePrefix reads CIDR, or an address as a network of itself alone.
func parsePrefix(s string) (netip.Prefix, bool) {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		return p, err == nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

// numericTest is an operand of the Numeric operators.
type numericTest struct {
	relation string
	want     decimal
}

func (n numericTest) compare(have string, _ Context) verdict {
	d, ok := parseDecimal(have)
	if !ok {
		return unusable
	}
	return decide(related(d.compare(n.want), n.relation))
}

// dateTest is an operand of the Date operators.
type dateTest struct {
	relation string
	want     time.Time
}

func (d dateTest) compare(have string, _ Context) verdict {
	at, ok := parseDate(have)
	if !ok {
		return unusable
	}
	return decide(related(at.Compare(d.want), d.relation))
}

// related reports whether order, of the request's value to the policy's, is
// what the operator asks for.
func related(order int, relation string) bool {
	switch relation {
	case "Equals":
		return order == 0
	case "LessThan":
		return order < 0
	case "LessThanEquals":
		return order <= 0
	case "GreaterThan":
		return order > 0
	case "GreaterThanEquals":
		return order >= 0
	}
	return false
}

func decide(matched bool) verdict {
	if matched {
		return yes
	}
	return no
}
