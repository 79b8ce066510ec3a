package awsaccount

import (
	"maps"
	"regexp"
)

// renaming gives the account another number wherever its own stands for the account: as
// the fifth field of an ARN, and as a string of its own, which is a principal or the
// value of a condition. Elsewhere, in the name of a bucket say, a number is a name. The
// zero value changes nothing.
type renaming struct {
	to      string
	pattern *regexp.Regexp
}

func newRenaming(from, to string) renaming {
	return renaming{to: to, pattern: regexp.MustCompile(`(\barn:[^:"\s]*:[^:"\s]*:[^:"\s]*:)` + from + `(:)|(")` + from + `(")`)}
}

// text renames in an ARN or in a policy document.
func (r renaming) text(s string) string {
	if r.pattern == nil {
		return s
	}
	return r.pattern.ReplaceAllString(s, "${1}${3}"+r.to+"${2}${4}")
}

func (r renaming) list(list []string) []string {
	var renamed []string
	for _, s := range list {
		renamed = append(renamed, r.text(s))
	}
	return renamed
}

func (r renaming) values(m map[string]string) map[string]string {
	renamed := maps.Clone(m)
	for key, value := range renamed {
		renamed[key] = r.text(value)
	}
	return renamed
}
