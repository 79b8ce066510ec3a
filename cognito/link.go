package cognito

import (
	"cmp"
	"slices"
)

// maxLogins is how many logins an identity may have after a merge.
const maxLogins = 20

// Link is what becomes of identities when logins are presented. It is decided
// from nothing but the owners of these logins.
type Link struct {
	// Create is a new identity to own the logins, or nil.
	Create *Identity

	// Keep is the id of the identity that owns all logins afterwards; empty where
	// one is created.
	Keep string

	// Add are presented logins that nobody owned yet.
	Add []Login

	// Merge are ids of identities whose logins move to the kept one and that are
	// disabled thereby.
	Merge []string
}

// findOrCreate decides GetId: the owner of the logins, the oldest where there are
// several, or a new identity. It changes no identity that exists: linking is left
// to the calls that give something out.
func findOrCreate(fresh Identity, logins []Login, owners []Identity) (Link, error) {
	if len(owners) > 0 {
		return Link{Keep: oldest(owners).ID}, nil
	}
	fresh.Authenticated = true
	return Link{Create: &fresh, Add: logins}, checkUnion(fresh, logins)
}

// link decides GetOpenIdToken and GetCredentialsForIdentity with logins for the
// identity self ("Identity pools: linking and merging").
//
// A user must bring at least one login of theirs; a guest becomes the user whom
// the logins belong to, or, if they are nobody's, keeps the id and becomes a user.
// Where the logins belong to several identities, the oldest user goes on.
func link(self Identity, logins []Login, owners []Identity) (Link, error) {
	if self.Disabled {
		return Link{}, identityForbidden(self.ID)
	}
	others := slices.DeleteFunc(slices.Clone(owners), func(o Identity) bool { return o.ID == self.ID })
	if self.Authenticated && len(others) == len(owners) {
		return Link{}, loginsDontMatch()
	}
	all := slices.Concat(others, []Identity{self})
	users := all
	if !self.Authenticated && len(others) > 0 {
		users = others
	}
	keep := oldest(users)
	l := Link{Keep: keep.ID, Add: unowned(logins, owners)}
	union := slices.Concat(keep.Logins, l.Add)
	for _, identity := range all {
		if identity.ID != keep.ID {
			l.Merge = append(l.Merge, identity.ID)
			union = append(union, identity.Logins...)
		}
	}
	return l, checkUnion(keep, union)
}

// checkUnion refuses an identity with two users of one provider, or with too many
// logins.
func checkUnion(keep Identity, logins []Login) error {
	if len(logins) > maxLogins {
		return resourceConflict("Identity '%s' would have more than %d logins.", keep.ID, maxLogins)
	}
	users := map[string]string{}
	for _, l := range logins {
		if user, ok := users[l.Provider]; ok && user != l.Subject {
			return resourceConflict("Identity '%s' already has a different login of provider %s.", keep.ID, l.Provider)
		}
		users[l.Provider] = l.Subject
	}
	return nil
}

func unowned(logins []Login, owners []Identity) []Login {
	return slices.DeleteFunc(slices.Clone(logins), func(l Login) bool {
		return slices.ContainsFunc(owners, func(o Identity) bool { return slices.Contains(o.Logins, l) })
	})
}

func oldest(identities []Identity) Identity {
	return slices.MinFunc(identities, func(a, b Identity) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return cmp.Compare(a.ID, b.ID)
	})
}
