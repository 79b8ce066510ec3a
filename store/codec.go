package store

import (
	"encoding/base64"
	"encoding/json"
	"strconv"

	"github.com/cenotehq/cenote/seal"
)

// codec turns what is kept into text, sealed under the master key where secret.
type codec struct{ master master }

func (c codec) encode(k kind, name string, entity any) (string, error) {
	doc, err := json.Marshal(entity)
	if err != nil {
		return "", err
	}
	if k.secret {
		return c.seal(doc, k.name, name), nil
	}
	return string(doc), nil
}

func (c codec) decode(k kind, name, doc string, entity any) error {
	if !k.secret {
		return json.Unmarshal([]byte(doc), entity)
	}
	plain, err := c.open(doc, k.name, name)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, entity)
}

// seal binds what it seals to its place, so that no row can stand in for another.
func (c codec) seal(plain []byte, kind, name string) string {
	return base64.RawStdEncoding.EncodeToString(c.master.key.Seal(plain, place(kind, name)))
}

func (c codec) open(text, kind, name string) ([]byte, error) {
	sealed, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil, seal.ErrOpen
	}
	return c.master.key.Open(sealed, place(kind, name))
}

func place(kind, name string) string {
	return "store " + strconv.Quote(kind) + " " + strconv.Quote(name)
}
