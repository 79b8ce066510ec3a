package sts_test

import (
	"encoding/base64"
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/sts"
)

const someKeyID = "ASIA1"

// forge returns a token with a content of our choice: it takes the sealing key.
func forge(key sts.SealingKey, plain []byte) string {
	return key.ID + "." + base64.StdEncoding.EncodeToString(key.Key.Seal(plain, someKeyID))
}

// contentOf returns what stands sealed in the token of a session.
func contentOf(t *testing.T, key sts.SealingKey, session sts.Session) []byte {
	t.Helper()
	_, token := sts.NewSealer(key).Seal(someKeyID, session)
	sealed := ok(base64.StdEncoding.DecodeString(token[len(key.ID)+1:]))(t)
	return ok(key.Key.Open(sealed, someKeyID))(t)
}

// TestSomeSessionHasAll makes the tests with someSession notice a new field that is
// not sealed.
func TestSomeSessionHasAll(t *testing.T) {
	t.Parallel()
	session := reflect.ValueOf(someSession())
	for i := range session.NumField() {
		if session.Field(i).IsZero() {
			t.Errorf("someSession has no %s", session.Type().Field(i).Name)
		}
	}
}

// TestSessionsComeBack seals any session and opens it.
func TestSessionsComeBack(t *testing.T) {
	t.Parallel()
	s := sts.NewSealer(sealingKey("s1"))
	rapid.Check(t, func(t *rapid.T) {
		text, second := rapid.String(), rapid.Int64()
		texts := rapid.SliceOfN(text, 0, 3)
		pairs := rapid.MapOfN(text, text, 0, 3)
		want := sts.Session{
			Kind: sts.Kind(rapid.IntRange(0, 2).Draw(t, "kind")), Name: text.Draw(t, "name"),
			Issued: second.Draw(t, "issued"), Expires: second.Draw(t, "expires"),
			RoleName: text.Draw(t, "role"), RoleID: text.Draw(t, "role id"),
			OpenedBy: text.Draw(t, "opener"), ByRoot: rapid.Bool().Draw(t, "by root"),
			Keys: pairs.Draw(t, "keys"), Lists: rapid.MapOfN(text, texts, 0, 3).Draw(t, "lists"),
			Tags: pairs.Draw(t, "tags"), TransitiveTags: texts.Draw(t, "transitive"), SourceIdentity: text.Draw(t, "source"),
			Policy: rapid.StringN(0, 2048, -1).Draw(t, "policy"), Policies: texts.Draw(t, "policies"),
		}
		_, token := s.Seal(someKeyID, want)
		got, _, err := s.Open(someKeyID, token)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("error %v, session (-want +got):\n%s", err, diff)
		}
	})
}

// TestOtherContents refuses content of another version, JSON, content that is cut off
// anywhere, and content with something left over.
func TestOtherContents(t *testing.T) {
	t.Parallel()
	key := sealingKey("s1")
	s := sts.NewSealer(key)
	plain := contentOf(t, key, someSession())
	if _, _, err := s.Open(someKeyID, forge(key, plain)); err != nil {
		t.Fatalf("the content itself: %v", err)
	}
	others := [][]byte{[]byte(`{"t":1,"x":2}`), append([]byte{plain[0] + 1}, plain[1:]...), append(plain[:len(plain):len(plain)], 0)}
	for i := range plain {
		others = append(others, plain[:i])
	}
	for _, other := range others {
		if session, secret, err := s.Open(someKeyID, forge(key, other)); !errors.Is(err, sts.ErrInvalidToken) || secret != "" || session.Name != "" {
			t.Errorf("%q: %v", other, err)
		}
	}
}

// FuzzContent opens any content: it is refused, or it is a session that comes back.
func FuzzContent(f *testing.F) {
	key := sealingKey("s1")
	s := sts.NewSealer(key)
	f.Add([]byte(nil))
	f.Add([]byte{1})
	f.Add(make([]byte, 40))
	f.Add([]byte("\x01\x04\x02\x04\x02\x02n\x02r\x02i\x02o\x02h\x04{}\x02\x02a\x02b\x02\x02c\x02\x02d\x00\x00\x00"))
	f.Add([]byte("\x01\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, plain []byte) {
		session, _, err := s.Open(someKeyID, forge(key, plain))
		if err != nil {
			if !errors.Is(err, sts.ErrInvalidToken) {
				t.Errorf("error is %v", err)
			}
			return
		}
		_, token := s.Seal(someKeyID, session)
		again, _, err := s.Open(someKeyID, token)
		if diff := cmp.Diff(session, again, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("error %v, session (-want +got):\n%s", err, diff)
		}
	})
}
