package cognito

import (
	"cmp"
	"slices"
	"strings"
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

	// Remove are logins of the kept identity that become nobody's; Disable is whether
	// it is of no use any more without them.
	Remove  []Login
	Disable bool
}

// claim is logins that were presented together, and proven.
type claim struct {
	logins    []Login
	developer string // name of the pool's developer provider, of which an identity may have several users
}

// findOrCreate decides GetId: the owner of the logins, the oldest where there are
// several, or a new identity. It changes no identity that exists: linking is left
// to the calls that give something out.
func (c claim) findOrCreate(fresh Identity, owners []Identity) (Link, error) {
	if len(owners) > 0 {
		return Link{Keep: oldest(owners).ID}, nil
	}
	fresh.Authenticated = true
	return Link{Create: &fresh, Add: c.logins}, c.checkUnion(fresh, c.logins)
}

// link decides GetOpenIdToken and GetCredentialsForIdentity with logins for the
// identity self ("Identity pools: linking and merging").
//
// A user must bring at least one login of theirs; a guest becomes the user whom
// the logins belong to, or, if they are nobody's, keeps the id and becomes a user.
// Where the logins belong to several identities, the oldest user goes on.
func (c claim) link(self Identity, owners []Identity) (Link, error) {
	if self.Disabled {
		return Link{}, identityForbidden(self.ID)
	}
	others := without(owners, self.ID)
	if self.Authenticated && len(others) == len(owners) {
		return Link{}, loginsDontMatch()
	}
	all := slices.Concat(others, []Identity{self})
	users := all
	if !self.Authenticated && len(others) > 0 {
		users = others
	}
	l := merge(oldest(users), all)
	l.Add = unowned(c.logins, owners)
	return l, c.checkLink(l, all)
}

// linkDeveloper decides GetOpenIdTokenForDeveloperIdentity for the developer's user and
// public logins of the same person. self is the identity that was asked for, or nil.
func (c claim) linkDeveloper(self *Identity, user Login, fresh Identity, owners []Identity) (Link, error) {
	if self == nil {
		if len(owners) == 0 {
			return c.findOrCreate(fresh, owners)
		}
		return c.link(oldest(owners), owners)
	}
	registered := slices.ContainsFunc(without(owners, self.ID), func(o Identity) bool { return slices.Contains(o.Logins, user) })
	if registered && !self.Disabled {
		return Link{}, alreadyRegistered()
	}
	return c.link(*self, owners)
}

// mergeUsers decides MergeDeveloperIdentities: the identity of the user to goes on
// with all logins of both.
func (c claim) mergeUsers(from, to Login, owners []Identity) (Link, error) {
	var both []Identity
	for _, user := range []Login{from, to} {
		i := slices.IndexFunc(owners, func(o Identity) bool { return slices.Contains(o.Logins, user) })
		if i < 0 {
			return Link{}, userNotFound()
		}
		both = append(both, owners[i])
	}
	if both[0].ID == both[1].ID {
		return Link{Keep: both[1].ID}, nil
	}
	l := merge(both[1], both[:1])
	return l, c.checkLink(l, both)
}

// unlink decides UnlinkIdentity: whoever brings a login of the identity may take off
// any but the developer's.
func (c claim) unlink(self Identity, owners []Identity, providers []string) (Link, error) {
	if self.Disabled {
		return Link{}, identityForbidden(self.ID)
	}
	if len(without(owners, self.ID)) == len(owners) {
		return Link{}, loginsDontMatch()
	}
	l := Link{Keep: self.ID}
	for _, name := range providers {
		i := slices.IndexFunc(self.Logins, func(l Login) bool { return sameProvider(l.Provider, name) && l.Provider != c.developer })
		if i < 0 {
			return Link{}, notLinked(name, self.ID)
		}
		if !slices.Contains(l.Remove, self.Logins[i]) {
			l.Remove = append(l.Remove, self.Logins[i])
		}
	}
	l.Disable = len(remaining(self, l.Remove)) == 0
	return l, nil
}

// unlinkUser decides UnlinkDeveloperIdentity.
func unlinkUser(self Identity, user Login) (Link, error) {
	if !slices.Contains(self.Logins, user) {
		return Link{}, notLinked(user.Provider, self.ID)
	}
	l := Link{Keep: self.ID, Remove: []Login{user}}
	l.Disable = len(remaining(self, l.Remove)) == 0
	return l, nil
}

// merge is the link that keeps one identity and merges all others into it.
func merge(keep Identity, all []Identity) Link {
	l := Link{Keep: keep.ID}
	for _, other := range without(all, keep.ID) {
		l.Merge = append(l.Merge, other.ID)
	}
	return l
}

// checkLink is checkUnion for what l makes of the identities that it is about.
func (c claim) checkLink(l Link, all []Identity) error {
	var keep Identity
	union := slices.Clone(l.Add)
	for _, identity := range all {
		if identity.ID == l.Keep {
			keep = identity
		}
		union = append(union, identity.Logins...)
	}
	return c.checkUnion(keep, union)
}

// checkUnion refuses an identity with two users of one public provider, or with too
// many logins.
func (c claim) checkUnion(keep Identity, logins []Login) error {
	if len(logins) > maxLogins {
		return resourceConflict("Identity '%s' would have more than %d logins.", keep.ID, maxLogins)
	}
	users := map[string]string{}
	for _, l := range logins {
		if user, ok := users[l.Provider]; ok && user != l.Subject && l.Provider != c.developer {
			return resourceConflict("Identity '%s' already has a different login of provider %s.", keep.ID, l.Provider)
		}
		users[l.Provider] = l.Subject
	}
	return nil
}

// sameProvider reports whether two names are of one provider: the slash at the end of
// an issuer's name may be there or not.
func sameProvider(a, b string) bool { return strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/") }

func without(identities []Identity, id string) []Identity {
	return slices.DeleteFunc(slices.Clone(identities), func(i Identity) bool { return i.ID == id })
}

func remaining(self Identity, removed []Login) []Login {
	return slices.DeleteFunc(slices.Clone(self.Logins), func(l Login) bool { return slices.Contains(removed, l) })
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
