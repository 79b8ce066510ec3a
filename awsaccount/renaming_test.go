package awsaccount_test

import (
	"testing"

	"github.com/cenotehq/cenote/awsaccount"
)

func TestRenaming(t *testing.T) {
	t.Parallel()
	for before, after := range map[string]string{
		"arn:aws:iam::111122223333:role/app":                                       "arn:aws:iam::444455556666:role/app",
		"arn:aws:cognito-identity:us-east-1:111122223333:identitypool/*":           "arn:aws:cognito-identity:us-east-1:444455556666:identitypool/*",
		"arn:aws:iam::999900001111:role/app":                                       "arn:aws:iam::999900001111:role/app",
		"arn:aws:s3:::111122223333-logs/111122223333/*":                            "arn:aws:s3:::111122223333-logs/111122223333/*",
		"arn:aws:s3:::logs:111122223333:x":                                         "arn:aws:s3:::logs:111122223333:x",
		`{"AWS":"111122223333"}`:                                                   `{"AWS":"444455556666"}`,
		`{"AWS":["arn:aws:iam::111122223333:root","arn:aws:sts::111122223333:x"]}`: `{"AWS":["arn:aws:iam::444455556666:root","arn:aws:sts::444455556666:x"]}`,
		`{"Sid":"a111122223333"}`:                                                  `{"Sid":"a111122223333"}`,
		"accounts.google.com":                                                      "accounts.google.com",
	} {
		if got := awsaccount.Rename("111122223333", "444455556666", before); got != after {
			t.Errorf("%s becomes %s, want %s", before, got, after)
		}
	}
}
