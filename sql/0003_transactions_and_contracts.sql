-- Transactions that clients have handed over, and contracts that are registered with their ABI: their events, and what
-- their functions answered.
--
-- The transactions cannot be made again from the chain until they are final on it. Of contracts, what was registered is
-- the operator's; events and states are derived from the chain as transfers are.

-- Each has been written here before any node saw it. Hashes have 32 bytes, addresses 20, times are unix seconds.
CREATE TABLE transactions (
    id           bigint   GENERATED ALWAYS AS IDENTITY,  -- in the order in which they came
    chain_id     bigint   NOT NULL,
    hash         bytea    NOT NULL CHECK (octet_length(hash) = 32),
    raw          bytea    NOT NULL,  -- as it was signed, and is sent
    type         smallint NOT NULL CHECK (type BETWEEN 0 AND 4),  -- EIP-2718
    sender       bytea    NOT NULL CHECK (octet_length(sender) = 20),
    nonce        bigint   NOT NULL CHECK (nonce >= 0),
    to_address   bytea    CHECK (octet_length(to_address) = 20),  -- null: it creates a contract,
    contract     bytea    CHECK (octet_length(contract) = 20),    -- this one
    value        numeric  NOT NULL,  -- wei
    state        text     NOT NULL CHECK (state IN (
        'accepted',   -- is to be sent: no node has said that it has it
        'pending',    -- a node has it
        'confirmed',  -- it is in a block, and has succeeded
        'reverted',   -- it is in a block, and has failed
        'replaced',   -- another transaction has used its nonce
        'dropped',    -- nodes have forgotten it, and do not take it again
        'refused'     -- no node has taken it, for a reason of its own
    )),
    reason       text,  -- of refused and dropped: a code of include/core/errors.def
    final        boolean  NOT NULL DEFAULT false,  -- no reorg can change its state any more
    block_number bigint,  -- of confirmed and reverted, as the next five
    block_hash   bytea    CHECK (octet_length(block_hash) = 32),
    block_time   bigint,
    block_index  integer,
    gas_used     bigint,
    gas_price    numeric,  -- wei, that was paid
    revert_data  bytea,  -- of reverted: what the same call reverts with at the block before; null: it does not
    replaced_by  bytea    CHECK (octet_length(replaced_by) = 32),  -- of replaced, if it is known
    created_at   bigint   NOT NULL,
    updated_at   bigint   NOT NULL,
    sent_at      bigint,  -- when it was last sent to nodes
    PRIMARY KEY (chain_id, hash),
    CHECK ((to_address IS NULL) <> (contract IS NULL)),
    CHECK ((state IN ('confirmed', 'reverted')) = (block_number IS NOT NULL)),
    CHECK ((block_number IS NULL) = (block_hash IS NULL) AND (block_number IS NULL) = (block_time IS NULL)
        AND (block_number IS NULL) = (block_index IS NULL))
);
CREATE INDEX transactions_open ON transactions (chain_id, id) WHERE NOT final;
CREATE INDEX transactions_nonce ON transactions (chain_id, sender, nonce);
CREATE INDEX transactions_sender ON transactions (chain_id, sender, id);
CREATE INDEX transactions_to ON transactions (chain_id, to_address, id) WHERE to_address IS NOT NULL;
CREATE INDEX transactions_contract ON transactions (chain_id, contract, id) WHERE contract IS NOT NULL;

-- The life of each, written by the change of state that it tells of. Only ever added to.
CREATE TABLE transaction_steps (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chain_id     bigint NOT NULL,
    hash         bytea  NOT NULL,
    at           bigint NOT NULL,
    step         text   NOT NULL,  -- a state, or sent, resent, reorged, final
    reason       text,
    block_number bigint,
    block_hash   bytea,
    FOREIGN KEY (chain_id, hash) REFERENCES transactions ON DELETE CASCADE
);
CREATE INDEX transaction_steps_hash ON transaction_steps (chain_id, hash, id);

-- What admins have registered. The version counts changes of what its logs and calls mean.
CREATE TABLE contracts (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chain_id       bigint  NOT NULL,
    address        bytea   NOT NULL CHECK (octet_length(address) = 20),
    name           text    CHECK (char_length(name) BETWEEN 1 AND 100),
    abi            json    NOT NULL,  -- an array: objects of a JSON ABI, or human-readable signatures
    version        bigint  NOT NULL CHECK (version > 0),
    proxy          boolean NOT NULL,  -- EIP-1967: what the implementation has registered is its ABI too
    implementation bytea   CHECK (octet_length(implementation) = 20),  -- as it was last seen
    events         boolean NOT NULL,  -- its logs are indexed
    from_block     bigint  CHECK (from_block >= 0),  -- from here on; null: from where it was created
    configured     boolean NOT NULL DEFAULT false,  -- by the configuration: no request changes it
    created_at     bigint  NOT NULL,
    updated_at     bigint  NOT NULL,
    UNIQUE (chain_id, address)
);
CREATE INDEX contracts_implementation ON contracts (chain_id, implementation) WHERE implementation IS NOT NULL;

-- Of changes to contracts: which one. They are about the user who made them.
ALTER TABLE audit ADD COLUMN chain_id bigint;
ALTER TABLE audit ADD COLUMN contract bytea CHECK (octet_length(contract) = 20);

-- Streams of transfers, as before, and of a contract's events: what is read is told apart by its kind.
ALTER TABLE streams ADD COLUMN kind smallint NOT NULL DEFAULT 0 CHECK (kind IN (0, 1));  -- 0 transfers, 1 events
ALTER TABLE streams DROP CONSTRAINT streams_pkey;
ALTER TABLE streams ADD PRIMARY KEY (chain_id, kind, token);
-- Of events: everything that is written was read by this registration and version of its contract; 0: not known yet.
ALTER TABLE streams ADD COLUMN decoded bigint NOT NULL DEFAULT 0;
-- Likewise: where its contract was registered to begin when start_block was settled; null: where it was created.
ALTER TABLE streams ADD COLUMN from_block bigint;

-- blocks.transfers counts a block's rows in transfers and in contract_events: a final block with neither is dropped.

-- Every log of a contract whose events are indexed; complete from its stream's start to the tip. What its ABI does not
-- know has neither name nor arguments.
CREATE TABLE contract_events (
    chain_id     bigint  NOT NULL,
    block_number bigint  NOT NULL,
    log_index    integer NOT NULL,
    address      bytea   NOT NULL,
    tx_hash      bytea   NOT NULL,
    topic0       bytea,
    topic1       bytea,
    topic2       bytea,
    topic3       bytea,
    data         bytea   NOT NULL,
    name         text,
    args         json,
    abi_version  bigint  NOT NULL,  -- that they were read by: contracts.id * 2^32 + contracts.version
    PRIMARY KEY (chain_id, block_number, log_index)
);
CREATE INDEX contract_events_address ON contract_events (chain_id, address, block_number, log_index);
CREATE INDEX contract_events_topic0 ON contract_events (chain_id, address, topic0, block_number, log_index);
CREATE INDEX contract_events_topic1 ON contract_events (chain_id, address, topic1, block_number, log_index)
    WHERE topic1 IS NOT NULL;
CREATE INDEX contract_events_topic2 ON contract_events (chain_id, address, topic2, block_number, log_index)
    WHERE topic2 IS NOT NULL;
CREATE INDEX contract_events_topic3 ON contract_events (chain_id, address, topic3, block_number, log_index)
    WHERE topic3 IS NOT NULL;

-- Calls of a registered contract whose answers are kept.
CREATE TABLE watches (
    id          uuid    PRIMARY KEY,
    chain_id    bigint  NOT NULL,
    address     bytea   NOT NULL CHECK (octet_length(address) = 20),
    signature   text    NOT NULL,  -- human-readable, with what it returns: function totalSupply() view returns (uint256)
    args        json    NOT NULL,
    data        bytea   NOT NULL,  -- the call
    event       text,  -- canonical: it is read in blocks with this event; null: in every block
    event_topic bytea   CHECK (octet_length(event_topic) = 32),  -- of that event
    created_at  bigint  NOT NULL,
    CHECK ((event IS NULL) = (event_topic IS NULL)),
    FOREIGN KEY (chain_id, address) REFERENCES contracts (chain_id, address) ON DELETE CASCADE
);
CREATE INDEX watches_contract ON watches (chain_id, address, id);
-- A call may be longer than an index takes.
CREATE UNIQUE INDEX watches_call ON watches (chain_id, address, sha256(data), event_topic) NULLS NOT DISTINCT;

-- What a watch answered: the same whenever it was read from the first to the last of these blocks. That is in each of
-- them, or, of one that is read by event, in each that has the event. Blocks between two rows were not read, unless
-- there was nothing to read.
CREATE TABLE watch_states (
    watch_id    uuid   NOT NULL REFERENCES watches ON DELETE CASCADE,
    first_block bigint NOT NULL,
    last_block  bigint NOT NULL CHECK (last_block >= first_block),
    first_hash  bytea  NOT NULL CHECK (octet_length(first_hash) = 32),
    first_time  bigint NOT NULL,
    reverted    boolean NOT NULL,
    data        bytea  NOT NULL,  -- as the contract returned it, or reverted with it
    PRIMARY KEY (watch_id, first_block)
);
