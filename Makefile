# Every target is one line; each does by itself the set-up that it needs.
lint = go tool -modfile=$(CURDIR)/tools/go.mod golangci-lint

.PHONY: run build test unit lint format conformance conformance-java bench fuzz setup vuln

run: ; go run ./cmd/cenote dev

build: ; go build ./cmd/cenote

test: setup unit conformance $(if $(shell command -v mvn),conformance-java) lint

unit: ; go test -race ./...

lint: ; $(lint) run ./... && cd conformance && $(lint) run ./...

format: ; $(lint) fmt && cd conformance && $(lint) fmt

conformance: setup ; cd conformance && go test -count=1 -timeout 20m -skip '^TestKeycloak$$' ./...

# Identity providers that run on Java: Keycloak, which Maven gets, 147 MB at the first time.
conformance-java: setup ; cd conformance && sh keycloak.sh && go test -count=1 -timeout 10m -run '^TestKeycloak$$' .

bench: ; go run ./bench

fuzz: ; grep -rEo --include='*_test.go' --exclude-dir=conformance '^func Fuzz\w+' */ | sed 's,/[^/]*:func , ,' | while read -r folder name; do go test -run '^$$' -fuzz "^$$name\$$" -fuzztime 10s "./$$folder" || exit 1; done

setup: ; sh conformance/setup.sh

# Asks the Go vulnerability database, so it needs the internet.
vuln: ; go tool -modfile=tools/go.mod govulncheck ./...
