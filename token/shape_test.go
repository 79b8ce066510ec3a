package token_test

import (
	"crypto/elliptic"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/token"
)

// Tokens as providers of today make them, in header and claims; the names in them are
// made up. All of these have to be read.
func TestShapesOfProviders(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		header, claims string
		subject        string
		clients        []string
	}{
		"user pool": {
			`{"kid":"k","alg":"RS256"}`,
			`{"at_hash":"aGFzaA","sub":"a11ce000-0000-4000-8000-000000000001","cognito:groups":["admins","staff"],"email_verified":true,` +
				`"cognito:preferred_role":"arn:aws:iam::123456789012:role/admin","iss":"https:\/\/cognito-idp.us-east-1.amazonaws.com\/us-east-1_Example",` +
				`"cognito:username":"alice","cognito:roles":["arn:aws:iam::123456789012:role/admin","arn:aws:iam::123456789012:role/staff"],` +
				`"origin_jti":"j","aud":"client1","event_id":"e","token_use":"id","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"j","email":"alice@example.com"}`,
			"a11ce000-0000-4000-8000-000000000001",
			[]string{"client1"},
		},
		"user pool, federated": {
			`{"kid":"k","alg":"RS256"}`,
			`{"sub":"s","identities":[{"userId":"1","providerName":"Google","providerType":"Google","issuer":null,"primary":"true","dateCreated":"1700000000000"}],` +
				`"email_verified":"false","cognito:roles":"arn:aws:iam::123456789012:role/admin","custom:dept":"Sales","iss":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example","aud":"client1","exp":1700003600,"iat":1700000000}`,
			"s",
			[]string{"client1"},
		},
		"Google": {
			`{"alg":"RS256","kid":"k","typ":"JWT"}`,
			`{"iss":"https://accounts.google.com","azp":"123-web.apps.googleusercontent.com","aud":"123-server.apps.googleusercontent.com","sub":"110169484474386276334",` +
				`"email":"alice@example.com","email_verified":true,"at_hash":"aGFzaA","nonce":"n","name":"Alice Ådams","picture":"https://lh3.example/a=s96-c","given_name":"Alice","locale":"en","iat":1700000000,"exp":1700003600}`,
			"110169484474386276334",
			[]string{"123-web.apps.googleusercontent.com"},
		},
		"Google, issuer without scheme": {
			`{"alg":"RS256","kid":"k","typ":"JWT"}`,
			`{"iss":"accounts.google.com","aud":"123.apps.googleusercontent.com","sub":"1","iat":1700000000,"exp":1700003600}`,
			"1",
			[]string{"123.apps.googleusercontent.com"},
		},
		"Apple": {
			`{"kid":"k","alg":"RS256"}`,
			`{"iss":"https://appleid.apple.com","aud":"com.example.app","exp":1700003600,"iat":1700000000,"sub":"001234.0123456789abcdef0123456789abcdef.1234","c_hash":"aGFzaA",` +
				`"email":"x1@privaterelay.appleid.com","email_verified":"true","is_private_email":"true","auth_time":1700000000,"nonce_supported":true,"real_user_status":2}`,
			"001234.0123456789abcdef0123456789abcdef.1234",
			[]string{"com.example.app"},
		},
		"Auth0": {
			`{"alg":"RS256","typ":"JWT","kid":"k"}`,
			`{"https://example.com/roles":["admin"],"nickname":"alice","name":"alice@example.com","picture":"https://s.example/a.png","updated_at":"2023-11-14T22:13:20.000Z",` +
				`"email_verified":false,"iss":"https://example.eu.auth0.com/","aud":"client1","iat":1700000000,"exp":1700003600,"sub":"auth0|5f7c8ec7c33c6c004bbafe82","sid":"s"}`,
			"auth0|5f7c8ec7c33c6c004bbafe82",
			[]string{"client1"},
		},
		"Auth0, access token": {
			`{"alg":"RS256","typ":"at+jwt","kid":"k"}`,
			`{"iss":"https://example.eu.auth0.com/","sub":"client1@clients","aud":["https://api.example.com","https://example.eu.auth0.com/userinfo"],"azp":"client1","exp":1700003600,"iat":1700000000,"scope":"openid","gty":"client-credentials"}`,
			"client1@clients",
			[]string{"client1"},
		},
		"Okta": {
			`{"kid":"k","alg":"RS256"}`,
			`{"sub":"00u1a2b3c4d5","name":"Alice","ver":1,"iss":"https://example.okta.com/oauth2/default","aud":"0oa1","iat":1700000000,"exp":1700003600,"jti":"ID.x","amr":["mfa","otp","pwd"],"idp":"00o1","auth_time":1700000000,"groups":["Everyone"]}`,
			"00u1a2b3c4d5",
			[]string{"0oa1"},
		},
		"Entra, version 2": {
			`{"typ":"JWT","alg":"RS256","kid":"k"}`,
			`{"aud":"6cb04018-0000-0000-0000-000000000000","iss":"https://login.microsoftonline.com/9122040d-0000-0000-0000-000000000000/v2.0","iat":1700000000,"nbf":1700000000,"exp":1700003600,` +
				`"aio":"A","azpacr":"0","name":"Alice","oid":"o","preferred_username":"alice@example.com","rh":"0.A","sub":"HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ","tid":"t","uti":"u","ver":"2.0","wids":["b79fbf4d"]}`,
			"HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ",
			[]string{"6cb04018-0000-0000-0000-000000000000"},
		},
		"Entra, version 1": {
			`{"typ":"JWT","alg":"RS256","x5t":"k","kid":"k"}`,
			`{"aud":"api://app","iss":"https://sts.windows.net/9122040d-0000-0000-0000-000000000000/","iat":1700000000,"nbf":1700000000,"exp":1700003600,"appidacr":"1","idtyp":"app","xms_tcdt":1589000000,"sub":"s","ver":"1.0"}`,
			"s",
			[]string{"api://app"},
		},
		"Keycloak": {
			`{"alg":"RS256","typ" : "JWT","kid" : "k"}`,
			`{"exp":1700003600,"iat":1700000000,"auth_time":0,"jti":"onrtac:9b8a","iss":"http://localhost:8080/realms/people","aud":["account","app"],"sub":"f:1:alice","typ":"Bearer","azp":"app","acr":"1",` +
				`"realm_access":{"roles":["offline_access"]},"resource_access":{"account":{"roles":["manage-account","view-profile"]}},"scope":"openid","sid":"s","allowed-origins":["*"]}`,
			"f:1:alice",
			[]string{"app"},
		},
		"Keycloak, ES256": {
			`{"alg":"ES256","typ":"JWT","kid":"e"}`,
			`{"exp":1700003600,"iat":1700000000,"iss":"https://sso.example.com:8443/realms/people","aud":"app","sub":"s","typ":"ID","azp":"app"}`,
			"s",
			[]string{"app"},
		},
		"GitHub Actions": {
			`{"typ":"JWT","alg":"RS256","x5t":"k","kid":"k"}`,
			`{"jti":"j","sub":"repo:octo-org/octo-repo:environment:prod","aud":"sts.amazonaws.com","ref":"refs/heads/main","sha":"d6fd","repository":"octo-org/octo-repo","run_id":"1234","run_attempt":"2","actor":"octocat",` +
				`"ref_protected":"true","job_workflow_ref":"octo-org/octo-repo/.github/workflows/w.yml@refs/heads/main","iss":"https://token.actions.githubusercontent.com","nbf":1699999400,"exp":1700000900,"iat":1700000000}`,
			"repo:octo-org/octo-repo:environment:prod",
			[]string{"sts.amazonaws.com"},
		},
		"GitLab": {
			`{"kid":"k","typ":"JWT","alg":"RS256"}`,
			`{"namespace_id":"1","project_path":"group/project","user_login":"alice","user_identities":[{"provider":"saml","extern_uid":"x"}],"groups_direct":["a","b"],"pipeline_id":"5","ref_type":"branch",` +
				`"iss":"https://gitlab.example.com","iat":1700000000,"nbf":1699999995,"exp":1700003600,"sub":"project_path:group/project:ref_type:branch:ref:main","aud":"https://aws.example.com"}`,
			"project_path:group/project:ref_type:branch:ref:main",
			[]string{"https://aws.example.com"},
		},
		"Kubernetes": {
			`{"alg":"RS256","kid":"k"}`,
			`{"aud":["sts.amazonaws.com"],"exp":1700086400,"iat":1700000000,"iss":"https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE","jti":"j",` +
				`"kubernetes.io":{"namespace":"default","node":{"name":"n","uid":"u"},"pod":{"name":"p","uid":"u"},"serviceaccount":{"name":"s","uid":"u"},"warnafter":1700003607},"nbf":1700000000,"sub":"system:serviceaccount:default:s"}`,
			"system:serviceaccount:default:s",
			[]string{"sts.amazonaws.com"},
		},
		"Firebase": {
			`{"alg":"RS256","kid":"k","typ":"JWT"}`,
			`{"iss":"https://securetoken.google.com/project","aud":"project","auth_time":1700000000,"user_id":"u","sub":"u","iat":1700000000,"exp":1700003600,"firebase":{"identities":{"google.com":["1"],"email":["alice@example.com"]},"sign_in_provider":"google.com"}}`,
			"u",
			[]string{"project"},
		},
		"ES384 and principal tags": {
			`{"alg":"ES384","kid":"e384"}`,
			`{"iss":"https://idp.example.com","sub":"s","aud":"a","exp":1700003600,"iat":1700000000,"https://aws.amazon.com/tags":{"principal_tags":{"Dept":["Sales"]},"transitive_tag_keys":["Dept"]},"https://aws.amazon.com/source_identity":"alice"}`,
			"s",
			[]string{"a"},
		},
		"in other scripts": {
			`{"alg":"RS256","kid":"k"}`,
			`{"iss":"https://idp.example.com","sub":"Zoë 山田 👩\u200d💻 \ud83d\ude00","aud":"a","exp":1700003600,"name":"עברית","n\u0061me2":"\/"}`,
			"Zoë 山田 👩\u200d💻 😀",
			[]string{"a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, keys := signShape(t, test.header, test.claims)
			parsed := parse(t, raw)
			if err := parsed.VerifySignature(keys); err != nil {
				t.Error(err)
			}
			if err := parsed.CheckTime(time.Unix(1_700_000_001, 0), 0); err != nil {
				t.Error(err)
			}
			if err := parsed.Require("aud", "sub", "exp"); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(test.clients, parsed.Client()); diff != "" || parsed.Subject != test.subject {
				t.Errorf("subject %q, clients %q", parsed.Subject, parsed.Client())
			}
		})
	}
}

// signShape signs by what the header says, and returns the keys that verify it.
func signShape(t *testing.T, header, claims string) (string, token.Keys) {
	t.Helper()
	if strings.Contains(header, `"RS256"`) {
		key := rsaKey(t, 2048)
		return forge(t, header, claims, key), keySet(t, token.SigningKey{ID: "k", Algorithm: "RS256", Signer: key})
	}
	key := token.SigningKey{ID: "e", Algorithm: "ES256", Signer: ecKey(t, elliptic.P256())}
	if strings.Contains(header, `"ES384"`) {
		key = token.SigningKey{ID: "e384", Algorithm: "ES384", Signer: ecKey(t, elliptic.P384())}
	}
	return sign(t, json.RawMessage(claims), key), keySet(t, key)
}
