package sts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

// maxPacked is how many bytes of session policies and tags fit into a session.
// AWS packs them into a binary form of an unknown format with an unknown limit;
// 2048 plain characters of policies are what it documents.
const maxPacked = 2048

// PolicyDescriptor names a managed policy in PolicyArns, of which a session has at most
// ten ("AssumeRole" in the STS API reference; AWS's model has no limit).
type PolicyDescriptor struct {
	ARN string `aws:"arn" check:"len=20-2048"`
}

// restrict adds session policies to a session, inline and by ARN.
func (s *Service) restrict(ctx context.Context, session *Session, inline string, arns []PolicyDescriptor) error {
	if inline != "" {
		if err := checkPolicy(inline); err != nil {
			return err
		}
		session.Policy = inline
	}
	for _, p := range arns {
		if _, err := arn.Parse(p.ARN); err != nil {
			return validation(fmt.Sprintf("ARN %s is not valid.", p.ARN))
		}
		switch _, err := s.IAM.ManagedPolicy(ctx, p.ARN); {
		case errors.Is(err, fs.ErrNotExist):
			return malformedPolicy(fmt.Sprintf("Policy %s does not exist or is not attachable.", p.ARN))
		case err != nil:
			return fmt.Errorf("reading a session policy: %w", err)
		}
		session.Policies = append(session.Policies, p.ARN)
	}
	return nil
}

func checkPolicy(inline string) error {
	document, err := policy.Parse(inline)
	if err == nil {
		err = document.Validate(policy.Session)
	}
	if syntax, ok := errors.AsType[*policy.SyntaxError](err); ok {
		return malformedPolicy(syntax.Message).With(err)
	}
	return err
}

// packedSize returns how many percent of the room for session policies and tags a
// session takes, 0 where it has none.
func packedSize(session Session) (int32, error) {
	size := len(session.Policy)
	for _, name := range session.Policies {
		size += len(name)
	}
	for key, value := range session.Tags {
		size += len(key) + len(value)
	}
	if size == 0 {
		return 0, nil
	}
	percent := (size*100 + maxPacked - 1) / maxPacked
	if percent > 100 {
		return 0, packedPolicyTooLarge(fmt.Sprintf("Packed size of session policies and tags consumes %d%% of allotted space.", percent))
	}
	return int32(percent), nil
}

// sessionTags returns the session tags that a request asks for, by key.
func sessionTags(list []iam.Tag) (map[string]string, error) {
	tags := make(map[string]string, len(list))
	for _, tag := range list {
		if _, twice := tags[tag.Key]; twice {
			return nil, duplicateTags()
		}
		tags[tag.Key] = tag.Value
	}
	return tags, checkTags(tags)
}

func duplicateTags() error {
	return validation("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
}

// checkTags refuses session tags that AWS would not take: more than fifty, keys
// equal but for their case, keys of AWS's own, or characters that no tag has.
func checkTags(tags map[string]string) error {
	if len(tags) > 50 {
		return validation("Cannot pass more than 50 session tags.")
	}
	folded := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		lower := strings.ToLower(key)
		switch {
		case key == "" || len([]rune(key)) > 128 || len([]rune(tags[key])) > 256:
			return validation("Session tag keys have 1 to 128 characters and values at most 256.")
		case strings.ContainsFunc(key+tags[key], notInTags):
			return validation("Session tags have letters, digits, spaces and _.:/=+-@ only.")
		case strings.HasPrefix(lower, "aws:"):
			return validation("Session tag keys must not begin with aws:.")
		case folded[lower]:
			return duplicateTags()
		}
		folded[lower] = true
	}
	return nil
}

func notInTags(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", r)
}

// tagKeys adds to keys what a trust policy can test about session tags.
func tagKeys(keys policy.Context, tags map[string]string, transitive []string) {
	for key, value := range tags {
		keys.Set("aws:RequestTag/"+key, value)
	}
	if len(tags) > 0 {
		keys.SetList("aws:TagKeys", slices.Sorted(maps.Keys(tags)))
	}
	if len(transitive) > 0 {
		keys.SetList("sts:TransitiveTagKeys", transitive)
	}
}
