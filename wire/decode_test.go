package wire_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/wire"
)

func compare(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(richInput{})); diff != "" {
		t.Errorf("got +, want -:\n%s", diff)
	}
}

func wantRich() richInput {
	return richInput{
		Name: "pool 1", Guests: true, Classic: new(false), Duration: new(int64(900)), Note: new(""),
		Count: -3, Ratio: 0.5, Since: time.Date(2018, 1, 5, 1, 26, 42, 250e6, time.UTC), Blob: []byte{1, 2},
		Keys: []string{"ab", "c"}, Nested: map[string][]string{"x": {"a", "b"}},
		Logins: map[string]string{"a.b": "t"},
		Mappings: map[string]roleMapping{"p": {Type: "Rules", Rules: &rulesConfiguration{Rules: []mappingRule{
			{Claim: "isAdmin", Match: "Equals", Role: "arn:aws:iam::1:role/adm"},
		}}}},
		paging: paging{Max: new(int32(60)), Marker: "n"},
	}
}

func TestDecodeJSONFillsEveryKind(t *testing.T) {
	t.Parallel()
	const body = `{"IdentityPoolName":"pool 1","AllowUnauthenticatedIdentities":true,"AllowClassicFlow":false,
		"TokenDuration":9.0e2,"Note":"","Count":-3,"Ratio":0.5,"Since":1.51511560225E9,"Blob":"AQI=","TagKeys":["ab","c"],
		"Nested":{"x":["a","b"]},"Logins":{"a.b":"t"},"RoleMappings":{"p":{"Type":"Rules","RulesConfiguration":{"Rules":
		[{"Claim":"isAdmin","MatchType":"Equals","RoleARN":"arn:aws:iam::1:role/adm","Unknown":[]}]}}},"MaxResults":60,
		"NextToken":"n","Unknown":{"deep":[1]},"Internal":"no","identitypoolname":"no"}` + "\n"
	var codec wire.Codec
	var got richInput
	if err := codec.DecodeJSON([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	compare(t, got, wantRich())
}

func TestDecodeQueryFillsEveryKind(t *testing.T) {
	t.Parallel()
	const body = "Action=X&Version=1&IdentityPoolName=pool+1&AllowUnauthenticatedIdentities=true&AllowClassicFlow=false" +
		"&TokenDuration=900&Note=&Count=-3&Ratio=0.5&Since=2018-01-05T02:26:42.25%2B01:00&Blob=AQI%3D" +
		"&TagKeys.member.7=c&TagKeys.member.1=ab&Nested.entry.1.key=x&Nested.entry.1.value.member.1=a" +
		"&Nested.entry.1.value.member.2=b&Logins.entry.1.key=a.b&Logins.entry.1.value=t&RoleMappings.entry.1.key=p" +
		"&RoleMappings.entry.1.value.Type=Rules" +
		"&RoleMappings.entry.1.value.RulesConfiguration.Rules.member.1.Claim=isAdmin" +
		"&RoleMappings.entry.1.value.RulesConfiguration.Rules.member.1.MatchType=Equals" +
		"&RoleMappings.entry.1.value.RulesConfiguration.Rules.member.1.RoleARN=arn:aws:iam::1:role/adm" +
		"&MaxResults=60&NextToken=n&Internal=no"
	form, err := wire.ParseForm(body)
	if err != nil {
		t.Fatal(err)
	}
	var codec wire.Codec
	var got richInput
	if err := codec.DecodeQuery(form, &got); err != nil {
		t.Fatal(err)
	}
	compare(t, got, wantRich())
}

func TestAbsentNullAndEmptyDiffer(t *testing.T) {
	t.Parallel()
	type input struct {
		Note *string           `aws:"Note"`
		Keys []string          `aws:"Keys"`
		Map  map[string]string `aws:"Map"`
		Sub  *paging           `aws:"Sub"`
	}
	var codec wire.Codec
	for body, want := range map[string]input{
		``:                                 {},
		`{"Note":"\\ud83d\ud83d\ude00\\"}`: {Note: new(`\ud83d😀\`)}, // a pair, behind text that looks like half of one
		" \n":                              {},
		`{}`:                               {},
		`{"Note":null,"Keys":null}`:        {},
		`{"Map":null,"Sub":null}`:          {},
		`{"Note":"","Keys":[],"Map":{},"Sub":{}}`: {
			Note: new(""), Keys: []string{}, Map: map[string]string{}, Sub: &paging{},
		},
	} {
		var got input
		if err := codec.DecodeJSON([]byte(body), &got); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		compare(t, got, want)
	}
	var got input
	if err := codec.DecodeQuery(url.Values{"Keys": {""}, "Map": {""}, "Note": {""}, "Sub": {""}}, &got); err != nil {
		t.Fatal(err)
	}
	compare(t, got, input{Note: new(""), Keys: []string{}, Map: map[string]string{}, Sub: &paging{}})
}

func TestDecodeJSONRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return `{"U":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}" }
	var codec wire.Codec
	for body, want := range map[string]string{
		`{"IdentityPoolName":1}`:                "NUMBER_VALUE can not be converted to a String",
		`{"IdentityPoolName":1.5}`:              "DECIMAL_VALUE can not be converted to a String",
		`{"IdentityPoolName":true}`:             "TRUE_VALUE can not be converted to a String",
		`{"IdentityPoolName":[]}`:               "Start of list found where not expected",
		`{"IdentityPoolName":{}}`:               "Start of structure or map found where not expected.",
		`{"AllowClassicFlow":"true"}`:           "STRING_VALUE can not be converted to a Boolean",
		`{"AllowClassicFlow":0}`:                "NUMBER_VALUE can not be converted to a Boolean",
		`{"MaxResults":"1"}`:                    "STRING_VALUE can not be converted to an Integer",
		`{"MaxResults":2147483648}`:             "NUMBER_VALUE can not be converted to an Integer",
		`{"MaxResults":2147483648.0}`:           "DECIMAL_VALUE can not be converted to an Integer",
		`{"MaxResults":1.5}`:                    "DECIMAL_VALUE can not be converted to an Integer",
		`{"TokenDuration":9223372036854775808}`: "NUMBER_VALUE can not be converted to a Long",
		`{"TokenDuration":1e999}`:               "DECIMAL_VALUE can not be converted to a Long",
		`{"Ratio":1e999}`:                       "DECIMAL_VALUE can not be converted to a Double",
		`{"Ratio":false}`:                       "FALSE_VALUE can not be converted to a Double",
		`{"Since":"2018-01-05T01:26:42Z"}`:      "STRING_VALUE can not be converted to a Date",
		`{"Since":1e15}`:                        "DECIMAL_VALUE can not be converted to a Date",
		`{"Blob":"!"}`:                          "STRING_VALUE can not be converted to a ByteBuffer",
		`{"TagKeys":"a"}`:                       "Expected list or null",
		`{"TagKeys":{"a":1}}`:                   "Start of structure or map found where not expected.",
		`{"TagKeys":["a",1]}`:                   "NUMBER_VALUE can not be converted to a String",
		`{"Logins":"a"}`:                        "Unexpected field type",
		`{"Logins":[]}`:                         "Start of list found where not expected",
		`{"Logins":{"a":1}}`:                    "NUMBER_VALUE can not be converted to a String",
		`{"RoleMappings":{"p":"x"}}`:            "Unexpected field type",
		`{"RoleMappings":{"p":{"Type":1}}}`:     "NUMBER_VALUE can not be converted to a String",
		`[]`:                                    "The request body is not a JSON object",
		`null`:                                  "The request body is not a JSON object",
		`"x"`:                                   "The request body is not a JSON object",
		`{`:                                     "The request body is not valid JSON",
		`{"a":}`:                                "The request body is not valid JSON",
		`{"a":01}`:                              "The request body is not valid JSON",
		"{\"a\":\"\x01\"}":                      "The request body is not valid JSON",
		"\ufeff{}":                              "The request body is not valid JSON",
		`{"a":"\ud800"}`:                        "The request body holds half of a surrogate pair",
		`{"a":"\ud800x"}`:                       "The request body holds half of a surrogate pair",
		`{"a":"\ud800\ud800\udc00"}`:            "The request body holds half of a surrogate pair",
		`{"a":"\uDC00\uD800"}`:                  "The request body holds half of a surrogate pair",
		`{"a":"\ud800\n\udc00"}`:                "The request body holds half of a surrogate pair",
		`{"\udfff":1}`:                          "The request body holds half of a surrogate pair",
		`{"a":"x","\u0061":"y"}`:                "The request body has a name twice in one object",
		"{\"a\":\"\xff\"}":                      "The request body is not valid UTF-8",
		`{} {}`:                                 "The request body goes on after its JSON object",
		`{}}`:                                   "The request body goes on after its JSON object",
		deep(64):                                "The request body is nested too deeply",
		strings.Repeat(`{"a":`, 1<<16):          "The request body is nested too deeply",
	} {
		var in richInput
		wantSyntaxError(t, body, codec.DecodeJSON([]byte(body), &in), want)
	}
	if err := codec.DecodeJSON([]byte(deep(63)), &richInput{}); err != nil {
		t.Errorf("depth 64: %v", err)
	}
	if err := codec.DecodeJSON([]byte(`{"U":"`+strings.Repeat(`[{\"`, 100)+`"}`), &richInput{}); err != nil {
		t.Errorf("brackets in a text: %v", err)
	}
}

func TestDecodeQueryRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	const numbering = "List or map parameters must be numbered from 1"
	var codec wire.Codec
	for body, want := range map[string]string{
		"MaxResults=x":                          "integer must be a whole number in range",
		"MaxResults=":                           "integer must be a whole number in range",
		"MaxResults=1.0":                        "integer must be a whole number in range",
		"MaxResults=2147483648":                 "integer must be a whole number in range",
		"AllowClassicFlow=True":                 "boolean must be true or false",
		"AllowClassicFlow=":                     "boolean must be true or false",
		"Ratio=NaN":                             "double must be a decimal number in range",
		"Ratio=0x1p-2":                          "double must be a decimal number in range",
		"Ratio=1e999":                           "double must be a decimal number in range",
		"Since=1515115602":                      "timestamp must follow ISO8601",
		"Blob=%21":                              "STRING_VALUE can not be converted to a ByteBuffer",
		"TagKeys=a":                             "Unexpected text where a list or map was expected",
		"TagKeys.1=a":                           "List or map parameters must be named with member",
		"TagKeys.member.1=a&TagKeys.entry.1=b":  "List or map parameters must be named with member",
		"TagKeys.member.0=a":                    numbering,
		"TagKeys.member.-1=a":                   numbering,
		"TagKeys.member.01=a":                   numbering,
		"TagKeys.member.%2B1=a":                 numbering,
		"TagKeys.member.x=a":                    numbering,
		"TagKeys.member.=a":                     numbering,
		"TagKeys.member.99999999999999999999=a": numbering,
		"Logins.member.1.key=a":                 "List or map parameters must be named with entry",
		"Logins.entry.1.value=a":                "Map entry without a key",
		"Logins.entry.1.key.x=a":                "Map entry without a key",
		"Rules.member.1=a":                      "Unexpected text where a structure was expected",
		"MaxResults=1&MaxResults=2":             "A parameter is present more than once",
		strings.Repeat("a.", 33) + "=":          "A parameter name has too many parts",
	} {
		form, err := wire.ParseForm(body)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		var in richInput
		wantSyntaxError(t, body, codec.DecodeQuery(form, &in), want)
	}
}

func TestDecodeQueryBigNumbersCostNothing(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	var in richInput
	form := url.Values{"TagKeys.member.2147483647": {"b"}, "TagKeys.member.9": {"a"}, "Empty": {}}
	if err := codec.DecodeQuery(form, &in); err != nil {
		t.Fatal(err)
	}
	compare(t, in.Keys, []string{"a", "b"})
}

func TestParseFormIsStrict(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"a=%zz":                      "The request parameters are not correctly encoded",
		"a=%":                        "The request parameters are not correctly encoded",
		"a=1;b=2":                    "The request parameters are not correctly encoded",
		"a=%ff":                      "The request parameters are not valid UTF-8",
		"%ff=a":                      "The request parameters are not valid UTF-8",
		strings.Repeat("a=1&", 4096): "The request has too many parameters",
	} {
		_, err := wire.ParseForm(raw)
		wantSyntaxError(t, raw, err, want)
	}
	got, err := wire.ParseForm("a=b+c%20%2B&d&e=&=f")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, got, url.Values{"a": {"b c +"}, "d": {""}, "e": {""}, "": {"f"}})
}

func wantSyntaxError(t *testing.T, input string, err error, want string) {
	t.Helper()
	syntax, ok := errors.AsType[*wire.SyntaxError](err)
	if !ok || syntax.Error() != want {
		t.Errorf("%.60s: got %v, want the syntax error %q", input, err, want)
	}
}
