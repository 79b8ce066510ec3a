package conformance_test

import (
	"testing"

	"github.com/cenotehq/cenote/conformance"
)

func TestGuest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{})
	for _, client := range conformance.Clients(t) {
		t.Run(client.Name(), func(t *testing.T) {
			id := w.getID(t, client, nil)
			for range 2 {
				got := w.caller(t, client, w.getCredentials(t, client, id, nil))
				if want := sessionARN("guest", enhanced); got != want {
					t.Errorf("caller is %s, want %s", got, want)
				}
			}
			if again := w.getID(t, client, nil); again == id {
				t.Errorf("GetId of another guest gave %s again", id)
			}
		})
	}
}

func TestGuestWithEmptyLogins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{})
	for _, client := range conformance.SDKs(t) {
		t.Run(client.Name(), func(t *testing.T) {
			id := w.getID(t, client, logins{})
			if got, want := w.caller(t, client, w.getCredentials(t, client, id, logins{})), sessionARN("guest", enhanced); got != want {
				t.Errorf("caller is %s, want %s", got, want)
			}
		})
	}
}
