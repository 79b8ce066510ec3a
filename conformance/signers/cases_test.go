package signers_test

import "math/rand/v2"

// call is a request to be signed. The path and what else is in it are as they go over the wire, but for Query,
// which each SDK encodes itself.
type call struct {
	Method    string      `json:"method"`
	Path      string      `json:"path"`
	Query     [][2]string `json:"query"`
	Headers   [][2]string `json:"headers"`
	Body      string      `json:"body"`
	Token     bool        `json:"token"`
	Presigned bool        `json:"presigned"`
}

// calls returns n calls, the same ones every time. Presigned ones are as SDKs make them: GET, without a body.
func calls(n int) []call {
	random := rand.New(rand.NewPCG(20150830, 1236))
	all := make([]call, n)
	for i := range all {
		c := call{
			Method:    pick(random, "GET", "POST", "PUT", "DELETE", "PATCH"),
			Path:      pick(random, paths()...),
			Query:     some(random, parameters()),
			Headers:   some(random, headers()),
			Token:     random.IntN(2) == 0,
			Presigned: random.IntN(3) == 0,
		}
		if c.Presigned {
			c.Method = "GET"
		}
		if c.Method != "GET" && c.Method != "DELETE" {
			c.Body = pick(random, "", "{}", "Action=GetCallerIdentity&Version=2011-06-15", `{"IdentityPoolName":"a ü 😀"}`, "\x00\r\n")
		}
		all[i] = c
	}
	return all
}

// No path has a semicolon: botocore signs it, and then sends the path without what follows it.
func paths() []string {
	return []string{
		"/", "/a", "/a/", "/a/b", "/a%20b", "/%C3%BC/%F0%9F%98%80", "/a%2Fb", "/a%252Fb", "/a+b", "/a~b_c-d.e",
		"/a=b,c", "/a:b@c", "/$&'()*!", "/a//b", "//a", "/a/./b", "/a/../b", "/../a", "/a/b/..", "/a/.", "/.a/..b", "/...",
	}
}

func parameters() [][2]string {
	return [][2]string{
		{"Action", "GetCallerIdentity"},
		{"a", ""},
		{"a", "b c"},
		{"a", "b+c"},
		{"a", "B"},
		{"a", "b/c"},
		{"a", "b-c"},
		{"A", "%20"},
		{"ü", "ü 😀"},
		{"a b", "~_.-"},
		{"k=&", "v=&?#"},
		{"*", "!'()*"},
		{"Tags.member.1.Key", "a:b,c;d"},
	}
}

func headers() [][2]string {
	return [][2]string{
		{"Content-Type", "application/x-amz-json-1.1"},
		{"X-Amz-Target", "AWSCognitoIdentityService.GetId"},
		{"X-Amz-User-Agent", "aws-sdk-js/3.1164.0"},
		{"Amz-Sdk-Invocation-Id", "dcf1e3f0-6f3e-4f0e-9d0a-2b1d0e1a0c11"},
		{"Amz-Sdk-Request", "attempt=1; max=3"},
		{"X-K8s-Aws-Id", "cluster"},
		{"X-Spaces", "a   b    c"},
		{"X-Quoted", `"a   b"`},
		{"X-Around", "  a  "},
		{"X-Empty", ""},
		{"X-Commas", "b,a, c"},
		{"User-Agent", "Boto3/1.26 md/Botocore#1.29"},
		{"X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793"},
		{"Accept", "*/*"},
		{"Date", "Tue, 24 Nov 2026 07:00:00 GMT"},
	}
}

func pick[T any](random *rand.Rand, values ...T) T { return values[random.IntN(len(values))] }

// some returns up to five of values, in any order.
func some[T any](random *rand.Rand, values []T) []T {
	chosen := []T{}
	for _, i := range random.Perm(len(values))[:random.IntN(6)] {
		chosen = append(chosen, values[i])
	}
	return chosen
}
