package token

// Remembered is how many signatures the keys remember.
func Remembered(k Keys) int { return len(k.seen.recent) + len(k.seen.older) }
