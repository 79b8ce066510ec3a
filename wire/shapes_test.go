package wire_test

import "time"

// matchType stands for the named texts of the domain.
type matchType string

type mappingRule struct {
	Claim string    `aws:"Claim" check:"required;len=1-64;pattern=[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+"`
	Match matchType `aws:"MatchType" check:"required;enum=Equals,Contains,StartsWith,NotEqual"`
	Role  string    `aws:"RoleARN" check:"required;len=20-2048"`
}

type rulesConfiguration struct {
	Rules []mappingRule `aws:"Rules" check:"required;len=1-25"`
}

type roleMapping struct {
	Type  string              `aws:"Type" check:"required;enum=Token,Rules"`
	Rules *rulesConfiguration `aws:"RulesConfiguration"`
}

type paging struct {
	Max    *int32 `aws:"MaxResults" check:"range=1-60"`
	Marker string `aws:"NextToken" check:"len=1-;pattern=[\\S]+"`
}

// richInput has every kind of field and every rule.
type richInput struct {
	Name     string                 `aws:"IdentityPoolName" check:"len=-8;pattern=[\\w\\s+=,.@-]+"`
	Guests   bool                   `aws:"AllowUnauthenticatedIdentities"`
	Classic  *bool                  `aws:"AllowClassicFlow"`
	Duration *int64                 `aws:"TokenDuration" check:"range=1-86400"`
	Note     *string                `aws:"Note"`
	Count    int                    `aws:"Count"`
	Ratio    float64                `aws:"Ratio" check:"range=0-1"`
	Since    time.Time              `aws:"Since"`
	Blob     []byte                 `aws:"Blob" check:"len=-4"`
	Keys     []string               `aws:"TagKeys" check:"len=-3" each:"len=1-4;pattern=[a-z]*"`
	Nested   map[string][]string    `aws:"Nested" each:"len=1-2"`
	Logins   map[string]string      `aws:"Logins" check:"len=-2" key:"len=1-9" each:"secret;len=1-9"`
	Mappings map[string]roleMapping `aws:"RoleMappings" key:"len=1-128"`
	Rules    []mappingRule          `aws:"Rules"`
	Secret   string                 `aws:"WebIdentityToken" check:"secret;len=4-8"`
	Document string                 `aws:"Policy" check:"pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
	paging
	Internal string `aws:"-"`
}
