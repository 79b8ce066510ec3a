package token_test

import (
	"testing"

	"github.com/cenotehq/cenote/token"
)

// A name on a line of its own is that of no other user; what has white space of another
// kind around it is.
func TestSAMLNames(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	for name, want := range map[string]string{
		"\n    alice\n  ": "alice", "\n\talice\n": "alice", "\n\n alice smith \n": "alice smith",
		" alice": " alice", "alice ": "alice ", " alice ": " alice ", "alice\n": "alice\n", "\nalice": "\nalice",
		"\n alice ": "\n alice ", "\talice\t": "\talice\t", "al\nice": "al\nice", "\n\u00a0alice\n": "\u00a0alice",
		"&#xD;alice&#xD;": "\ralice\r",
	} {
		a, err := token.VerifySAML(base64Of(f.resigned(">alice<", ">"+name+"<")), checkFor(t, f.key), issuedAt())
		if err != nil || a.Subject != want {
			t.Errorf("%q is %q, want %q: %v", name, a.Subject, want, err)
		}
	}
}
