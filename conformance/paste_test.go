package conformance_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cenotehq/cenote/conformance"
)

// TestPastedLines runs, in a shell, the lines that the demo server prints to be pasted, as README tells.
func TestPastedLines(t *testing.T) {
	t.Parallel()
	s := conformance.Start(t, conformance.Options{Dev: true})
	var lines []string
	for line := range strings.Lines(s.Log()) {
		if pasted, indented := strings.CutPrefix(line, "  "); indented {
			lines = append(lines, pasted)
		}
	}
	answers := json.NewDecoder(strings.NewReader(conformance.Paste(t, strings.Join(lines, ""))))
	var guest, user, friend identity
	var administrator struct{ Arn string }
	for _, answer := range []any{&guest, &user, &friend, &administrator} {
		if err := answers.Decode(answer); err != nil {
			t.Fatalf("%v in what these print:\n%s", err, strings.Join(lines, ""))
		}
	}
	if answers.More() {
		t.Error("the lines print more than four answers")
	}
	if guest.IdentityID == user.IdentityID || user.IdentityID == friend.IdentityID || friend.IdentityID == "" {
		t.Errorf("guest, user and the user of Facebook are %s, %s and %s", guest.IdentityID, user.IdentityID, friend.IdentityID)
	}
	if administrator.Arn != accountARN+":root" {
		t.Errorf("the administrator is %s", administrator.Arn)
	}
	w := &world{Server: s}
	for who, keys := range map[string]aws.Credentials{"guest": guest.Credentials.credentials(), "user": user.Credentials.credentials()} {
		if got := w.caller(t, conformance.GoSDK{}, keys); !strings.HasPrefix(got, "arn:aws:sts::"+conformance.Account+":assumed-role/") {
			t.Errorf("the %s is %s", who, got)
		}
	}
}
