// Package wire is AWS JSON 1.1 and AWS Query: bytes to structs and back.
package wire

import (
	"fmt"
	"net/url"
	"reflect"
	"sync"
)

// Codec turns requests into structs and structs into answers. It remembers what it learned about each type, so that
// tags are read and patterns compiled once. The zero value is ready; a Codec is safe for concurrent use and must not
// be copied.
//
// The structs are the plain inputs and outputs of operations. Tags say what their fields are called outside and what
// they must satisfy:
//
//	type CreateInput struct {
//		Name   string            `aws:"IdentityPoolName" check:"required;len=1-128;pattern=[\\w\\s+=,.@-]+"`
//		Mode   string            `aws:"Mode" check:"enum=Token,Rules"`
//		Max    int32             `aws:"MaxResults" check:"range=1-60"`
//		Logins map[string]string `aws:"Logins" check:"len=-10" key:"len=1-128" each:"secret;len=1-50000"`
//	}
//
// The tag aws is the member's name, "-" for a field that is not on the wire; with ",always" an empty text, list or map
// is sent rather than omitted. The tag check holds rules for the value, each for the members of a list or the values
// of a map, key for the keys of a map. Rules are separated by semicolons: required, secret (never echoed), len
// (characters, members or bytes), range, enum, and last pattern, which takes the rest of the tag and must match the
// whole text. Ranges are inclusive and may be open: len=1- or len=-10. An embedded struct without a tag lends its
// fields to the outer one.
//
// Fields are string, bool, int, int32, int64, float64, time.Time, []byte, structs, lists, maps with text keys, types
// whose underlying type is one of these, and pointers to them.
type Codec struct {
	shapes sync.Map // reflect.Type → *shape, structures only
}

// Check reports what is wrong with the tags of v's type, a struct or a pointer to one: a field without a name, two
// fields with one name, a rule that does not fit its field, a pattern that does not compile.
func (c *Codec) Check(v any) error {
	t := reflect.TypeOf(v)
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	_, err := c.shape(t)
	return err
}

// DecodeJSON fills the struct that in points to from the body of an AWS JSON 1.1 request. Unknown members are ignored,
// null is the same as absent, and an empty body is an empty object.
//
// It returns a *SyntaxError for a body that cannot be read into the struct, a *ValidationError for one that breaks the
// rules of the tags, and another error when in itself is unfit (see Check). After an error the struct is unusable.
func (c *Codec) DecodeJSON(body []byte, in any) error {
	tree, err := parseJSON(body)
	if err != nil {
		return err
	}
	return c.decode(in, func(*shape) (any, error) { return tree, nil })
}

// DecodeQuery fills the struct that in points to from the parameters of an AWS Query request. Lists are
// Name.member.N, maps Name.entry.N.key and .value, and Name= alone is an empty list. The numbers N only order the
// members. Unknown parameters are ignored; a parameter sent twice is refused. Errors are those of DecodeJSON.
func (c *Codec) DecodeQuery(form url.Values, in any) error {
	root, err := growForm(form)
	if err != nil {
		return err
	}
	return c.decode(in, root.tree)
}

func (c *Codec) decode(in any, read func(*shape) (any, error)) error {
	dst := reflect.ValueOf(in)
	if dst.Kind() != reflect.Pointer || dst.IsNil() {
		return fmt.Errorf("wire: cannot decode into %T", in)
	}
	s, err := c.shape(dst.Type().Elem())
	if err != nil {
		return err
	}
	tree, err := read(s)
	if err != nil {
		return err
	}
	if err := s.fill(dst.Elem(), tree); err != nil {
		return err
	}
	return validate(s, tree)
}

// usualAnswer has room for credentials with their session token.
const usualAnswer = 1 << 10

// EncodeJSON returns out, a struct or a pointer to one, as the body of an AWS JSON 1.1 response. Members that were
// never set are omitted: nil pointers, lists and maps, empty texts and zero times; numbers and booleans always
// appear. Times are seconds since 1970. The body is empty when out is nil, a nil pointer or a struct{}: the operation
// has no output. EncodeJSON panics if Check refuses the type of out.
func (c *Codec) EncodeJSON(out any) []byte {
	v, s := c.output(out)
	if s == nil {
		return nil
	}
	return s.appendJSON(make([]byte, 0, usualAnswer), v)
}

// output returns out without its pointer, and its shape: nil when the operation has no output.
func (c *Codec) output(out any) (reflect.Value, *shape) {
	v := reflect.ValueOf(out)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if !v.IsValid() || v.Type() == reflect.TypeFor[struct{}]() {
		return v, nil
	}
	s, err := c.shape(v.Type())
	if err != nil {
		panic(err)
	}
	return v, s
}

func (c *Codec) shape(t reflect.Type) (*shape, error) {
	if t == nil || t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("wire: %v is not a struct", t)
	}
	if s, ok := c.shapes.Load(t); ok {
		return s.(*shape), nil
	}
	s, err := shapeOf(t, nil)
	if err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	c.shapes.Store(t, s)
	return s, nil
}
