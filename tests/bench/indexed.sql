-- Fills a migrated database with :rows transfers of 20 tokens among 200,000 holders, some of whom are much busier than
-- others, as chain :chain with its tip at the last block. One random seed: the same rows each time.
\set blocks (:rows / :per_block)
\set partition_blocks (:blocks / 4 + 1)
SELECT setseed(0.5);
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';

INSERT INTO chains (chain_id, scope, partition_blocks, tip_number, tip_hash, tip_timestamp)
VALUES (:chain, 'every', :partition_blocks, :blocks, sha256(:'blocks'), 1700000000 + :blocks * 12);
INSERT INTO tokens (chain_id, address, live, name, symbol, decimals, described_at, checked_block)
SELECT :chain, decode(lpad(to_hex(7 * 65536 + n), 40, '0'), 'hex'), true, 'Token ' || n, 'T' || n, 18, 1700000000, :blocks
FROM generate_series(1, 20) AS n;
INSERT INTO blocks (chain_id, number, hash, timestamp, transfers)
SELECT :chain, n, sha256(n::text::bytea), 1700000000 + n * 12, :per_block FROM generate_series(0, :blocks) AS n;

SELECT format('CREATE TABLE transfers_%1$s PARTITION OF transfers FOR VALUES IN (%1$s) PARTITION BY RANGE (block_number)',
    :chain) \gexec
SELECT format('CREATE TABLE transfers_%1$s_%2$s PARTITION OF transfers_%1$s FOR VALUES FROM (%3$s) TO (%4$s)',
    :chain, n, n * :partition_blocks, (n + 1) * :partition_blocks) FROM generate_series(0, 4) AS n \gexec

CREATE FUNCTION holder() RETURNS bytea LANGUAGE sql VOLATILE AS
$$ SELECT decode(repeat('00', 12), 'hex') || int8send(4096 + floor(200000 * random() ^ 2)::bigint) $$;
INSERT INTO transfers
SELECT :chain, n / :per_block + 1, n % :per_block, 1 + floor(20 * random())::integer, 0, 1 + floor(1e18 * random())::numeric,
    holder(), holder(), sha256(int8send(n)) FROM generate_series(0, :rows - :per_block - 1) AS n;
SELECT format('CREATE INDEX ON %I %s', leaf, over)
FROM (SELECT relname AS leaf FROM pg_class WHERE relname ~ format('^transfers_%s_[0-9]+$', :chain)) AS leaves,
    (VALUES ('(from_address, block_number, log_index)'), ('(to_address, block_number, log_index)'),
        ('(token_id, block_number, log_index)'), ('USING hash (tx_hash)')) AS indexes (over) \gexec

INSERT INTO balances (token_id, holder, amount)
SELECT token_id, holder, abs(sum(change)) FROM (
    SELECT token_id, to_address AS holder, amount AS change FROM transfers
    UNION ALL SELECT token_id, from_address, -amount FROM transfers) AS changes
GROUP BY token_id, holder HAVING sum(change) <> 0;
CREATE INDEX ON balances (token_id, amount DESC, holder);
VACUUM ANALYZE;
