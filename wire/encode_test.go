package wire_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/cenotehq/cenote/wire"
)

type richOutput struct {
	Text     string            `aws:"Text"`
	Forced   string            `aws:"Forced,always"`
	Flag     bool              `aws:"Flag"`
	MaybeF   *bool             `aws:"MaybeFlag"`
	Int      int32             `aws:"Int"`
	MaybeI   *int64            `aws:"MaybeInt"`
	Ratio    float64           `aws:"Ratio"`
	Time     time.Time         `aws:"Time"`
	Blob     []byte            `aws:"Blob"`
	List     []string          `aws:"List"`
	ForcedL  []string          `aws:"ForcedList,always"`
	Map      map[string]string `aws:"Map"`
	ForcedM  map[string]string `aws:"ForcedMap,always"`
	Sub      subOutput         `aws:"Sub"`
	MaybeSub *subOutput        `aws:"MaybeSub"`
	Subs     []*subOutput      `aws:"Subs"`
	private  int
}

type subOutput struct {
	ID matchType `aws:"Id"`
}

type empty struct{}

func fullOutput() *richOutput {
	return &richOutput{
		Text: "a<b>&\"\\'\u2028é\x7f\x00\n\t\r😀\xff", Flag: true, MaybeF: new(false),
		Int: -7, MaybeI: new(int64(math.MaxInt64)),
		Ratio: 2.5, Time: time.Date(2018, 1, 5, 1, 26, 42, 123456789, time.FixedZone("x", 3600)), Blob: []byte{255},
		List: []string{"", "b"}, Map: map[string]string{"z": "1", "a": ""}, Sub: subOutput{"i"}, MaybeSub: &subOutput{},
		Subs: []*subOutput{{"x"}, nil}, private: 1,
	}
}

func TestEncodeJSON(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		out  any
		want string
	}{
		"full": {fullOutput(), `{"Text":"a<b>&\"\\'\u2028é\u007f\u0000\n\t\r😀` + "\ufffd" + `","Forced":"","Flag":true,` +
			`"MaybeFlag":false,"Int":-7,"MaybeInt":9223372036854775807,"Ratio":2.5,"Time":1515112002.123,"Blob":"/w==",` +
			`"List":["","b"],"ForcedList":[],"Map":{"a":"","z":"1"},"ForcedMap":{},"Sub":{"Id":"i"},"MaybeSub":{},` +
			`"Subs":[{"Id":"x"},null]}`},
		"never set": {
			richOutput{},
			`{"Forced":"","Flag":false,"Int":0,"Ratio":0,"ForcedList":[],"ForcedMap":{},"Sub":{}}`,
		},
		"empty collections": {
			richOutput{List: []string{}, Map: map[string]string{}, Blob: []byte{}, Subs: []*subOutput{}, Forced: "f"},
			`{"Forced":"f","Flag":false,"Int":0,"Ratio":0,"Blob":"","List":[],"ForcedList":[],"Map":{},"ForcedMap":{},` +
				`"Sub":{},"Subs":[]}`,
		},
		"empty output":  {empty{}, `{}`},
		"no output":     {struct{}{}, ``},
		"pointer to it": {&struct{}{}, ``},
		"nil":           {nil, ``},
		"nil pointer":   {(*richOutput)(nil), ``},
	}
	var codec wire.Codec
	for name, test := range tests {
		got := string(codec.EncodeJSON(test.out))
		if got != test.want {
			t.Errorf("%s: got  %s\nwant %s", name, got, test.want)
		}
		if got != "" && !json.Valid([]byte(got)) {
			t.Errorf("%s: not JSON: %s", name, got)
		}
	}
}

func TestEncodeJSONNumbers(t *testing.T) {
	t.Parallel()
	type output struct {
		Ratio float64   `aws:"R"`
		Time  time.Time `aws:"T"`
	}
	tests := map[string]output{
		`{"R":"NaN"}`:                  {Ratio: math.NaN()},
		`{"R":"Infinity"}`:             {Ratio: math.Inf(1)},
		`{"R":"-Infinity"}`:            {Ratio: math.Inf(-1)},
		`{"R":1e+300}`:                 {Ratio: 1e300},
		`{"R":0,"T":1515115602}`:       {Time: time.Unix(1515115602, 0)},
		`{"R":0,"T":0}`:                {Time: time.Unix(0, 0)},
		`{"R":0,"T":-0.5}`:             {Time: time.UnixMilli(-500)},
		`{"R":0,"T":253402300799.999}`: {Time: time.UnixMilli(253402300799999)},
		`{"R":0,"T":1515115602.001}`:   {Time: time.Unix(1515115602, 1_999_999)},
	}
	var codec wire.Codec
	for want, out := range tests {
		if got := string(codec.EncodeJSON(out)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestEncodeQuery(t *testing.T) {
	t.Parallel()
	const (
		ns   = "https://sts.amazonaws.com/doc/2011-06-15/"
		head = `<OpResponse xmlns="` + ns + `">`
		tail = `<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></OpResponse>`
	)
	tests := map[string]struct {
		out  any
		want string
	}{
		"full": {fullOutput(), `<OpResult><Text>a&lt;b&gt;&amp;&#34;\&#39;` +
			"\u2028é\x7f\ufffd" + `&#xA;&#x9;&#xD;😀` + "\ufffd" +
			`</Text><Forced></Forced><Flag>true</Flag><MaybeFlag>false</MaybeFlag><Int>-7</Int>` +
			`<MaybeInt>9223372036854775807</MaybeInt><Ratio>2.5</Ratio><Time>2018-01-05T00:26:42Z</Time><Blob>/w==</Blob>` +
			`<List><member></member><member>b</member></List><ForcedList></ForcedList>` +
			`<Map><entry><key>a</key><value></value></entry><entry><key>z</key><value>1</value></entry></Map>` +
			`<ForcedMap></ForcedMap><Sub><Id>i</Id></Sub><MaybeSub></MaybeSub>` +
			`<Subs><member><Id>x</Id></member><member></member></Subs></OpResult>`},
		"never set": {richOutput{}, `<OpResult><Forced></Forced><Flag>false</Flag><Int>0</Int><Ratio>0</Ratio>` +
			`<ForcedList></ForcedList><ForcedMap></ForcedMap><Sub></Sub></OpResult>`},
		"empty output": {empty{}, `<OpResult></OpResult>`},
		"no output":    {struct{}{}, ``},
		"nil":          {nil, ``},
	}
	var codec wire.Codec
	for name, test := range tests {
		if got, want := string(codec.EncodeQuery("Op", ns, "r-1", test.out)), head+test.want+tail; got != want {
			t.Errorf("%s: got  %s\nwant %s", name, got, want)
		}
	}
}
