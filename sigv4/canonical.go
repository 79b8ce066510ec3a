package sigv4

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// usualRequest is the room for a canonical request, in bytes, that SDKs' calls with a session token stay below.
const usualRequest = 2 << 10

// appendRequest appends the text whose hash is signed, as if r had been sent to host. path, query and hash, which is the
// body's, are canonical already. ok is false if r lacks one of signedHeaders. See AWS "Create a signed AWS API request", step 1.
func appendRequest(text []byte, r *http.Request, host, path, query string, signedHeaders []string, hash string) (_ []byte, ok bool) {
	text = appendLine(text, cmp.Or(r.Method, http.MethodGet))
	text = appendLine(text, path)
	text = appendLine(text, query)
	for _, name := range signedHeaders {
		values := headerValues(r, host, name)
		if len(values) == 0 {
			return text, false
		}
		text = appendLine(text, name, ":", canonicalValue(values))
	}
	text = appendLine(text)
	text = appendLine(text, strings.Join(signedHeaders, ";"))
	return append(text, hash...), true
}

func appendLine(text []byte, parts ...string) []byte {
	for _, part := range parts {
		text = append(text, part...)
	}
	return append(text, '\n')
}

// target returns the path and the query of r as they went over the wire, still encoded. A server reads them from
// RequestURI: URL.RawQuery is as good, but URL.EscapedPath may encode anew what the client left bare.
func target(r *http.Request) (path, rawQuery string) {
	uri := r.RequestURI
	if uri == "" {
		uri = r.URL.RequestURI()
	}
	path, rawQuery, _ = strings.Cut(uri, "?")
	if _, rest, absolute := strings.Cut(path, "://"); absolute && !strings.HasPrefix(path, "/") {
		_, path, _ = strings.Cut(rest, "/")
		path = "/" + path
	}
	if path == "" {
		path = "/"
	}
	return path, rawQuery
}

// canonicalPaths returns what path may have been signed as: normalised, as AWS documents it and the SDKs for Python
// and JavaScript v3 do, then as it is, as the SDKs for Go and JavaScript v2 do. They differ only in paths with dot
// segments or doubled slashes. path is already encoded and is encoded once more.
func canonicalPaths(path string) []string {
	normal := normalise(path)
	if normal == path {
		return []string{encodePath(path)}
	}
	return []string{encodePath(normal), encodePath(path)}
}

// normalise resolves dot segments and drops empty ones. Unlike RFC 3986 section 5.2.4 it keeps no slash after a final
// dot segment.
func normalise(path string) string {
	var kept []string
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "", ".":
		case "..":
			kept = kept[:max(len(kept)-1, 0)]
		default:
			kept = append(kept, segment)
		}
	}
	normal := "/" + strings.Join(kept, "/")
	if len(kept) > 0 && strings.HasSuffix(path, "/") {
		normal += "/"
	}
	return normal
}

func encodePath(path string) string { return encode(path, '/') }

// canonicalQuery returns the parameters of a raw query, decoded, encoded strictly, and sorted. ok is false if a percent
// sign is not followed by two hexadecimal digits: such a query has no one meaning. A plus sign means itself.
func canonicalQuery(rawQuery string, presigned bool) (canonical string, ok bool) {
	if rawQuery == "" {
		return "", true
	}
	var pairs [][2]string
	for pair := range strings.SplitSeq(rawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, nameOK := decode(name)
		value, valueOK := decode(value)
		if !nameOK || !valueOK {
			return "", false
		}
		if presigned && name == "X-Amz-Signature" {
			continue
		}
		pairs = append(pairs, [2]string{encode(name, 0), encode(value, 0)})
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	texts := make([]string, len(pairs))
	for i, pair := range pairs {
		texts[i] = pair[0] + "=" + pair[1]
	}
	return strings.Join(texts, "&"), true
}

// queryValues returns the values of the parameter name in a raw query.
func queryValues(rawQuery, name string) []string {
	var values []string
	for pair := range strings.SplitSeq(rawQuery, "&") {
		n, v, _ := strings.Cut(pair, "=")
		if n, ok := decode(n); !ok || n != name {
			continue
		}
		if v, ok := decode(v); ok {
			values = append(values, v)
		}
	}
	return values
}

// headerValues returns the values of a header in arrival order, with those that net/http keeps outside of its map.
func headerValues(r *http.Request, host, name string) []string {
	if name == "host" {
		return []string{host}
	}
	values := r.Header.Values(name)
	if name == "content-length" && len(values) == 0 && r.ContentLength >= 0 {
		return []string{strconv.FormatInt(r.ContentLength, 10)}
	}
	return values
}

func host(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

// canonicalValue joins the values of a header by commas, trims them, and makes one space of every run of white space.
func canonicalValue(values []string) string {
	if len(values) == 1 {
		return collapse(values[0])
	}
	trimmed := make([]string, len(values))
	for i, value := range values {
		trimmed[i] = collapse(value)
	}
	return strings.Join(trimmed, ",")
}

// collapse looks first whether there is anything to do: a session token has a thousand
// characters and no white space.
func collapse(value string) string {
	for _, space := range []string{"  ", "\t", "\r", "\n"} { // one by one: ContainsAny is slower by far
		if strings.Contains(value, space) {
			return strings.Join(strings.FieldsFunc(value, isSpace), " ")
		}
	}
	return strings.Trim(value, " ")
}

func isSpace(c rune) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// encode percent-encodes all but the unreserved characters of RFC 3986 section 2.3 and keep.
func encode(text string, keep byte) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(text))
	for i := range len(text) {
		c := text[i]
		if isUnreserved(c) || c == keep && keep != 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', digits[c>>4], digits[c&15]})
	}
	return b.String()
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}

// decode undoes percent-encoding. ok is false if a percent sign lacks its two hexadecimal digits.
func decode(text string) (decoded string, ok bool) {
	if !strings.Contains(text, "%") {
		return text, true
	}
	b := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			b = append(b, text[i])
			continue
		}
		if i+2 >= len(text) {
			return "", false
		}
		c, err := strconv.ParseUint(text[i+1:i+3], 16, 8)
		if err != nil {
			return "", false
		}
		b = append(b, byte(c))
		i += 2
	}
	return string(b), true
}
