package conformance_test

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// author makes up policies, of which about as many allow a call as do not.
type author struct{ *rand.Rand }

// chance is true in so many cases of a hundred.
func (a author) chance(percent int) bool { return a.IntN(100) < percent }

func (a author) pick(list ...string) string { return list[a.IntN(len(list))] }

// policy is a document about a matter, whose statements allow in so many cases of ten.
func (a author) policy(m matter, allows int) string {
	var statements []any
	if a.chance(45) {
		statements = append(statements, map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"})
	}
	for range 1 + a.IntN(3) {
		statement := map[string]any{"Effect": "Deny"}
		if a.IntN(10) < allows {
			statement["Effect"] = "Allow"
		}
		a.actions(statement, m)
		a.resources(statement, m)
		if a.chance(55) {
			statement["Condition"] = a.condition(m)
		}
		statements = append(statements, statement)
	}
	return document(statements...)
}

// actions are often those of the matter.
func (a author) actions(statement map[string]any, m matter) {
	action := m.questions[a.IntN(len(m.questions))].action
	service, name, _ := strings.Cut(action, ":")
	other := a.pick("iam:CreateUser", "iam:Get*", "iam:List*", "iam:*Role*", "iam:*User*", "cognito-identity:*", "sts:AssumeRole", "s3:*", "iam:Pass????", "iam:*Tag*")
	if a.chance(15) {
		statement["NotAction"] = []string{other, a.pick("s3:*", "iam:PassRole", "iam:GetRole", "sts:*")}
		return
	}
	statement["Action"] = []string{other, a.pick(
		"*", action, service+":*", service+":"+name[:3]+"*", strings.ToLower(action), strings.ToUpper(service)+":"+name,
		service+":??"+name[2:], service+":*"+name[len(name)-4:], service+":"+name+"?", service+":*a*e*", "s3:GetObject",
	)}
}

func (a author) resources(statement map[string]any, m matter) {
	other := a.pick(
		accountARN+":role/*", accountARN+":user/*", accountARN+":*", "arn:aws:iam::*:user/team/${aws:username}", accountARN+":role/c?/w*k", "arn:aws:s3:::*",
		accountARN+":user/${aws:PrincipalTag/absent, 'bob'}", "arn:aws:iam::*:role/ci/${aws:PrincipalTag/absent}", "arn:aws:cognito-identity:*:*:identitypool/*",
		accountARN+":policy/${aws:ResourceTag/color}*", accountARN+":policy/rea???", "arn:aws:iam::210987654321:role/*",
	)
	own := m.resource
	if own != "*" {
		own = a.pick(own, own, "*", own[:len(own)-2]+"*", own[:len(own)-1]+"?", strings.Replace(own, "000000000000", "*", 1))
	}
	if a.chance(15) {
		statement["NotResource"] = []string{other, a.pick("arn:aws:s3:::*", own)}
		return
	}
	statement["Resource"] = []string{other, a.pick("arn:aws:s3:::bucket", own, own, own)}
}

// condition is one test or two, which are often about the keys of the matter.
func (a author) condition(m matter) map[string]any {
	all := map[string]any{}
	for range 1 + a.IntN(2) {
		tests := a.tests()
		if about := slices.DeleteFunc(slices.Clone(tests), func(t test) bool { return !m.has(t.key) }); len(about) > 0 && a.chance(60) {
			tests = about
		}
		chosen := tests[a.IntN(len(tests))]
		all[chosen.operator] = map[string]any{chosen.key: chosen.values}
	}
	return all
}

// has is whether a condition key is one of those that only some calls have.
func (m matter) has(key string) bool {
	_, has := m.keys[key]
	return has || key == "aws:TagKeys" && m.tagKeys != nil
}

// test is a part of a condition.
type test struct {
	operator, key string
	values        []string
}

// tests are of all kinds, and new each time.
func (a author) tests() []test {
	color := a.pick("blue", "red", "${aws:PrincipalTag/color}", "${aws:ResourceTag/color}", "gr*n")
	return []test{
		{a.pick("StringEquals", "StringNotEquals", "StringLike", "StringNotLike"), "aws:username", []string{a.pick("ann", "bob", "a*", "Ann")}},
		{a.pick("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"), "AWS:UserName", []string{a.pick("ANN", "BOB")}},
		{a.pick("StringEquals", "StringLike", "StringNotEquals"), "aws:PrincipalTag/team", []string{a.pick("x", "y", "?")}},
		{a.pick("StringEquals", "StringEqualsIfExists", "StringNotEqualsIfExists", "StringNotLike"), "aws:PrincipalTag/absent", []string{"x", "y"}},
		{a.pick("StringEquals", "StringLike", "StringNotEquals", "StringEqualsIfExists", "StringNotLikeIfExists"), a.pick("aws:ResourceTag/color", "iam:ResourceTag/color"), []string{color}},
		{a.pick("StringEquals", "StringLike", "StringEqualsIfExists", "StringNotEquals"), "aws:RequestTag/" + a.pick("color", "Color", "team"), []string{color, a.pick("x", "y")}},
		{"Null", a.pick("aws:ResourceTag/color", "aws:RequestTag/color", "aws:TagKeys", "aws:PrincipalTag/absent", "iam:PolicyARN", "aws:MultiFactorAuthPresent"), []string{a.pick("true", "false")}},
		{a.pick("ForAllValues:StringEquals", "ForAnyValue:StringEquals", "ForAllValues:StringLike", "ForAnyValue:StringNotLike"), "aws:TagKeys", []string{a.pick("color", "te*"), a.pick("team", "zone")}},
		{a.pick("StringEquals", "StringNotEquals"), "aws:RequestedRegion", []string{a.pick("us-east-1", "eu-west-1")}},
		{a.pick("IpAddress", "NotIpAddress", "IpAddressIfExists"), "aws:SourceIp", []string{a.pick("127.0.0.0/8", "10.0.0.0/8", "127.0.0.1", "::/0")}},
		{a.pick("Bool", "BoolIfExists"), a.pick("aws:SecureTransport", "aws:MultiFactorAuthPresent", "aws:ViaAWSService"), []string{a.pick("true", "false")}},
		{a.pick("NumericLessThan", "NumericGreaterThanEquals", "NumericEquals", "NumericNotEquals"), "aws:PrincipalTag/cost", []string{a.pick("7", "7.0", "10", "-1")}},
		{a.pick("NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanIfExists"), "aws:ResourceTag/level", []string{a.pick("3", "2.5", "4")}},
		{a.pick("DateGreaterThan", "DateLessThan", "DateLessThanEqualsIfExists"), a.pick("aws:CurrentTime", "aws:EpochTime"), []string{a.pick("2020-01-01T00:00:00Z", "2100-01-01", "4102444800")}},
		{a.pick("ArnLike", "ArnNotLike", "ArnEquals", "StringLike"), "aws:PrincipalArn", []string{a.pick("arn:aws:iam::*:user/team/*", annARN, "arn:aws:iam::*:role/*")}},
		{a.pick("ArnEquals", "ArnNotEquals", "ArnLikeIfExists"), a.pick("iam:PolicyARN", "iam:PermissionsBoundary"), []string{a.pick(missingARN, accountARN+":policy/m*", "arn:aws:iam::aws:policy/*")}},
		{a.pick("StringEquals", "StringNotEquals"), a.pick("aws:PrincipalType", "aws:PrincipalAccount"), []string{a.pick("User", "AssumedRole"), a.pick("000000000000", "210987654321")}},
		{a.pick("StringLike", "StringNotLike"), "aws:userid", []string{a.pick("AIDA*", "AROA*")}},
	}
}
