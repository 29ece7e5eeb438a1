-- Who uses dappd: users, the addresses they have proven to be theirs, their sessions and API keys, and the log of every
-- change. Unlike the index, none of this can be made again from the chain.
--
-- Times are unix seconds. Ids are UUIDs of version 7, so they sort in the order in which they were made. Secrets are
-- kept as hashes only. What is personal stands in users and addresses alone, so that it is gone once they are.

CREATE TABLE users (
    id         uuid   PRIMARY KEY,
    role       text   NOT NULL CHECK (role IN ('user', 'admin')),
    name       text   CHECK (char_length(name) BETWEEN 1 AND 100),
    email      text   CHECK (octet_length(email) BETWEEN 3 AND 254),  -- ASCII, as it was written
    version    bigint NOT NULL CHECK (version > 0),  -- counts its changes, those of its addresses included
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE UNIQUE INDEX users_email ON users (lower(email COLLATE "C"));

-- An account whose key has signed is the same on all chains. A contract is known on the chain that was asked only: at
-- the same address of another one there may be somebody else's.
CREATE TABLE addresses (
    address   bytea  NOT NULL CHECK (octet_length(address) = 20),
    chain_id  bigint NOT NULL CHECK (chain_id >= 0),  -- 0: every chain, proven by its own key
    user_id   uuid   NOT NULL REFERENCES users ON DELETE CASCADE,
    proven_at bigint NOT NULL,
    PRIMARY KEY (address, chain_id)
);
CREATE INDEX addresses_user ON addresses (user_id);

-- Nonces that have been used, until they would have expired. One that is not here may be used once.
CREATE TABLE spent_nonces (
    id         bytea  PRIMARY KEY CHECK (octet_length(id) = 16),
    expires_at bigint NOT NULL
);
CREATE INDEX spent_nonces_expiry ON spent_nonces (expires_at);

-- What a sign-in begins: the family of refresh tokens of which only the latest generation is good. One that has ended
-- is deleted.
CREATE TABLE sessions (
    id         uuid    PRIMARY KEY,
    user_id    uuid    NOT NULL REFERENCES users ON DELETE CASCADE,
    address    bytea   NOT NULL CHECK (octet_length(address) = 20),
    chain_id   bigint  NOT NULL,
    generation integer NOT NULL CHECK (generation > 0),
    created_at bigint  NOT NULL,
    expires_at bigint  NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE api_keys (
    id            uuid    PRIMARY KEY,
    user_id       uuid    NOT NULL REFERENCES users ON DELETE CASCADE,
    name          text    NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    secret_hash   bytea   NOT NULL CHECK (octet_length(secret_hash) = 32),
    scopes        integer NOT NULL,  -- bits of include/core/scopes.def
    created_at    bigint  NOT NULL,
    expires_at    bigint,  -- null: never
    last_used_at  bigint   -- null: never; exact to the minute
);
CREATE INDEX api_keys_user ON api_keys (user_id, id);

-- What was made under an Idempotency-Key, for as long as a client may ask again.
CREATE TABLE idempotency_keys (
    user_id       uuid   NOT NULL REFERENCES users ON DELETE CASCADE,  -- who asked
    key_hash      bytea  NOT NULL CHECK (octet_length(key_hash) = 32),
    fingerprint   bytea  NOT NULL CHECK (octet_length(fingerprint) = 32),  -- of the request
    resource      uuid   NOT NULL,  -- what was made, or added to
    sealed_secret bytea,  -- of an API key: readable with the Idempotency-Key and the server's key together
    created_at    bigint NOT NULL,
    PRIMARY KEY (user_id, key_hash)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- Every change, written by the transaction that makes it. It names ids and members, never their values: of a user that
-- was deleted it keeps what happened and when, not who that was.
CREATE TABLE audit (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         bigint NOT NULL,
    actor      uuid,  -- the user who did it; null: dappd itself
    actor_key  uuid,  -- with which API key, if with one
    action     text   NOT NULL,  -- such as user.create
    user_id    uuid   NOT NULL,  -- whom it is about
    subject    uuid,  -- which of their sessions or keys
    members    text[] NOT NULL DEFAULT '{}',  -- what was changed
    request_id text
);
CREATE INDEX audit_user ON audit (user_id, id);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only ever added to';
END
$$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_never_truncated BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
