-- Text and 64-bit integers only, so that one text serves every engine: times
-- are unix milliseconds, truth is 0 or 1, sealed bytes are base64. WITHOUT ROWID
-- is SQLite's alone: it keeps a row in its primary key's tree, which saves an
-- index per table. PostgreSQL has nothing to say there.

-- +goose Up
CREATE TABLE entities (
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	doc  TEXT NOT NULL,
	PRIMARY KEY (kind, name)
) WITHOUT ROWID;

CREATE TABLE entity_aliases (
	kind  TEXT NOT NULL,
	alias TEXT NOT NULL,
	name  TEXT NOT NULL,
	PRIMARY KEY (kind, alias)
) WITHOUT ROWID;

CREATE INDEX entity_aliases_by_name ON entity_aliases (kind, name);

CREATE TABLE identities (
	id            TEXT NOT NULL PRIMARY KEY,
	pool          TEXT NOT NULL,
	authenticated BIGINT NOT NULL,
	disabled      BIGINT NOT NULL,
	created       BIGINT NOT NULL,
	modified      BIGINT NOT NULL
) WITHOUT ROWID;

CREATE INDEX identities_by_pool ON identities (pool, id);

CREATE TABLE logins (
	pool     TEXT NOT NULL,
	provider TEXT NOT NULL,
	subject  TEXT NOT NULL,
	identity TEXT NOT NULL,
	PRIMARY KEY (pool, provider, subject)
) WITHOUT ROWID;

CREATE INDEX logins_by_identity ON logins (identity);

CREATE TABLE secret_keys (
	purpose TEXT NOT NULL,
	id      TEXT NOT NULL,
	created BIGINT NOT NULL,
	secret  TEXT NOT NULL,
	PRIMARY KEY (purpose, id)
) WITHOUT ROWID;
