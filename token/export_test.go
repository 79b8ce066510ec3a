package token

// Remembered is how many signatures the keys remember.
func Remembered(k Keys) int { return len(k.seen.recent) + len(k.seen.older) }

// QuickObject and SlowObject are the two readers of objects.
func QuickObject(data []byte) (map[string]any, bool) { return quickObject(data) }

func SlowObject(data []byte) (map[string]any, bool) {
	object, bad := slowObject(data)
	return object, bad == nil
}
