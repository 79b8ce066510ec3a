package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/policy"
)

// TestStands looks at what each kind of policy says, whatever the outcome.
func TestStands(t *testing.T) {
	t.Parallel()
	const anyone = `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}`
	type stands = map[policy.Kind]policy.Stand
	tests := []struct {
		name                                  string
		identity, boundary, session, resource string
		want                                  stands
	}{
		{"none", "", "", "", "", stands{}},
		{"allowed", allowGet, allowAll, allowGet, anyone, stands{policy.Identity: policy.Allows, policy.Boundary: policy.Allows, policy.Session: policy.Allows, policy.Resource: policy.Allows}},
		{"stopped by the boundary", allowGet, allowPut, "", "", stands{policy.Identity: policy.Allows}},
		{"stopped by the session", allowGet, allowGet, denyGet, "", stands{policy.Identity: policy.Allows, policy.Boundary: policy.Allows, policy.Session: policy.Denies}},
		{"a deny beside an allow", allowAll + "," + denyGet, "", "", "", stands{policy.Identity: policy.Denies}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := stands{}
			for kind, stand := range policy.Evaluate(get(session()), policies(t, tt.identity, tt.boundary, tt.session, tt.resource)).Stands {
				if stand != policy.Silent {
					got[policy.Kind(kind)] = stand
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
