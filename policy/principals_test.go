package policy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/policy"
)

func TestRename(t *testing.T) {
	t.Parallel()
	const text = ` {"Statement":[
  {"Effect":"Allow","Principal" : { "AWS" :	[ "alice" , "b\u006fb","*", "carol" ],"Federated":"alice"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"alice":"alice"}}},
  {"Effect":"Deny","Action":["alice:x"],"NotPrincipal":{"Federated":["bob"],"AWS":"alice"}},
  {"Effect":"Deny","Action":["x:y"],"Principal":"*"},
  {"Effect":"Deny","Action":["x:y"],"Resource":"alice"}
],"Id":"alice"} `
	document, err := policy.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"*", "alice", "bob", "carol"}, document.Principals()); diff != "" {
		t.Errorf("principals (-want +got):\n%s", diff)
	}
	renamed, err := document.Rename(map[string]string{"alice": `A"\`, "bob": "B", "nobody": "N"})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer(
		`[ "alice" , "b\u006fb"`, `[ "A\"\\" , "B"`,
		`"AWS":"alice"`, `"AWS":"A\"\\"`,
	).Replace(text)
	if diff := cmp.Diff(want, renamed.Source()); diff != "" {
		t.Errorf("renamed (-want +got):\n%s", diff)
	}
	if document.Source() != text {
		t.Error("the document that was renamed is another now")
	}
	same, err := document.Rename(map[string]string{"dave": "D"})
	if err != nil || same != document {
		t.Errorf("without a name to change: %v, %v", same, err)
	}
}

func TestRenameThereAndBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,8}`), 1, 6, rapid.ID).Draw(t, "names")
		space := rapid.StringMatching(`[ \n\t]{0,3}`)
		var text strings.Builder
		text.WriteString(`{"Statement":[`)
		there, back := map[string]string{}, map[string]string{}
		for i, name := range names {
			if i > 0 {
				text.WriteString(space.Draw(t, "space") + "," + space.Draw(t, "space"))
			}
			text.WriteString(`{"Effect":"Allow","Action":"` + name + `:x","Principal":{"AWS":` + space.Draw(t, "space") + `"` + name + `"` + space.Draw(t, "space") + `}}`)
			id := strings.ToUpper(name) + strings.Repeat("0", rapid.IntRange(0, 30).Draw(t, "longer"))
			there[name], back[id] = id, name
		}
		text.WriteString(`]}`)
		document, err := policy.Parse(text.String())
		if err != nil {
			t.Fatal(err)
		}
		bound, err := document.Rename(there)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range bound.Principals() {
			if _, ok := back[name]; !ok {
				t.Errorf("%s is bound to nothing", name)
			}
		}
		if shown, err := bound.Rename(back); err != nil || shown.Source() != text.String() {
			t.Errorf("there and back: %v, %v, want %s", shown.Source(), err, text.String())
		}
	})
}
