package policy

import (
	"encoding/base64"
	"net/netip"
)

// ValueType is what the values of a condition key are. A Context holds all of
// them as text; the type matters to whoever fills one from input.
type ValueType int

// The types of values.
const (
	StringValue  ValueType = iota // any text
	NumericValue                  // an integer or decimal number, without exponent
	BooleanValue                  // true or false, in any case
	IPValue                       // one IPv4 or IPv6 address
	BinaryValue                   // bytes, given in base64
	DateValue                     // a W3C date and time, or seconds since 1970
)

// Read returns text as a Context holds a value of the type: itself, or the bytes
// of a BinaryValue. ok is false for text that no condition operator of the type
// could read.
func (t ValueType) Read(text string) (value string, ok bool) {
	switch t {
	case StringValue:
		ok = true
	case NumericValue:
		_, ok = parseDecimal(text)
	case BooleanValue:
		ok = isBool(text)
	case IPValue:
		address, err := netip.ParseAddr(text)
		ok = err == nil && address.Zone() == ""
	case BinaryValue:
		bytes, err := base64.StdEncoding.DecodeString(text)
		return string(bytes), err == nil
	case DateValue:
		_, ok = parseDate(text)
	}
	return text, ok
}
