-- id is a hash of the assertion's service, provider and id; taker is who has it.

-- +goose Up
CREATE TABLE saml_assertions (
	id      TEXT NOT NULL PRIMARY KEY,
	taker   TEXT NOT NULL,
	expires BIGINT NOT NULL
) WITHOUT ROWID;

CREATE INDEX saml_assertions_by_expiry ON saml_assertions (expires);
