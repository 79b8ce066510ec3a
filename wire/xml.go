package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"reflect"
	"strconv"
	"time"
)

// EncodeQuery returns out, a struct or a pointer to one, as the body of the response to an AWS Query operation in
// namespace. Lists hold <member> elements, maps <entry> elements with <key> and <value>; times are UTC to the second.
// Members that were never set are omitted as in EncodeJSON. Without output (see EncodeJSON) there is no result
// element. Characters that XML cannot hold become U+FFFD. It panics if Check refuses the type of out.
func (c *Codec) EncodeQuery(operation, namespace, requestID string, out any) []byte {
	var w xmlWriter
	w.open(operation+"Response", namespace)
	if v, s := c.output(out); s != nil {
		w.element(operation+"Result", s, v)
	}
	w.open("ResponseMetadata", "")
	w.text("RequestId", requestID)
	w.close("ResponseMetadata")
	w.close(operation + "Response")
	return w.b.Bytes()
}

type xmlWriter struct{ b bytes.Buffer }

func (w *xmlWriter) open(name, namespace string) {
	w.b.WriteString("<" + name)
	if namespace != "" {
		w.b.WriteString(` xmlns="`)
		w.escape(namespace)
		w.b.WriteByte('"')
	}
	w.b.WriteByte('>')
}

func (w *xmlWriter) close(name string) { w.b.WriteString("</" + name + ">") }

func (w *xmlWriter) text(name, value string) {
	w.open(name, "")
	w.escape(value)
	w.close(name)
}

func (w *xmlWriter) escape(s string) {
	// A bytes.Buffer never fails to write.
	_ = xml.EscapeText(&w.b, []byte(s))
}

func (w *xmlWriter) element(name string, s *shape, v reflect.Value) {
	w.open(name, "")
	w.content(s, v)
	w.close(name)
}

func (w *xmlWriter) content(s *shape, v reflect.Value) {
	if s.pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	switch s.kind {
	case list:
		for i := range v.Len() {
			w.element("member", s.member, v.Index(i))
		}
	case dictionary:
		for _, k := range sortedKeys(v) {
			w.open("entry", "")
			w.text("key", k.String())
			w.element("value", s.member, v.MapIndex(k))
			w.close("entry")
		}
	case structure:
		for f, fv := range s.present(v) {
			w.element(f.name, f.shape, fv)
		}
	case text, flag, integer, decimal, instant, blob:
		w.escape(s.scalarText(v))
	}
}

func (s *shape) scalarText(v reflect.Value) string {
	switch s.kind {
	case text:
		return v.String()
	case flag:
		return strconv.FormatBool(v.Bool())
	case integer:
		return strconv.FormatInt(v.Int(), 10)
	case decimal:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case instant:
		return v.Interface().(time.Time).UTC().Format("2006-01-02T15:04:05Z")
	case blob:
		return base64.StdEncoding.EncodeToString(v.Bytes())
	case list, dictionary, structure:
	}
	return ""
}
