package cognito_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/store"
)

const accessDenied = "AccessDeniedException"

// list is a page of the identities of a pool.
func (w *world) list(pool string, in cognito.ListIdentitiesInput) *cognito.ListIdentitiesOutput {
	w.t.Helper()
	in.IdentityPoolID = pool
	return ok(w.ListIdentities(w.t.Context(), root(), &in))(w.t)
}

func (w *world) describeIdentity(caller iam.Caller, id string) (*cognito.IdentityDescription, error) {
	return w.DescribeIdentity(w.t.Context(), caller, &cognito.DescribeIdentityInput{IdentityID: id})
}

func (w *world) deleteIdentities(caller iam.Caller, ids ...string) (*cognito.DeleteIdentitiesOutput, error) {
	return w.DeleteIdentities(w.t.Context(), caller, &cognito.DeleteIdentitiesInput{IdentityIDsToDelete: ids})
}

// user makes a user of the account with one policy, and returns them as they call.
func (w *world) user(name, statements string) iam.Caller {
	w.t.Helper()
	u := ok(w.IAM.CreateUser(w.t.Context(), root(), &iam.CreateUserInput{UserName: name}))(w.t).User
	ok(w.IAM.PutUserPolicy(w.t.Context(), root(), &iam.PutUserPolicyInput{
		UserName: name, PolicyName: "p", PolicyDocument: `{"Version":"2012-10-17","Statement":[` + statements + `]}`,
	}))(w.t)
	return iam.Caller{Account: account, Region: region, ARN: "arn:aws:iam::" + account + ":user/" + name, UserID: u.UserID, User: name}
}

func poolARN(pool string) string {
	return "arn:aws:cognito-identity:us-east-1:" + account + ":identitypool/" + pool
}

// notAllowed is the refusal of an action on no resource, in AWS's words.
func notAllowed(caller iam.Caller, action string) string {
	return "User: " + caller.ARN + " is not authorized to perform: cognito-identity:" + action +
		" because no identity-based policy allows the cognito-identity:" + action + " action"
}

func TestDescribeIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.developerPool()
	created := w.clock.Now().UTC()
	guest := w.getID(pool, nil)
	user := w.withUsers(pool, w.google, google, "1", "b", "a")
	disabled := w.known(pool, "c")
	w.clock.move(time.Minute)
	ok(w.merge(pool, "c", "a"))(t)
	modified := w.clock.Now().UTC()
	tests := map[string]struct {
		id   string
		want cognito.IdentityDescription
	}{
		"a guest":                    {guest, cognito.IdentityDescription{IdentityID: guest, CreationDate: created, LastModifiedDate: created}},
		"a user, providers only":     {user, cognito.IdentityDescription{IdentityID: user, Logins: []string{google, developer}, CreationDate: created, LastModifiedDate: modified}},
		"one that has been disabled": {disabled, cognito.IdentityDescription{IdentityID: disabled, CreationDate: created, LastModifiedDate: modified}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(&tt.want, ok(w.describeIdentity(root(), tt.id))(t)); diff != "" {
				t.Errorf("described (-want +got):\n%s", diff)
			}
		})
	}
	const nobody = "us-east-1:00000000-0000-4000-8000-000000000000"
	refused(w.describeIdentity(root(), nobody))(t, notFound, unknown(nobody))
	refused(w.describeIdentity(rootIn("eu-west-1"), guest))(t, notFound, unknown(guest))
	ok(w.delete(root(), pool))(t)
	refused(w.describeIdentity(root(), guest))(t, notFound, unknown(guest))
}

// The permission is for no resource, but a condition may bind it to a pool or its tags.
func TestPermissionForIdentities(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := w.pool(func(s *cognito.PoolSettings) { s.Tags = map[string]string{"team": "red"} })
	other := w.pool()
	const actions = `"Effect":"Allow","Action":["cognito-identity:DescribeIdentity","cognito-identity:DeleteIdentities"],"Resource":"*"`
	const nobody = "us-east-1:00000000-0000-4000-8000-000000000000"
	in, out := w.getID(mine, nil), w.getID(other, nil)
	callers := map[string]iam.Caller{
		"the pool":     w.user("pool", `{`+actions+`,"Condition":{"StringEquals":{"cognito-identity:IdentityPoolArn":"`+poolARN(mine)+`"}}}`),
		"its tag":      w.user("tag", `{`+actions+`,"Condition":{"StringEquals":{"aws:ResourceTag/team":"red"}}}`),
		"not another":  w.user("deny", `{`+actions+`},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"cognito-identity:IdentityPoolArn":"`+poolARN(other)+`"}}}`),
		"all its like": w.user("like", `{`+actions+`,"Condition":{"ArnLike":{"cognito-identity:IdentityPoolArn":"`+poolARN(mine[:30])+`*"}}}`),
	}
	for name, caller := range callers {
		t.Log(name)
		ok(w.describeIdentity(caller, in))(t)
		_, err := w.describeIdentity(caller, out)
		denied := func(action string) string {
			if name == "not another" {
				return strings.Replace(notAllowed(caller, action), "because no identity-based policy allows the cognito-identity:"+action+" action",
					"with an explicit deny in an identity-based policy", 1)
			}
			return notAllowed(caller, action)
		}
		refused(any(nil), err)(t, accessDenied, denied("DescribeIdentity"))
		refused(w.deleteIdentities(caller, out, out))(t, accessDenied, denied("DeleteIdentities"))
		gone := w.getID(mine, nil)
		got := ok(w.deleteIdentities(caller, gone, out))(t)
		want := []cognito.UnprocessedIdentityID{{IdentityID: out, ErrorCode: "AccessDenied"}}
		if diff := cmp.Diff(want, got.UnprocessedIdentityIDs); diff != "" {
			t.Errorf("not deleted (-want +got):\n%s", diff)
		}
		refused(w.describeIdentity(root(), gone))(t, notFound, unknown(gone))
		w.identity(out)
	}
	// Of what there is not, a policy that asks for a pool learns none.
	_, err := w.describeIdentity(callers["the pool"], nobody)
	refused(any(nil), err)(t, accessDenied, notAllowed(callers["the pool"], "DescribeIdentity"))
	refused(w.describeIdentity(callers["not another"], nobody))(t, notFound, unknown(nobody))
	none := w.user("none", `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
	refused(w.deleteIdentities(none, nobody))(t, accessDenied, notAllowed(none, "DeleteIdentities"))
	away := callers["the pool"]
	away.Region = "eu-west-1"
	refused(w.deleteIdentities(away, in))(t, accessDenied, notAllowed(away, "DeleteIdentities"))
	w.identity(in)
}

func TestDeleteIdentities(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.developerPool()
	googler := map[string]string{google: w.sign(w.google, "alice")}
	user := w.getID(pool, googler)
	kept := w.getID(pool, nil)
	ids := []string{user, user, "us-east-1:00000000-0000-4000-8000-000000000000"}
	for len(ids) < 60 {
		ids = append(ids, w.getID(pool, nil))
	}
	if out := ok(w.deleteIdentities(root(), ids...))(t); len(out.UnprocessedIdentityIDs) != 0 || out.UnprocessedIdentityIDs == nil {
		t.Errorf("not deleted: %v", out.UnprocessedIdentityIDs)
	}
	for _, id := range ids {
		refused(w.describeIdentity(root(), id))(t, notFound, unknown(id))
	}
	refused(w.getToken(user, googler))(t, notFound, unknown(user))
	again := w.getID(pool, googler)
	if again == user {
		t.Error("a deleted user has the old identity again")
	}
	if list := w.list(pool, cognito.ListIdentitiesInput{MaxResults: 60}).Identities; len(list) != 2 {
		t.Errorf("%d are left, want %s and %s", len(list), kept, again)
	}
	// Of another region's it is as of none.
	ok(w.deleteIdentities(rootIn("eu-west-1"), kept))(t)
	w.identity(kept)
}

func TestFailuresOfDeleteIdentities(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	cached, unread := w.getID(pool, nil), "us-east-1:0-0"
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	out := ok(w.deleteIdentities(root(), cached, unread))(t)
	want := []cognito.UnprocessedIdentityID{
		{IdentityID: cached, ErrorCode: "InternalServerError"}, {IdentityID: unread, ErrorCode: "InternalServerError"},
	}
	if diff := cmp.Diff(want, out.UnprocessedIdentityIDs); diff != "" {
		t.Errorf("not deleted (-want +got):\n%s", diff)
	}
	if !errors.Is(out.Cause(), store.ErrClosed) {
		t.Errorf("the log learns %v", out.Cause())
	}
}

func TestListIdentities(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, other := w.developerPool(), w.developerPool()
	w.getID(other, nil)
	created := w.clock.Now().UTC()
	guest := w.getID(pool, nil)
	user := w.withUsers(pool, w.google, google, "1", "a")
	merged := w.known(pool, "b")
	unlinked := w.known(pool, "c")
	w.clock.move(time.Minute)
	modified := w.clock.Now().UTC()
	ok(w.merge(pool, "b", "a"))(t)
	ok(w.unlinkUser(pool, unlinked, "c"))(t)
	active := []cognito.IdentityDescription{
		{IdentityID: guest, CreationDate: created, LastModifiedDate: created},
		{IdentityID: user, Logins: []string{google, developer}, CreationDate: created, LastModifiedDate: modified},
	}
	all := append(slices.Clone(active),
		cognito.IdentityDescription{IdentityID: merged, CreationDate: created, LastModifiedDate: modified},
		cognito.IdentityDescription{IdentityID: unlinked, CreationDate: created, LastModifiedDate: modified})
	for hide, want := range map[bool][]cognito.IdentityDescription{false: all, true: active} {
		slices.SortFunc(want, func(a, b cognito.IdentityDescription) int { return strings.Compare(a.IdentityID, b.IdentityID) })
		got := w.list(pool, cognito.ListIdentitiesInput{MaxResults: 60, HideDisabled: hide})
		if diff := cmp.Diff(&cognito.ListIdentitiesOutput{IdentityPoolID: pool, Identities: want}, got); diff != "" {
			t.Errorf("HideDisabled %t (-want +got):\n%s", hide, diff)
		}
	}
	empty := &cognito.ListIdentitiesOutput{IdentityPoolID: w.pool(), Identities: []cognito.IdentityDescription{}}
	if diff := cmp.Diff(empty, w.list(empty.IdentityPoolID, cognito.ListIdentitiesInput{MaxResults: 1})); diff != "" {
		t.Errorf("an empty pool (-want +got):\n%s", diff)
	}
}

func TestListIdentitiesRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	const nobody = "us-east-1:00000000-0000-4000-8000-000000000000"
	for _, tt := range []struct{ pool, region, token, code, message string }{
		{nobody, region, "", notFound, missing(nobody)},
		{pool, "eu-west-1", "", notFound, missing(pool)},
		{pool, region, "?", invalidParameter, "Invalid NextToken."},
		{pool, region, "bm9uc2Vuc2U", invalidParameter, "Invalid NextToken."},
	} {
		in := cognito.ListIdentitiesInput{MaxResults: 1, NextToken: tt.token}
		in.IdentityPoolID = tt.pool
		refused(w.ListIdentities(t.Context(), rootIn(tt.region), &in))(t, tt.code, tt.message)
	}
}

// TestTokensBelongToTheirList gives the NextToken of every list to every other one.
func TestTokensBelongToTheirList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lists := map[string]func(token string) (next string, err error){}
	for _, in := range []string{region, "eu-west-1"} {
		lists["pools of "+in] = func(token string) (string, error) {
			out, err := w.ListIdentityPools(t.Context(), rootIn(in), &cognito.ListIdentityPoolsInput{MaxResults: 1, NextToken: token})
			if err != nil {
				return "", err
			}
			return out.NextToken, nil
		}
		for range 2 {
			settings := cognito.CreateIdentityPoolInput{PoolSettings: cognito.PoolSettings{Name: "p", AllowUnauthenticated: true}}
			ok(w.CreateIdentityPool(t.Context(), rootIn(in), &settings))(t)
		}
	}
	for i, pool := range []string{w.developerPool(), w.developerPool()} {
		w.guests(pool, 2)
		id := w.withUsers(pool, w.google, google, fmt.Sprint(i), "a", "b")
		lists["identities of "+pool] = func(token string) (string, error) {
			in := cognito.ListIdentitiesInput{MaxResults: 1, NextToken: token}
			in.IdentityPoolID = pool
			out, err := w.ListIdentities(t.Context(), root(), &in)
			if err != nil {
				return "", err
			}
			return out.NextToken, nil
		}
		lists["users of "+id] = func(token string) (string, error) {
			out, err := w.lookup(pool, cognito.LookupDeveloperIdentityInput{IdentityID: id, MaxResults: 1, NextToken: token})
			if err != nil {
				return "", err
			}
			return out.NextToken, nil
		}
	}
	for name, list := range lists {
		token, err := list("")
		if err != nil || token == "" {
			t.Errorf("%s: the first page has the token %q: %v", name, token, err)
			continue
		}
		for other, list := range lists {
			next, err := list(token)
			if other != name {
				refused(next, err)(t, invalidParameter, "Invalid NextToken.")
			} else if err != nil {
				t.Errorf("%s: the second page: %v", name, err)
			}
		}
	}
}

// Whoever is there from the first page to the last is listed once, whoever comes and
// goes meanwhile.
func TestPagesOfIdentities(t *testing.T) {
	t.Parallel()
	for _, hide := range []bool{false, true} {
		w := newWorld(t)
		pool := w.developerPool()
		lasting := map[string]bool{}
		for range 9 {
			lasting[w.getID(pool, nil)] = true
			w.clock.move(time.Second) // ids of another second sort elsewhere
		}
		doomed := w.getID(pool, nil)
		seen := map[string]int{}
		in := cognito.ListIdentitiesInput{MaxResults: 2, HideDisabled: hide}
		for page := 0; page == 0 || in.NextToken != ""; page++ {
			out := w.list(pool, in)
			if len(out.Identities) > 2 || out.NextToken != "" && len(out.Identities) < 2 || page > 40 {
				t.Fatalf("page %d: %+v", page, out)
			}
			for _, i := range out.Identities {
				seen[i.IdentityID]++
			}
			in.NextToken = out.NextToken
			if n := len(out.Identities); n > 0 && page < 4 { // the last of the page goes, and others come
				last := out.Identities[n-1].IdentityID
				delete(lasting, last)
				ok(w.deleteIdentities(root(), last, doomed))(t)
				w.clock.move(time.Second)
				w.getID(pool, nil)
				user := w.known(pool, "u")
				ok(w.unlinkUser(pool, user, "u"))(t)
			}
		}
		for id := range lasting {
			if seen[id] != 1 {
				t.Errorf("%s was listed %d times", id, seen[id])
			}
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s was listed %d times", id, n)
			}
		}
	}
}
