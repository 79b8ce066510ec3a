package sts_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/policy"
	"github.com/cenotehq/cenote/sts"
)

func decode(text string) *sts.DecodeAuthorizationMessageInput {
	return &sts.DecodeAuthorizationMessageInput{EncodedMessage: text}
}

// denial is the refusal of an action to a new user with this policy.
func (w *world) denial(name, document string) sts.Denial {
	w.t.Helper()
	d := sts.Denial{Caller: w.user(name, document), Action: "notes:Read", Resource: "arn:aws:notes:::a/<b>&c"}
	further := policy.NewContext()
	further.Set("notes:Owner", `"bob"`)
	further.SetList("notes:Labels", []string{"a", "b"})
	d.Context = w.IAM.Context(w.t.Context(), d.Caller, further)
	d.Decision = ok(w.IAM.Authorize(w.t.Context(), d.Caller, d.Action, d.Resource, further))(w.t)
	return d
}

func (w *world) decoded(message string) string {
	w.t.Helper()
	return ok(w.DecodeAuthorizationMessage(w.t.Context(), root(), decode(message)))(w.t).DecodedMessage
}

// TestDecodeAuthorizationMessage decodes messages of both kinds, whose shape is the
// one that AWS's have.
func TestDecodeAuthorizationMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	implicit := w.denial("ann", "")
	got := w.decoded(ok(w.EncodeDenial(implicit))(t))
	now := w.clock.Now().UTC()
	value := func(key, value string) string {
		return `{"key":"` + key + `","values":{"items":[{"value":"` + value + `"}]}}`
	}
	want := `{"allowed":false,"explicitDeny":false,"matchedStatements":{"items":[]},"failures":{"items":[]},"context":{` +
		`"principal":{"id":"` + implicit.Caller.UserID + `","name":"ann","arn":"` + userARN("ann") + `"},` +
		`"action":"notes:Read","resource":"arn:aws:notes:::a/<b>&c","conditions":{"items":[` + strings.Join([]string{
		value("aws:CurrentTime", now.Format(time.RFC3339)), value("aws:EpochTime", "1782900000"), value("aws:PrincipalAccount", account),
		value("aws:PrincipalArn", userARN("ann")), value("aws:PrincipalType", "User"), value("aws:userid", implicit.Caller.UserID),
		value("aws:username", "ann"), `{"key":"notes:Labels","values":{"items":[{"value":"a"},{"value":"b"}]}}`, value("notes:Owner", `\"bob\"`),
	}, ",") + `]}}}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	explicit := w.decoded(ok(w.EncodeDenial(w.denial("bob", `{"Version":"2012-10-17","Statement":[`+
		`{"Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"Never","Effect":"Deny","Action":"notes:*","Resource":"*"}]}`)))(t))
	if want := `{"allowed":false,"explicitDeny":true,"matchedStatements":{"items":[{"statementId":"Never","effect":"DENY"}]},`; !strings.HasPrefix(explicit, want) {
		t.Errorf("an explicit deny is %s", explicit)
	}
}

// TestAuthorizationMessageIsOpaque refuses what is no message of this server, or no
// message any more.
func TestAuthorizationMessageIsOpaque(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	denied := w.denial("ann", "")
	message := ok(w.EncodeDenial(denied))(t)
	if again := ok(w.EncodeDenial(denied))(t); again == message {
		t.Error("two messages are the same")
	}
	refuse := func(what, text string) {
		t.Helper()
		t.Log(what)
		refused(w.DecodeAuthorizationMessage(t.Context(), root(), decode(text)))(t, 400,
			"InvalidAuthorizationMessageException", "The encoded authorization message is invalid or has expired.")
	}
	flipped := []byte(message)
	flipped[len(flipped)/2] ^= 1
	refuse("changed", string(flipped))
	refuse("cut", message[:len(message)-8])
	refuse("broken into lines", message[:80]+"\n"+message[80:])
	refuse("of another key", "s2"+strings.TrimPrefix(message, "s1"))
	refuse("nothing", "s1.")
	refuse("no message", "sample")
	_, token := w.Sealer.Seal("ASIAX", sts.Session{})
	refuse("a session token", token)

	first := w.Sealer
	w.Sealer = sts.NewSealer(sealingKey("s9"))
	refuse("of a key that is gone", message)
	w.Sealer = first
	w.clock.move(24*time.Hour - time.Second)
	w.decoded(message)
	w.clock.move(time.Second)
	refuse("a day old", message)
}

// TestAuthorizationMessageFits leaves out what would make a message too long to be
// decoded.
func TestAuthorizationMessageFits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	type said struct {
		Matched, Conditions int
		Resource            int
	}
	for name, tt := range map[string]struct {
		change func(*sts.Denial)
		want   said
	}{
		"short": {func(*sts.Denial) {}, said{0, 9, 23}},
		"long condition": {func(d *sts.Denial) {
			d.Context.Set("notes:Text", strings.Repeat("x", 9000))
		}, said{0, 0, 23}},
		"many statements": {func(d *sts.Denial) {
			d.Decision.Matched = make([]policy.Match, 1000)
		}, said{0, 0, 23}},
		"long resource": {func(d *sts.Denial) {
			d.Resource = "arn:aws:notes:::" + strings.Repeat("\u0001", 2000)
		}, said{0, 0, 512}},
	} {
		t.Run(name, func(t *testing.T) {
			d := w.denial(strings.ReplaceAll(name, " ", "-"), "")
			tt.change(&d)
			message := ok(w.EncodeDenial(d))(t)
			if len(message) > 10240 {
				t.Errorf("the message has %d characters", len(message))
			}
			var m struct {
				MatchedStatements struct{ Items []any }
				Context           struct {
					Resource   string
					Conditions struct{ Items []any }
				}
			}
			if err := json.Unmarshal([]byte(w.decoded(message)), &m); err != nil {
				t.Fatal(err)
			}
			got := said{len(m.MatchedStatements.Items), len(m.Context.Conditions.Items), len(m.Context.Resource)}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSessionsDecodeNothing holds for sessions of users and federated users, as for
// most of this API.
func TestSessionsDecodeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.keyed("u", allow("*"))
	message := ok(w.EncodeDenial(w.denial("ann", "")))(t)
	refused(w.DecodeAuthorizationMessage(t.Context(), w.own(user), decode(message)))(t, 403, denied,
		"Cannot call DecodeAuthorizationMessage with session credentials")
	ok(w.DecodeAuthorizationMessage(t.Context(), user, decode(message)))(t)
}

func FuzzDecodeAuthorizationMessage(f *testing.F) {
	w := newWorld(f)
	f.Add("s1.")
	f.Add("sample")
	f.Add(ok(w.EncodeDenial(sts.Denial{Action: "a:B", Resource: "*"}))(f) + "x")
	f.Fuzz(func(t *testing.T, text string) {
		refused(w.DecodeAuthorizationMessage(t.Context(), root(), decode(text)))(t, 400,
			"InvalidAuthorizationMessageException", "The encoded authorization message is invalid or has expired.")
	})
}
