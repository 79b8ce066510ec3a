package wire_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"testing"
	"unicode/utf8"

	"github.com/cenotehq/cenote/wire"
)

func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{
		`{}`, ``, `[]`, `{"IdentityPoolName":"a","AllowClassicFlow":false,"TokenDuration":9e2,"Note":""}`,
		`{"Count":-1,"Ratio":0.1,"Since":1.5E9,"Blob":"AQI=","TagKeys":["a"],"Nested":{"x":["y"]}}`,
		`{"Logins":{"a":"b"},"RoleMappings":{"p":{"Type":"Rules","RulesConfiguration":{"Rules":[]}}}}`,
		`{"Rules":[{"Claim":"c","MatchType":"Equals","RoleARN":"arn:aws:iam::1:role/adm"}],"MaxResults":1}`,
		`{"WebIdentityToken":"\ud800 \u0000","Policy":"é","NextToken":null}`, `{"Since":-62135596800}`,
		`{"TagKeys":[null],"Logins":{"":null},"Rules":[null]}`, `{"a":"\"[[["}`, "{\"a\":\"\xff\"}", `{}{}`,
	} {
		f.Add([]byte(seed))
	}
	var codec wire.Codec
	f.Fuzz(func(t *testing.T, body []byte) {
		var in richInput
		if err := codec.DecodeJSON(body, &in); err != nil {
			wantRefusal(t, err)
			return
		}
		first := codec.EncodeJSON(in)
		if !json.Valid(first) || !utf8.Valid(first) {
			t.Fatalf("not JSON: %q", first)
		}
		var again richInput
		if err := codec.DecodeJSON(first, &again); err != nil {
			t.Fatalf("%q does not decode: %v", first, err)
		}
		if second := codec.EncodeJSON(again); string(first) != string(second) {
			t.Fatalf("unstable:\n%s\n%s", first, second)
		}
		wantXML(t, codec.EncodeQuery("Op", "ns", "r", in))
	})
}

func FuzzDecodeQuery(f *testing.F) {
	for _, seed := range []string{
		"", "Action=X", "IdentityPoolName=a+b&AllowClassicFlow=true&TokenDuration=900&Note=",
		"Count=-1&Ratio=.5&Since=2018-01-05T01:26:42Z&Blob=AQI%3D&TagKeys.member.1=a&TagKeys.member.9=b",
		"Nested.entry.1.key=x&Nested.entry.1.value.member.1=y&Logins.entry.1.key=a&Logins.entry.1.value=b",
		"RoleMappings.entry.1.key=p&RoleMappings.entry.1.value.Type=Token&MaxResults=60&NextToken=n",
		"Rules.member.1.Claim=c&Rules.member.1.MatchType=Equals&Rules.member.1.RoleARN=arn:aws:iam::1:role/adm",
		"TagKeys=&Logins=&Rules.member.1=", "TagKeys.member.99999999999=a", "a.a.a.a.a=1&a=%", "Since=0000-01-01T00:00:00Z",
		"Since=9999-12-31T23:59:59.9999Z",
	} {
		f.Add(seed)
	}
	var codec wire.Codec
	f.Fuzz(func(t *testing.T, raw string) {
		form, err := wire.ParseForm(raw)
		if err != nil {
			wantRefusal(t, err)
			return
		}
		var in richInput
		if err := codec.DecodeQuery(form, &in); err != nil {
			wantRefusal(t, err)
			return
		}
		wantXML(t, codec.EncodeQuery("Op", "ns", "r", in))
		first := codec.EncodeJSON(in)
		var again richInput
		if err := codec.DecodeJSON(first, &again); err != nil {
			t.Fatalf("%q does not decode: %v", first, err)
		}
		if second := codec.EncodeJSON(again); string(first) != string(second) {
			t.Fatalf("unstable:\n%s\n%s", first, second)
		}
	})
}

func wantRefusal(t *testing.T, err error) {
	t.Helper()
	refused := wire.Query.Fault(err)
	if refused == nil || !refused.Sender() || !utf8.ValidString(refused.Message) {
		t.Fatalf("not a refusal: %v", err)
	}
	body, _ := wire.JSONError(refused, "r")
	if !json.Valid(body) {
		t.Fatalf("not JSON: %q", body)
	}
	wantXML(t, wire.QueryError("ns", refused, "r"))
}

func wantXML(t *testing.T, body []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("not XML: %v: %q", err, body)
		}
	}
}
