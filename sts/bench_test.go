package sts_test

import (
	"strings"
	"testing"

	"github.com/cenotehq/cenote/sts"
)

// BenchmarkOpen opens the token of a session with tags and a policy.
func BenchmarkOpen(b *testing.B) {
	s := sts.NewSealer(sealingKey("s1"))
	session := someSession()
	session.Policy = allow("s3:GetObject")
	_, token := s.Seal("ASIA1", session)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := s.Open("ASIA1", token); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAuthenticate finds out who signs with a session, for each kind of session.
func BenchmarkAuthenticate(b *testing.B) {
	w := newWorld(b)
	user := w.keyed("u", allow("*"))
	w.role("r", trust(`{"AWS":"`+user.ARN+`"}`, "", "sts:AssumeRole"))
	for name, c := range map[string]sts.Credentials{
		"role":      ok(w.assume(user, "r"))(b).Credentials,
		"user":      ok(w.GetSessionToken(b.Context(), user, &sts.GetSessionTokenInput{}))(b).Credentials,
		"federated": ok(w.federate(user))(b).Credentials,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := w.Authenticate(b.Context(), c.AccessKeyID, c.SessionToken); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkVerifySAML verifies responses of a provider with one certificate, and refuses
// what is none from a provider whose metadata is half a megabyte.
func BenchmarkVerifySAML(b *testing.B) {
	w := newSAMLWorld(b)
	provider := ok(w.IAM.SAMLProvider(b.Context(), samlARN+"idp"))(b)
	response := w.response(nil)
	b.Run("good", func(b *testing.B) {
		for b.Loop() {
			ok(w.VerifySAML(provider, response))(b)
		}
	})
	provider.Document = strings.Replace(provider.Document, "<md:IDPSSO", strings.Repeat("<!-- of a federation -->", 20_000)+"<md:IDPSSO", 1)
	b.Run("nonsense", func(b *testing.B) {
		for b.Loop() {
			if _, err := w.VerifySAML(provider, "bm9uc2Vuc2U="); err == nil {
				b.Fatal("taken")
			}
		}
	})
}
