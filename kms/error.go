package kms

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Error is a refusal of the KMS.
type Error struct {
	Operation string // such as Decrypt
	KeyID     string // as it was asked for
	AccessKey string // the id of the access key that asked
	Status    int    // of HTTP
	Code      string // such as AccessDeniedException; may be empty
	Message   string // the KMS's own words; may be empty
}

func (e *Error) Error() string {
	said := strings.TrimSuffix(strings.Join(strings.Fields(e.Code+" "+e.Message), " "), ".")
	if said == "" {
		said = fmt.Sprintf("status %d", e.Status)
	}
	return fmt.Sprintf("the KMS refuses %s with the key %s: %s: %s", e.Operation, e.KeyID, said, e.advice())
}

// advice says what to do about the errors that AWS documents for both operations.
func (e *Error) advice() string {
	switch e.Code {
	case "AccessDeniedException":
		return fmt.Sprintf("allow kms:%s on that key to the access key %s, and check that the key is the one that wraps the master key", e.Operation, e.AccessKey)
	case "NotFoundException":
		return "check the name of the key, the account and the region"
	case "DisabledException":
		return "enable the key with `aws kms enable-key`"
	case "KMSInvalidStateException":
		return "see its state with `aws kms describe-key`; a deletion can be stopped with `aws kms cancel-key-deletion`"
	case "IncorrectKeyException":
		return "name the key that wraps the master key"
	case "InvalidCiphertextException":
		return "the wrapped master key is damaged, of another KMS, or for another purpose; restore the database from a backup"
	case "InvalidKeyUsageException":
		return "name a symmetric key for encryption"
	case "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "IncompleteSignatureException", "ExpiredTokenException", "MissingAuthenticationTokenException":
		return fmt.Sprintf("check the access key %s, its secret and its session token, and the clock of this machine", e.AccessKey)
	}
	if e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden { // of one that has words of its own for it
		return fmt.Sprintf("check the access key %s and its secret, and allow kms:%s to it", e.AccessKey, e.Operation)
	}
	return "try again, and if it stays so, ask whoever runs the KMS"
}

// refusal reads an answer that is an error of the API (AWS JSON 1.1).
func refusal(k Key, operation string, status int, answer []byte) *Error {
	e := &Error{Operation: operation, KeyID: k.ID, AccessKey: k.Credentials.AccessKeyID, Status: status}
	var body struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if json.Unmarshal(answer, &body) != nil { // names compare case-insensitively: AWS writes Message, too
		return e
	}
	e.Code = printable(body.Type[strings.LastIndex(body.Type, "#")+1:])
	e.Message = printable(body.Message)
	return e
}

// printable is the beginning of a text, without what could break a line.
func printable(text string) string {
	const most = 400
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text[:min(len(text), most)], ""))
}
