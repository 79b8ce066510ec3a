package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/sigv4"
	"github.com/cenotehq/cenote/sts"
)

// Settings is everything that can be set about a server; pools, roles and
// providers are data and not settings. Each has a flag (--listen), a variable
// (CENOTE_LISTEN), and a line in the file that --config names (listen
// 127.0.0.1:4577); the flag wins over the variable, the variable over the file.
type Settings struct {
	// Listen is the address of the API. Default 127.0.0.1:4577.
	Listen string

	// Data is the folder with everything that is kept. It is made if it does not
	// exist. Default cenote-data.
	Data string

	// Database names a PostgreSQL database in the place of the folder, for any number of
	// servers: postgres://USER:PASSWORD@HOST:PORT/NAME, as libpq has it. Its secrets are
	// sealed under MasterKey, which has to come from the variable then. Default empty.
	Database string

	// CachedIdentities is how many identities are kept in memory at most, some 300
	// bytes each; 0 keeps none. Default 200000.
	CachedIdentities int

	// Redirects let other addresses stand in for the hosts of identity providers.
	Redirects []provider.Redirect

	// Account is the id of the only account, 12 digits. Default 000000000000.
	Account string

	// TokenAlgorithm signs OpenID tokens made with keys that are still to be drawn:
	// RS512 as AWS's, RS256 or ES256. Default RS512.
	TokenAlgorithm string

	// ExpireGuests is after how many days without use a guest's identity is removed, at
	// least 2. Default 0: never.
	ExpireGuests int

	// Notice is how long the server goes on as before after SIGTERM, except that /readyz
	// says no and connections are not kept: a load balancer sends nothing more by then,
	// and no request meets a server that is gone. Default 0s: nobody asks /readyz.
	Notice time.Duration

	// Drain is how long requests under way may take after SIGTERM and Notice. Default 10s.
	Drain time.Duration

	// PublicURL is where clients reach the server, if that is not where it listens: the
	// OpenID discovery document says so, and SAML responses may be meant for /saml below
	// it. Default empty: the host that was asked for, in a document that no cache may
	// keep, since whoever asks chooses the host.
	PublicURL string

	// Hosts are further names that clients sign for, as they stand in the Host header:
	// of a proxy that puts another name there. Default none: only the name that arrives.
	Hosts []string

	// AllowPlainHTTP lets the API listen on an address that others reach. Whoever
	// sets it keeps TLS before it. Default false.
	AllowPlainHTTP bool

	// RootKey signs for the account itself. It comes from the variables
	// CENOTE_ROOT_ACCESS_KEY_ID and CENOTE_ROOT_SECRET_ACCESS_KEY alone; without
	// them the first start makes a pair and prints it once.
	RootKey *iam.AccessKey

	// UserPoolKey asks user pools of AWS about their users, for pools with
	// ServerSideTokenCheck. It comes from the variables CENOTE_USER_POOL_ACCESS_KEY_ID
	// and CENOTE_USER_POOL_SECRET_ACCESS_KEY alone and needs cognito-idp:AdminGetUser.
	// Default none: only user pools that a redirect names are asked.
	UserPoolKey sigv4.Credentials

	// MasterKey seals the secrets in the database. It comes from the variable
	// CENOTE_MASTER_KEY, 64 hexadecimal digits, from a file, from a KMS, or else from
	// the file master.key in the data folder, which the first start makes.
	MasterKey MasterKey
}

// envPrefix begins the names of all variables.
const envPrefix = "CENOTE"

// Variables that have no flag, since a command line is no place for a secret.
const (
	envRootKeyID  = envPrefix + "_ROOT_ACCESS_KEY_ID"
	envRootSecret = envPrefix + "_ROOT_SECRET_ACCESS_KEY"
	envMasterKey  = envPrefix + "_MASTER_KEY"
	envNewMaster  = envPrefix + "_NEW_MASTER_KEY" // of cenote keys rotate --master

	envUserPoolKeyID  = envPrefix + "_USER_POOL_ACCESS_KEY_ID"
	envUserPoolSecret = envPrefix + "_USER_POOL_SECRET_ACCESS_KEY"
)

// readSettings reads flags, variables and the config file of a command. flags may
// hold further flags of its own.
func readSettings(flags *flag.FlagSet, args []string, data string) (Settings, error) {
	var s Settings
	kept := s.registerKept(flags, data)
	s.registerServer(flags)
	if err := parse(flags, args, nil); err != nil {
		return Settings{}, err
	}
	if err := s.choosePlace(flags); err != nil {
		return Settings{}, err
	}
	if err := s.readSecrets(); err != nil {
		return Settings{}, err
	}
	if err := s.check(); err != nil {
		return Settings{}, err
	}
	if kept.endpoint != "" && kept.master.kms == "" {
		return Settings{}, &usageError{"kms-endpoint is of no use without master-key-kms"}
	}
	var err error
	s.MasterKey, err = kept.master.read(kept.endpoint)
	return s, err
}

// registerServer adds the flags of a server alone.
func (s *Settings) registerServer(flags *flag.FlagSet) {
	flags.StringVar(&s.Listen, "listen", "127.0.0.1:4577", "address of the API")
	flags.IntVar(&s.CachedIdentities, "cached-identities", 200_000, "identities kept in memory at most, some 300 bytes each; 0 keeps none")
	flags.Var(redirectsFlag{&s.Redirects}, "redirect", "`HOST=URL`: reach a provider host at another base URL; may be repeated")
	flags.StringVar(&s.Account, "account", "000000000000", "id of the account, 12 digits")
	flags.StringVar(&s.TokenAlgorithm, "token-algorithm", "RS512", "signs OpenID tokens: RS512, RS256 or ES256")
	flags.IntVar(&s.ExpireGuests, "expire-guests", 0, "remove identities of guests that were not used for so many `DAYS`, at least 2; 0 for never")
	flags.DurationVar(&s.Notice, "notice", 0, "time after SIGTERM in which a load balancer may learn from /readyz to send nothing more")
	flags.DurationVar(&s.Drain, "drain", 10*time.Second, "time for requests under way after SIGTERM")
	flags.StringVar(&s.PublicURL, "public-url", "", "`URL` at which clients reach the server, if TLS or a proxy is before it")
	flags.Var(hostsFlag{&s.Hosts}, "host", "`NAME` that clients sign for, if a proxy puts another into Host; may be repeated")
	flags.BoolVar(&s.AllowPlainHTTP, "allow-plain-http", false, "listen beyond this machine without TLS")
}

// parse reads flags, variables and the config file. Settings of others are passed over
// in the file.
func parse(flags *flag.FlagSet, args []string, others *flag.FlagSet) error {
	err := ff.Parse(flags, args,
		ff.WithEnvVarPrefix(envPrefix),
		ff.WithConfigFileFlag("config"),
		ff.WithConfigFileParser(configParser(flags, others)))
	if errors.Is(err, flag.ErrHelp) {
		return &helpError{flags}
	}
	if err != nil {
		return &usageError{fmt.Sprintf("%v; `cenote %s -h` tells all settings", err, flags.Name())}
	}
	if flags.NArg() > 0 {
		return &usageError{fmt.Sprintf("%q is one word too many; `cenote %s -h` tells all settings", flags.Arg(0), flags.Name())}
	}
	return nil
}

func (s *Settings) readSecrets() error {
	id, secret, err := readKey(envRootKeyID, envRootSecret)
	if err != nil {
		return err
	}
	if s.UserPoolKey.AccessKeyID, s.UserPoolKey.SecretAccessKey, err = readKey(envUserPoolKeyID, envUserPoolSecret); err != nil {
		return err
	}
	if id != "" {
		s.RootKey = &iam.AccessKey{ID: id, Secret: iam.Secret(secret), Active: true}
	}
	return nil
}

// isSet reports whether a setting has another value than its default.
func isSet(flags *flag.FlagSet, name string) bool {
	set := false
	flags.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}

// place is where everything is kept, without secrets.
func (s *Settings) place() string {
	if s.Database == "" {
		return s.Data
	}
	u, err := url.Parse(s.Database)
	if err != nil {
		return "database"
	}
	return u.Host + u.Path
}

// readKey reads an access key from two variables; both may be unset.
func readKey(idVariable, secretVariable string) (id, secret string, err error) {
	id, secret = os.Getenv(idVariable), os.Getenv(secretVariable)
	if (id == "") != (secret == "") {
		return "", "", &usageError{fmt.Sprintf("set both of %s and %s, or neither", idVariable, secretVariable)}
	}
	if strings.ContainsFunc(id, notInKeyID) || strings.TrimSpace(secret) != secret {
		return "", "", &usageError{fmt.Sprintf("%s must be letters and digits, and %s must not have white space around it", idVariable, secretVariable)}
	}
	return id, secret, nil
}

// notInKeyID tells what no client can sign with: a credential is cut at slashes, its
// header at commas.
func notInKeyID(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune("_-.", r)
}

func (s *Settings) check() error {
	if !arn.IsAccount(s.Account) {
		return &usageError{fmt.Sprintf("account %q has not 12 digits", s.Account)}
	}
	if !slices.Contains(tokenAlgorithms(), s.TokenAlgorithm) {
		return &usageError{fmt.Sprintf("token-algorithm %q is none of RS512, RS256 and ES256", s.TokenAlgorithm)}
	}
	if s.ExpireGuests < 0 || s.ExpireGuests == 1 || s.ExpireGuests > maxExpireGuests {
		return &usageError{fmt.Sprintf("expire-guests %d is no number of days from 2 to %d, nor 0", s.ExpireGuests, maxExpireGuests)}
	}
	if s.Notice < 0 {
		return &usageError{fmt.Sprintf("notice %s is less than no time", s.Notice)}
	}
	if s.Drain < 0 {
		return &usageError{fmt.Sprintf("drain %s is less than no time", s.Drain)}
	}
	if s.CachedIdentities < 0 {
		return &usageError{fmt.Sprintf("cached-identities %d is less than none", s.CachedIdentities)}
	}
	if s.PublicURL != "" && !isPublicURL(s.PublicURL) {
		return &usageError{fmt.Sprintf("public-url %q is no http or https URL", s.PublicURL)}
	}
	host, _, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return &usageError{fmt.Sprintf("listen %q is not HOST:PORT", s.Listen)}
	}
	if isLoopback(host) {
		return nil
	}
	if !s.AllowPlainHTTP {
		return &usageError{fmt.Sprintf("listening on %s would send credentials in the clear to whoever reaches it: put TLS before Cenote and set --allow-plain-http, or listen on 127.0.0.1", s.Listen)}
	}
	if s.RootKey != nil && len(s.RootKey.Secret) < minSecret {
		return &usageError{fmt.Sprintf("%s has %d characters, which others than this machine could guess; `openssl rand -base64 30` makes one of %d", envRootSecret, len(s.RootKey.Secret), 40)}
	}
	return nil
}

// maxExpireGuests is a hundred years, which is the same as never.
const maxExpireGuests = 36_500

// minSecret is the shortest root secret of a server that other machines reach.
const minSecret = 20

func isPublicURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.RawQuery == "" && u.Fragment == "" && u.User == nil
}

// tokenAlgorithms are those that OpenID tokens can be signed with.
func tokenAlgorithms() []string { return []string{"RS512", "RS256", "ES256"} }

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// plainIssuer reports whether an issuer on host may use plain http: it may where a
// redirect names the host.
func (s *Settings) plainIssuer(host string) bool {
	return slices.ContainsFunc(s.Redirects, func(r provider.Redirect) bool { return strings.EqualFold(r.Host, host) })
}

// cachedIdentities is CachedIdentities as the store takes it.
func (s *Settings) cachedIdentities() int {
	if s.CachedIdentities == 0 {
		return -1
	}
	return s.CachedIdentities
}

// signIn are the URLs of our own that SAML responses may be meant for.
func (s *Settings) signIn() []string {
	if s.PublicURL == "" {
		return nil
	}
	return []string{strings.TrimSuffix(s.PublicURL, "/") + "/saml"}
}

// redirectsFlag collects the values of --redirect. A variable has room for only
// one, so commas separate several.
type redirectsFlag struct{ list *[]provider.Redirect }

func (f redirectsFlag) String() string { return "" }

func (f redirectsFlag) Set(text string) error {
	for pair := range strings.SplitSeq(text, ",") {
		r, err := provider.ParseRedirect(strings.TrimSpace(pair))
		if err != nil {
			return err
		}
		if strings.EqualFold(strings.TrimSuffix(r.Host, ":443"), sts.CognitoIdentity) {
			return fmt.Errorf("redirect of %s: it is our own issuer, for which nobody stands in", r.Host)
		}
		*f.list = append(*f.list, r)
	}
	return nil
}

// hostsFlag collects the values of --host, likewise.
type hostsFlag struct{ list *[]string }

func (f hostsFlag) String() string { return "" }

func (f hostsFlag) Set(text string) error {
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		u, err := url.Parse("//" + name)
		if err != nil || name == "" || u.Host != name || u.Hostname() == "" {
			return fmt.Errorf("%q is no HOST or HOST:PORT", name)
		}
		*f.list = append(*f.list, name)
	}
	return nil
}

// newFlags makes the flag set of a command. It prints nothing itself: standard
// output may be going into a variable or a file.
func newFlags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return flags
}

// strangeVariables returns the variables that look like settings and are none. They
// are told, not refused: the environment is shared with other programs.
func strangeVariables(flags *flag.FlagSet) []string {
	known := map[string]bool{
		envRootKeyID: true, envRootSecret: true, envUserPoolKeyID: true, envUserPoolSecret: true, envMasterKey: true, envNewMaster: true,
	}
	flags.VisitAll(func(f *flag.Flag) {
		known[variableOf(f.Name)] = true
	})
	var strange []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, envPrefix+"_") && !known[name] {
			strange = append(strange, name)
		}
	}
	return strange
}
