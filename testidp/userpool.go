package testidp

import (
	"cmp"
	"encoding/json"
	"net/http"
)

// SetUser adds a user, or replaces the one of that name. Tokens that were signed
// before stay as they are.
func (p *Provider) SetUser(user User) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.users[user.Name] = user
}

// RemoveUser removes a user, if there is one.
func (p *Provider) RemoveUser(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.users, name)
}

func (p *Provider) user(name string) (User, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	user, ok := p.users[name]
	return user, ok
}

func (p *Provider) userOfSubject(sub string) (User, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, user := range p.users {
		if user.subject() == sub {
			return user, true
		}
	}
	return User{}, false
}

func (u User) subject() string {
	sub, _ := u.Claims["sub"].(string)
	return cmp.Or(sub, u.Name)
}

// serveAdminGetUser answers the one question that an identity pool asks the API of a
// user pool. Who signed it, nobody looks.
func (p *Provider) serveAdminGetUser(w http.ResponseWriter, r *http.Request) {
	var in struct{ Username string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxForm)).Decode(&in); err != nil {
		respondStatus(w, http.StatusBadRequest, map[string]string{"__type": "SerializationException"})
		return
	}
	user, ok := p.user(in.Username)
	if !ok {
		user, ok = p.userOfSubject(in.Username)
	}
	if !ok {
		respondStatus(w, http.StatusBadRequest, map[string]string{
			"__type": "UserNotFoundException", "message": "User does not exist.",
		})
		return
	}
	respond(w, map[string]any{
		"Username": user.Name, "Enabled": !user.Disabled, "UserStatus": "CONFIRMED",
		"UserAttributes": []map[string]string{{"Name": "sub", "Value": user.subject()}},
	})
}
