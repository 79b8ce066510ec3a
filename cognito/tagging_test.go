package cognito_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
)

func (w *world) tag(caller iam.Caller, arn string, tags map[string]string) (*cognito.TagResourceOutput, error) {
	return w.TagResource(w.t.Context(), caller, &cognito.TagResourceInput{ResourceARN: arn, Tags: tags})
}

func (w *world) untag(caller iam.Caller, arn string, keys ...string) (*cognito.UntagResourceOutput, error) {
	return w.UntagResource(w.t.Context(), caller, &cognito.UntagResourceInput{ResourceARN: arn, TagKeys: keys})
}

func (w *world) tags(caller iam.Caller, arn string) (*cognito.ListTagsForResourceOutput, error) {
	return w.ListTagsForResource(w.t.Context(), caller, &cognito.ListTagsForResourceInput{ResourceARN: arn})
}

func TestTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, other := w.pool(), w.pool()
	arn := poolARN(pool)
	type change struct {
		put  map[string]string
		take []string
		want map[string]string
	}
	for _, c := range []change{
		{map[string]string{}, nil, nil},
		{map[string]string{"a": "1", "b": ""}, nil, map[string]string{"a": "1", "b": ""}},
		{map[string]string{"a": "2", "A": "3"}, nil, map[string]string{"a": "2", "b": "", "A": "3"}},
		{nil, []string{"a", "a", "unknown"}, map[string]string{"b": "", "A": "3"}},
		{nil, []string{}, map[string]string{"b": "", "A": "3"}},
		{map[string]string{"größe": "ä b_.:/=+-@"}, []string{"A", "b"}, map[string]string{"größe": "ä b_.:/=+-@"}},
		{nil, []string{"größe"}, nil},
	} {
		ok(w.tag(root(), arn, c.put))(t)
		ok(w.untag(root(), arn, c.take...))(t)
		if diff := cmp.Diff(c.want, ok(w.tags(root(), arn))(t).Tags); diff != "" {
			t.Errorf("after %+v (-want +got):\n%s", c, diff)
		}
		want := settings()
		want.Tags = c.want
		if diff := cmp.Diff(want, w.describe(pool)); diff != "" {
			t.Errorf("the pool after %+v (-want +got):\n%s", c, diff)
		}
	}
	if got := ok(w.tags(root(), poolARN(other)))(t).Tags; len(got) != 0 {
		t.Errorf("the other pool has tags %v", got)
	}
}

func TestTagsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(func(s *cognito.PoolSettings) {
		s.Tags = map[string]string{}
		for i := range 49 {
			s.Tags[fmt.Sprint("k", i)] = ""
		}
	})
	arn := poolARN(pool)
	before := w.describe(pool)
	for name, tt := range map[string]struct {
		tags    map[string]string
		message string
	}{
		"51 tags":           {map[string]string{"a": "", "b": ""}, "An identity pool has at most 50 tags."},
		"a key of AWS's":    {map[string]string{"aws:x": ""}, "Tag keys must not begin with aws:, as aws:x does."},
		"in other case":     {map[string]string{"AWS:x": ""}, "Tag keys must not begin with aws:, as AWS:x does."},
		"a letter in a key": {map[string]string{"a#": ""}, "Tags hold letters, digits, white space and _.:/=+-@ only."},
		"and in a value":    {map[string]string{"a": "b?"}, "Tags hold letters, digits, white space and _.:/=+-@ only."},
	} {
		t.Log(name)
		refused(w.tag(root(), arn, tt.tags))(t, invalidParameter, tt.message)
	}
	if diff := cmp.Diff(before, w.describe(pool)); diff != "" {
		t.Errorf("refusals changed the pool (-before +after):\n%s", diff)
	}
	ok(w.tag(root(), arn, map[string]string{"k0": "again", "a": ""}))(t) // the fiftieth
}

func TestTagsOfWhatIsNoPool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	const nobody = "us-east-1:00000000-0000-4000-8000-000000000000"
	no := func(arn string) string {
		return arn + " is not the ARN of an identity pool of this account and region."
	}
	arn := poolARN(pool)
	for _, tt := range []struct{ arn, code, message string }{
		{poolARN(nobody), notFound, missing(nobody)},
		{pool, invalidParameter, no(pool)},
		{"arn:aws:s3:::bucket/identitypool/" + pool, invalidParameter, no("arn:aws:s3:::bucket/identitypool/" + pool)},
		{strings.Replace(arn, account, "210987654321", 1), invalidParameter, no(strings.Replace(arn, account, "210987654321", 1))},
		{strings.Replace(arn, ":us-east-1:", ":eu-west-1:", 1), invalidParameter, no(strings.Replace(arn, ":us-east-1:", ":eu-west-1:", 1))},
		{strings.Replace(arn, "arn:aws:", "arn:aws-cn:", 1), invalidParameter, no(strings.Replace(arn, "arn:aws:", "arn:aws-cn:", 1))},
		{arn + ":identitypool/" + pool, notFound, missing(pool + ":identitypool/" + pool)},
		{poolARN(""), invalidParameter, no(poolARN(""))},
	} {
		refused(w.tag(root(), tt.arn, map[string]string{"a": "b"}))(t, tt.code, tt.message)
		refused(w.untag(root(), tt.arn, "a"))(t, tt.code, tt.message)
		refused(w.tags(root(), tt.arn))(t, tt.code, tt.message)
	}
	away := rootIn("eu-west-1")
	refused(w.tag(away, arn, map[string]string{"a": "b"}))(t, invalidParameter, no(arn))
	here := strings.Replace(arn, ":us-east-1:", ":eu-west-1:", 1) // names no pool of that region
	refused(w.tags(away, here))(t, notFound, missing(pool))
	if got := ok(w.tags(root(), arn))(t).Tags; len(got) != 0 {
		t.Errorf("refusals left tags %v", got)
	}
}
