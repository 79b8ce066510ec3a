package cognito_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
)

const adoptedPoolID = region + ":0f3c7e2a-8f5e-4d0a-9d5c-2b1a0c9d8e7f"

// adoptedPool is a pool as another account shows it.
func adoptedPool() cognito.Pool {
	p := cognito.Pool{
		ID: adoptedPoolID, Region: region, PoolSettings: settings(),
		Roles: map[string]string{"authenticated": roleARN("users")},
		RoleMappings: map[string]cognito.RoleMapping{
			userPool + ":" + client: {Type: "Token", AmbiguousRoleResolution: "Deny"},
			"provider.that.is.gone": {Type: "Token", AmbiguousRoleResolution: "Deny"},
		},
		PrincipalTags: map[string]cognito.AttributeMap{userPool: {UseDefaults: true}},
	}
	p.Tags = map[string]string{"team": "x", "aws:cloudformation:stack-name": "app"}
	p.SAMLProviders = []string{}
	return p
}

func TestAdoptPool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	adopt := func(p cognito.Pool, want iam.Adoption) {
		t.Helper()
		if diff := cmp.Diff(want, ok(w.AdoptPool(t.Context(), p))(t)); diff != "" {
			t.Errorf("adoption (-want +got):\n%s", diff)
		}
	}
	p := adoptedPool()
	adopt(p, iam.Adoption{Created: true})
	w.clock.move(time.Hour)
	adopt(p, iam.Adoption{})
	want := p
	want.Account, want.Created, want.SAMLProviders = account, w.clock.Now().Add(-time.Hour), nil
	if diff := cmp.Diff(want, ok(w.Pools.Get(t.Context(), p.ID))(t)); diff != "" {
		t.Errorf("pool (-want +got):\n%s", diff)
	}
	id := w.getID(p.ID, nil)
	p.Name, p.Roles = "renamed", nil
	adopt(p, iam.Adoption{Changed: []string{"Name", "Roles"}})
	w.identity(id)
}

// TestAdoptPoolAfterDeletion does not bring identities back to life with the pool.
func TestAdoptPoolAfterDeletion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ok(w.AdoptPool(t.Context(), adoptedPool()))(t)
	id := w.getID(adoptedPoolID, nil)
	ok(w.delete(root(), adoptedPoolID))(t)
	ok(w.AdoptPool(t.Context(), adoptedPool()))(t)
	if _, err := w.store.Identity(t.Context(), id); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the identity is there: %v", err)
	}
}

// TestAdoptPoolRefuses what the operations that make a pool refuse.
func TestAdoptPoolRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, test := range map[string]struct {
		change func(*cognito.Pool)
		code   string
	}{
		"region": {func(p *cognito.Pool) { p.Region = "eu-west-1" }, "InvalidParameterException"},
		"id":     {func(p *cognito.Pool) { p.ID = region + ":pool" }, "InvalidParameterException"},
		"provider": {func(p *cognito.Pool) {
			p.OpenIDConnectProviders = []string{"arn:aws:iam::000000000000:oidc-provider/x"}
		}, "InvalidParameterException"},
		"developer": {func(p *cognito.Pool) { p.DeveloperProviderName = google }, "InvalidParameterException"},
		"mapping": {func(p *cognito.Pool) {
			p.RoleMappings = map[string]cognito.RoleMapping{userPool + ":" + client: {Type: "Rules", AmbiguousRoleResolution: "Deny"}}
		}, "InvalidParameterException"},
		"role":       {func(p *cognito.Pool) { p.Roles["authenticated"] = "arn:aws:iam::000000000000:role/x" }, "NotAuthorizedException"},
		"attributes": {func(p *cognito.Pool) { p.PrincipalTags["x"] = cognito.AttributeMap{} }, "InvalidParameterException"},
		"tag": {func(p *cognito.Pool) {
			p.PrincipalTags[userPool] = cognito.AttributeMap{PrincipalTags: map[string]string{"a": "x", "A": "y"}}
		}, "InvalidParameterException"},
	} {
		p := adoptedPool()
		test.change(&p)
		_, err := w.AdoptPool(t.Context(), p)
		if err == nil || !strings.HasPrefix(err.Error(), test.code) {
			t.Errorf("%s: got %v, want %s", name, err, test.code)
		}
	}
	if pools := ok(w.Pools.List(t.Context(), "", 10))(t); len(pools) > 0 {
		t.Errorf("there are pools: %v", pools)
	}
}

// TestAdoptIdentity gives guests and developers' users their ids back, and nobody else.
func TestAdoptIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, other, developer := t.Context(), w.pool(), "login.example.dev"
	p := adoptedPool()
	p.DeveloperProviderName = developer
	ok(w.AdoptPool(ctx, p))(t)
	w.role("guests", trust(p.ID, "unauthenticated"))
	w.setRoles(p.ID, map[string]string{"unauthenticated": roleARN("guests")}, nil)
	guest := cognito.Identity{ID: region + ":11111111-2222-4333-8444-555555555555", Pool: p.ID, Created: time.Unix(1500000000, 0), Modified: time.Unix(1600000000, 0)}
	user := guest
	user.ID = region + ":11111111-2222-4333-8444-666666666666"
	user.Logins = []cognito.Login{{Provider: developer, Subject: "alice"}, {Provider: developer, Subject: "alice2"}}
	for _, want := range []bool{true, false} {
		for _, i := range []cognito.Identity{guest, user} {
			if got := ok(w.AdoptIdentity(ctx, i))(t); got != want {
				t.Errorf("%s is created: %t, want %t", i.ID, got, want)
			}
		}
	}
	ok(w.getCredentials(guest.ID, nil))(t)
	refused(w.getCredentials(user.ID, nil))(t, "NotAuthorizedException", "Access to Identity '"+user.ID+"' is forbidden.")
	user.Authenticated = true
	w.clock.move(24 * time.Hour)
	expiry := cognito.Expiry{Identities: w.store, After: 48 * time.Hour, Now: w.clock.Now}
	if removed := ok(expiry.Expire(ctx))(t); removed != 0 {
		t.Errorf("%d expire at once", removed)
	}
	for _, want := range []cognito.Identity{guest, user} {
		got := w.identity(want.ID)
		if !got.Created.Equal(want.Created) {
			t.Errorf("identity %s is of %s", got.ID, got.Created)
		}
		got.Created, got.Modified, got.Used = want.Created, want.Modified, want.Used
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("identity (-want +got):\n%s", diff)
		}
	}
	for name, change := range map[string]func(*cognito.Identity){
		"another pool":     func(i *cognito.Identity) { i.Pool = other },
		"no pool":          func(i *cognito.Identity) { i.Pool = region + ":nowhere" },
		"another region":   func(i *cognito.Identity) { i.ID = "eu-west-1:11111111-2222-4333-8444-555555555556" },
		"another provider": func(i *cognito.Identity) { i.ID += "0"; i.Logins = []cognito.Login{{Provider: google, Subject: "x"}} },
		"nobody's login":   func(i *cognito.Identity) { i.ID += "0"; i.Logins = []cognito.Login{{Provider: developer}} },
		"another owner":    func(i *cognito.Identity) { i.ID += "0"; i.Logins = user.Logins[:1] },
	} {
		i := guest
		change(&i)
		if _, err := w.AdoptIdentity(ctx, i); err == nil {
			t.Errorf("%s: %+v is adopted", name, i)
		}
		if _, err := w.store.Identity(ctx, i.ID); i.ID != guest.ID && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: it is here: %v", name, err)
		}
	}
}
