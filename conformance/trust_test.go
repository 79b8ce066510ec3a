package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cenotehq/cenote/conformance"
)

const (
	badConfiguration = "InvalidIdentityPoolConfigurationException"
	badConfigMessage = "Invalid identity pool configuration. Check assigned IAM roles for this pool."
)

// TestTrustRefused gives a guest roles that do not trust the guest: both flows refuse, and neither tells which role exists.
func TestTrustRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{})
	sdk := conformance.GoSDK{}
	id := w.getID(t, sdk, nil)
	token := must[identity](t, w, sdk, "cognito-identity:GetOpenIdToken", map[string]any{"IdentityId": id}, aws.Credentials{}).Token
	federated := map[string]string{"Federated": poolIssuer}
	tests := []struct{ name, trust string }{
		{"for-users", poolTrust(w.pool, "authenticated")},
		{"for-another-pool", poolTrust(conformance.Region+":00000000-0000-4000-8000-000000000000", "unauthenticated")},
		{"for-another-subject", trust(map[string]any{"StringEquals": map[string]string{
			poolIssuer + ":aud": w.pool, poolIssuer + ":sub": conformance.Region + ":00000000-0000-4000-8000-000000000000",
		}}, federated)},
		{"for-google", trust(map[string]any{"StringEquals": map[string]string{"accounts.google.com:aud": w.pool}}, map[string]string{"Federated": "accounts.google.com"})},
		{"denies", document(
			map[string]any{"Effect": "Allow", "Principal": federated, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": map[string]any{"StringEquals": map[string]string{poolIssuer + ":aud": w.pool}}},
			map[string]any{"Effect": "Deny", "Principal": federated, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": map[string]any{"StringEquals": map[string]string{poolIssuer + ":sub": id}}},
		)},
	}
	roles := map[string]string{"missing": "arn:aws:iam::" + conformance.Account + ":role/missing"}
	for _, test := range tests {
		roles[test.name] = w.createRole(t, test.name, test.trust)
	}
	clients := conformance.SDKs(t)
	for name, role := range roles {
		t.Run(name, func(t *testing.T) {
			w.setRoles(t, w.pool, role, w.memberRole)
			for _, client := range clients {
				_, err := do[identity](t, w, client, "cognito-identity:GetCredentialsForIdentity", map[string]any{"IdentityId": id}, aws.Credentials{})
				wantFault(t, client, err, badConfiguration, badConfigMessage, badConfiguration)
				_, err = do[assumed](t, w, client, "sts:AssumeRoleWithWebIdentity", webIdentity(role, token), aws.Credentials{})
				wantFault(t, client, err, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", "")
			}
		})
	}
}

// TestTrustChanges lets an administrator repair the trust policy while the server runs.
func TestTrustChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{})
	sdk := conformance.GoSDK{}
	id := w.getID(t, sdk, nil)
	w.setRoles(t, w.pool, w.createRole(t, "repaired", poolTrust(w.pool, "authenticated")), w.memberRole)
	_, err := do[identity](t, w, sdk, "cognito-identity:GetCredentialsForIdentity", map[string]any{"IdentityId": id}, aws.Credentials{})
	wantFault(t, sdk, err, badConfiguration, badConfigMessage, badConfiguration)
	_, err = w.iam.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{
		RoleName: aws.String("repaired"), PolicyDocument: aws.String(poolTrust(w.pool, "unauthenticated")),
	})
	if err != nil {
		t.Fatalf("update assume role policy: %v", err)
	}
	if got, want := w.caller(t, sdk, w.getCredentials(t, sdk, id, nil)), sessionARN("repaired", enhanced); got != want {
		t.Errorf("caller is %s, want %s", got, want)
	}
}

// TestNoRoles asks a pool without roles for credentials: ids it gives, credentials it cannot.
func TestNoRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{})
	sdk := conformance.GoSDK{}
	must[struct{}](t, w, sdk, "cognito-identity:SetIdentityPoolRoles", map[string]any{"IdentityPoolId": w.pool, "Roles": map[string]string{}}, w.Root)
	for _, client := range conformance.SDKs(t) {
		t.Run(client.Name(), func(t *testing.T) {
			_, err := do[identity](t, w, client, "cognito-identity:GetCredentialsForIdentity", map[string]any{"IdentityId": w.getID(t, client, nil)}, aws.Credentials{})
			wantFault(t, client, err, badConfiguration, badConfigMessage, badConfiguration)
		})
	}
}
