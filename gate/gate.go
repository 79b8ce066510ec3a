// Package gate tells an HTTP service who signed a request to it, and whether they
// may do what they ask. The users of the service have credentials that Cenote gave
// out, and sign with Signature Version 4, as every AWS SDK does; Cenote knows whose
// the signature is and what the policies say.
package gate

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/cenotehq/cenote/sigv4"
)

// skew is how far the date of a signature may be off, as with AWS's API Gateway.
const skew = 5 * time.Minute

// Client asks Cenote about requests to one service. Its fields are set once, before
// the first call; it is safe for concurrent use.
type Client struct {
	// Endpoint is where Cenote is, such as http://127.0.0.1:4577. Answers decide who
	// gets in: use https unless Cenote is on the same machine.
	Endpoint string

	// Credentials are those of the service itself, which needs to be allowed
	// cenote:AuthorizeRequest on arn:aws:cenote:REGION:ACCOUNT:service/SERVICE.
	Credentials sigv4.Credentials

	// Region is the one that the service signs its calls of Cenote for. Its users may
	// sign for any.
	Region string

	// Service is the name that users sign for, in lower-case letters, digits and
	// hyphens: what SDKs call the signing name. A signature for another is refused.
	Service string

	// Hosts are further names of the service, as clients send them in Host: a proxy may
	// have put another in its place. At most 31.
	Hosts []string

	// HTTPClient makes the calls; nil means one that gives up after ten seconds.
	HTTPClient *http.Client

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Question is what the policies of the signer are asked.
type Question struct {
	Action   string // such as "notes:Read"
	Resource string // an ARN, which policies can name, or another text, which only "*" matches; at most 2048 characters

	// Keys and Lists are condition keys with one value and with several: what the
	// service knows ("notes:Owner") and "aws:ResourceTag/…". From the request itself come
	// aws:SourceIp, aws:SecureTransport, aws:UserAgent and aws:Referer, unless they are
	// here. What the signature proves cannot be here: Cenote refuses the question.
	Keys  map[string]string
	Lists map[string][]string
}

// Answer is what came of a question.
type Answer struct {
	Allowed bool
	Signer  Signer  // empty unless the signature proves one
	Refusal Refusal // empty if it is allowed

	// Explanation is which statements of which policies stood in the way, for the log:
	// it says more than a client should know.
	Explanation string

	// EncodedMessage is the same for whoever may call sts:DecodeAuthorizationMessage, for
	// a day. It is opaque to others.
	EncodedMessage string
}

// Signer is who signed a request.
type Signer struct {
	Account string // 12 digits
	ARN     string // of the session or user
	UserID  string

	// IdentityID and IdentityPoolID are empty unless an identity pool gave out the
	// credentials. AMR is how the identity signed in: "authenticated" and its providers,
	// or "unauthenticated". A guest's identity id is as good as a password.
	IdentityID     string
	IdentityPoolID string
	AMR            []string

	Tags map[string]string // of the session, and of its role or user
}

// Authorize says whether the signer of r, whose whole body is body, may do what q
// asks. r is the request as net/http's server hands it out. The signature covers
// method, path, query, body and the headers that it lists, Host and X-Amz-… among
// them; only those are the signer's word. Presigned URLs work as well, for five
// minutes, or less if their X-Amz-Expires says so.
//
// Nobody is let in with an error: Cenote could not be asked, or, an *Error, refused
// the question.
func (c *Client) Authorize(ctx context.Context, r *http.Request, body []byte, q Question) (Answer, error) {
	signature, err := sigv4.Parse(r)
	if err != nil {
		return refused(err)
	}
	if err := signature.CheckScope(c.Service); err != nil {
		return refused(err)
	}
	hashes, err := signature.Hashes(r, body, c.now(), skew, c.Hosts...)
	if err != nil {
		return refused(err)
	}
	if signature.Presigned && outlived(r, c.now().Sub(signature.Date)) {
		return Answer{Refusal: Refusal{"AccessDeniedException", "Request has expired"}}, nil
	}
	if len(r.UserAgent()) > maxHeader || len(r.Referer()) > maxHeader {
		return Answer{Refusal: Refusal{"RequestHeaderFieldsTooLarge", "User-Agent and Referer have at most 2048 bytes."}}, nil
	}
	credential, date, text := signature.Parts()
	return c.ask(ctx, question{
		Service: c.Service, Credential: credential, Date: date, Signature: text, SessionToken: signature.SessionToken,
		CanonicalRequestHashes: hashes, Action: q.Action, Resource: q.Resource, ContextEntries: q.entries(r),
	})
}

// outlived reports whether a presigned URL of this age has a X-Amz-Expires that is
// over, or none that can be read. One without any counts as long as other requests.
func outlived(r *http.Request, age time.Duration) bool {
	return slices.ContainsFunc(r.URL.Query()["X-Amz-Expires"], func(text string) bool {
		seconds, err := strconv.ParseUint(text, 10, 31)
		return err != nil || age > time.Duration(seconds)*time.Second
	})
}

func (c *Client) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// refused is the answer to a signature that needs no secret to be seen not to hold.
func refused(err error) (Answer, error) {
	if e, ok := errors.AsType[*sigv4.IncompleteError](err); ok {
		return Answer{Refusal: Refusal{"IncompleteSignatureException", e.Message}}, nil
	}
	if e, ok := errors.AsType[*sigv4.MismatchError](err); ok {
		return Answer{Refusal: Refusal{"InvalidSignatureException", e.Message}}, nil
	}
	if errors.Is(err, sigv4.ErrMissing) {
		return Answer{Refusal: Refusal{"MissingAuthenticationTokenException", "Missing Authentication Token"}}, nil
	}
	return Answer{}, err
}
