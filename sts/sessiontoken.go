package sts

import (
	"context"
	"time"

	"github.com/cenotehq/cenote/iam"
)

const (
	defaultOwn = 12 * time.Hour
	maxOfRoot  = time.Hour
)

// GetSessionTokenInput is the request of GetSessionToken.
type GetSessionTokenInput struct {
	DurationSeconds int32  `aws:"DurationSeconds" check:"range=900-129600"`
	SerialNumber    string `aws:"SerialNumber" check:"len=9-256;pattern=[\\w+=/:,.@-]*"`
	TokenCode       string `aws:"TokenCode" check:"secret;len=6-6;pattern=[\\d]*"`
}

// GetSessionTokenOutput is the answer of GetSessionToken.
type GetSessionTokenOutput struct {
	Credentials Credentials `aws:"Credentials"`
}

// GetSessionToken gives a user or root a session of itself. It needs no permission,
// since all that such a session can do is what its key can, and less of IAM and STS.
// The session ends with the key. See AWS GetSessionToken.
func (s *Service) GetSessionToken(_ context.Context, caller iam.Caller, in *GetSessionTokenInput) (*GetSessionTokenOutput, error) {
	if err := longTermOnly(caller, "GetSessionToken"); err != nil {
		return nil, err
	}
	if err := checkDevice(in.SerialNumber, in.TokenCode); err != nil {
		return nil, err
	}
	session := Session{Kind: OfOpener, OpenedBy: caller.KeyID, ByRoot: caller.Root}
	return &GetSessionTokenOutput{Credentials: s.begin(session, ownDuration(caller, in.DurationSeconds))}, nil
}

// longTermOnly refuses a caller who has a session already.
func longTermOnly(caller iam.Caller, operation string) error {
	if caller.Issued.IsZero() {
		return nil
	}
	return accessDenied("Cannot call " + operation + " with session credentials")
}

// checkDevice refuses the code of a multi-factor device: nobody has one, and a session
// without is not what was asked for.
func checkDevice(serial, code string) error {
	switch {
	case serial == "" && code == "":
		return nil
	case serial == "" || code == "":
		return accessDenied("MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.")
	default:
		return accessDenied("MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")
	}
}

// ownDuration is how long a session lasts that a user or root opens; root's are cut to
// an hour, as AWS does without a word.
func ownDuration(caller iam.Caller, seconds int32) time.Duration {
	life := time.Duration(seconds) * time.Second
	if life == 0 {
		life = defaultOwn
	}
	if caller.Root {
		return min(life, maxOfRoot)
	}
	return life
}
