package main

// target is what a figure should reach: below Ship the server is too slow to be given
// to anybody, and Want is what we are after. They are meant for one million identities.
type target struct {
	Ship    float64 `json:"ship"`
	Want    float64 `json:"want"`
	Reached string  `json:"reached"`
}

func newTarget(ship, want, figure float64) *target {
	t := &target{Ship: ship, Want: want, Reached: "missed"}
	switch {
	case figure >= want:
		t.Reached = "wanted"
	case figure >= ship:
		t.Reached = "met"
	}
	return t
}

// Limits of a place.
const (
	maxStart  = 100 // milliseconds
	maxMemory = 100 // megabytes, of a server with its cache off
)

// targetOf returns the target of an operation, or nil where there is none.
func targetOf(engine string, r row) *target {
	for _, a := range aims() {
		if a.engine == engine && a.operation == r.Name && (a.connections == 0 || a.connections == r.Connections) {
			return newTarget(a.ship, a.want, r.figure())
		}
	}
	return nil
}

// figure is what the target is about: the share of the floor, or of what the cores can
// sign, where signing is all there is to it.
func (o row) figure() float64 {
	if o.ShareOfSigning != nil {
		return o.ShareOfSigning.Median
	}
	return o.ShareOfFloor.Median
}

// aim is a target for an operation.
type aim struct {
	engine      string
	operation   string
	connections int // 0 for any number
	ship, want  float64
}

func aims() []aim {
	const lite, postgres = "SQLite", "PostgreSQL"
	return []aim{
		{lite, getIDName, 64, 0.35, 0.45},
		{lite, getIDName, 256, 0.45, 0.60},
		{lite, uncachedName, 0, 0.55, 0.62},
		{lite, cachedName, 0, 0.70, 0.80},
		{lite, freshName, 0, 0.33, 0.42},
		{lite, seenName, 0, 0.50, 0.60},
		{lite, openIDName, 0, 0.85, 0.90},
		{lite, signedName, 0, 0.55, 0.65},
		{postgres, getIDName, 0, 0.40, 0.40},
		{postgres, cachedName, 0, 0.65, 0.65},
	}
}
