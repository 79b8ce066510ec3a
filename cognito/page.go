package cognito

import (
	"encoding/base64"
	"strings"

	"github.com/cenotehq/cenote/fault"
)

// listing is what an operation lists page by page, and of whom. The token of one is none
// of another.
type listing string

// after returns the last of what a NextToken says was shown already; nothing for the
// first page, which has no token.
func (l listing) after(token string) (last string, refusal *fault.Error) {
	if token == "" {
		return "", nil
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(token)
	last, ours := strings.CutPrefix(string(text), string(l)+" ")
	if err != nil || !ours || last == "" {
		return "", invalidParameter("Invalid NextToken.")
	}
	return last, nil
}

// next returns the NextToken of the page after the one that ends with last.
func (l listing) next(last string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(string(l) + " " + last))
}
