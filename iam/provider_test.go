package iam_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
)

const providers = "arn:aws:iam::" + account + ":oidc-provider/"

func createProvider(t *testing.T, s *iam.Service, url string) string {
	t.Helper()
	return must[iam.CreateOpenIDConnectProviderOutput](t)(
		s.CreateOpenIDConnectProvider(t.Context(), root(), &iam.CreateOpenIDConnectProviderInput{URL: url})).OpenIDConnectProviderARN
}

func getProvider(t *testing.T, s *iam.Service, arn string) *iam.GetOpenIDConnectProviderOutput {
	t.Helper()
	return must[iam.GetOpenIDConnectProviderOutput](t)(
		s.GetOpenIDConnectProvider(t.Context(), root(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderARN: arn}))
}

func TestCreateOpenIDConnectProvider(t *testing.T) {
	t.Parallel()
	s := newService(t)
	print1, print2 := strings.Repeat("a1", 20), strings.Repeat("B2", 20)
	in := &iam.CreateOpenIDConnectProviderInput{
		URL:            "https://idp.example/realms/R",
		ClientIDList:   []string{"web", "app", "web"},
		ThumbprintList: []string{print1, print2},
		Tags:           []iam.Tag{{Key: "k", Value: "v"}},
	}
	created := must[iam.CreateOpenIDConnectProviderOutput](t)(s.CreateOpenIDConnectProvider(t.Context(), root(), in))
	want := &iam.CreateOpenIDConnectProviderOutput{OpenIDConnectProviderARN: providers + "idp.example/realms/R", Tags: in.Tags}
	if diff := cmp.Diff(want, created); diff != "" {
		t.Errorf("CreateOpenIDConnectProvider (-want +got):\n%s", diff)
	}
	shown := &iam.GetOpenIDConnectProviderOutput{
		URL:            "idp.example/realms/R",
		ClientIDList:   []string{"web", "app"},
		ThumbprintList: []string{print1, print2},
		CreateDate:     noon(),
		Tags:           in.Tags,
	}
	if diff := cmp.Diff(shown, getProvider(t, s, created.OpenIDConnectProviderARN)); diff != "" {
		t.Errorf("GetOpenIDConnectProvider (-want +got):\n%s", diff)
	}
	_, err := s.CreateOpenIDConnectProvider(t.Context(), root(), &iam.CreateOpenIDConnectProviderInput{URL: in.URL})
	refused(t, err, 409, "EntityAlreadyExists", "Provider with url https://idp.example/realms/R already exists.")
	createProvider(t, s, "https://idp.example/realms/r")
}

func TestIssuerURLs(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for url, want := range map[string]string{
		"https://a.example":                "a.example",
		"https://tenant.example/":          "tenant.example/", // as the iss claim has it
		"https://a.example/x/y":            "a.example/x/y",
		"https://A.example/%7Eb/a@b":       "A.example/%7Eb/a@b",
		"http://localhost:8080":            "localhost:8080",
		"https://localhost:8080/realms/r/": "localhost:8080/realms/r/",
		"http://[::1]:8080/x":              "[::1]:8080/x",
		"http://idp.internal":              "idp.internal",
		"https://a.example:8443":           "a.example:8443",
		"https://[::1]:9000":               "[::1]:9000",
	} {
		if got := createProvider(t, s, url); got != providers+want {
			t.Errorf("%s became %s", url, got)
		}
	}
}

func TestIssuerURLRefusals(t *testing.T) {
	t.Parallel()
	s := newService(t)
	strict := newService(t)
	strict.PlainIssuer = nil
	const (
		malformed = "ValidationError: Invalid Open ID Connect Provider URL"
		scheme    = "InvalidInput: Invalid Open ID Connect Provider URL. The URL must begin with https://."
		extra     = "InvalidInput: Invalid Open ID Connect Provider URL."
	)
	tests := []struct {
		service *iam.Service
		url     string
		want    string
	}{
		{s, "a.example", malformed},
		{s, "https:a.example", malformed},
		{s, "https://", malformed},
		{s, "https://*.example", malformed},
		{s, "https://a.example/../b", malformed},
		{s, "https://:8080", malformed},
		{s, "https:///path", malformed},
		{s, "https://a.example/a b", malformed},
		{s, "https://a.example/\n", malformed},
		{s, "https://ä.example", malformed},
		{s, "https://a.example/%zz", malformed},
		{s, "://a.example", malformed},
		{s, "http://a.example", scheme},
		{s, "HTTPS://a.example", scheme},
		{s, "HTTP://localhost:8080", scheme},
		{s, "ftp://localhost:8080", scheme},
		{s, "https://user@a.example", extra},
		{s, "https://user:secret@localhost:8080", extra},
		{s, "https://a.example?", extra},
		{s, "https://a.example?x=1", extra},
		{s, "https://a.example#", extra},
		{s, "https://localhost:8080/?x", extra},
		{s, "https://a.example:", malformed},
		{strict, "http://localhost:8080", scheme},
	}
	for _, tt := range tests {
		_, err := tt.service.CreateOpenIDConnectProvider(t.Context(), root(), &iam.CreateOpenIDConnectProviderInput{URL: tt.url})
		code, message, _ := strings.Cut(tt.want, ": ")
		t.Run(tt.url, func(t *testing.T) { refused(t, err, 400, code, message) })
	}
}

func FuzzIssuerURL(f *testing.F) {
	for _, url := range []string{
		"https://a.example", "http://localhost:8080/x", "https://u:p@h:1/?q#f", "https://[::1]:8080", "https://a.example/%2F", "//x", "https://%41",
	} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		host, err := iam.IssuerHost(url, func(host string) bool { return host == "localhost:8080" })
		if err != nil {
			return
		}
		if host == "" || url != "https://"+host && url != "http://"+host {
			t.Errorf("IssuerHost(%q) = %q", url, host)
		}
		if authority, _, _ := strings.Cut(host, "/"); strings.Contains(authority, "@") {
			t.Errorf("IssuerHost(%q) took a user", url)
		}
		if strings.ContainsAny(host, "?# \n") {
			t.Errorf("IssuerHost(%q) took a query or fragment", url)
		}
	})
}

func TestCreateOpenIDConnectProviderRefuses(t *testing.T) {
	t.Parallel()
	s := newService(t)
	var ids []string
	for i := range 101 {
		ids = append(ids, fmt.Sprint("id", i))
	}
	thumbprint := strings.Repeat("0", 40)
	six := strings.Split(strings.Repeat(thumbprint+",", 5)+thumbprint, ",")
	tests := map[string]struct {
		in            iam.CreateOpenIDConnectProviderInput
		status        int
		code, message string
	}{
		"client ids": {
			iam.CreateOpenIDConnectProviderInput{ClientIDList: ids},
			409, "LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100",
		},
		"thumbprints": {
			iam.CreateOpenIDConnectProviderInput{ThumbprintList: six},
			400, "InvalidInput", "Thumbprint list must contain fewer than 5 entries.",
		},
		"thumbprint": {
			iam.CreateOpenIDConnectProviderInput{ThumbprintList: []string{"g" + thumbprint[1:]}},
			400, "InvalidInput", "Thumbprints must be hexadecimal: g" + thumbprint[1:],
		},
		"tags": {
			iam.CreateOpenIDConnectProviderInput{Tags: []iam.Tag{{Key: "a"}, {Key: "A"}}},
			400, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.in.URL = "https://a.example"
			_, err := s.CreateOpenIDConnectProvider(t.Context(), root(), &tt.in)
			refused(t, err, tt.status, tt.code, tt.message)
		})
	}
	list := must[iam.ListOpenIDConnectProvidersOutput](t)(
		s.ListOpenIDConnectProviders(t.Context(), root(), &iam.ListOpenIDConnectProvidersInput{}))
	if len(list.OpenIDConnectProviderList) != 0 {
		t.Errorf("refused providers exist: %v", list.OpenIDConnectProviderList)
	}
}

func TestProviderQuota(t *testing.T) {
	t.Parallel()
	s := newService(t)
	fill(t, 100, func(name string) error {
		in := &iam.CreateOpenIDConnectProviderInput{URL: "https://" + name}
		_, err := s.CreateOpenIDConnectProvider(t.Context(), root(), in)
		return err
	})
	_, err := s.CreateOpenIDConnectProvider(t.Context(), root(), &iam.CreateOpenIDConnectProviderInput{URL: "https://a.example"})
	refused(t, err, 409, "LimitExceeded", "Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100")
	list := must[iam.ListOpenIDConnectProvidersOutput](t)(
		s.ListOpenIDConnectProviders(t.Context(), root(), &iam.ListOpenIDConnectProvidersInput{}))
	seen := map[string]bool{}
	for _, entry := range list.OpenIDConnectProviderList {
		seen[entry.ARN] = true
	}
	if len(list.OpenIDConnectProviderList) != 100 || len(seen) != 100 || !seen[providers+"n42"] {
		t.Errorf("listed %d providers, %d of them different", len(list.OpenIDConnectProviderList), len(seen))
	}
}

func TestClientIDs(t *testing.T) {
	t.Parallel()
	s, ctx, c := newService(t), t.Context(), root()
	arn := createProvider(t, s, "https://a.example")
	add := func(id string) error {
		_, err := s.AddClientIDToOpenIDConnectProvider(ctx, c, &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderARN: arn, ClientID: id})
		return err
	}
	remove := func(id string) error {
		_, err := s.RemoveClientIDFromOpenIDConnectProvider(ctx, c,
			&iam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderARN: arn, ClientID: id})
		return err
	}
	steps := []struct {
		change func(string) error
		id     string
		want   []string
	}{
		{add, "b", []string{"b"}},
		{add, "b", []string{"b"}},
		{add, "a", []string{"b", "a"}},
		{add, "A", []string{"b", "a", "A"}},
		{remove, "none", []string{"b", "a", "A"}},
		{remove, "b", []string{"a", "A"}},
		{remove, "b", []string{"a", "A"}},
	}
	for _, step := range steps {
		if err := step.change(step.id); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, getProvider(t, s, arn).ClientIDList); diff != "" {
			t.Errorf("after %q (-want +got):\n%s", step.id, diff)
		}
	}
	for i := range 98 {
		if err := add(fmt.Sprint("id", i)); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, add("one more"), 409, "LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100")
	if err := add("id0"); err != nil {
		t.Errorf("adding one that is there: %v", err)
	}
}

func TestUpdateThumbprint(t *testing.T) {
	t.Parallel()
	s := newService(t)
	arn := createProvider(t, s, "https://a.example")
	update := func(list ...string) error {
		_, err := s.UpdateOpenIDConnectProviderThumbprint(t.Context(), root(),
			&iam.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderARN: arn, ThumbprintList: list})
		return err
	}
	a, b := strings.Repeat("a", 40), strings.Repeat("b", 40)
	if err := update(a, b); err != nil {
		t.Fatal(err)
	}
	if err := update(b, a, a, a, a); err != nil {
		t.Fatal(err)
	}
	refused(t, update(a, a, a, a, a, a), 400, "InvalidInput", "Thumbprint list must contain fewer than 5 entries.")
	if diff := cmp.Diff([]string{b, a, a, a, a}, getProvider(t, s, arn).ThumbprintList); diff != "" {
		t.Errorf("thumbprints (-want +got):\n%s", diff)
	}
}

func TestDeleteOpenIDConnectProvider(t *testing.T) {
	t.Parallel()
	s := newService(t)
	arn := createProvider(t, s, "https://a.example")
	for range 2 { // a second time is no error
		must[struct{}](t)(s.DeleteOpenIDConnectProvider(t.Context(), root(), &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderARN: arn}))
		_, err := s.GetOpenIDConnectProvider(t.Context(), root(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderARN: arn})
		refused(t, err, 404, "NoSuchEntity", "OpenIDConnect Provider not found for arn "+arn)
	}
}

func TestProviderARNs(t *testing.T) {
	t.Parallel()
	s, ctx, c := newService(t), t.Context(), root()
	createProvider(t, s, "https://a.example")
	calls := map[string]func(arn string) error{
		"Get": func(arn string) error {
			_, err := s.GetOpenIDConnectProvider(ctx, c, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderARN: arn})
			return err
		},
		"Delete": func(arn string) error {
			_, err := s.DeleteOpenIDConnectProvider(ctx, c, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderARN: arn})
			return err
		},
		"AddClientID": func(arn string) error {
			_, err := s.AddClientIDToOpenIDConnectProvider(ctx, c,
				&iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderARN: arn, ClientID: "x"})
			return err
		},
		"RemoveClientID": func(arn string) error {
			_, err := s.RemoveClientIDFromOpenIDConnectProvider(ctx, c,
				&iam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderARN: arn, ClientID: "x"})
			return err
		},
		"UpdateThumbprint": func(arn string) error {
			_, err := s.UpdateOpenIDConnectProviderThumbprint(ctx, c, &iam.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderARN: arn})
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			for _, arn := range []string{
				"a.example.of.no.arn.at.all", "arn:aws:iam::" + account + ":role/a.example", providers,
				"arn:aws:iam::" + account + ":saml-provider/a.example", "arn:aws:sts::" + account + ":oidc-provider/a.example",
				"arn:aws:iam:us-east-1:" + account + ":oidc-provider/a.example",
			} {
				refused(t, call(arn), 400, "InvalidInput", "ARN "+arn+" is not valid.")
			}
			for _, arn := range []string{
				"arn:aws:iam::" + elsewhere + ":oidc-provider/a.example", "arn:aws-cn:iam::" + account + ":oidc-provider/a.example",
			} {
				refused(t, call(arn), 404, "NoSuchEntity", "OpenIDConnect Provider not found for arn "+arn)
			}
			if name != "Delete" {
				arn := providers + "A.example"
				refused(t, call(arn), 404, "NoSuchEntity", "OpenIDConnect Provider not found for arn "+arn)
			}
		})
	}
	if ids := getProvider(t, s, providers+"a.example").ClientIDList; len(ids) != 0 {
		t.Errorf("another ARN changed the provider: %v", ids)
	}
}
