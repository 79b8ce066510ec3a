package store

import "time"

// An export is lines of JSON: a header, one line for each thing, and an end.
// docs/moving.md describes them; exportVersion changes with what they mean.
const (
	exportFormat  = "export"
	exportVersion = 1
)

// header is the first line.
type header struct {
	Cenote  string    `json:"cenote"` // exportFormat
	Version int       `json:"version"`
	Account string    `json:"account"`
	Created time.Time `json:"created"`

	// Note helps to find the master key, where it has one.
	Note string `json:"note,omitempty"`

	// Check is sealed under the master key that the sealed things of the export need.
	Check string `json:"check"`
}

// line is any other line: one of its members is there.
type line struct {
	Key       *keyLine       `json:"key,omitempty"`
	Entity    *entityLine    `json:"entity,omitempty"`
	Identity  *identityLine  `json:"identity,omitempty"`
	Use       *useLine       `json:"use,omitempty"`
	Assertion *assertionLine `json:"assertion,omitempty"`
	End       *endLine       `json:"end,omitempty"`
}

// keyLine is a secret key of the server itself.
type keyLine struct {
	Purpose string    `json:"purpose"`
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	Sealed  string    `json:"sealed"`
}

// entityLine is a document, in the clear or sealed as its kind has it.
type entityLine struct {
	Kind     string   `json:"kind"`
	Name     string   `json:"name"`
	Document document `json:"document,omitempty"`
	Sealed   string   `json:"sealed,omitempty"`
}

// document is JSON that is left as it is.
type document string

func (d document) MarshalJSON() ([]byte, error) { return []byte(d), nil }

func (d *document) UnmarshalJSON(text []byte) error {
	*d = document(text)
	return nil
}

// identityLine is an identity with its logins, in the order of providers and subjects.
type identityLine struct {
	ID            string      `json:"id"`
	Pool          string      `json:"pool"`
	Authenticated bool        `json:"authenticated"`
	Disabled      bool        `json:"disabled"`
	Created       time.Time   `json:"created"`
	Modified      time.Time   `json:"modified"`
	Used          time.Time   `json:"used,omitzero"` // to a day, of guests alone
	Logins        []loginLine `json:"logins,omitempty"`
}

type loginLine struct {
	Provider string `json:"provider"`
	Subject  string `json:"subject"`
}

// useLine is the last use of a key or role.
type useLine struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Service string    `json:"service"`
	Region  string    `json:"region"`
}

// assertionLine is a SAML assertion that somebody took and that is not over.
type assertionLine struct {
	ID      string    `json:"id"`
	Taker   string    `json:"taker"`
	Expires time.Time `json:"expires"`
}

// endLine is the last line. Its Check is the SHA-256 of all lines before it, sealed
// under the master key: it proves that none is missing and none was changed.
type endLine struct {
	Counts
	Check string `json:"check"`
}

// Counts says how many things were moved.
type Counts struct {
	Keys       int64 `json:"keys"`
	Entities   int64 `json:"entities"`
	Identities int64 `json:"identities"`
	Logins     int64 `json:"logins"`
	Uses       int64 `json:"uses"`
	Assertions int64 `json:"assertions"`
}

// The names under which an export's checks are sealed.
const (
	checkKind = "export"
	checkHead = "header"
	checkEnd  = "end"
)
