package policy_test

import (
	"encoding/json"
	"testing"

	"github.com/cenotehq/cenote/policy"
)

func TestDocumentKeepsItsText(t *testing.T) {
	t.Parallel()
	const text = "{ \"Version\":\"2012-10-17\",\n\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}"
	document, err := policy.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := json.Marshal(struct{ Policy *policy.Document }{document})
	if err != nil {
		t.Fatal(err)
	}
	var back struct{ Policy *policy.Document }
	if err := json.Unmarshal(kept, &back); err != nil {
		t.Fatal(err)
	}
	if got := back.Policy.Source(); got != text {
		t.Errorf("came back as %q", got)
	}
	decision := policy.Evaluate(policy.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: policy.NewContext()},
		policy.Policies{Identity: []policy.Source{{Name: "p", Document: back.Policy}}})
	if !decision.Allowed {
		t.Error("the document that came back allows nothing")
	}
	if err := json.Unmarshal([]byte(`{"Policy":"{\"Statement\":[]}"}`), &back); err == nil {
		t.Error("a text that Parse refuses was read")
	}
}
