// Package kms keeps keys wrapped under a key that never leaves AWS KMS, or whatever
// speaks its API.
package kms

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cenotehq/cenote/sigv4"
)

const (
	defaultTimeout = 10 * time.Second

	// maxAnswer is the longest answer in bytes; AWS's have less than a tenth of that.
	maxAnswer = 64 << 10

	// KeySize is the length of a data key in bytes.
	KeySize = 32
)

// Key is a key of a KMS that wraps data keys. It is safe for concurrent use.
type Key struct {
	// ID is the key's id, ARN, alias or alias ARN.
	ID     string
	Region string

	// Endpoint is the base URL of the KMS; empty is AWS's own in the region.
	Endpoint string

	// Credentials need kms:GenerateDataKey and kms:Decrypt on the key.
	Credentials sigv4.Credentials

	// Context says what data keys are for. It is no secret; whoever unwraps one has to
	// tell the same. See "Encryption context" in the AWS KMS developer guide.
	Context map[string]string

	// Timeout bounds a call; zero means 10 seconds.
	Timeout time.Duration
}

// DataKey is a key in the clear and as the KMS alone can read it.
type DataKey struct {
	Plain   []byte // KeySize bytes
	Wrapped []byte
	KeyARN  string // of the key that wraps it
}

// GenerateDataKey draws a key. The error is an *Error where the KMS says no. See
// GenerateDataKey in the AWS KMS API reference.
func (k Key) GenerateDataKey(ctx context.Context) (DataKey, error) {
	var out struct {
		CiphertextBlob []byte
		Plaintext      []byte
		KeyID          string `json:"KeyId"`
	}
	err := k.call(ctx, "GenerateDataKey", map[string]any{"KeyId": k.ID, "KeySpec": "AES_256", "EncryptionContext": k.Context}, &out)
	if err != nil {
		return DataKey{}, err
	}
	if len(out.Plaintext) != KeySize || len(out.CiphertextBlob) == 0 || out.KeyID == "" {
		return DataKey{}, k.strange("GenerateDataKey")
	}
	return DataKey{Plain: out.Plaintext, Wrapped: out.CiphertextBlob, KeyARN: out.KeyID}, nil
}

// Decrypt unwraps a data key. The error is an *Error where the KMS says no. See Decrypt in
// the AWS KMS API reference.
func (k Key) Decrypt(ctx context.Context, wrapped []byte) (plain []byte, err error) {
	var out struct{ Plaintext []byte }
	err = k.call(ctx, "Decrypt", map[string]any{"KeyId": k.ID, "CiphertextBlob": wrapped, "EncryptionContext": k.Context}, &out)
	if err != nil {
		return nil, err
	}
	if len(out.Plaintext) != KeySize {
		return nil, k.strange("Decrypt")
	}
	return out.Plaintext, nil
}

// strange is the error of an answer that is no KMS's. It has none of the answer, which may
// hold a key.
func (k Key) strange(operation string) error {
	return fmt.Errorf("%s does not answer %s like a KMS: check the endpoint", k.endpoint(), operation)
}

func (k Key) endpoint() string {
	domain := "amazonaws.com"
	if strings.HasPrefix(k.Region, "cn-") {
		domain = "amazonaws.com.cn"
	}
	return cmp.Or(k.Endpoint, "https://kms."+k.Region+"."+domain)
}

// call asks once: whoever starts a server that cannot start is told at once why.
func (k Key) call(ctx context.Context, operation string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(k.Timeout, defaultTimeout))
	defer cancel()
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(k.endpoint(), "/")+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "TrentService."+operation)
	req.Header.Set("User-Agent", "cenote")
	sigv4.Sign(req, body, k.Credentials, k.Region, "kms", time.Now())
	status, answer, err := exchange(req)
	if err != nil {
		return fmt.Errorf("the KMS at %s cannot be reached: %w; check the address and the network, and start again", k.endpoint(), withoutURL(err))
	}
	if status != http.StatusOK {
		return refusal(k, operation, status, answer)
	}
	if json.Unmarshal(answer, out) != nil {
		return k.strange(operation)
	}
	return nil
}

// exchange sends a request over a connection of its own, since there is hardly ever a
// second one.
func exchange(req *http.Request) (status int, answer []byte, err error) {
	transport := &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		TLSClientConfig:   &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
		DisableKeepAlives: true,
	}
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return resp.StatusCode, answer, errors.Join(err, resp.Body.Close())
}

// withoutURL is an error without the address that is told already.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
