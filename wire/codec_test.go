package wire_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cenotehq/cenote/wire"
)

type recursive struct {
	Next []recursive `aws:"Next"`
}

func TestCheckRefusesUnfitTypes(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	for want, v := range map[string]any{
		"<nil> is not a struct":               nil,
		"int is not a struct":                 1,
		"wire_test.recursive contains itself": recursive{},
		"A: the field has no aws tag":         struct{ A string }{},
		"two fields are called A": struct {
			A string `aws:"A"`
			B string `aws:"A"`
		}{},
		"two fields are called MaxResults": struct {
			A int `aws:"MaxResults"`
			paging
		}{},
		`unknown option "omitempty"`: struct {
			A string `aws:"A,omitempty"`
		}{},
		"always is for texts, lists and maps": struct {
			A *string `aws:"A,always"`
		}{},
		"a is not exported": struct {
			a string `aws:"A"`
		}{},
		"chan int has no form on the wire": struct {
			A chan int `aws:"A"`
		}{},
		"interface {} has no form on the wire": struct {
			A any `aws:"A"`
		}{},
		"map[int]string has no form on the wire": struct {
			A map[int]string `aws:"A"`
		}{},
		"**string has no form on the wire": struct {
			A **string `aws:"A"`
		}{},
		"structures two collections deep": struct {
			A map[string][]paging `aws:"A"`
		}{},
		`check: the rule "size=1" does not fit`: struct {
			A string `aws:"A" check:"size=1"`
		}{},
		`check: the rule "" does not fit`: struct {
			A string `aws:"A" check:"required;;len=1-2"`
		}{},
		`check: the rule "len=1-2" does not fit`: struct {
			A int `aws:"A" check:"len=1-2"`
		}{},
		`check: the rule "range=1-2" does not fit`: struct {
			A string `aws:"A" check:"range=1-2"`
		}{},
		`check: the rule "pattern=a" does not fit`: struct {
			A []string `aws:"A" check:"pattern=a"`
		}{},
		`check: the rule "enum=" does not fit`: struct {
			A string `aws:"A" check:"enum="`
		}{},
		`"5" is not MIN-MAX`: struct {
			A string `aws:"A" check:"len=5"`
		}{},
		`"-" is not MIN-MAX`: struct {
			A string `aws:"A" check:"len=-"`
		}{},
		`"2-1" is upside down`: struct {
			A string `aws:"A" check:"len=2-1"`
		}{},
		"invalid syntax": struct {
			A string `aws:"A" check:"len=a-b"`
		}{},
		"error parsing regexp": struct {
			A string `aws:"A" check:"pattern=(?!a)"`
		}{},
		"each: the field is no collection": struct {
			A string `aws:"A" each:"len=1-2"`
		}{},
		"key: the field is no collection": struct {
			A []string `aws:"A" key:"len=1-2"`
		}{},
		"each: rules of a structure": struct {
			A []paging `aws:"A" each:"len=1-2"`
		}{},
		"each: members and keys are always required": struct {
			A []string `aws:"A" each:"required"`
		}{},
	} {
		err := codec.Check(v)
		if err == nil || !strings.HasPrefix(err.Error(), "wire: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

func TestCheckAcceptsFitTypes(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	for _, v := range []any{richInput{}, &richInput{}, richOutput{}, requiredInput{}, struct{}{}, &empty{}, (*paging)(nil)} {
		if err := codec.Check(v); err != nil {
			t.Error(err)
		}
	}
}

func TestUnfitTargets(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	for _, in := range []any{nil, paging{}, (*paging)(nil), new(int), &recursive{}} {
		err := codec.DecodeJSON([]byte(`{}`), in)
		if err == nil || wire.JSON.Fault(err) != nil {
			t.Errorf("%T: got %v, want an error that is not the client's", in, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("an unfit output did not panic")
		}
	}()
	codec.EncodeJSON(recursive{})
}

func TestCodecIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			out := codec.EncodeJSON(paging{Max: new(int32(i + 1)), Marker: "m"})
			var in paging
			if err := codec.DecodeJSON(out, &in); err != nil || *in.Max != int32(i+1) {
				t.Errorf("%s: %+v, %v", out, in, err)
			}
		})
	}
	group.Wait()
}

// A request of one megabyte must not cost more per byte than one of sixty-four kilobytes, give or take the machine.
func BenchmarkDecodeHostileJSON(b *testing.B) {
	var codec wire.Codec
	for _, size := range []int{1 << 16, 1 << 20} {
		for name, body := range map[string]string{
			"names":   `{"` + strings.Repeat(`a":1,"`, size/6) + `":1}`,
			"rules":   `{"Rules":[` + strings.Repeat(`{},`, size/3) + `{}]}`,
			"pattern": `{"IdentityPoolName":"` + strings.Repeat(`a`, size) + `"}`,
			"keys":    `{"TagKeys":["` + strings.Repeat(`a","`, size/4) + `"]}`,
		} {
			b.Run(fmt.Sprintf("%s-%d", name, size), func(b *testing.B) {
				b.SetBytes(int64(len(body)))
				for b.Loop() {
					_ = codec.DecodeJSON([]byte(body), &richInput{})
				}
			})
		}
	}
}

func BenchmarkDecodeJSON(b *testing.B) {
	type input struct {
		Pool    string            `aws:"IdentityPoolId" check:"required;len=1-55;pattern=[\\w-]+:[0-9a-f-]+"`
		Account string            `aws:"AccountId" check:"len=1-15;pattern=\\d+"`
		Logins  map[string]string `aws:"Logins" check:"len=-10" key:"len=1-128" each:"secret;len=1-50000"`
	}
	body := []byte(`{"IdentityPoolId":"us-east-1:d091810c-b2e7-4a14-949e-cae977f4a75a","Logins":{"accounts.google.com":"` +
		strings.Repeat("x", 1000) + `"}}`)
	var codec wire.Codec
	b.ReportAllocs()
	for b.Loop() {
		var in input
		if err := codec.DecodeJSON(body, &in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeJSON(b *testing.B) {
	type credentials struct {
		ID      string    `aws:"AccessKeyId"`
		Secret  string    `aws:"SecretKey"`
		Token   string    `aws:"SessionToken"`
		Expires time.Time `aws:"Expiration"`
	}
	type output struct {
		ID          string      `aws:"IdentityId"`
		Credentials credentials `aws:"Credentials"`
	}
	out := output{"us-east-1:d091810c-b2e7-4a14-949e-cae977f4a75a", credentials{
		"ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", strings.Repeat("t", 800), time.Unix(1515115602, 0),
	}}
	var codec wire.Codec
	b.ReportAllocs()
	for b.Loop() {
		codec.EncodeJSON(out)
	}
}
