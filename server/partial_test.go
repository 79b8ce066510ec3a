package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/cognito"
)

// fullDisk keeps identities, but for one, which cannot be deleted.
type fullDisk struct {
	cognito.Identities
	id string
}

func (d fullDisk) DeleteIdentity(ctx context.Context, id string) error {
	if id == d.id {
		return errors.New("database or disk is full")
	}
	return d.Identities.DeleteIdentity(ctx, id)
}

// TestLogTellsWhatAPartFailedOf is about answers with status 200: the client learns
// which identities are still there, and the log why.
func TestLogTellsWhatAPartFailedOf(t *testing.T) {
	t.Parallel()
	f := newFlow(t)
	other := f.cognito(t, rootKey(), "CreateIdentityPool", `{"IdentityPoolName":"p","AllowUnauthenticatedIdentities":true}`).ok(t).value(t, "IdentityPoolId")
	user := f.user(t, "u", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cognito-identity:DeleteIdentities","Resource":"*"},
		{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{
			"cognito-identity:IdentityPoolArn":"arn:aws:cognito-identity:`+region+`:`+account+`:identitypool/`+other+`"}}}]}`)
	good, bad := f.identity(t, ""), f.identity(t, "")
	foreign := f.public(t, "GetId", `{"IdentityPoolId":"`+other+`"}`).ok(t).value(t, "IdentityId")
	f.config.Cognito.Identities = fullDisk{f.config.Cognito.Identities, bad}
	remove := func(ids ...string) answer {
		return f.cognito(t, user, "DeleteIdentities", fmt.Sprintf(`{"IdentityIdsToDelete":["%s"]}`, strings.Join(ids, `","`))).ok(t)
	}
	done := remove(good)
	part := remove(bad, foreign, good)
	f.Close()

	if want := `{"UnprocessedIdentityIds":[{"IdentityId":"` + bad + `","ErrorCode":"InternalServerError"},{"IdentityId":"` +
		foreign + `","ErrorCode":"AccessDenied"}]}`; part.body != want {
		t.Errorf("the answer is %s, not %s", part.body, want)
	}
	events := 0
	for _, event := range f.log.lines(t) {
		if event["operation"] == "DeleteIdentities" {
			events++
		}
		cause, _ := event["cause"].(string)
		switch event["id"] {
		case done.header.Get("x-amzn-RequestId"):
			if cause != "" || event["refused"] != nil {
				t.Errorf("what is done has the cause %q, and was refused by %v", cause, event["refused"])
			}
		case part.header.Get("x-amzn-RequestId"):
			for _, want := range []string{"database or disk is full", "is not authorized to perform: cognito-identity:DeleteIdentities"} {
				if !strings.Contains(cause, want) {
					t.Errorf("the cause does not say %q: %s", want, cause)
				}
			}
			if want := `statement 2 of the identity-based policy of "p" denies it`; event["refused"] != want || event["status"] != float64(http.StatusOK) {
				t.Errorf("the event is %v", event)
			}
		}
	}
	if events != 2 {
		t.Errorf("%d events are about deletions", events)
	}
}
