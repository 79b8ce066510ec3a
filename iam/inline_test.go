package iam_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
)

// inlineAPI is the operations on inline policies of one kind of entity, so that
// one test covers both.
type inlineAPI struct {
	kind  string // as messages name it
	quota int
	put   func(name, document string) error
	get   func(name string) (entity, policy, document string, err error)
	drop  func(name string) error
	list  func(marker string, maxItems int32) (names []string, truncated bool, next string, err error)
}

func inlineAPIs(t *testing.T) map[string]inlineAPI {
	t.Helper()
	return inlineAPIsOf(t, withEntities(t))
}

func inlineAPIsOf(t *testing.T, s *iam.Service) map[string]inlineAPI {
	t.Helper()
	c := root()
	return map[string]inlineAPI{
		"role": {
			"role", 10240,
			func(name, document string) error {
				_, err := s.PutRolePolicy(t.Context(), c, &iam.PutRolePolicyInput{RoleName: "eNTITY", PolicyName: name, PolicyDocument: document})
				return err
			},
			func(name string) (string, string, string, error) {
				out, err := s.GetRolePolicy(t.Context(), c, &iam.GetRolePolicyInput{RoleName: "eNTITY", PolicyName: name})
				if err != nil {
					return "", "", "", err
				}
				return out.RoleName, out.PolicyName, out.PolicyDocument, nil
			},
			func(name string) error {
				_, err := s.DeleteRolePolicy(t.Context(), c, &iam.DeleteRolePolicyInput{RoleName: "eNTITY", PolicyName: name})
				return err
			},
			func(marker string, maxItems int32) ([]string, bool, string, error) {
				out, err := s.ListRolePolicies(t.Context(), c, &iam.ListRolePoliciesInput{RoleName: "eNTITY", Marker: marker, MaxItems: maxItems})
				if err != nil {
					return nil, false, "", err
				}
				return out.PolicyNames, out.IsTruncated, out.Marker, nil
			},
		},
		"user": {
			"user", 2048,
			func(name, document string) error {
				_, err := s.PutUserPolicy(t.Context(), c, &iam.PutUserPolicyInput{UserName: "eNTITY", PolicyName: name, PolicyDocument: document})
				return err
			},
			func(name string) (string, string, string, error) {
				out, err := s.GetUserPolicy(t.Context(), c, &iam.GetUserPolicyInput{UserName: "eNTITY", PolicyName: name})
				if err != nil {
					return "", "", "", err
				}
				return out.UserName, out.PolicyName, out.PolicyDocument, nil
			},
			func(name string) error {
				_, err := s.DeleteUserPolicy(t.Context(), c, &iam.DeleteUserPolicyInput{UserName: "eNTITY", PolicyName: name})
				return err
			},
			func(marker string, maxItems int32) ([]string, bool, string, error) {
				out, err := s.ListUserPolicies(t.Context(), c, &iam.ListUserPoliciesInput{UserName: "eNTITY", Marker: marker, MaxItems: maxItems})
				if err != nil {
					return nil, false, "", err
				}
				return out.PolicyNames, out.IsTruncated, out.Marker, nil
			},
		},
		"group": {
			"group", 5120,
			func(name, document string) error {
				_, err := s.PutGroupPolicy(t.Context(), c, &iam.PutGroupPolicyInput{GroupName: "eNTITY", PolicyName: name, PolicyDocument: document})
				return err
			},
			func(name string) (string, string, string, error) {
				out, err := s.GetGroupPolicy(t.Context(), c, &iam.GetGroupPolicyInput{GroupName: "eNTITY", PolicyName: name})
				if err != nil {
					return "", "", "", err
				}
				return out.GroupName, out.PolicyName, out.PolicyDocument, nil
			},
			func(name string) error {
				_, err := s.DeleteGroupPolicy(t.Context(), c, &iam.DeleteGroupPolicyInput{GroupName: "eNTITY", PolicyName: name})
				return err
			},
			func(marker string, maxItems int32) ([]string, bool, string, error) {
				out, err := s.ListGroupPolicies(t.Context(), c, &iam.ListGroupPoliciesInput{GroupName: "eNTITY", Marker: marker, MaxItems: maxItems})
				if err != nil {
					return nil, false, "", err
				}
				return out.PolicyNames, out.IsTruncated, out.Marker, nil
			},
		},
	}
}

func TestInlinePolicies(t *testing.T) {
	t.Parallel()
	for name, api := range inlineAPIs(t) {
		t.Run(name, func(t *testing.T) {
			missing := "The " + api.kind + " policy with name p+1 cannot be found."
			_, _, _, err := api.get("p+1")
			refused(t, err, 404, "NoSuchEntity", missing)
			refused(t, api.drop("p+1"), 404, "NoSuchEntity", missing)

			first, second := allows("s3:Get*", 0)+" ", allows("s3:Put*", 0)
			for _, document := range []string{first, second} {
				if err := api.put("p+1", document); err != nil {
					t.Fatal(err)
				}
				entity, policy, encoded, err := api.get("P+1")
				if err != nil || entity != "Entity" || policy != "p+1" {
					t.Errorf("got %q %q, %v", entity, policy, err)
				}
				if strings.Contains(encoded, "+") {
					t.Errorf("%q has a plus sign, which clients disagree on", encoded)
				}
				if decoded, err := url.QueryUnescape(encoded); err != nil || decoded != document {
					t.Errorf("the document came back as %q, %v", decoded, err)
				}
			}
			if err := api.put("P+1", first); err != nil {
				t.Fatal(err)
			}
			names, truncated, next, err := api.list("", 0)
			if err != nil || truncated || next != "" || !cmp.Equal([]string{"p+1"}, names) {
				t.Errorf("listed %q, %v, %q, %v", names, truncated, next, err)
			}
			if err := api.drop("P+1"); err != nil {
				t.Fatal(err)
			}
			if names, _, _, err := api.list("", 0); err != nil || names == nil || len(names) != 0 {
				t.Errorf("listed %q, %v after the last was deleted", names, err)
			}
		})
	}
}

func TestInlinePoliciesPage(t *testing.T) {
	t.Parallel()
	for name, api := range inlineAPIs(t) {
		t.Run(name, func(t *testing.T) {
			for _, policy := range []string{"c", "B", "a"} {
				if err := api.put(policy, allows("s3:*", 0)); err != nil {
					t.Fatal(err)
				}
			}
			names, truncated, next, err := api.list("", 2)
			if err != nil || !truncated || next == "" || !cmp.Equal([]string{"a", "B"}, names) {
				t.Fatalf("first page: %q, %v, %q, %v", names, truncated, next, err)
			}
			if err := api.drop("b"); err != nil {
				t.Fatal(err)
			}
			names, truncated, next, err = api.list(next, 2)
			if err != nil || truncated || next != "" || !cmp.Equal([]string{"c"}, names) {
				t.Errorf("second page: %q, %v, %q, %v", names, truncated, next, err)
			}
			_, _, _, err = api.list("?", 0)
			refused(t, err, 400, "ValidationError", "Invalid Marker.")
		})
	}
}

func TestInlinePolicyRefusals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ document, message string }{
		"not JSON":      {"nope", "Syntax errors in policy."},
		"a principal":   {strings.Replace(allows("s3:*", 0), `"Action"`, `"Principal":"*","Action"`, 1), "Policy document should not specify a principal."},
		"old version":   {strings.Replace(allows("s3:*", 0), "2012-10-17", "2008-10-17", 1), "Policy document must be version 2012-10-17 or greater."},
		"no resource":   {strings.Replace(allows("s3:*", 0), `,"Resource":"*"`, "", 1), "Policy statement must contain resources."},
		"vendor absent": {allows("Get", 0), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
	}
	for kind, api := range inlineAPIs(t) {
		for name, tt := range tests {
			t.Run(kind+" "+name, func(t *testing.T) {
				refused(t, api.put("p", tt.document), 400, "MalformedPolicyDocument", tt.message)
			})
		}
	}
}

func TestInlinePoliciesTotal(t *testing.T) {
	t.Parallel()
	messages := map[string]string{
		"role":  "Maximum policy size of 10240 bytes exceeded for role Entity",
		"user":  "Maximum policy size of 2048 bytes exceeded for user Entity",
		"group": "Maximum policy size of 5120 bytes exceeded for group Entity",
	}
	for name, api := range inlineAPIs(t) {
		t.Run(name, func(t *testing.T) {
			half := allows("s3:*", api.quota/2)
			spaced := strings.ReplaceAll(half, ",", ",\r\n\t ")
			for _, step := range []struct {
				policy, document string
				fits             bool
			}{
				{"a", spaced, true},
				{"b", half, true},
				{"c", allows("s3:*", 0), false},
				{"b", allows("s3:*", api.quota/2+1), false},
				{"B", half, true}, // in the place of b, not beside it
			} {
				err := api.put(step.policy, step.document)
				if step.fits && err != nil {
					t.Errorf("%s: %v", step.policy, err)
				}
				if !step.fits {
					refused(t, err, 409, "LimitExceeded", messages[name])
				}
			}
		})
	}
}
