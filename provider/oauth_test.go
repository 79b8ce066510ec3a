package provider_test

import (
	"net/url"
	"testing"

	"github.com/cenotehq/cenote/provider"
)

// The examples of RFC 5849 section 1.2, and of Twitter's page "Creating a signature".
func TestOAuthSignature(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		consumerSecret, tokenSecret, method, address, parameters, want string
	}{
		{
			"kd94hf93k423kf44", "pfkkdhi9sl3r4s00", "GET", "http://photos.example.net/photos",
			"file=vacation.jpg&size=original&oauth_consumer_key=dpf43f3p2l4k3l03&oauth_token=nnch734d00sl2jdk" +
				"&oauth_signature_method=HMAC-SHA1&oauth_timestamp=137131202&oauth_nonce=chapoH",
			"MdpQcU8iPSUjWoN/UDMsK2sui9I=",
		},
		{
			"kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw", "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
			"POST", "https://api.twitter.com/1.1/statuses/update.json",
			"status=Hello+Ladies+%2b+Gentlemen%2c+a+signed+OAuth+request%21&include_entities=true" +
				"&oauth_consumer_key=xvz1evFS4wEEPTGEFPHBog&oauth_nonce=kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg" +
				"&oauth_signature_method=HMAC-SHA1&oauth_timestamp=1318622958" +
				"&oauth_token=370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb&oauth_version=1.0",
			"hCtSmYh+iHYCEqBWrE7C7hYmtUk=",
		},
	} {
		parameters, err := url.ParseQuery(test.parameters)
		if err != nil {
			t.Fatal(err)
		}
		if got := provider.OAuthSignature(test.consumerSecret, test.tokenSecret, test.method, test.address, parameters); got != test.want {
			t.Errorf("%s: got %s, want %s", test.address, got, test.want)
		}
	}
}
