// Package store keeps what must survive a restart, in one SQLite file or on a PostgreSQL
// server.
package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/seal"
)

// Config says where a Store keeps what it keeps, and under which key its secrets.
type Config struct {
	// Path is the data folder, with the SQLite file cenote.db. It is made if it does
	// not exist.
	Path string

	// URL names a PostgreSQL database instead, which any number of processes may use:
	// postgres://USER:PASSWORD@HOST:PORT/NAME, as libpq has it, with several hosts and
	// target_session_attrs, sslmode, and pool_max_conns.
	URL string

	// MasterKey seals the secrets; it must be the same at every Open. Nil asks Custody for
	// it.
	MasterKey *seal.Key
	Custody   Custody

	// Shared opens what is there beside other processes that may have it open, such as a
	// running server: without the folder's lock, and without bringing the schema up to
	// date, which it must be.
	Shared bool

	// CachedIdentities is how many identities are kept in memory at most, some
	// 300 bytes each; zero means 200,000, less than zero none.
	CachedIdentities int

	// ReportUses is told, once, when the last uses of keys and roles begin to fail to be
	// written down, which no caller waits for; and with nil when they are written down
	// again. Nil tells nobody. It must not call the store's Close.
	ReportUses func(err error)

	// Now is the clock; nil means time.Now.
	Now func() time.Time

	importing bool // into the place, which need not be whole
}

// Store is an open data folder or database. It is safe for concurrent use. Whatever it
// wrote is on disk when the method returns; a method whose context ends while its write
// is under way returns the context's error at once, and the write still happens. What
// another process wrote to the same database is seen after a second at the latest.
type Store struct {
	db     database
	lock   *flock.Flock // of a data folder
	master master
	sealed []string // kinds of entities
	now    func() time.Time

	identities *identityCache
	roles      *Table[iam.Role]
	users      *Table[iam.User]
	groups     *Table[iam.Group]
	policies   *Table[iam.ManagedPolicy]
	providers  *Table[iam.OIDCProvider]
	saml       *Table[iam.SAMLProvider]
	pools      *Table[cognito.Pool]
	uses       *Uses
}

// custody is where the master key comes from.
func (c Config) custody() (Custody, error) {
	switch {
	case c.MasterKey != nil:
		return held{c.MasterKey}, nil
	case c.Custody != nil:
		return c.Custody, nil
	}
	return nil, errors.New("store: no master key given")
}

// Open opens the data folder, brings its file cenote.db up to date, and holds the
// folder's lock until Close; or it connects to the database and brings that up to date. A
// shared place stays as it is.
// Errors name the file or database and say what to do; those with a type are
// *LockedError, *NewerError, *OlderError, *DamagedError, *MasterKeyError and
// *UnfinishedError.
func Open(ctx context.Context, config Config) (*Store, error) {
	custody, err := config.custody()
	if err != nil {
		return nil, err
	}
	config.Custody = custody
	switch {
	case config.Path != "" && config.URL != "":
		return nil, errors.New("store: both a data folder and a database given")
	case config.URL != "":
		return openURL(ctx, config)
	}
	path, err := filepath.Abs(config.Path)
	if err != nil {
		return nil, folderError(config.Path, err)
	}
	file := filepath.Join(path, "cenote.db")
	if config.Shared {
		return openFile(ctx, config, file)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, folderError(path, err)
	}
	lock, err := lockFolder(path)
	if err != nil {
		return nil, err
	}
	s, err := openFile(ctx, config, file)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	s.lock = lock
	return s, nil
}

func openFile(ctx context.Context, config Config, file string) (*Store, error) {
	db, err := openSQLite(ctx, file, config.Shared)
	if err != nil {
		return nil, err
	}
	s, err := openOn(ctx, db, file, config)
	if err != nil {
		return nil, err
	}
	if err := s.sealLegacy(ctx, file, config.Shared); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func openURL(ctx context.Context, config Config) (*Store, error) {
	db, err := openPostgres(ctx, config.URL, config.Shared)
	if err != nil {
		return nil, err
	}
	return openOn(ctx, db, db.name, config)
}

// openOn opens a store on a database that is up to date.
func openOn(ctx context.Context, db database, name string, config Config) (*Store, error) {
	if !config.importing {
		if err := checkWhole(ctx, db, name); err != nil {
			return nil, errors.Join(err, db.close())
		}
	}
	key, err := unlock(ctx, db, config, name)
	if err != nil {
		return nil, errors.Join(err, db.close())
	}
	s := newStore(db, key, config)
	s.uses.start()
	return s, nil
}

func newStore(db database, key master, config Config) *Store {
	s := &Store{db: db, master: key, now: config.Now}
	if s.now == nil {
		s.now = time.Now
	}
	s.identities = newIdentityCache(config.CachedIdentities, maxAge(db))
	s.roles = newTable[iam.Role](s, kind{name: "role", fold: true})
	s.users = newTable[iam.User](s, kind{name: "user", fold: true, secret: true})
	s.groups = newTable[iam.Group](s, kind{name: "group", fold: true})
	s.policies = newTable[iam.ManagedPolicy](s, kind{name: "policy", fold: true})
	s.providers = newTable[iam.OIDCProvider](s, kind{name: "oidc-provider"})
	s.saml = newTable[iam.SAMLProvider](s, kind{name: "saml-provider", fold: true, secret: true})
	s.pools = newTable[cognito.Pool](s, kind{name: "pool", secret: true})
	s.uses = newUses(db, config.ReportUses)
	return s
}

// tables are those of all kinds, in the order of their names.
func (s *Store) tables() []anyTable {
	return []anyTable{s.groups, s.providers, s.policies, s.pools, s.roles, s.saml, s.users}
}

// Roles returns the table of roles; their names compare case-insensitively.
func (s *Store) Roles() *Table[iam.Role] { return s.roles }

// Users returns the table of users, which is sealed under the master key; their
// names compare case-insensitively.
func (s *Store) Users() *Table[iam.User] { return s.users }

// Groups returns the table of groups; their names compare case-insensitively.
func (s *Store) Groups() *Table[iam.Group] { return s.groups }

// ManagedPolicies returns the table of the account's managed policies; their names
// compare case-insensitively.
func (s *Store) ManagedPolicies() *Table[iam.ManagedPolicy] { return s.policies }

// OIDCProviders returns the table of OpenID Connect providers.
func (s *Store) OIDCProviders() *Table[iam.OIDCProvider] { return s.providers }

// SAMLProviders returns the table of SAML providers, which is sealed under the master
// key; their names compare case-insensitively.
func (s *Store) SAMLProviders() *Table[iam.SAMLProvider] { return s.saml }

// Pools returns the table of identity pools, which is sealed under the master key: what
// they know of a login provider may be a secret.
func (s *Store) Pools() *Table[cognito.Pool] { return s.pools }

// Uses returns the last uses of access keys and roles.
func (s *Store) Uses() *Uses { return s.uses }

// Stats counts what a Store wrote since it was opened.
type Stats struct {
	Writes  int64 // transactions asked for, failed ones included
	Commits int64 // commits that carried them to disk
}

// Stats returns the counters of the store.
func (s *Store) Stats() Stats { return s.db.stats() }

// Close writes down the last uses, waits for writes and reads under way, and lets go of
// the folder or database. Later calls of any method
// return ErrClosed.
func (s *Store) Close() error {
	unwritten := s.uses.stop()
	err := s.db.close()
	if errors.Is(err, ErrClosed) {
		return err
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return errors.Join(unwritten, err)
}
