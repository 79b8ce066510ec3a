package wire_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cenotehq/cenote/wire"
)

type requiredInput struct {
	Role    string            `aws:"RoleArn" check:"required;len=4-8"`
	SAML    string            `aws:"SAMLAssertion" check:"required"`
	Max     int32             `aws:"MaxResults" check:"required;range=1-60"`
	Keys    []string          `aws:"TagKeys" check:"required;len=1-"`
	Tags    map[string]string `aws:"Tags" check:"required"`
	Sub     *paging           `aws:"Sub" check:"required"`
	Guests  *bool             `aws:"Guests" check:"required"`
	Ignored string            `aws:"Ignored"`
}

const null = "failed to satisfy constraint: Member must not be null"

func TestRequiredMembersAreReportedInOrder(t *testing.T) {
	t.Parallel()
	want := "7 validation errors detected: Value null at 'roleArn' " + null + "; Value null at 'sAMLAssertion' " + null +
		"; Value null at 'maxResults' " + null + "; Value null at 'tagKeys' " + null + "; Value null at 'tags' " + null +
		"; Value null at 'sub' " + null + "; Value null at 'guests' " + null
	var codec wire.Codec
	for _, body := range []string{`{}`, ``, `{"RoleArn":null,"Guests":null}`} {
		if err := codec.DecodeJSON([]byte(body), &requiredInput{}); err == nil || err.Error() != want {
			t.Errorf("%s: got  %v\nwant %s", body, err, want)
		}
	}
	if err := codec.DecodeQuery(nil, &requiredInput{}); err == nil || err.Error() != want {
		t.Errorf("Query: got  %v\nwant %s", err, want)
	}
}

func TestFalseAndZeroArePresent(t *testing.T) {
	t.Parallel()
	const body = `{"RoleArn":"abcd","SAMLAssertion":"","MaxResults":1,"TagKeys":[""],"Tags":{},"Sub":{},"Guests":false}`
	var codec wire.Codec
	if err := codec.DecodeJSON([]byte(body), &requiredInput{}); err != nil {
		t.Error(err)
	}
}

func TestConstraintTexts(t *testing.T) {
	t.Parallel()
	const (
		name  = "Member must satisfy regular expression pattern: [\\w\\s+=,.@-]+"
		claim = "Member must satisfy regular expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+"
		key   = "Map keys must satisfy constraint: [Member must have length less than or equal to 9, " +
			"Member must have length greater than or equal to 1]"
		login = "Map value must satisfy constraint: [Member must have length less than or equal to 9, " +
			"Member must have length greater than or equal to 1]"
		tagKey = "Member must satisfy constraint: [Member must have length less than or equal to 4, " +
			"Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [a-z]*"
		atMost  = "Member must have length less than or equal to "
		atLeast = "Member must have length greater than or equal to "
	)
	rule := `{"Claim":%q,"MatchType":"Equals","RoleARN":"arn:aws:iam::1:role/adm"}`
	tests := []struct {
		body string
		want []wire.Violation
	}{
		{`{"IdentityPoolName":"poöl 123"}`, []wire.Violation{{"identityPoolName", "'poöl 123'", name}}},
		{`{"IdentityPoolName":"#23456789"}`, []wire.Violation{
			{"identityPoolName", "'#23456789'", atMost + "8"}, {"identityPoolName", "'#23456789'", name},
		}},
		{`{"IdentityPoolName":""}`, []wire.Violation{{"identityPoolName", "''", name}}},
		{`{"IdentityPoolName":"a\n!"}`, []wire.Violation{{"identityPoolName", "'a\n!'", name}}},
		{`{"TokenDuration":0}`, []wire.Violation{
			{"tokenDuration", "'0'", "Member must have value greater than or equal to 1"},
		}},
		{`{"TokenDuration":86401}`, []wire.Violation{
			{"tokenDuration", "'86401'", "Member must have value less than or equal to 86400"},
		}},
		{`{"Ratio":1.5}`, []wire.Violation{{"ratio", "'1.5'", "Member must have value less than or equal to 1"}}},
		{`{"Blob":"AQIDBAU="}`, []wire.Violation{{"blob", "'AQIDBAU='", atMost + "4"}}},
		{`{"MaxResults":61,"NextToken":""}`, []wire.Violation{
			{"maxResults", "'61'", "Member must have value less than or equal to 60"},
			{"nextToken", "''", atLeast + "1"},
			{"nextToken", "''", "Member must satisfy regular expression pattern: [\\S]+"},
		}},
		{`{"TagKeys":["a","b","c","d"]}`, []wire.Violation{{"tagKeys", "'[a, b, c, d]'", atMost + "3"}}},
		{`{"TagKeys":["a","","c"]}`, []wire.Violation{{"tagKeys", "'[a, , c]'", tagKey + "]"}}},
		{`{"TagKeys":["a",null]}`, []wire.Violation{{"tagKeys", "'[a, null]'", tagKey + ", Member must not be null]"}}},
		{`{"Nested":{"x":["a",null]}}`, []wire.Violation{{
			"nested", "'{x=[a, null]}'",
			"Map value must satisfy constraint: [" + atMost + "2, " + atLeast + "1, Member must not be null]",
		}}},
		{`{"Nested":{"x":[]}}`, []wire.Violation{{
			"nested", "'{x=[]}'", "Map value must satisfy constraint: [" + atMost + "2, " + atLeast + "1]",
		}}},
		{`{"Logins":{"b":"","a":"secret"}}`, []wire.Violation{{"logins", "'{a=***, b=***}'", login}}},
		{`{"Logins":{"":"secret"}}`, []wire.Violation{{"logins", "'{=***}'", key}}},
		{`{"Logins":{"a":"1","b":"2","c":"3"}}`, []wire.Violation{{"logins", "'{a=***, b=***, c=***}'", atMost + "2"}}},
		{`{"WebIdentityToken":"abc"}`, []wire.Violation{{"webIdentityToken", "'***'", atLeast + "4"}}},
		{`{"Policy":"\u0100"}`, []wire.Violation{{
			"policy", "'Ā'", `Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+`,
		}}},
		{`{"RoleMappings":{"b:1":{"Type":"token"},"a":{}}}`, []wire.Violation{
			{"roleMappings.a.member.type", "null", "Member must not be null"},
			{"roleMappings.b:1.member.type", "'token'", "Member must satisfy enum value set: [Token, Rules]"},
		}},
		{`{"RoleMappings":{"a":null}}`, []wire.Violation{{"roleMappings.a.member", "null", "Member must not be null"}}},
		{`{"RoleMappings":{"a":{"Type":"Rules","RulesConfiguration":{"Rules":[]}}}}`, []wire.Violation{
			{"roleMappings.a.member.rulesConfiguration.rules", "'[]'", atLeast + "1"},
		}},
		{`{"RoleMappings":{"a":{"Type":"Rules","RulesConfiguration":{"Rules":[` + fmt.Sprintf(rule, "ok") + `,` +
			fmt.Sprintf(rule, "a b") + `]}}}}`, []wire.Violation{
			{"roleMappings.a.member.rulesConfiguration.rules.2.member.claim", "'a b'", claim},
		}},
		{`{"Rules":[null,{"Claim":"c","MatchType":"Is"}]}`, []wire.Violation{
			{"rules.1.member", "null", "Member must not be null"},
			{"rules.2.member.matchType", "'Is'", "Member must satisfy enum value set: [Equals, Contains, StartsWith, NotEqual]"},
			{"rules.2.member.roleARN", "null", "Member must not be null"},
		}},
	}
	var codec wire.Codec
	for _, test := range tests {
		err := codec.DecodeJSON([]byte(test.body), &richInput{})
		invalid, ok := errors.AsType[*wire.ValidationError](err)
		if !ok {
			t.Errorf("%s: got %v", test.body, err)
			continue
		}
		compare(t, invalid.Violations, test.want)
	}
}

func TestBoundsAreInclusive(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	for _, body := range []string{
		`{"IdentityPoolName":"12345678"}`, `{"MaxResults":1}`, `{"MaxResults":60}`, `{"Ratio":0}`, `{"Ratio":1.0}`,
		`{"TagKeys":["abcd","a","b"]}`, `{"Blob":"AQIDBA=="}`, `{"Policy":"ÿ\t\r\n "}`, `{"WebIdentityToken":"äöüß"}`,
		`{"Logins":{"123456789":"123456789","a":"1"}}`,
	} {
		if err := codec.DecodeJSON([]byte(body), &richInput{}); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestQueryViolationsCountMembersFromOne(t *testing.T) {
	t.Parallel()
	type descriptor struct {
		ARN string `aws:"arn" check:"required;len=20-2048"`
	}
	type input struct {
		Policies []descriptor `aws:"PolicyArns"`
	}
	form, err := wire.ParseForm("PolicyArns.member.1.arn=arn:aws:iam::aws:policy/A&PolicyArns.member.3.arn=short")
	if err != nil {
		t.Fatal(err)
	}
	var codec wire.Codec
	err = codec.DecodeQuery(form, &input{})
	want := "1 validation error detected: Value 'short' at 'policyArns.2.member.arn' failed to satisfy constraint: " +
		"Member must have length greater than or equal to 20"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestMessagesStayShortAndKeepSecrets(t *testing.T) {
	t.Parallel()
	type holder struct {
		Token string `aws:"Token" check:"secret"`
		Name  string `aws:"Name"`
	}
	type input struct {
		Holders []holder          `aws:"Holders" check:"len=-1"`
		Long    string            `aws:"Long" check:"len=-1"`
		Many    []string          `aws:"Many" check:"len=-1"`
		Map     map[string]string `aws:"Map" check:"len=-1"`
	}
	var codec wire.Codec
	body := `{"Holders":[{"Token":"hunter2","Name":"n","Unknown":"hunter2"},{}],"Long":"` + strings.Repeat("ä", 1<<16) +
		`","Many":["` + strings.Repeat(`m","`, 1<<16) + `"],"Map":{"` + strings.Repeat("k", 1<<16) + `":"","x":""}}`
	err := codec.DecodeJSON([]byte(body), &input{})
	invalid, ok := errors.AsType[*wire.ValidationError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	compare(t, []string{
		invalid.Violations[0].Value, invalid.Violations[1].Value, invalid.Violations[2].Value, invalid.Violations[3].Value,
	}, []string{
		"'[{Token=***, Name=n}, {}]'", "'" + strings.Repeat("ä", 256) + "...'",
		"'[" + strings.Repeat("m, ", 85) + "...'", "'{" + strings.Repeat("k", 255) + "...'",
	})
}

func TestValuesPrintAsJavaDoes(t *testing.T) {
	t.Parallel()
	type member struct {
		Flag  *bool       `aws:"Flag"`
		Count *int32      `aws:"Count"`
		Since *time.Time  `aws:"Since"`
		Sub   *keysHolder `aws:"Sub"`
	}
	type input struct {
		Members []member                     `aws:"Members" check:"len=-1"`
		Deep    map[string]map[string]string `aws:"Deep" each:"len=-2"`
	}
	form, err := wire.ParseForm("Members.member.1.Flag=true&Members.member.1.Count=7&Members.member.2.Sub.Keys.member.1=k" +
		"&Members.member.2.Since=2018-01-05T01:26:42Z&Deep.entry.1.key=a&Deep.entry.1.value.entry.1.key=b" +
		"&Deep.entry.2.key=c&Deep.entry.2.value.entry.1.key=d&Deep.entry.2.value.entry.1.value=e")
	if err != nil {
		t.Fatal(err)
	}
	var codec wire.Codec
	invalid, ok := errors.AsType[*wire.ValidationError](codec.DecodeQuery(form, &input{}))
	if !ok {
		t.Fatal("accepted")
	}
	compare(t, invalid.Violations, []wire.Violation{
		{
			"members", "'[{Flag=true, Count=7}, {Since=2018-01-05T01:26:42Z, Sub={Keys=[k]}}]'",
			"Member must have length less than or equal to 1",
		},
		{
			"deep", "'{a={b=null}, c={d=e}}'",
			"Map value must satisfy constraint: [Member must have length less than or equal to 2, Member must not be null]",
		},
	})
}

type keysHolder struct {
	Keys []string `aws:"Keys"`
}

func TestViolationsAreBounded(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	body := `{"RoleMappings":{"` + strings.Repeat("k", 1<<16) + `":null},"Rules":[` + strings.Repeat("{},", 1<<12) + `{}]}`
	err := codec.DecodeJSON([]byte(body), &richInput{})
	invalid, ok := errors.AsType[*wire.ValidationError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	if len(invalid.Violations) != 100 || len(err.Error()) > 1<<16 {
		t.Errorf("%d violations, %d bytes", len(invalid.Violations), len(err.Error()))
	}
}
