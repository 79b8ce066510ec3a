package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/cenotehq/cenote/awsaccount"
	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/store"
)

// awsFlags are the flags of import aws beside the settings of a server, which say where
// the data folder is and whose.
type awsFlags struct {
	from       awsaccount.Config
	roles      string
	rewrite    bool
	identities bool
	dryRun     bool
	asJSON     bool
}

// importAWS is the command import aws.
func importAWS(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	given, settings, err := readAWSFlags(args)
	if err != nil {
		return err
	}
	if given.rewrite {
		given.from.As = settings.Account
	}
	account, err := awsaccount.Open(ctx, given.from)
	if err != nil {
		return err
	}
	if account.ID != settings.Account && !given.rewrite {
		return fmt.Errorf("the account of AWS is %[1]s, the one here %[2]s: set --account %[1]s for a data folder of its own, or let --rewrite-account put %[2]s into all ARNs", account.ID, settings.Account)
	}
	st, closeStore, err := openForImport(ctx, settings, given.dryRun, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeStore()) }()
	report := importReport{Account: account.ID, As: settings.Account, Caller: account.Caller, DryRun: given.dryRun}
	printer := newImportPrinter(stdout, stderr, given.asJSON)
	iams, pools := importServices(st, settings, given.dryRun)
	running := awsaccount.Import{
		From: account, IAM: iams, Cognito: pools,
		AllRoles: given.roles == "all", Identities: given.identities,
		Progress: printer.progress,
		Report: func(item awsaccount.Item) {
			report.add(item)
			printer.item(item)
		},
	}
	if err := running.Run(ctx); err != nil {
		printer.clear()
		return fmt.Errorf("%w; what is imported stays, and a second run goes on from there", err)
	}
	return errors.Join(printer.end(report), report.incomplete())
}

func readAWSFlags(args []string) (awsFlags, Settings, error) {
	var given awsFlags
	flags := newFlags("import aws")
	flags.StringVar(&given.from.Profile, "profile", "", "`NAME` of a profile in the configuration files of AWS")
	flags.Var(regionsFlag{&given.from.Regions}, "region", "`REGION` whose pools are imported, or several with commas; may be repeated")
	flags.StringVar(&given.from.Endpoint, "endpoint", "", "`URL` of what stands in for AWS, such as another Cenote")
	flags.StringVar(&given.roles, "roles", "pools", "`WHICH` roles: pools, for those that pools name and those that trust pools, or all")
	flags.BoolVar(&given.rewrite, "rewrite-account", false, "put the number of --account into all ARNs")
	flags.BoolVar(&given.identities, "identities", false, "import the identities of guests and of a developer's users, too")
	flags.BoolVar(&given.dryRun, "dry-run", false, "tell what would be done, and change nothing")
	flags.BoolVar(&given.asJSON, "json", false, "print the result as one line of JSON")
	settings, err := readSettings(flags, args, "cenote-data")
	if err != nil {
		return awsFlags{}, Settings{}, err
	}
	if given.roles != "pools" && given.roles != "all" {
		return awsFlags{}, Settings{}, &usageError{fmt.Sprintf("roles %q is neither pools nor all", given.roles)}
	}
	return given, settings, nil
}

// regionsFlag collects the values of --region.
type regionsFlag struct{ list *[]string }

func (f regionsFlag) String() string { return "" }

func (f regionsFlag) Set(text string) error {
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return fmt.Errorf("%q is no region such as us-east-1", name)
		}
		*f.list = append(*f.list, name)
	}
	return nil
}

// openForImport opens the data folder, which no server may have open. A dry run does not
// make one: it sees an empty one that is gone afterwards.
func openForImport(ctx context.Context, s Settings, dryRun bool, log *slog.Logger) (*store.Store, func() error, error) {
	remove := func() error { return nil }
	if _, err := os.Stat(filepath.Join(s.Data, "cenote.db")); dryRun && s.Database == "" && errors.Is(err, fs.ErrNotExist) {
		empty, err := os.MkdirTemp("", "cenote-import-")
		if err != nil {
			return nil, nil, fmt.Errorf("making a folder for the dry run: %w; TMPDIR says where", err)
		}
		s.Data, remove = empty, func() error { return os.RemoveAll(empty) }
	}
	st, err := openStore(ctx, s, log)
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	return st, func() error { return errors.Join(st.Close(), remove()) }, nil
}

// importServices are the services that an import hands to what it reads, with tables that
// forget in a dry run.
func importServices(st *store.Store, s Settings, dryRun bool) (*iam.Service, *cognito.Service) {
	iams := &iam.Service{
		Account: s.Account, Roles: st.Roles(), Users: st.Users(), Groups: st.Groups(), ManagedPolicies: st.ManagedPolicies(),
		Providers: st.OIDCProviders(), SAMLProviders: st.SAMLProviders(), Uses: st.Uses(), PlainIssuer: s.plainIssuer,
	}
	pools := &cognito.Service{Account: s.Account, Pools: st.Pools(), Identities: st, IAM: iams}
	if dryRun {
		iams.Roles = awsaccount.Draft(iams.Roles, true)
		iams.ManagedPolicies = awsaccount.Draft(iams.ManagedPolicies, true)
		iams.Providers = awsaccount.Draft(iams.Providers, false)
		iams.SAMLProviders = awsaccount.Draft(iams.SAMLProviders, true)
		pools.Pools = awsaccount.Draft(pools.Pools, false)
		pools.Identities = awsaccount.DraftIdentities(pools.Identities)
	}
	return iams, pools
}
