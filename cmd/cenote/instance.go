package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cenotehq/cenote/audit"
	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/server"
	"github.com/cenotehq/cenote/store"
	"github.com/cenotehq/cenote/sts"
)

// Limits of a connection: a client that is slower holds nobody up.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

// instance is a server with its store open, ready to be served.
type instance struct {
	settings Settings
	store    *store.Store
	services server.Config
	handler  http.Handler
	freshKey bool // the root key was made just now
	draining atomic.Bool

	background func(context.Context) // what is done beside requests, until the context is done
}

// open opens the data folder or database and wires everything to it.
func open(ctx context.Context, s Settings, log *slog.Logger) (*instance, error) {
	st, err := openStore(ctx, s, log)
	if err != nil {
		return nil, err
	}
	i := &instance{settings: s, store: st}
	if err := i.wire(ctx, log); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return i, nil
}

// openStore opens the data folder or database, which must be that of the account.
func openStore(ctx context.Context, s Settings, log *slog.Logger) (*store.Store, error) {
	if s.Database == "" {
		if err := os.MkdirAll(s.Data, 0o700); err != nil {
			return nil, fmt.Errorf("making the data folder %s: %w; choose another with --data", s.Data, err)
		}
	}
	st, err := openKept(ctx, s, store.Config{CachedIdentities: s.cachedIdentities(), ReportUses: func(err error) {
		if err != nil {
			log.Error("the last uses of keys and roles are not kept", slog.Any("error", err))
			return
		}
		log.Info("the last uses of keys and roles are kept again")
	}})
	if err != nil {
		return nil, err
	}
	if err := checkAccount(ctx, st, s); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

// openKept opens what the settings say, with the master key that they say.
func openKept(ctx context.Context, s Settings, config store.Config) (*store.Store, error) {
	if s.Database != "" && s.MasterKey == (MasterKey{}) {
		return nil, noMasterKey()
	}
	config.Path, config.URL, config.Custody = s.Data, s.Database, s.MasterKey.custody(s.Data)
	st, err := store.Open(ctx, config)
	file, ok := config.Custody.(keyFile)
	if _, wrong := errors.AsType[*store.MasterKeyError](err); !wrong || !ok {
		return st, err
	}
	// A change of the master key that was cut off at its very end.
	config.Custody = file.successor()
	st, again := store.Open(ctx, config)
	if again != nil {
		return nil, err
	}
	if _, err := file.succeed(time.Now()); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

func (i *instance) wire(ctx context.Context, log *slog.Logger) error {
	ring, err := newKeyring(ctx, i.store, i.settings.TokenAlgorithm)
	if err != nil {
		return err
	}
	own := ring.issuer
	// The last of the keys: one that was made and not printed is lost.
	root, fresh, err := rootKey(ctx, i.store, i.settings)
	if err != nil {
		return err
	}
	account := i.settings.Account
	issuers := server.Issuers{
		Own: own, Refresh: ring.refresh,
		Network: provider.New(provider.Config{Redirects: i.settings.Redirects, UserPoolKey: i.settings.UserPoolKey}),
	}
	iams := &iam.Service{
		Account: account, Roles: i.store.Roles(), Users: i.store.Users(), Groups: i.store.Groups(),
		ManagedPolicies: i.store.ManagedPolicies(), Providers: i.store.OIDCProviders(), SAMLProviders: i.store.SAMLProviders(), Uses: i.store.Uses(),
		PlainIssuer: i.settings.plainIssuer,
	}
	stss := &sts.Service{
		Account: account, IAM: iams, Issuers: issuers, Sealer: ring.sealer, Refresh: ring.refresh,
		SignIn: i.settings.signIn(), Assertions: i.store.Assertions("sts"),
	}
	expiry, err := i.expiry(ctx)
	if err != nil {
		return err
	}
	i.freshKey = fresh
	i.services = server.Config{
		Account:   account,
		PublicURL: i.settings.PublicURL,
		Hosts:     i.settings.Hosts,
		Root:      root,
		IAM:       iams,
		STS:       stss,
		Cognito: &cognito.Service{
			Account: account, Pools: i.store.Pools(), Identities: i.store,
			IAM: iams, STS: stss, Issuers: issuers, UserPools: issuers, OpenID: own,
			Assertions: i.store.Assertions("cognito-identity"), Sweeper: cognito.NewSweeper(i.store.Pools(), i.store),
		},
		Issuer: own,
		Audit:  audit.Log{Logger: log},
		Ready:  i.ready,
	}
	i.handler = server.New(i.services)
	i.background = func(ctx context.Context) {
		var group sync.WaitGroup
		group.Go(func() { ring.run(ctx, log) })
		housekeeping(ctx, i.services.Cognito.Sweeper, expiry, log)
		group.Wait()
	}
	return nil
}

func housekeeping(ctx context.Context, sweeper *cognito.Sweeper, expiry *cognito.Expiry, log *slog.Logger) {
	var group sync.WaitGroup
	if expiry.After > 0 {
		group.Go(func() {
			expiry.Run(ctx, reporter(log, "removed guests that were not used", "guests that were not used are left"))
		})
	}
	group.Go(func() {
		sweeper.Run(ctx, reporter(log, "removed the identities of deleted pools", "identities of deleted pools are left"))
	})
	group.Wait()
}

// expiry is what removes guests, never where its After is zero.
func (i *instance) expiry(ctx context.Context) (*cognito.Expiry, error) {
	noted, err := secrets(ctx, i.store, purposeUses, func() (store.Key, error) {
		return store.Key{ID: "since", Created: time.Now()}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading since when uses of guests are noted: %w", err)
	}
	return &cognito.Expiry{Identities: i.store, After: time.Duration(i.settings.ExpireGuests) * 24 * time.Hour, Since: noted[0].Created}, nil
}

// reporter logs what was removed in the background, and what could not be.
func reporter(log *slog.Logger, done, failed string) func(removed int, err error) {
	return func(removed int, err error) {
		if err != nil {
			log.Error(failed, slog.Int("removed", removed), slog.Any("error", err))
			return
		}
		log.Info(done, slog.Int("removed", removed))
	}
}

func (i *instance) ready(ctx context.Context) error {
	if i.draining.Load() {
		return errors.New("shutting down")
	}
	return i.store.Check(ctx)
}

// listen takes the address of the API.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("the address %s is taken: stop the program that listens there, or choose another with --listen", address)
	}
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w; choose another address with --listen", address, err)
	}
	return l, nil
}

// serve answers requests until ctx is done, gives notice of its end, lets requests under
// way finish, and closes the store.
func (i *instance) serve(ctx context.Context, l net.Listener, handler http.Handler) error {
	srv := &http.Server{
		Handler:           i.leaving(handler),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { i.background(background) })
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		i.draining.Store(true)
		select {
		case err = <-failed:
		case <-time.After(i.settings.Notice):
		}
		deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), i.settings.Drain)
		defer cancel()
		if late := srv.Shutdown(deadline); late != nil {
			err = errors.Join(err, fmt.Errorf("some requests did not finish in %s and were cut off: %w", i.settings.Drain, late))
		}
	}
	stop()
	running.Wait()
	return errors.Join(err, i.store.Close())
}

// leaving ends connections with their next answer once notice is given: a client that
// keeps one would send a request into the moment when the server closes it.
func (i *instance) leaving(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		handler.ServeHTTP(w, r)
	})
}
