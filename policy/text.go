package policy

// MarshalText returns the document as it was written, so that whoever keeps one
// gives back the same text.
func (d *Document) MarshalText() ([]byte, error) { return []byte(d.Source()), nil }

// UnmarshalText is Parse.
func (d *Document) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = *parsed
	return nil
}
