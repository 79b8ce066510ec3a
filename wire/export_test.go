package wire

// Pattern compiles a pattern, and says whether it can be read in runs.
func Pattern(text string) (quick, slow func(string) bool, inRuns bool, err error) {
	p, err := compilePattern(text)
	if err != nil {
		return nil, nil, false, err
	}
	return p.matches, p.regexp.MatchString, len(p.runs) > 0, nil
}
