package token

// Remembered is how many signatures the keys remember.
func Remembered(k Keys) int { return len(k.seen.recent) + len(k.seen.older) }

// Canonical is the root of a document in exclusive canonical XML.
func Canonical(document, prefixes string) (string, error) {
	root, err := parseSAML([]byte(document))
	if err != nil {
		return "", err
	}
	out, err := canonical(root, nil, prefixes)
	return string(out), err
}
