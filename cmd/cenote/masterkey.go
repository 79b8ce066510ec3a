package main

import (
	"cmp"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/cenotehq/cenote/kms"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/sigv4"
	"github.com/cenotehq/cenote/store"
)

// MasterKey says where the key is that seals the secrets in the database. At most one of
// the three is set.
type MasterKey struct {
	Key  *seal.Key // itself
	File string    // has the key in hexadecimal digits
	KMS  *kms.Key  // wraps it, and the database has it wrapped
}

// custody is that of the settings, or else of the file master.key in the data folder,
// which is made for a new database.
func (m MasterKey) custody(data string) store.Custody {
	switch {
	case m.Key != nil:
		return givenKey{m.Key}
	case m.KMS != nil:
		return wrappedKey{*m.KMS}
	case m.File != "":
		return keyFile{path: m.File}
	}
	return keyFile{path: filepath.Join(data, masterKeyFile), own: true}
}

// masterFlags are the flags of a MasterKey.
type masterFlags struct {
	prefix    string // of the names: "" or "new-"
	file, kms string
}

func (m *masterFlags) register(flags *flag.FlagSet) {
	what := strings.ReplaceAll(m.prefix, "-", " ") + "master key"
	flags.StringVar(&m.file, m.name("file"), "", "`FILE` with the "+what+" in hexadecimal digits; if no "+what+" is named, master.key in the data folder has it")
	flags.StringVar(&m.kms, m.name("kms"), "", "`KEY` of AWS KMS that wraps the "+what+": its id, ARN or alias")
}

func (m *masterFlags) name(of string) string { return m.prefix + "master-key-" + of }

// variable is the name of the variable with the key itself.
func (m *masterFlags) variable() string { return variableOf(m.prefix + "master-key") }

func variableOf(flagName string) string {
	return envPrefix + "_" + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

// read reads the flags and the variables that belong to them.
func (m *masterFlags) read(endpoint string) (MasterKey, error) {
	digits := os.Getenv(m.variable())
	given := 0
	for _, text := range []string{digits, m.file, m.kms} {
		if text != "" {
			given++
		}
	}
	if given > 1 {
		return MasterKey{}, &usageError{fmt.Sprintf("set one of %s, %s and %s, and not several", m.variable(), m.name("file"), m.name("kms"))}
	}
	if m.kms != "" {
		key, err := kmsKey(m.kms, endpoint)
		return MasterKey{KMS: key}, err
	}
	if digits == "" {
		return MasterKey{File: m.file}, nil
	}
	key, err := parseMasterKey(digits)
	if err != nil {
		return MasterKey{}, &usageError{fmt.Sprintf("%s must be %d hexadecimal digits; `openssl rand -hex %d` makes such a key", m.variable(), 2*seal.KeySize, seal.KeySize)}
	}
	return MasterKey{Key: key}, nil
}

// kmsContext is what every master key is bound to at its KMS.
func kmsContext() map[string]string { return map[string]string{"purpose": "cenote master key"} }

// kmsKey is the key of a KMS, with the region and the credentials of the variables that
// AWS's own tools have.
func kmsKey(id, endpoint string) (*kms.Key, error) {
	k := &kms.Key{
		ID: id, Endpoint: endpoint, Context: kmsContext(),
		Region: cmp.Or(regionOf(id), os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")),
		Credentials: sigv4.Credentials{
			AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN"),
		},
	}
	switch {
	case endpoint != "" && !isSafeEndpoint(endpoint):
		return nil, &usageError{fmt.Sprintf("kms-endpoint %q is no https URL, and beyond this machine plain http would send the master key in the clear", endpoint)}
	case k.Region == "":
		return nil, &usageError{fmt.Sprintf("the region of the KMS key %q is not known: give its ARN, or set AWS_REGION", id)}
	case k.Credentials.AccessKeyID == "" || k.Credentials.SecretAccessKey == "":
		return nil, &usageError{"the KMS wants an access key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN if it has one; " +
			"`eval \"$(aws configure export-credentials --format env)\"` sets those of a profile"}
	}
	return k, nil
}

// regionOf is the region of an ARN, or "".
func regionOf(id string) string {
	parts := strings.SplitN(id, ":", 5)
	if len(parts) < 5 || parts[0] != "arn" {
		return ""
	}
	return parts[3]
}

// isSafeEndpoint reports whether an answer from a URL cannot be read on the way.
func isSafeEndpoint(text string) bool {
	u, err := url.Parse(text)
	return err == nil && isPublicURL(text) && (u.Scheme == "https" || isLoopback(u.Hostname()))
}
