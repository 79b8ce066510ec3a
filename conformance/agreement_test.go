package conformance_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cenotehq/cenote/conformance"
)

// TestSimulationsAgree lets a user call under policies that are made up, and asks the simulations of the AWS CLI about
// the same calls: all must be of one opinion. SEED in the environment repeats what a failed test did.
func TestSimulationsAgree(t *testing.T) {
	t.Parallel()
	const policies, fewest = 80, 150
	seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64()
	}
	a := newAgreement(t)
	draw := author{rand.New(rand.NewPCG(seed, 0))}
	var matters []matter // the more often, the more questions there are
	for _, m := range a.matters() {
		matters = append(matters, slices.Repeat([]matter{m}, 2+len(m.questions))...)
	}
	count := map[string]int{}
	for range policies {
		m := matters[draw.IntN(len(matters))]
		own, boundary := draw.policy(m, 5), ""
		if draw.chance(35) {
			boundary = draw.policy(m, 8)
		}
		a.install(t, own, boundary)
		custom, principal := a.simulateCustom(t, m, own, boundary), a.simulatePrincipal(t, m)
		for _, q := range m.questions {
			live := a.ask(t, q)
			count[custom[q.action].decision]++
			for how, simulated := range map[string]simulated{"custom": custom[q.action], "principal": principal[q.action]} {
				if fault := live.differs(simulated); fault != "" {
					t.Errorf("SEED=%d: %s of %s with %s\nlive %q, %s simulation %q: %s\npolicy %s\nboundary %s",
						seed, q.action, m.resource, m.context(), live, how, simulated.decision, fault, own, boundary)
				}
			}
		}
	}
	all := count["allowed"] + count["implicitDeny"] + count["explicitDeny"]
	t.Logf("SEED=%d: of %d cases %d are allowed, %d denied by no policy that allows them, %d by one that denies them",
		seed, all, count["allowed"], count["implicitDeny"], count["explicitDeny"])
	if least := min(count["allowed"], count["implicitDeny"], count["explicitDeny"]); all < fewest || 10*least < all {
		t.Errorf("SEED=%d: too few cases, or too few of one kind: %v", seed, count)
	}
}

// matter is what some calls are about, as policies see it.
type matter struct {
	resource  string
	keys      map[string]string // condition keys with one value
	tagKeys   []string          // aws:TagKeys
	questions []question
}

// question is a call whose name is also the permission that it needs.
type question struct {
	action string
	input  map[string]any
	then   string // the code of the refusal that a call gets which may be made; empty where it is answered
}

// agreement is a world with the user ann, who asks.
type agreement struct {
	*world
	shell    *conformance.Shell
	ann      aws.Credentials
	annID    string
	pool     string
	bounds   int // boundaries that ann has had
	isBounds bool
}

const (
	annARN     = accountARN + ":user/team/ann"
	missingARN = accountARN + ":policy/missing"
)

func newAgreement(t *testing.T) *agreement {
	ctx := t.Context()
	w := startWorld(t, conformance.Options{})
	a := &agreement{world: w, shell: conformance.NewShell(t, w.URL, t.TempDir())}
	user := ok(w.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("ann"), Path: aws.String("/team/"), Tags: tagsOf("team", "x", "color", "blue", "cost", "7")}))(t).User
	a.annID = *user.UserId
	key := ok(w.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: user.UserName}))(t).AccessKey
	a.ann = aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey}
	ok(w.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("bob"), Tags: tagsOf("color", "red")}))(t)
	ok(w.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("work"), Path: aws.String("/ci/"), AssumeRolePolicyDocument: aws.String(rootTrust()), Tags: tagsOf("color", "blue", "level", "3")}))(t)
	ok(w.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("reader"), PolicyDocument: aws.String(allow("s3:*", "*")), Tags: tagsOf("color", "blue")}))(t)
	a.pool = w.createPool(t, &cognitoidentity.CreateIdentityPoolInput{IdentityPoolName: aws.String("people"), IdentityPoolTags: map[string]string{"color": "red"}})
	return a
}

// matters are calls that change nothing, though they are allowed.
func (a *agreement) matters() []matter {
	tagged := func(tags ...string) map[string]string {
		keys := map[string]string{}
		for i := 0; i < len(tags); i += 2 {
			keys["aws:ResourceTag/"+tags[i]], keys["iam:ResourceTag/"+tags[i]] = tags[i+1], tags[i+1]
		}
		return keys
	}
	with := func(keys map[string]string, name, value string) map[string]string {
		keys[name] = value
		return keys
	}
	const ofRole, ofUser = accountARN + ":role/ci/work", accountARN + ":user/"
	role, bob, ann := map[string]any{"RoleName": "work"}, map[string]any{"UserName": "bob"}, map[string]any{"UserName": "ann"}
	reader, pool := map[string]any{"PolicyArn": accountARN + ":policy/reader"}, map[string]any{"IdentityPoolId": a.pool}
	pools := "arn:aws:cognito-identity:" + conformance.Region + ":" + conformance.Account + ":identitypool/"
	return []matter{
		{resource: ofRole, keys: tagged("color", "blue", "level", "3"), questions: []question{
			{"iam:GetRole", role, ""},
			{"iam:ListRolePolicies", role, ""},
			{"iam:ListAttachedRolePolicies", role, ""},
			{"iam:ListRoleTags", role, ""},
			{"iam:ListInstanceProfilesForRole", role, ""},
			{"iam:GetRolePolicy", map[string]any{"RoleName": "work", "PolicyName": "none"}, "NoSuchEntity"},
		}},
		{resource: ofRole, keys: with(tagged("color", "blue", "level", "3"), "aws:RequestTag/color", "blue"), tagKeys: []string{"color"}, questions: []question{
			{"iam:TagRole", map[string]any{"RoleName": "work", "Tags": tagsOf("color", "blue")}, ""},
		}},
		{resource: ofRole, keys: tagged("color", "blue", "level", "3"), tagKeys: []string{"zone", "team"}, questions: []question{
			{"iam:UntagRole", map[string]any{"RoleName": "work", "TagKeys": []string{"zone", "team"}}, ""},
		}},
		{resource: ofRole, keys: with(tagged("color", "blue", "level", "3"), "iam:PolicyARN", missingARN), questions: []question{
			{"iam:AttachRolePolicy", map[string]any{"RoleName": "work", "PolicyArn": missingARN}, "NoSuchEntity"},
			{"iam:DetachRolePolicy", map[string]any{"RoleName": "work", "PolicyArn": missingARN}, "NoSuchEntity"},
		}},
		{resource: ofRole, keys: with(tagged("color", "blue", "level", "3"), "iam:PermissionsBoundary", missingARN), questions: []question{
			{"iam:PutRolePermissionsBoundary", map[string]any{"RoleName": "work", "PermissionsBoundary": missingARN}, "NoSuchEntity"},
		}},
		{resource: ofRole, keys: map[string]string{"aws:ResourceTag/color": "blue", "aws:ResourceTag/level": "3", "sts:RoleSessionName": "ann"}, questions: []question{
			{"sts:AssumeRole", map[string]any{"RoleArn": ofRole, "RoleSessionName": "ann"}, ""},
		}},
		{resource: accountARN + ":role/ci/", questions: []question{{"iam:ListRoles", map[string]any{"PathPrefix": "/ci/"}, ""}}},
		{
			resource: accountARN + ":role/new/one", keys: map[string]string{"iam:PermissionsBoundary": missingARN}, questions: []question{
				// Without tags, which take a permission of their own.
				{"iam:CreateRole", map[string]any{"RoleName": "one", "Path": "/new/", "AssumeRolePolicyDocument": "{}}", "PermissionsBoundary": missingARN}, "MalformedPolicyDocument"},
			},
		},
		{resource: ofUser + "bob", keys: tagged("color", "red"), questions: []question{
			{"iam:GetUser", bob, ""},
			{"iam:ListUserPolicies", bob, ""},
			{"iam:ListAccessKeys", bob, ""},
			{"iam:ListGroupsForUser", bob, ""},
		}},
		{resource: annARN, keys: tagged("team", "x", "color", "blue", "cost", "7"), questions: []question{
			{"iam:GetUser", ann, ""},
			{"iam:ListUserTags", ann, ""},
			{"iam:ListAccessKeys", ann, ""},
			{"iam:ListAttachedUserPolicies", ann, ""},
			{"iam:GetUserPolicy", map[string]any{"UserName": "ann", "PolicyName": "none"}, "NoSuchEntity"},
		}},
		{resource: ofUser + "nobody", keys: map[string]string{"aws:RequestTag/team": "y"}, tagKeys: []string{"team"}, questions: []question{
			{"iam:TagUser", map[string]any{"UserName": "nobody", "Tags": tagsOf("team", "y")}, "NoSuchEntity"},
		}},
		{resource: accountARN + ":policy/reader", keys: tagged("color", "blue"), questions: []question{
			{"iam:GetPolicy", reader, ""},
			{"iam:ListPolicyVersions", reader, ""},
			{"iam:ListEntitiesForPolicy", reader, ""},
			{"iam:ListPolicyTags", reader, ""},
		}},
		{resource: pools + a.pool, keys: map[string]string{"aws:ResourceTag/color": "red"}, questions: []question{
			{"cognito-identity:DescribeIdentityPool", pool, ""},
			{"cognito-identity:GetIdentityPoolRoles", pool, ""},
		}},
		{resource: pools, questions: []question{{"cognito-identity:ListIdentityPools", map[string]any{"MaxResults": 1}, ""}}},
		{resource: "*", questions: []question{
			{"iam:GetAccountSummary", nil, ""},
			{"iam:ListAccountAliases", nil, ""},
		}},
	}
}

// contextEntry is a condition key as simulations are told it.
type contextEntry struct {
	ContextKeyName   string
	ContextKeyValues []string
	ContextKeyType   string
}

// context is what the server knows of each such call by itself.
func (m matter) context() string {
	entries := []contextEntry{
		{"aws:SourceIp", []string{"127.0.0.1"}, "ip"},
		{"aws:SecureTransport", []string{"false"}, "boolean"},
		{"aws:ViaAWSService", []string{"false"}, "boolean"},
		{"aws:RequestedRegion", []string{conformance.Region}, "string"},
	}
	for name, value := range m.keys {
		entries = append(entries, contextEntry{name, []string{value}, "string"})
	}
	if m.tagKeys != nil {
		entries = append(entries, contextEntry{"aws:TagKeys", m.tagKeys, "stringList"})
	}
	text, err := json.Marshal(entries)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(text)
}

// install gives ann a policy, and a permissions boundary unless it is empty.
func (a *agreement) install(t *testing.T, own, boundary string) {
	ctx := t.Context()
	ok(a.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("ann"), PolicyName: aws.String("own"), PolicyDocument: &own}))(t)
	switch {
	case boundary != "":
		a.bounds++
		p := ok(a.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String(fmt.Sprintf("boundary-%d", a.bounds)), PolicyDocument: &boundary}))(t).Policy
		ok(a.iam.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: aws.String("ann"), PermissionsBoundary: p.Arn}))(t)
	case a.isBounds:
		ok(a.iam.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: aws.String("ann")}))(t)
	}
	a.isBounds = boundary != ""
}

// simulated is what a simulation says of one call.
type simulated struct {
	decision string
	sources  []string // of the statements that decided
	bounded  *bool    // whether the boundary allows the call; nil without one
}

func (a *agreement) simulateCustom(t *testing.T, m matter, own, boundary string) map[string]simulated {
	t.Helper()
	var entries []contextEntry
	if err := json.Unmarshal([]byte(m.context()), &entries); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"team": "x", "color": "blue", "cost": "7"} {
		entries = append(entries, contextEntry{"aws:PrincipalTag/" + name, []string{value}, "string"})
	}
	text, err := json.Marshal(append(entries, contextEntry{"aws:userid", []string{a.annID}, "string"}))
	if err != nil {
		t.Fatal(err)
	}
	arguments := []string{"simulate-custom-policy", "--policy-input-list", own, "--caller-arn", annARN, "--context-entries", string(text)}
	if boundary != "" {
		arguments = append(arguments, "--permissions-boundary-policy-input-list", boundary)
	}
	return a.simulate(t, m, arguments)
}

func (a *agreement) simulatePrincipal(t *testing.T, m matter) map[string]simulated {
	t.Helper()
	return a.simulate(t, m, []string{"simulate-principal-policy", "--policy-source-arn", annARN, "--context-entries", m.context()})
}

// simulate returns what came of each action.
func (a *agreement) simulate(t *testing.T, m matter, arguments []string) map[string]simulated {
	t.Helper()
	arguments = append([]string{"iam"}, append(arguments, "--resource-arns", m.resource, "--action-names")...)
	for _, q := range m.questions {
		arguments = append(arguments, q.action)
	}
	out := a.shell.Run(t, a.Root, arguments...)
	if out.Code != 0 {
		t.Fatalf("aws %q: %s", arguments, out.Errors)
	}
	var answer struct {
		EvaluationResults []struct {
			EvalActionName                    string
			EvalDecision                      string
			MatchedStatements                 []struct{ SourcePolicyID string }
			PermissionsBoundaryDecisionDetail *struct{ AllowedByPermissionsBoundary bool }
		}
	}
	if err := json.Unmarshal([]byte(out.Output), &answer); err != nil {
		t.Fatalf("aws %q: %v: %s", arguments, err, out.Output)
	}
	results := map[string]simulated{}
	for _, result := range answer.EvaluationResults {
		s := simulated{decision: result.EvalDecision}
		for _, statement := range result.MatchedStatements {
			s.sources = append(s.sources, statement.SourcePolicyID)
		}
		if detail := result.PermissionsBoundaryDecisionDetail; detail != nil {
			s.bounded = &detail.AllowedByPermissionsBoundary
		}
		results[result.EvalActionName] = s
	}
	return results
}

// verdict is the sentence in which a call was refused, empty where it was not.
type verdict string

// ask makes a call as ann.
func (a *agreement) ask(t *testing.T, q question) verdict {
	t.Helper()
	_, err := do[json.RawMessage](t, a.world, conformance.GoSDK{}, q.action, q.input, a.ann)
	if err == nil && q.then == "" {
		return ""
	}
	f := conformance.AsFault(err)
	switch {
	case f == nil:
		t.Fatalf("%s: got %v, want %s or a refusal", q.action, err, q.then)
	case strings.HasPrefix(f.Code, "AccessDenied"):
		return verdict(f.Message)
	case f.Code != q.then:
		t.Errorf("%s: got %v, want %s or a refusal", q.action, f, q.then)
	}
	return ""
}

// differs tells in which point a simulation is of another opinion, "" where it is not.
func (v verdict) differs(s simulated) string {
	text := string(v)
	fromBoundary := slices.ContainsFunc(s.sources, func(id string) bool { return strings.Contains(strings.ToLower(id), "boundary") })
	explicit, implicit := strings.Contains(text, " with an explicit deny in "), strings.Contains(text, " because no ")
	switch {
	case (text == "") != (s.decision == "allowed"),
		explicit && s.decision != "explicitDeny",
		implicit && s.decision != "implicitDeny":
		return "another decision"
	case text == "" && s.bounded != nil && !*s.bounded:
		return "allowed, though not by the boundary"
	case explicit && strings.HasSuffix(text, "a permissions boundary") != fromBoundary && len(s.sources) == 1:
		return "another policy denies"
	case strings.Contains(text, "no permissions boundary allows") && (s.bounded == nil || *s.bounded):
		return "the boundary allows"
	}
	return ""
}
