package gate

import (
	"encoding/json"
	"net/http"
)

// Refusal is what the sender of a request can be told, in AWS's words: a code such as
// AccessDeniedException or InvalidSignatureException, and a sentence.
type Refusal struct {
	Code    string
	Message string
}

// ServeHTTP answers a request with the refusal, as AWS's API Gateway does: status
// 403, the code in a header, the message in JSON.
func (f Refusal) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-ErrorType", f.Code)
	w.WriteHeader(http.StatusForbidden)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": f.Message}) // a client that is gone needs no answer
}
