-- What dappd keeps of each chain's ERC-20 transfers. The indexer alone writes here, one process for each chain at a
-- time; everything is derived from the chain and can be made again.
--
-- Amounts are whole numbers in a token's smallest unit. Addresses have 20 bytes, hashes 32. A log's place is
-- (chain_id, block_number, log_index): a transaction's hash is no key, since one transaction makes many transfers and
-- may be mined again in another block.

-- A chain and how far its index is. The tip is the block at which everything marked live is true: transfers up to it
-- and no further, balances as they are behind it. Without a tip there is nothing to be served yet.
CREATE TABLE chains (
    chain_id         bigint PRIMARY KEY,  -- EIP-155
    scope            text   NOT NULL CHECK (scope IN ('every', 'named')),  -- every ERC-20, or named tokens only
    partition_blocks bigint NOT NULL CHECK (partition_blocks > 0),         -- blocks in one partition of transfers
    tip_number       bigint,
    tip_hash         bytea  CHECK (octet_length(tip_hash) = 32),
    tip_timestamp    bigint,  -- unix seconds
    finalized_number bigint,  -- the highest block that no rollback may pass; without a tip, read so far
    finalized_hash   bytea  CHECK (octet_length(finalized_hash) = 32),
    halted           text,    -- why indexing has stopped for good, until an operator acts
    CHECK ((tip_number IS NULL) = (tip_hash IS NULL) AND (tip_number IS NULL) = (tip_timestamp IS NULL))
);

-- What is read from the chain together, and how far. A stream that is not live is being read up to the tip; then its
-- balances are derived, it goes live, and from there it moves with the tip.
CREATE TABLE streams (
    chain_id    bigint  NOT NULL REFERENCES chains,
    token       bytea   NOT NULL CHECK (octet_length(token) IN (0, 20)),  -- empty: every token
    start_block bigint  NOT NULL,
    next_block  bigint  NOT NULL,  -- everything below has been read
    live        boolean NOT NULL DEFAULT false,
    retired     boolean NOT NULL DEFAULT false,  -- no longer configured: neither read nor served, but what there is stays
    PRIMARY KEY (chain_id, token)
);

CREATE TABLE tokens (
    id            integer  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chain_id      bigint   NOT NULL REFERENCES chains,
    address       bytea    NOT NULL CHECK (octet_length(address) = 20),
    live          boolean  NOT NULL,  -- its transfers and balances are complete at the chain's tip
    wraps         boolean,  -- wrapped native coin: Deposit and Withdrawal move balances; null: not decided yet
    name          text,
    symbol        text,
    decimals      smallint CHECK (decimals BETWEEN 0 AND 77),  -- null: the token does not say
    described_at  bigint,  -- unix seconds when name, symbol and decimals were last read; null: never
    checked_block bigint,  -- balances were last compared with balanceOf at this block; null: never
    drift         text CHECK (drift IN ('balance_mismatch', 'negative_balance', 'odd_logs')),  -- null: none found
    drift_holder  bytea CHECK (octet_length(drift_holder) = 20),  -- whose balance it was found in
    UNIQUE (chain_id, address)
);

-- Blocks that hold transfers, and every block above the finalized one.
CREATE TABLE blocks (
    chain_id    bigint  NOT NULL REFERENCES chains,
    number      bigint  NOT NULL,
    hash        bytea   NOT NULL CHECK (octet_length(hash) = 32),
    parent_hash bytea   CHECK (octet_length(parent_hash) = 32),  -- null where only logs were read
    timestamp   bigint  NOT NULL,  -- unix seconds
    transfers   integer NOT NULL,
    PRIMARY KEY (chain_id, number)
);
CREATE INDEX blocks_timestamp ON blocks (chain_id, timestamp, number);

-- Each chain has a partition, and below it one for each range of chains.partition_blocks blocks. The indexer makes
-- them, and gives a range its other indexes (src/repos/partition_sql.h) once it has been filled.
CREATE TABLE transfers (
    chain_id     bigint   NOT NULL,
    block_number bigint   NOT NULL,
    log_index    integer  NOT NULL,
    token_id     integer  NOT NULL,
    kind         smallint NOT NULL,  -- 0 Transfer, 1 Deposit (from the zero address), 2 Withdrawal (to it)
    amount       numeric  NOT NULL,
    from_address bytea    NOT NULL,
    to_address   bytea    NOT NULL,
    tx_hash      bytea    NOT NULL,
    PRIMARY KEY (chain_id, block_number, log_index)
) PARTITION BY LIST (chain_id);

-- The sum of a holder's transfers. Below zero means that the token minted without saying so. No rows of zero, none of
-- the zero address.
CREATE TABLE balances (
    token_id integer NOT NULL,
    holder   bytea   NOT NULL,
    amount   numeric NOT NULL,
    PRIMARY KEY (holder, token_id)
);

-- Logs with Transfer's topic that are no ERC-20 transfer and no ERC-721 one: counted, never guessed at.
CREATE TABLE odd_logs (
    chain_id     bigint   NOT NULL REFERENCES chains,
    block_number bigint   NOT NULL,
    log_index    integer  NOT NULL,
    address      bytea    NOT NULL,
    topics       smallint NOT NULL,
    data_bytes   integer  NOT NULL,
    PRIMARY KEY (chain_id, block_number, log_index)
);
CREATE INDEX odd_logs_address ON odd_logs (chain_id, address);
