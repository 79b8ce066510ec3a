package main

// signIn is what a user with a new token costs more than a guest, both from the cache,
// and what of it is RSA.
type signIn struct {
	Engine      string  `json:"engine"`
	Identities  int     `json:"identities"`
	Connections int     `json:"connections"`
	More        float64 `json:"moreCPUMicroseconds"`
	RSA         float64 `json:"rsaCPUMicroseconds"` // of the verification, at the floor
	Share       float64 `json:"share"`              // RSA of More
}

// signInsOf compares users with guests, over the same number of connections.
func signInsOf(places []place) []signIn {
	var list []signIn
	for _, at := range places {
		guests := map[int]row{}
		for _, o := range at.Operations {
			if o.Name == cachedName {
				guests[o.Connections] = o
			}
		}
		for _, user := range at.Operations {
			guest, known := guests[user.Connections]
			if user.Name != freshName || !known {
				continue
			}
			more := user.Server.CPU.Median - guest.Server.CPU.Median
			// Both floors seal a session, too, and that of users reads longer requests.
			rsa := user.cryptoCPU() - guest.cryptoCPU()
			list = append(list, signIn{at.Engine, at.Identities, user.Connections, more, rsa, rsa / more})
		}
	}
	return list
}

// cryptoCPU is what the cryptography of the floor takes, in microseconds.
func (o row) cryptoCPU() float64 { return o.CryptoFloor.CPU.Median - o.Floor.CPU.Median }
