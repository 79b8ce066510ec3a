-- used is when a guest was last here, to a day; null before a second day.

-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE identities ADD COLUMN used BIGINT;
