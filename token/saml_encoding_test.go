package token_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/token"
)

// What is not even base64 of XML.
func TestSAMLEncodings(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	good := base64Of(inResponse(f.assertion))
	deflated, gzipped := new(bytes.Buffer), new(bytes.Buffer)
	w, err := flate.NewWriter(deflated, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		write(w, inResponse(f.assertion)), w.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	z := gzip.NewWriter(gzipped)
	if err := errors.Join(write(z, inResponse(f.assertion)), z.Close()); err != nil {
		t.Fatal(err)
	}
	for name, response := range map[string]string{
		"empty":          "",
		"XML":            inResponse(f.assertion),
		"junk before":    "*" + good,
		"junk inside":    good[:100] + "*" + good[100:],
		"junk behind":    good + "*",
		"space inside":   good[:100] + " " + good[100:],
		"URL alphabet":   "_-" + good[2:],
		"cut":            good[:len(good)-1],
		"two":            good + "=" + good,
		"base64 twice":   base64.StdEncoding.EncodeToString([]byte(good)),
		"deflated":       base64.StdEncoding.EncodeToString(deflated.Bytes()),
		"gzipped":        base64.StdEncoding.EncodeToString(gzipped.Bytes()),
		"five megabytes": base64Of(inResponse(f.assertion) + strings.Repeat(" ", 5<<20)),
		"form":           "SAMLResponse=" + good,
		"hidden bits":    hiddenBits(t, inResponse(f.assertion)),
	} {
		if _, err := token.VerifySAML(response, checkFor(t, f.key), issuedAt()); !errors.Is(err, token.ErrSAMLSyntax) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var lines []string
	for rest := good; rest != ""; {
		n := min(76, len(rest))
		lines, rest = append(lines, rest[:n]), rest[n:]
	}
	if _, err := token.VerifySAML(strings.Join(lines, "\r\n"), checkFor(t, f.key), issuedAt()); err != nil {
		t.Errorf("in lines: %v", err)
	}
}

func write(w interface{ Write([]byte) (int, error) }, text string) error {
	_, err := w.Write([]byte(text))
	return err
}

// hiddenBits is base64 whose last character says more than the bytes hold.
func hiddenBits(t testing.TB, document string) string {
	t.Helper()
	document += strings.Repeat(" ", 3-len(document)%3+1)
	text := base64Of(document)
	if !strings.HasSuffix(text, "A==") { // a space ends so
		t.Fatal(text)
	}
	if loose, err := base64.StdEncoding.DecodeString(text[:len(text)-3] + "B=="); err != nil || string(loose) != document {
		t.Fatal("the bits are not hidden")
	}
	return text[:len(text)-3] + "B=="
}
