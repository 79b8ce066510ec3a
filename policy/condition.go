package policy

import "strings"

// Condition is one key of a statement's Condition: all of them must hold.
// See AWS "IAM JSON policy elements: Condition operators".
type Condition struct {
	Operator string // as written, "ForAnyValue:StringLike"
	Key      string // as written
	Values   []string

	op       operator
	low      string // Key in lower case
	operands []operand
}

// operator is a name such as ForAllValues:StringNotEqualsIfExists taken apart.
type operator struct {
	set      set
	base     string // without "Not", set prefix and IfExists
	negated  bool
	ifExists bool
}

// set is how a condition goes about a key that has a set of values.
type set int

const (
	single    set = iota // the key must not be a set
	allValues            // every value must pass
	anyValue             // one value must pass
)

// operand is one value of a condition, compiled. The comparison is unusable
// where the request's value cannot be read as what the operator compares.
type operand interface {
	compare(have string, c Context) verdict
}

// parseOperator takes name apart; it is case-sensitive. ok is false for what is
// not known.
func parseOperator(name string) (op operator, ok bool) {
	op.base = name
	if rest, found := strings.CutPrefix(op.base, "ForAllValues:"); found {
		op.set, op.base = allValues, rest
	} else if rest, found := strings.CutPrefix(op.base, "ForAnyValue:"); found {
		op.set, op.base = anyValue, rest
	}
	op.base, op.ifExists = strings.CutSuffix(op.base, "IfExists")
	switch op.base {
	case "StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "NumericNotEquals",
		"DateNotEquals", "NotIpAddress", "ArnNotEquals", "ArnNotLike":
		op.base, op.negated = strings.Replace(op.base, "Not", "", 1), true
	case "StringEquals", "StringEqualsIgnoreCase", "StringLike",
		"NumericEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
		"DateEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
		"Bool", "BinaryEquals", "IpAddress", "ArnEquals", "ArnLike":
	case "Null":
		return op, name == "Null"
	default:
		return op, false
	}
	return op, true
}

func knownOperator(name string) bool {
	_, ok := parseOperator(name)
	return ok
}

// compile fails where a value cannot be what the operator compares with.
func (c *Condition) compile(variables bool) bool {
	var ok bool
	if c.op, ok = parseOperator(c.Operator); !ok {
		return false
	}
	c.low = strings.ToLower(c.Key)
	for _, value := range c.Values {
		o, ok := c.op.operand(value, variables)
		if !ok {
			return false
		}
		c.operands = append(c.operands, o)
	}
	return true
}

// holds decides c. See AWS "Multivalued context keys" for the set operators:
// with no value at all ForAllValues holds and ForAnyValue does not, whatever
// the operator behind them.
func (c *Condition) holds(ctx Context) bool {
	have := ctx.find(c.low)
	values := have.all()
	present := len(values) > 0
	switch {
	case c.op.base == "Null":
		return c.isNull(!present)
	case !present && c.op.ifExists, !present && c.op.set == allValues:
		return true
	case !present:
		return c.op.set == single && c.op.negated
	}
	if c.op.set == single {
		return !have.multi && c.accepts(values[0], ctx)
	}
	blank := true
	for _, v := range values {
		blank = blank && v == ""
	}
	if blank {
		return c.op.set == allValues
	}
	return c.acceptsSet(values, ctx)
}

func (c *Condition) isNull(absent bool) bool {
	for _, value := range c.Values {
		if strings.EqualFold(value, "true") == absent {
			return true
		}
	}
	return false
}

func (c *Condition) acceptsSet(values []string, ctx Context) bool {
	wanted := c.op.set == anyValue
	for _, v := range values {
		if c.accepts(v, ctx) == wanted {
			return wanted
		}
	}
	return !wanted
}

// accepts compares one value with all operands: one must match, or with a
// negated operator none. A value that cannot be read passes neither.
func (c *Condition) accepts(value string, ctx Context) bool {
	matched := false
	for _, o := range c.operands {
		switch o.compare(value, ctx) {
		case yes:
			matched = true
		case unusable:
			return false
		case no:
		}
	}
	return matched != c.op.negated
}

func (c *Condition) contextKeys() []string {
	keys := []string{c.Key}
	for _, o := range c.operands {
		if t, ok := o.(interface{ variables() []string }); ok {
			keys = append(keys, t.variables()...)
		}
	}
	return keys
}
