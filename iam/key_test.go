package iam_test

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/wire"
)

func createKey(t *testing.T, s *iam.Service, user string) iam.CreatedAccessKey {
	t.Helper()
	return must[iam.CreateAccessKeyOutput](t)(
		s.CreateAccessKey(t.Context(), root(), &iam.CreateAccessKeyInput{UserName: user})).AccessKey
}

func listKeys(t *testing.T, s *iam.Service, user string) []iam.AccessKeyMetadata {
	t.Helper()
	return must[iam.ListAccessKeysOutput](t)(
		s.ListAccessKeys(t.Context(), root(), &iam.ListAccessKeysInput{UserName: user})).AccessKeyMetadata
}

func TestCreateAccessKey(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createUser(t, s, "Alice")
	key := createKey(t, s, "aLICE")
	if !regexp.MustCompile(`^[A-Za-z0-9+/]{40}$`).MatchString(string(key.SecretAccessKey)) {
		t.Error("the secret is not 40 characters of base64")
	}
	if owner, err := arn.Account(key.AccessKeyID); err != nil || owner != account || !strings.HasPrefix(key.AccessKeyID, "AKIA") {
		t.Errorf("AccessKeyId %q is of account %q, %v", key.AccessKeyID, owner, err)
	}
	want := iam.AccessKeyMetadata{UserName: "Alice", AccessKeyID: key.AccessKeyID, Status: "Active", CreateDate: noon()}
	if diff := cmp.Diff(want, iam.AccessKeyMetadata{
		UserName: key.UserName, AccessKeyID: key.AccessKeyID, Status: key.Status, CreateDate: key.CreateDate,
	}); diff != "" {
		t.Errorf("CreateAccessKey (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]iam.AccessKeyMetadata{want}, listKeys(t, s, "alice")); diff != "" {
		t.Errorf("ListAccessKeys (-want +got):\n%s", diff)
	}
	user, err := s.Users.Find(t.Context(), key.AccessKeyID)
	if err != nil || len(user.Keys) != 1 || user.Keys[0].Secret != key.SecretAccessKey || !user.Keys[0].Active {
		t.Errorf("the store has another key, %v", err)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createUser(t, s, "u")
	key := createKey(t, s, "u")
	secret := string(key.SecretAccessKey)
	user, err := s.Users.Get(t.Context(), "u")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(verb, user) + fmt.Sprintf(verb, key); strings.Contains(text, secret) {
			t.Errorf("%s prints the secret", verb)
		}
	}
	var codec wire.Codec
	answer := codec.EncodeQuery("CreateAccessKey", "urn:test", "id", &iam.CreateAccessKeyOutput{AccessKey: key})
	if !strings.Contains(string(answer), "<SecretAccessKey>"+secret+"</SecretAccessKey>") {
		t.Error("the answer does not show the secret")
	}
}

func TestTwoKeysPerUser(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createUser(t, s, "u")
	first, second := createKey(t, s, "u"), createKey(t, s, "u")
	if first.AccessKeyID == second.AccessKeyID || first.SecretAccessKey == second.SecretAccessKey {
		t.Error("two keys are the same")
	}
	_, err := s.CreateAccessKey(t.Context(), root(), &iam.CreateAccessKeyInput{UserName: "u"})
	refused(t, err, 409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
	must[struct{}](t)(s.DeleteAccessKey(t.Context(), root(), &iam.DeleteAccessKeyInput{UserName: "u", AccessKeyID: first.AccessKeyID}))
	if _, err := s.Users.Find(t.Context(), first.AccessKeyID); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a deleted key is found: %v", err)
	}
	if user, err := s.Users.Find(t.Context(), second.AccessKeyID); err != nil || user.Name != "u" {
		t.Errorf("the other key is not: %v", err)
	}
	createKey(t, s, "u")
}

func TestListAccessKeysPages(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createUser(t, s, "u")
	createKey(t, s, "u")
	createKey(t, s, "u")
	all := listKeys(t, s, "u")
	first := must[iam.ListAccessKeysOutput](t)(s.ListAccessKeys(t.Context(), root(), &iam.ListAccessKeysInput{UserName: "u", MaxItems: 1}))
	second := must[iam.ListAccessKeysOutput](t)(
		s.ListAccessKeys(t.Context(), root(), &iam.ListAccessKeysInput{UserName: "u", MaxItems: 1, Marker: first.Marker}))
	if !first.IsTruncated || second.IsTruncated {
		t.Errorf("truncated: %v, %v", first.IsTruncated, second.IsTruncated)
	}
	if diff := cmp.Diff(all, append(first.AccessKeyMetadata, second.AccessKeyMetadata...)); diff != "" || len(all) != 2 {
		t.Errorf("pages of one (-all at once +pages):\n%s", diff)
	}
}

func TestUpdateAccessKey(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createUser(t, s, "u")
	createUser(t, s, "other")
	key := createKey(t, s, "u")
	for _, status := range []string{"Inactive", "Inactive", "Active"} {
		must[struct{}](t)(s.UpdateAccessKey(t.Context(), root(),
			&iam.UpdateAccessKeyInput{UserName: "u", AccessKeyID: key.AccessKeyID, Status: status}))
		if got := listKeys(t, s, "u")[0].Status; got != status {
			t.Errorf("status %s, want %s", got, status)
		}
	}
	_, err := s.UpdateAccessKey(t.Context(), root(), &iam.UpdateAccessKeyInput{UserName: "u", AccessKeyID: key.AccessKeyID, Status: "Expired"})
	refused(t, err, 400, "InvalidInput", "The status of an access key can only be set to Active or Inactive.")

	missing := "The Access Key with id " + key.AccessKeyID + " cannot be found."
	_, err = s.UpdateAccessKey(t.Context(), root(), &iam.UpdateAccessKeyInput{UserName: "other", AccessKeyID: key.AccessKeyID, Status: "Inactive"})
	refused(t, err, 404, "NoSuchEntity", missing)
	_, err = s.DeleteAccessKey(t.Context(), root(), &iam.DeleteAccessKeyInput{UserName: "other", AccessKeyID: key.AccessKeyID})
	refused(t, err, 404, "NoSuchEntity", missing)
	if got := listKeys(t, s, "u"); len(got) != 1 || got[0].Status != "Active" {
		t.Errorf("another user's name changed the key: %+v", got)
	}
}

func TestKeysOfTheCaller(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	createUser(t, s, "u")
	c := signedBy(t, s, "u")
	key := must[iam.CreateAccessKeyOutput](t)(s.CreateAccessKey(ctx, c, &iam.CreateAccessKeyInput{})).AccessKey
	must[struct{}](t)(s.UpdateAccessKey(ctx, c, &iam.UpdateAccessKeyInput{AccessKeyID: key.AccessKeyID, Status: "Inactive"}))
	listed := must[iam.ListAccessKeysOutput](t)(s.ListAccessKeys(ctx, c, &iam.ListAccessKeysInput{})).AccessKeyMetadata
	if len(listed) != 1 || listed[0].UserName != "u" || listed[0].Status != "Inactive" {
		t.Errorf("got %+v", listed)
	}
	must[struct{}](t)(s.DeleteAccessKey(ctx, c, &iam.DeleteAccessKeyInput{AccessKeyID: key.AccessKeyID}))
	if left := listKeys(t, s, "u"); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
}

func TestKeysOfNoUser(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	const id, message = "AKIAIOSFODNN7EXAMPLE", "Must specify userName when calling with non-User credentials"
	for _, c := range []iam.Caller{root(), session()} {
		_, err := s.CreateAccessKey(ctx, c, &iam.CreateAccessKeyInput{})
		refused(t, err, 400, "ValidationError", message)
		_, err = s.ListAccessKeys(ctx, c, &iam.ListAccessKeysInput{})
		refused(t, err, 400, "ValidationError", message)
		_, err = s.UpdateAccessKey(ctx, c, &iam.UpdateAccessKeyInput{AccessKeyID: id, Status: "Active"})
		refused(t, err, 400, "ValidationError", message)
		_, err = s.DeleteAccessKey(ctx, c, &iam.DeleteAccessKeyInput{AccessKeyID: id})
		refused(t, err, 400, "ValidationError", message)
	}
}

func TestKeysMadeAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createUser(t, s, "u")
	var made, refusals atomic.Int32
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			_, err := s.CreateAccessKey(t.Context(), root(), &iam.CreateAccessKeyInput{UserName: "u"})
			if err == nil {
				made.Add(1)
				return
			}
			refused(t, err, 409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
			refusals.Add(1)
		})
	}
	group.Wait()
	if made.Load() != 2 || refusals.Load() != 14 || len(listKeys(t, s, "u")) != 2 {
		t.Errorf("%d made, %d refused", made.Load(), refusals.Load())
	}
}
