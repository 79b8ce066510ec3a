package iam

import (
	"strings"

	"github.com/cenotehq/cenote/policy"
)

// ContextEntry is a condition key of a simulated request.
type ContextEntry struct {
	ContextKeyName   string   `aws:"ContextKeyName" check:"len=5-256"`
	ContextKeyValues []string `aws:"ContextKeyValues"`
	ContextKeyType   string   `aws:"ContextKeyType" check:"enum=string,stringList,numeric,numericList,boolean,booleanList,ip,ipList,binary,binaryList,date,dateList"`
}

// ReadEntries sets the keys of the entries, in place of those that are known
// without them. The error is an InvalidInput.
func ReadEntries(entries []ContextEntry, keys policy.Context) error {
	seen := map[string]bool{}
	for _, entry := range entries {
		low := strings.ToLower(entry.ContextKeyName)
		if low == "" || entry.ContextKeyType == "" {
			return invalidInput("Each of ContextEntries needs a ContextKeyName and a ContextKeyType.")
		}
		if seen[low] {
			return invalidInput("The context key %s is given twice.", entry.ContextKeyName)
		}
		seen[low] = true
		if err := entry.set(keys); err != nil {
			return err
		}
	}
	return nil
}

func (e *ContextEntry) set(keys policy.Context) error {
	base, list := strings.CutSuffix(e.ContextKeyType, "List")
	of, ok := valueType(base)
	if !ok {
		return invalidInput("%s is not a type of context keys.", e.ContextKeyType)
	}
	values := make([]string, 0, len(e.ContextKeyValues))
	for i, text := range e.ContextKeyValues {
		value, ok := of.Read(text)
		if !ok {
			return invalidInput("Value %d of the context key %s is not of the type %s.", i+1, e.ContextKeyName, e.ContextKeyType)
		}
		values = append(values, value)
	}
	if list {
		keys.SetList(e.ContextKeyName, values)
		return nil
	}
	if len(values) != 1 {
		return invalidInput("The context key %s of the type %s must have exactly one value; for several there is the type %sList.", e.ContextKeyName, base, base)
	}
	keys.Set(e.ContextKeyName, values[0])
	return nil
}

// valueType reads a ContextKeyType without its List.
func valueType(name string) (of policy.ValueType, ok bool) {
	switch name {
	case "string":
		return policy.StringValue, true
	case "numeric":
		return policy.NumericValue, true
	case "boolean":
		return policy.BooleanValue, true
	case "ip":
		return policy.IPValue, true
	case "binary":
		return policy.BinaryValue, true
	case "date":
		return policy.DateValue, true
	}
	return 0, false
}
