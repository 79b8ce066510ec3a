package provider_test

import (
	"errors"
	"regexp"
	"testing"

	"github.com/cenotehq/cenote/provider"
)

// FuzzHolder reads any answer: whoever comes out of it has plain ids, and whatever does
// not is refused as invalid.
func FuzzHolder(f *testing.F) {
	f.Add(true, "application/json", []byte(`{"id":"1"}`))
	f.Add(true, "text/javascript; charset=UTF-8", []byte(`{"id":"1","id":"2"}`))
	f.Add(true, "application/json; charset", []byte(`{"id":"\u0000"}`))
	f.Add(false, "application/json", []byte(`{"iss":"https://www.amazon.com","aud":"c","app_id":"a","user_id":"u","exp":3600}`))
	f.Add(false, "text/html", []byte(`<html>`))
	plain := regexp.MustCompile(`^[A-Za-z0-9._-]{1,256}$`)
	f.Fuzz(func(t *testing.T, facebook bool, contentType string, body []byte) {
		name := provider.Amazon
		if facebook {
			name = provider.Facebook
		}
		holder, err := provider.HolderOf(name, contentType, body)
		if err != nil {
			if _, invalid := errors.AsType[*provider.InvalidError](err); !invalid {
				t.Fatalf("got %v", err)
			}
			return
		}
		for _, id := range append(holder.Apps, holder.User) {
			if !plain.MatchString(id) {
				t.Fatalf("got the id %q", id)
			}
		}
	})
}
