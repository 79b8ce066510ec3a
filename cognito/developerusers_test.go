package cognito_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
)

func (w *world) lookup(pool string, in cognito.LookupDeveloperIdentityInput) (*cognito.LookupDeveloperIdentityOutput, error) {
	in.IdentityPoolID = pool
	return w.LookupDeveloperIdentity(w.t.Context(), root(), &in)
}

func (w *world) merge(pool, from, to string) (*cognito.MergeDeveloperIdentitiesOutput, error) {
	in := cognito.MergeDeveloperIdentitiesInput{SourceUserIdentifier: from, DestinationUserIdentifier: to, DeveloperProviderName: developer}
	in.IdentityPoolID = pool
	return w.MergeDeveloperIdentities(w.t.Context(), root(), &in)
}

func (w *world) unlinkUser(pool, id, user string) (*struct{}, error) {
	in := cognito.UnlinkDeveloperIdentityInput{IdentityID: id, DeveloperProviderName: developer, DeveloperUserIdentifier: user}
	in.IdentityPoolID = pool
	return w.UnlinkDeveloperIdentity(w.t.Context(), root(), &in)
}

// withUsers makes an identity of a public login and several of the developer's users.
func (w *world) withUsers(pool string, p idp, provider, person string, users ...string) string {
	w.t.Helper()
	id, raw := "", w.sign(p, "alice", "sub", person)
	for _, user := range users {
		id = ok(w.vouch(pool, id, map[string]string{developer: user, provider: raw}))(w.t).IdentityID
	}
	return id
}

func TestLookupDeveloperIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, other, plain := w.developerPool(), w.developerPool(), w.pool()
	ann := w.known(pool, "ann")
	several := w.withUsers(pool, w.google, google, "1", "c", "a", "b")
	guest, elsewhere := w.getID(pool, nil), w.known(other, "ann")
	const nobody = "us-east-1:00000000-0000-4000-8000-000000000000"
	mismatch := func(id string) string {
		return "The developer user identifier is not one of identity '" + id + "'."
	}
	tests := map[string]struct {
		pool, id, user string
		wantID         string
		users          []string
		code, message  string
	}{
		"by user":                     {pool, "", "ann", ann, []string{"ann"}, "", ""},
		"by another of several":       {pool, "", "b", several, []string{"b"}, "", ""},
		"by identity":                 {pool, ann, "", ann, []string{"ann"}, "", ""},
		"by identity of several":      {pool, several, "", several, []string{"a", "b", "c"}, "", ""},
		"a guest":                     {pool, guest, "", guest, []string{}, "", ""},
		"both":                        {pool, several, "b", several, []string{"b"}, "", ""},
		"both, of another":            {pool, several, "ann", "", nil, conflict, mismatch(several)},
		"both, of nobody":             {pool, ann, "zoe", "", nil, conflict, mismatch(ann)},
		"both, in other case":         {pool, ann, "Ann", "", nil, conflict, mismatch(ann)},
		"both, a public login's user": {pool, several, "1", "", nil, conflict, mismatch(several)},
		"none":                        {pool, "", "", "", nil, invalidParameter, "Either IdentityId or DeveloperUserIdentifier must be given."},
		"an unknown user":             {pool, "", "zoe", "", nil, notFound, noUser},
		"in other case":               {pool, "", "ANN", "", nil, notFound, noUser},
		"an unknown identity":         {pool, nobody, "", "", nil, notFound, unknown(nobody)},
		"an identity of another pool": {pool, elsewhere, "", "", nil, notFound, unknown(elsewhere)},
		"another pool":                {other, "", "ann", elsewhere, []string{"ann"}, "", ""},
		"a pool without developer":    {plain, "", "ann", "", nil, notFound, noUser},
		"an unknown pool":             {nobody, "", "ann", "", nil, notFound, missing(nobody)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out, err := w.lookup(tt.pool, cognito.LookupDeveloperIdentityInput{IdentityID: tt.id, DeveloperUserIdentifier: tt.user})
			if tt.code != "" {
				refused(out, err)(t, tt.code, tt.message)
				return
			}
			want := &cognito.LookupDeveloperIdentityOutput{IdentityID: tt.wantID, DeveloperUserIdentifierList: tt.users}
			if diff := cmp.Diff(want, ok(out, err)(t)); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
	in := cognito.LookupDeveloperIdentityInput{DeveloperUserIdentifier: "ann"}
	in.IdentityPoolID = pool
	refused(w.LookupDeveloperIdentity(t.Context(), rootIn("eu-west-1"), &in))(t, notFound, missing(pool))
}

func TestPagesOfDevelopersUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.developerPool()
	id := w.withUsers(pool, w.google, google, "1", "u5", "u1", "u4", "u2", "u3", "u6")
	var seen []string
	in := cognito.LookupDeveloperIdentityInput{IdentityID: id, MaxResults: 2}
	for page := 0; page == 0 || in.NextToken != ""; page++ {
		out := ok(w.lookup(pool, in))(t)
		seen, in.NextToken = append(seen, out.DeveloperUserIdentifierList...), out.NextToken
		if page == 0 { // behind, just before and after the end of the first page
			ok(w.unlinkUser(pool, id, "u1"))(t)
			ok(w.unlinkUser(pool, id, "u2"))(t)
			ok(w.unlinkUser(pool, id, "u3"))(t)
		}
		if len(out.DeveloperUserIdentifierList) > 2 || page > 3 {
			t.Fatalf("page %d: %+v", page, out)
		}
	}
	if diff := cmp.Diff([]string{"u1", "u2", "u4", "u5", "u6"}, seen); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"?", "YQ"} {
		in.NextToken = bad
		refused(w.lookup(pool, in))(t, invalidParameter, "Invalid NextToken.")
	}
	if out := ok(w.lookup(pool, cognito.LookupDeveloperIdentityInput{IdentityID: id, MaxResults: 3}))(t); out.NextToken != "" {
		t.Error("the last page has a token")
	}
}

func TestMergeDeveloperIdentities(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.developerPool()
	older := w.known(pool, "old")
	w.clock.move(time.Minute)
	younger := w.withUsers(pool, w.google, google, "1", "young")
	w.clock.move(time.Minute)
	if out := ok(w.merge(pool, "old", "young"))(t); out.IdentityID != younger {
		t.Errorf("%s goes on, want that of the destination, %s", out.IdentityID, younger)
	}
	created := w.clock.Now().UTC().Add(-time.Minute)
	want := map[string]cognito.Identity{
		younger: {
			ID: younger, Pool: pool, Authenticated: true, Created: created, Modified: w.clock.Now().UTC(),
			Logins: []cognito.Login{login(google, "1"), login(developer, "old"), login(developer, "young")},
		},
		older: {ID: older, Pool: pool, Authenticated: true, Disabled: true, Created: created.Add(-time.Minute), Modified: w.clock.Now().UTC()},
	}
	if diff := cmp.Diff(want, map[string]cognito.Identity{younger: w.identity(younger), older: w.identity(older)}); diff != "" {
		t.Errorf("after the merge (-want +got):\n%s", diff)
	}
	for _, user := range []string{"old", "young"} {
		if id := w.known(pool, user); id != younger {
			t.Errorf("%s is %s, want %s", user, id, younger)
		}
		if out := ok(w.merge(pool, user, user))(t); out.IdentityID != younger {
			t.Errorf("%s merged with itself is %s", user, out.IdentityID)
		}
	}
	if out := ok(w.merge(pool, "young", "old"))(t); out.IdentityID != younger || w.identity(younger).Disabled {
		t.Errorf("merged the other way round: %s", out.IdentityID)
	}
	refused(w.getToken(older, nil))(t, notAuthorized, forbidden(older))
	refused(w.getToken(older, map[string]string{google: w.sign(w.google, "alice", "sub", "1")}))(t, notAuthorized, forbidden(older))
	refused(w.vouch(pool, older, map[string]string{developer: "old"}))(t, notAuthorized, forbidden(older))
}

func TestMergeRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, other, plain := w.developerPool(), w.developerPool(), w.pool()
	ann := w.withUsers(pool, w.google, google, "1", "ann")
	w.withUsers(pool, w.google, google, "2", "bob")
	w.known(other, "zoe")
	var many, more []string
	for i := range 11 {
		many, more = append(many, fmt.Sprint("m", i)), append(more, fmt.Sprint("n", i))
	}
	w.withUsers(pool, w.oidc, oidc, "3", many[:10]...)
	full := w.withUsers(pool, w.oidc, oidc, "4", more[:10]...)
	const nobody = "us-east-1:00000000-0000-4000-8000-000000000000"
	tests := map[string]struct{ pool, from, to, code, message string }{
		"unknown source":           {pool, "zoe", "ann", notFound, noUser},
		"unknown destination":      {pool, "ann", "zoe", notFound, noUser},
		"both unknown":             {pool, "zoe", "zoe", notFound, noUser},
		"in other case":            {pool, "Ann", "bob", notFound, noUser},
		"a public login's user":    {pool, "1", "bob", notFound, noUser},
		"two users of a provider":  {pool, "bob", "ann", conflict, "Identity '" + ann + "' already has a different login of provider " + google + "."},
		"22 logins":                {pool, "m0", "n0", conflict, "Identity '" + full + "' would have more than 20 logins."},
		"a pool without developer": {plain, "ann", "bob", notAuthorized, wrongDeveloper},
		"an unknown pool":          {nobody, "ann", "bob", notFound, missing(nobody)},
	}
	before := w.identity(ann)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { refused(w.merge(tt.pool, tt.from, tt.to))(t, tt.code, tt.message) })
	}
	if diff := cmp.Diff(before, w.identity(ann)); diff != "" {
		t.Errorf("refusals changed the identity (-before +after):\n%s", diff)
	}
	in := cognito.MergeDeveloperIdentitiesInput{SourceUserIdentifier: "ann", DestinationUserIdentifier: "bob", DeveloperProviderName: "login.other"}
	in.IdentityPoolID = pool
	refused(w.MergeDeveloperIdentities(t.Context(), root(), &in))(t, notAuthorized, wrongDeveloper)
	in.DeveloperProviderName = developer
	refused(w.MergeDeveloperIdentities(t.Context(), rootIn("eu-west-1"), &in))(t, notFound, missing(pool))

	ok(w.unlinkUser(pool, full, "n9"))(t)
	ok(w.unlinkUser(pool, full, "n8"))(t)
	refused(w.merge(pool, "m0", "n0"))(t, conflict, "Identity '"+full+"' already has a different login of provider "+oidc+".")
}

func TestMergeToTwenty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.developerPool()
	var users []string
	for i := range 9 {
		users = append(users, fmt.Sprint("u", i))
	}
	id := w.withUsers(pool, w.google, google, "1", users...)
	for i := range 10 {
		ok(w.merge(pool, w.lone(pool, fmt.Sprint("v", i)), "u0"))(t)
	}
	refused(w.merge(pool, w.lone(pool, "w"), "u0"))(t, conflict, "Identity '"+id+"' would have more than 20 logins.")
	if n := len(w.identity(id).Logins); n != 20 {
		t.Errorf("%d logins, want 20", n)
	}
	both := map[string]string{developer: "u0", oidc: w.sign(w.oidc, "alice")}
	refused(w.vouch(pool, id, both))(t, conflict, "Identity '"+id+"' would have more than 20 logins.")
}

// lone returns the name of a user who was made an identity.
func (w *world) lone(pool, user string) string {
	w.t.Helper()
	w.known(pool, user)
	return user
}

func TestUnlinkDeveloperIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, other := w.developerPool(), w.developerPool()
	googler := map[string]string{google: w.sign(w.google, "alice", "sub", "1")}
	id := w.withUsers(pool, w.google, google, "1", "ann", "ann2")
	elsewhere := w.known(other, "ann")
	w.known(pool, "bob")
	const nobody = "us-east-1:00000000-0000-4000-8000-000000000000"
	notLinked := func(id string) string {
		return "Identity '" + id + "' has no such login of provider " + developer + "."
	}
	tests := map[string]struct{ pool, id, user, code, message string }{
		"another's user":              {pool, id, "bob", conflict, notLinked(id)},
		"nobody's user":               {pool, id, "zoe", conflict, notLinked(id)},
		"in other case":               {pool, id, "Ann", conflict, notLinked(id)},
		"a public login's user":       {pool, id, "1", conflict, notLinked(id)},
		"an unknown identity":         {pool, nobody, "ann", notFound, unknown(nobody)},
		"an identity of another pool": {pool, elsewhere, "ann", notFound, unknown(elsewhere)},
		"an unknown pool":             {nobody, id, "ann", notFound, missing(nobody)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { refused(w.unlinkUser(tt.pool, tt.id, tt.user))(t, tt.code, tt.message) })
	}
	in := cognito.UnlinkDeveloperIdentityInput{IdentityID: id, DeveloperProviderName: "login.other", DeveloperUserIdentifier: "ann"}
	in.IdentityPoolID = pool
	refused(w.UnlinkDeveloperIdentity(t.Context(), root(), &in))(t, notAuthorized, wrongDeveloper)
	in.DeveloperProviderName = developer
	refused(w.UnlinkDeveloperIdentity(t.Context(), rootIn("eu-west-1"), &in))(t, notFound, missing(pool))

	w.clock.move(time.Minute)
	ok(w.unlinkUser(pool, id, "ann"))(t)
	refused(w.unlinkUser(pool, id, "ann"))(t, conflict, notLinked(id))
	if got := w.identity(id); got.Disabled || !got.Modified.Equal(w.clock.Now()) || slices.Contains(got.Logins, login(developer, "ann")) || len(got.Logins) != 2 {
		t.Errorf("without ann there is left %+v", got)
	}
	if again := w.known(pool, "ann"); again == id {
		t.Error("ann, unlinked, still has the identity")
	}
	ok(w.unlinkUser(pool, id, "ann2"))(t)
	if out := ok(w.getToken(id, googler))(t); out.IdentityID != id {
		t.Errorf("the public login leads to %s", out.IdentityID)
	}

	last := w.known(pool, "last")
	ok(w.unlinkUser(pool, last, "last"))(t)
	if got := w.identity(last); !got.Disabled || !got.Authenticated || len(got.Logins) > 0 {
		t.Errorf("without its last login there is left %+v", got)
	}
	refused(w.vouch(pool, last, map[string]string{developer: "last"}))(t, notAuthorized, forbidden(last))
	if id := w.known(pool, "last"); id == last || strings.Contains(last, id) {
		t.Error("a user whose identity was disabled gets it again")
	}
}
