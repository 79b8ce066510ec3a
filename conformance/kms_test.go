package conformance_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cenotehq/cenote/conformance"
)

// kmsVariables sign the server's calls of a KMS.
func kmsVariables(c aws.Credentials) []string {
	return []string{"AWS_REGION=" + conformance.Region, "AWS_ACCESS_KEY_ID=" + c.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey}
}

// TestMasterKeyInKMS keeps the master key with moto's KMS, which checks who asks: what was sealed is there after each
// start and after each change of the key, and whatever is amiss is told in one line.
func TestMasterKeyInKMS(t *testing.T) {
	t.Parallel()
	k := conformance.StartKMS(t)
	keyARN := k.NewKey(t, "alias/cenote")
	otherARN := k.NewKey(t, "alias/other")
	good, idle := k.NewUser(t, "good", "kms:GenerateDataKey", "kms:Decrypt"), k.NewUser(t, "idle", "kms:ListKeys")
	k.Strict(t)
	inKMS := []string{"--master-key-kms", "alias/cenote", "--kms-endpoint", k.URL}
	w := startWorld(t, conformance.Options{Folder: true, Flags: inKMS, Variables: kmsVariables(good)})
	w.pool = w.createPool(t, guests("people"))
	w.guestRole = w.createRole(t, "guest", poolTrust(w.pool, "unauthenticated"))
	w.setRoles(t, w.pool, w.guestRole, w.guestRole)
	sdk := conformance.GoSDK{}
	keys := w.getCredentials(t, sdk, w.getID(t, sdk, nil), nil)
	w.Stop(t)

	arguments := func(words ...string) []string { return append(words, "--data", w.Data) }
	serve := arguments("serve", "--listen", "127.0.0.1:0")
	refused := func(as aws.Credentials, arguments []string, says ...string) {
		t.Helper()
		code, text := conformance.RunWith(t, kmsVariables(as), arguments...)
		if code != 1 || strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "cenote: ") {
			t.Errorf("%q: exit code %d, not one line: %s", arguments, code, text)
		}
		for _, part := range says {
			if !strings.Contains(text, part) {
				t.Errorf("%q does not say %q: %s", arguments, part, text)
			}
		}
		if strings.Contains(text, as.SecretAccessKey) {
			t.Errorf("%q tells a secret", arguments)
		}
	}
	forged := good
	forged.SecretAccessKey = strings.Repeat("x", 40)
	refused(forged, append(serve, inKMS...), keyARN, "status 403", "check the access key "+good.AccessKeyID)
	refused(idle, append(serve, inKMS...), keyARN, "status 403", "allow kms:Decrypt", idle.AccessKeyID)
	refused(good, append(serve, "--master-key-kms", "alias/none", "--kms-endpoint", k.URL), "NotFoundException", "check the name")
	refused(good, append(serve, "--master-key-kms", otherARN, "--kms-endpoint", k.URL), keyARN, "AccessDeniedException", "the one that wraps the master key")
	refused(good, append(serve, "--master-key-kms", keyARN, "--kms-endpoint", "http://127.0.0.1:1"), "http://127.0.0.1:1 cannot be reached")
	refused(good, serve, keyARN, "--master-key-kms")
	if _, err := os.Stat(filepath.Join(w.Data, "master.key")); err == nil {
		t.Error("a file with a master key was made")
	}

	still := func() {
		t.Helper()
		w.Restart(t)
		if got, want := w.caller(t, sdk, keys), sessionARN("guest", enhanced); got != want {
			t.Errorf("caller is %s, want %s", got, want)
		}
		w.Stop(t)
	}
	still()
	rotate := arguments("keys", "rotate", "--master")
	before := wrappedIn(t, w.Data)
	if code, text := conformance.RunWith(t, kmsVariables(good), append(rotate, inKMS...)...); code != 0 || bytes.Equal(before, wrappedIn(t, w.Data)) {
		t.Errorf("keys rotate --master: exit code %d: %s", code, text)
	}
	still()
	if code, text := conformance.RunWith(t, kmsVariables(good), append(rotate, append(inKMS, "--new-master-key-kms", otherARN)...)...); code != 0 || !strings.Contains(text, "--master-key-kms "+otherARN) {
		t.Errorf("keys rotate --master to another key: exit code %d: %s", code, text)
	}
	refused(good, append(serve, inKMS...), otherARN, "AccessDeniedException")
	w.SetFlags("--master-key-kms", otherARN, "--kms-endpoint", k.URL)
	still()
	k.Kill()
	refused(good, append(serve, "--master-key-kms", otherARN, "--kms-endpoint", k.URL), k.URL+" cannot be reached")
}

// wrappedIn is the database of a server that does not run, which has the wrapped master key.
func wrappedIn(t *testing.T, data string) []byte {
	t.Helper()
	content, err := fs.ReadFile(os.DirFS(data), "cenote.db")
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(content, []byte(`"wrapped":"`))
	if at < 0 {
		t.Fatal("the database has no wrapped master key")
	}
	return content[at : at+200]
}
