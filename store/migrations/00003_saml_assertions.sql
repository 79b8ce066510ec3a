-- id is a hash of the assertion's service, issuer and id; taker is who has it.

-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS saml_assertions (
	id      TEXT NOT NULL PRIMARY KEY,
	taker   TEXT NOT NULL,
	expires BIGINT NOT NULL,
	UNIQUE (expires, id)
) WITHOUT ROWID;
