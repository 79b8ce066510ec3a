-- Text and 64-bit integers only, so that one text serves every engine: times
-- are unix milliseconds, truth is 0 or 1, sealed bytes are base64. WITHOUT ROWID
-- is SQLite's alone: it keeps a row in its primary key's tree, which saves an
-- index per table; the others are not told. What an index would do is a UNIQUE
-- here, since some engines make no index in the midst of things, and each
-- statement is whole by itself, since some have one of these per transaction.

-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS entities (
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	doc  TEXT NOT NULL,
	PRIMARY KEY (kind, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS entity_aliases (
	kind  TEXT NOT NULL,
	alias TEXT NOT NULL,
	name  TEXT NOT NULL,
	PRIMARY KEY (kind, alias),
	UNIQUE (kind, name, alias)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS identities (
	id            TEXT NOT NULL PRIMARY KEY,
	pool          TEXT NOT NULL,
	authenticated BIGINT NOT NULL,
	disabled      BIGINT NOT NULL,
	created       BIGINT NOT NULL,
	modified      BIGINT NOT NULL,
	UNIQUE (pool, id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS logins (
	pool     TEXT NOT NULL,
	provider TEXT NOT NULL,
	subject  TEXT NOT NULL,
	identity TEXT NOT NULL,
	PRIMARY KEY (pool, provider, subject),
	UNIQUE (identity, provider, subject)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS secret_keys (
	purpose TEXT NOT NULL,
	id      TEXT NOT NULL,
	created BIGINT NOT NULL,
	secret  TEXT NOT NULL,
	PRIMARY KEY (purpose, id)
) WITHOUT ROWID;
