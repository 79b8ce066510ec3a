package main

// growth is what an operation keeps of its rate where there are more identities.
type growth struct {
	Engine      string  `json:"engine"`
	Operation   string  `json:"operation"`
	Connections int     `json:"connections"`
	From        int     `json:"from"`  // identities
	To          int     `json:"to"`    // identities
	Rate        float64 `json:"rate"`  // of requests per second
	Share       float64 `json:"share"` // of the share of the floor, which the noise of the machine leaves alone
	Target      *target `json:"target"`
}

// growthOf compares the least with the most identities of each engine.
func growthOf(places []place) []growth {
	least, most := map[string]place{}, map[string]place{}
	var engines []string
	for _, at := range places {
		small, known := least[at.Engine]
		if !known {
			engines = append(engines, at.Engine)
		}
		if !known || at.Identities < small.Identities {
			least[at.Engine] = at
		}
		if at.Identities > most[at.Engine].Identities {
			most[at.Engine] = at
		}
	}
	var list []growth
	for _, engine := range engines {
		if least[engine].Identities < most[engine].Identities {
			list = append(list, growthBetween(least[engine], most[engine])...)
		}
	}
	return list
}

func growthBetween(from, to place) []growth {
	var list []growth
	for i, small := range from.Operations {
		large := to.Operations[i] // the same one: all places have the same operations
		g := growth{
			Engine: to.Engine, Operation: small.Name, Connections: small.Connections, From: from.Identities, To: to.Identities,
			Rate:  large.Server.RequestsPerSecond.Median / small.Server.RequestsPerSecond.Median,
			Share: large.ShareOfFloor.Median / small.ShareOfFloor.Median,
		}
		switch small.Name {
		case getIDName:
			g.Target = newTarget(0.90, 1.0, g.Share)
		case uncachedName:
			g.Target = newTarget(0.75, 0.90, g.Share)
		default:
			continue
		}
		list = append(list, g)
	}
	return list
}
