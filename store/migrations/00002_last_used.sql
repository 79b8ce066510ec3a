-- id is an access key's or a role's unique id, as in entity_aliases.

-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS last_used (
	id      TEXT NOT NULL PRIMARY KEY,
	at      BIGINT NOT NULL,
	service TEXT NOT NULL,
	region  TEXT NOT NULL
) WITHOUT ROWID;
