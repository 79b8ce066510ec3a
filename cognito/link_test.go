package cognito_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cenotehq/cenote/cognito"
)

const dontMatch = "Logins don't match. Please include at least one valid login for this identity or identity pool."

// at is an identity that was made so many seconds after the others, a user if it
// has logins.
func at(second int64, id string, logins ...cognito.Login) cognito.Identity {
	return cognito.Identity{ID: id, Logins: logins, Authenticated: len(logins) > 0, Created: time.Unix(second, 0)}
}

func login(provider, subject string) cognito.Login {
	return cognito.Login{Provider: provider, Subject: subject}
}

func TestLink(t *testing.T) {
	t.Parallel()
	a, b, c := login("p", "a"), login("q", "b"), login("r", "c")
	list := func(l ...cognito.Login) []cognito.Login { return l }
	tests := map[string]struct {
		self   cognito.Identity
		logins []cognito.Login
		owners []cognito.Identity
		want   cognito.Link
	}{
		"a guest keeps the id with a login that is nobody's": {
			at(1, "g"), list(a), nil, cognito.Link{Keep: "g", Add: list(a)},
		},
		"a guest gives way to the owner, younger though it be": {
			at(1, "g"), list(a), []cognito.Identity{at(2, "x", a)}, cognito.Link{Keep: "x", Merge: []string{"g"}},
		},
		"the owner also gets what is nobody's": {
			at(1, "g"), list(a, b), []cognito.Identity{at(2, "x", a)}, cognito.Link{Keep: "x", Add: list(b), Merge: []string{"g"}},
		},
		"a user comes again": {
			at(1, "x", a), list(a), []cognito.Identity{at(1, "x", a)}, cognito.Link{Keep: "x"},
		},
		"a user with a login of theirs links another": {
			at(1, "x", a), list(a, b), []cognito.Identity{at(1, "x", a)}, cognito.Link{Keep: "x", Add: list(b)},
		},
		"of two users the older goes on: self": {
			at(1, "x", a), list(a, b), []cognito.Identity{at(1, "x", a), at(2, "y", b)}, cognito.Link{Keep: "x", Merge: []string{"y"}},
		},
		"of two users the older goes on: the other": {
			at(2, "x", a), list(a, b), []cognito.Identity{at(2, "x", a), at(1, "y", b)}, cognito.Link{Keep: "y", Merge: []string{"x"}},
		},
		"of two of the same moment the lower id goes on": {
			at(1, "x", a), list(a, b), []cognito.Identity{at(1, "w", b), at(1, "x", a)}, cognito.Link{Keep: "w", Merge: []string{"x"}},
		},
		"a guest brings two users together": {
			at(1, "g"), list(a, b, c),
			[]cognito.Identity{at(3, "y", b), at(2, "x", a)},
			cognito.Link{Keep: "x", Add: list(c), Merge: []string{"g", "y"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ok(cognito.LinkOf(tt.self, tt.logins, tt.owners))(t)
			sorted := cmpopts.SortSlices(func(a, b string) bool { return a < b })
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty(), sorted); diff != "" {
				t.Errorf("link (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLinkRefuses(t *testing.T) {
	t.Parallel()
	a, b := login("p", "a"), login("q", "b")
	disabled, was := at(1, "x"), at(1, "x")
	disabled.Disabled, disabled.Authenticated, was.Authenticated = true, true, true
	many := at(1, "many")
	more := at(2, "more")
	many.Logins = append(many.Logins, login("l", "u"))
	for i := range 10 {
		many.Logins = append(many.Logins, login(fmt.Sprint("m", i), "u"))
		more.Logins = append(more.Logins, login(fmt.Sprint("n", i), "u"))
	}
	many.Authenticated, more.Authenticated = true, true
	tests := map[string]struct {
		self          cognito.Identity
		logins        []cognito.Login
		owners        []cognito.Identity
		code, message string
	}{
		"disabled":                      {disabled, []cognito.Login{a}, nil, notAuthorized, "Access to Identity 'x' is forbidden."},
		"a user's, none of the logins":  {at(1, "x", a), []cognito.Login{b}, nil, notAuthorized, dontMatch},
		"a user's, somebody else's":     {at(1, "x", a), []cognito.Login{b}, []cognito.Identity{at(2, "y", b)}, notAuthorized, dontMatch},
		"once a user, without logins":   {was, []cognito.Login{a}, nil, notAuthorized, dontMatch},
		"another user of that provider": {at(1, "x", a, login("q", "old")), []cognito.Login{a, b}, []cognito.Identity{at(1, "x", a, login("q", "old"))}, conflict, "Identity 'x' already has a different login of provider q."},
		"merge of two users of one provider": {
			at(1, "x", a, login("s", "1")),
			[]cognito.Login{a, b},
			[]cognito.Identity{at(1, "x", a, login("s", "1")), at(2, "y", b, login("s", "2"))},
			conflict, "Identity 'x' already has a different login of provider s.",
		},
		"21 logins": {
			many,
			[]cognito.Login{many.Logins[0], more.Logins[0]},
			[]cognito.Identity{many, more},
			conflict, "Identity 'many' would have more than 20 logins.",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(cognito.LinkOf(tt.self, tt.logins, tt.owners))(t, tt.code, tt.message)
		})
	}
}

func TestTwentyLoginsAreAllowed(t *testing.T) {
	t.Parallel()
	x, y := at(1, "x"), at(2, "y")
	for i := range 10 {
		x.Logins = append(x.Logins, login(fmt.Sprint("m", i), "u"))
		y.Logins = append(y.Logins, login(fmt.Sprint("n", i), "u"))
	}
	x.Authenticated, y.Authenticated = true, true
	got := ok(cognito.LinkOf(x, []cognito.Login{x.Logins[3], y.Logins[4]}, []cognito.Identity{x, y}))(t)
	if diff := cmp.Diff(cognito.Link{Keep: "x", Merge: []string{"y"}}, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("link (-want +got):\n%s", diff)
	}
}

func TestFindOrCreate(t *testing.T) {
	t.Parallel()
	a, b := login("p", "a"), login("q", "b")
	fresh := at(9, "new")
	created := fresh
	created.Authenticated = true
	tests := map[string]struct {
		owners []cognito.Identity
		want   cognito.Link
	}{
		"nobody's":      {nil, cognito.Link{Create: &created, Add: []cognito.Login{a, b}}},
		"one owner":     {[]cognito.Identity{at(2, "x", b)}, cognito.Link{Keep: "x"}},
		"two owners":    {[]cognito.Identity{at(2, "x", a), at(1, "y", b)}, cognito.Link{Keep: "y"}},
		"equally old":   {[]cognito.Identity{at(1, "y", a), at(1, "x", b)}, cognito.Link{Keep: "x"}},
		"owner of both": {[]cognito.Identity{at(1, "x", a, b)}, cognito.Link{Keep: "x"}},
	}
	for name, tt := range tests {
		got := ok(cognito.FindOrCreate(fresh, []cognito.Login{a, b}, tt.owners))(t)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
