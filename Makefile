# Every target is one line; each does by itself the set-up that it needs.
lint = go tool -modfile=$(CURDIR)/tools/go.mod golangci-lint

.PHONY: run build test unit lint format conformance conformance-java postgres bench bench-full fuzz setup vuln

run: ; go run ./cmd/cenote dev

build: ; go build ./cmd/cenote

test: setup unit conformance postgres $(if $(shell command -v mvn),conformance-java) lint

unit: ; go test -race ./...

lint: ; $(lint) run ./... && cd conformance && $(lint) run ./...

format: ; $(lint) fmt && cd conformance && $(lint) fmt

conformance: setup ; cd conformance && go test -count=1 -timeout 20m -skip '^TestKeycloak$$' ./...

# Identity providers that run on Java: Keycloak, which Maven gets, 147 MB at the first time.
conformance-java: setup ; cd conformance && sh keycloak.sh && go test -count=1 -timeout 10m -run '^TestKeycloak$$' .

# What rests on the store, once more on PostgreSQL; not what starts a PostgreSQL server or a Keycloak of its own.
postgres: setup ; go run ./pgtest/with sh -c 'go test -count=1 ./store -rapid.checks=30 && go test -count=1 ./cognito ./sts ./iam ./server && cd conformance && go test -count=1 -timeout 20m -skip "^Test(Keycloak|Fault|Nodes|RollingRestart)" .'

bench: ; go run ./bench

# Both databases, up to ten million identities, and moto; about an hour.
bench-full: ; go run ./bench -full -out docs

fuzz: ; grep -rEo --include='*_test.go' --exclude-dir=conformance '^func Fuzz\w+' */ | sed 's,/[^/]*:func , ,' | while read -r folder name; do go test -run '^$$' -fuzz "^$$name\$$" -fuzztime 10s "./$$folder" || exit 1; done

setup: ; sh conformance/setup.sh

# Asks the Go vulnerability database, so it needs the internet.
vuln: ; go tool -modfile=tools/go.mod govulncheck ./...
