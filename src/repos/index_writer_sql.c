/* What the index writer says to PostgreSQL, but for DDL and COPY. What may only happen when the index stands where the
 * caller believes answers with one boolean: whether it did.
 * Nothing is owned. Any thread. */
#include "index_writer_sql.h"

#define ZERO_ADDRESS "decode(repeat('00', 20), 'hex')"
#define ZERO_HASH "decode(repeat('00', 32), 'hex')"
#define NOW_S "extract(epoch FROM now())::bigint"

/* True when a stream of every token has gone live: then a token is live as soon as it is seen. */
#define EVERY_IS_LIVE "EXISTS (SELECT FROM streams WHERE chain_id = $1 AND kind = 0 AND token = '' AND live)"

/* What the transfers t add to balances: each counts for its receiver and against its sender. A transfer to oneself
 * comes to nothing, and the zero address is no holder. In: source, FROM ... WHERE ... of the transfers. */
#define CHANGES(source) \
    "SELECT m.token_id, m.holder, sum(m.change) AS change FROM (" \
    "SELECT t.token_id, t.to_address AS holder, t.amount AS change " source " AND t.to_address <> " ZERO_ADDRESS \
    " UNION ALL SELECT t.token_id, t.from_address, -t.amount " source " AND t.from_address <> " ZERO_ADDRESS \
    ") AS m GROUP BY m.token_id, m.holder HAVING sum(m.change) <> 0"

/* In the order of the primary key, whose pages are then filled one after the other. */
#define DERIVE(which) \
    "INSERT INTO balances (token_id, holder, amount) " CHANGES( \
        "FROM transfers t WHERE t.chain_id = $1 AND t.block_number <= $2" which) " ORDER BY holder, token_id"

#define TOKENS_NAMED(array) "ARRAY(SELECT id FROM tokens WHERE chain_id = $1 AND address = ANY (" array "::bytea[]))"

/* Tokens k with a sum that no balance can be are marked in the transaction that makes it: nobody ever sees it believed.
 * Both ends of the holders' index tell, and whose sum it is. */
#define SUM_BELOW_ZERO "EXISTS (SELECT FROM balances b WHERE b.token_id = k.id AND b.amount < 0)"
#define SUM_TOO_WIDE "EXISTS (SELECT FROM balances b WHERE b.token_id = k.id AND b.amount >= 2::numeric ^ 256)"
#define SMALLEST_HOLDER \
    "(SELECT b.holder FROM balances b WHERE b.token_id = k.id ORDER BY b.amount, b.holder DESC LIMIT 1)"
#define LARGEST_HOLDER \
    "(SELECT b.holder FROM balances b WHERE b.token_id = k.id ORDER BY b.amount DESC, b.holder LIMIT 1)"
#define MARK_IMPOSSIBLE \
    "UPDATE tokens k SET drift = CASE WHEN " SUM_BELOW_ZERO " THEN 'negative_balance' ELSE 'balance_mismatch' END," \
    " drift_holder = CASE WHEN " SUM_BELOW_ZERO " THEN " SMALLEST_HOLDER " ELSE " LARGEST_HOLDER " END" \
    " WHERE k.chain_id = $1 AND k.live AND k.drift IS NULL AND (" SUM_BELOW_ZERO " OR " SUM_TOO_WIDE ")"

/* Blocks with the event that the watch w is read by. */
#define HAS_EVENT "e.chain_id = w.chain_id AND e.address = w.address AND e.topic0 = w.event_topic AND e.block_number"

const struct pg_statement index_writer_sql[INDEX_SQL_COUNT] = {
    [INDEX_LOCK] = {"index_lock", 1, "SELECT pg_try_advisory_lock($1::bigint)"},
    [INDEX_UNLOCK] = {"index_unlock", 1, "SELECT pg_advisory_unlock($1::bigint)"},

    [INDEX_CHAIN] = {"index_chain", 1,
                     "SELECT c.scope = 'every', c.partition_blocks, c.tip_number, c.tip_hash, c.tip_timestamp,"
                     " b.parent_hash, c.finalized_number, c.finalized_hash, c.halted"
                     " FROM chains c LEFT JOIN blocks b ON b.chain_id = c.chain_id AND b.number = c.tip_number"
                     " WHERE c.chain_id = $1"},
    [INDEX_ADD_CHAIN] = {"index_add_chain", 3,
                         "INSERT INTO chains (chain_id, scope, partition_blocks)"
                         " VALUES ($1, CASE WHEN $2::boolean THEN 'every' ELSE 'named' END, $3)"},
    /* As long as no transfer was ever wanted otherwise. */
    [INDEX_SET_SCOPE] = {"index_set_scope", 2,
                         "WITH moved AS (UPDATE chains SET scope = CASE WHEN $2::boolean THEN 'every' ELSE 'named' END"
                         " WHERE chain_id = $1 AND NOT EXISTS ("
                         "SELECT FROM streams WHERE chain_id = $1 AND kind = 0) RETURNING 1)"
                         " SELECT count(*) = 1 FROM moved"},
    [INDEX_STREAMS] = {"index_streams", 1,
                       "SELECT token, start_block, next_block, live, kind, decoded, from_block FROM streams"
                       " WHERE chain_id = $1 AND NOT retired ORDER BY next_block, kind, token"},
    [INDEX_BLOCK] = {"index_block", 2,
                     "SELECT b.hash, b.parent_hash, b.timestamp, b.number <= coalesce(c.finalized_number, -1)"
                     " FROM blocks b JOIN chains c USING (chain_id) WHERE b.chain_id = $1 AND b.number = $2"},
    [INDEX_HALT] = {"index_halt", 2, "UPDATE chains SET halted = $2 WHERE chain_id = $1"},

    [INDEX_ADD_STREAM] = {"index_add_stream", 5,
                          "WITH stream AS ("
                          "INSERT INTO streams (chain_id, kind, token, start_block, next_block, from_block)"
                          " VALUES ($1, $4, $2, $3, $3, $5)"
                          " ON CONFLICT (chain_id, kind, token) DO UPDATE SET retired = false WHERE streams.retired)"
                          " INSERT INTO tokens (chain_id, address, live) SELECT $1, $2::bytea, false"
                          " WHERE $4 = 0 AND octet_length($2) > 0 ON CONFLICT (chain_id, address) DO NOTHING"},
    [INDEX_RETIRE] = {"index_retire", 4,
                      "WITH stream AS (UPDATE streams SET retired = true, live = false"
                      " WHERE chain_id = $1 AND kind = $4::smallint AND token = ANY ($2))"
                      " UPDATE tokens SET live = false WHERE $4::smallint = 0"
                      " AND chain_id = $1 AND live AND ($3::boolean OR address = ANY ($2))"},

    [INDEX_BEGIN_AT] = {"index_begin_at", 4,
                        "UPDATE streams SET from_block = $4, start_block = least(start_block, $3::bigint),"
                        " next_block = CASE WHEN $3 < start_block THEN $3 ELSE next_block END,"
                        " live = live AND $3 >= start_block WHERE chain_id = $1 AND kind = 1 AND token = $2"},

    [INDEX_FIND_TOKENS] = {"index_find_tokens", 2,
                           "SELECT id, address FROM tokens WHERE chain_id = $1 AND address = ANY ($2)"},
    /* One that is known but not live has had no transfer yet: somebody asked what it is. */
    [INDEX_MAKE_TOKENS] = {"index_make_tokens", 2,
                           "WITH known AS (SELECT id, address FROM tokens WHERE chain_id = $1 AND address = ANY ($2)),"
                           " woken AS (UPDATE tokens SET live = true"
                           " WHERE chain_id = $1 AND address = ANY ($2) AND NOT live AND " EVERY_IS_LIVE "),"
                           " made AS (INSERT INTO tokens (chain_id, address, live)"
                           " SELECT $1, a.address, " EVERY_IS_LIVE " FROM unnest($2) AS a (address)"
                           " WHERE a.address NOT IN (SELECT address FROM known) RETURNING id, address)"
                           " SELECT id, address FROM known UNION ALL SELECT id, address FROM made"},

    [INDEX_HAS_RELATION] = {"index_has_relation", 1, "SELECT to_regclass($1::text) IS NOT NULL"},
    [INDEX_SERVES_TRANSFERS] = {"index_serves_transfers", 1,
                                "SELECT EXISTS (SELECT FROM streams WHERE chain_id = $1 AND kind = 0 AND live)"},
    [INDEX_LACKING_INDEX] = {"index_lacking_index", 2,
                             "SELECT c.relname::text, k.place, count(*) OVER (PARTITION BY c.oid)"
                             " FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid"
                             " CROSS JOIN unnest(string_to_array($2, ',')) WITH ORDINALITY AS k (suffix, place)"
                             " WHERE h.inhparent = to_regclass($1::text) AND to_regclass(c.relname || k.suffix) IS NULL"
                             " ORDER BY c.oid, k.place LIMIT 1"},

    [INDEX_PUT_BLOCKS] = {"index_put_blocks", 6,
                          "WITH put AS ("
                          "INSERT INTO blocks (chain_id, number, hash, parent_hash, timestamp, transfers)"
                          " SELECT $1, b.number, b.hash, nullif(b.parent, " ZERO_HASH "), b.timestamp, b.transfers"
                          " FROM unnest($2::bigint[], $3::bytea[], $4::bytea[], $5::bigint[], $6::integer[])"
                          " AS b (number, hash, parent, timestamp, transfers)"
                          " ON CONFLICT (chain_id, number) DO UPDATE"
                          " SET transfers = blocks.transfers + EXCLUDED.transfers,"
                          " parent_hash = coalesce(blocks.parent_hash, EXCLUDED.parent_hash)"
                          " WHERE blocks.hash = EXCLUDED.hash RETURNING 1)"
                          " SELECT count(*) = cardinality($2) FROM put"},

    [INDEX_ADVANCE_STREAMS] = {"index_advance_streams", 6,
                               "WITH moved AS (UPDATE streams SET next_block = $4, live = $5::boolean"
                               " WHERE chain_id = $1 AND kind = $6 AND token = ANY ($2)"
                               " AND next_block = $3 AND next_block <= $4"
                               " AND NOT live AND NOT retired RETURNING 1)"
                               " SELECT count(*) = cardinality($2) FROM moved"},
    /* What was read before the stream began anew. $2 contracts; $3 first block, $4 the one behind the last */
    [INDEX_CLEAR_EVENTS] = {"index_clear_events", 4,
                            "WITH gone AS (DELETE FROM contract_events WHERE chain_id = $1 AND address = ANY ($2)"
                            " AND block_number >= $3 AND block_number < $4 RETURNING block_number),"
                            " counted AS (SELECT block_number, count(*) AS n FROM gone GROUP BY block_number)"
                            " UPDATE blocks b SET transfers = b.transfers - c.n FROM counted c"
                            " WHERE b.chain_id = $1 AND b.number = c.block_number"},
    [INDEX_FOLLOW_STREAMS] = {"index_follow_streams", 3,
                              "WITH moved AS (UPDATE streams SET next_block = $3"
                              " WHERE chain_id = $1 AND live AND next_block = $2 RETURNING 1)"
                              " SELECT count(*) = (SELECT count(*) FROM streams WHERE chain_id = $1 AND live)"
                              " FROM moved"},
    [INDEX_FOLLOW_CHAIN] = {"index_follow_chain", 6,
                            "WITH moved AS (UPDATE chains SET tip_number = $4, tip_hash = $5, tip_timestamp = $6"
                            " WHERE chain_id = $1 AND tip_number = $2 AND tip_hash = $3 RETURNING 1)"
                            " SELECT count(*) = 1 FROM moved"},
    [INDEX_SHIFT_BALANCES] = {"index_shift_balances", 4,
                              "MERGE INTO balances AS b USING (" CHANGES(
                                  "FROM transfers t JOIN tokens k ON k.id = t.token_id AND k.live"
                                  " WHERE t.chain_id = $1 AND t.block_number > $2 AND t.block_number <= $3") //
                              ") AS c ON b.holder = c.holder AND b.token_id = c.token_id"
                              " WHEN MATCHED AND b.amount + $4::integer * c.change = 0 THEN DELETE"
                              " WHEN MATCHED THEN UPDATE SET amount = b.amount + $4::integer * c.change"
                              " WHEN NOT MATCHED THEN INSERT (token_id, holder, amount)"
                              " VALUES (c.token_id, c.holder, $4::integer * c.change)"},

    [INDEX_MARK_CHANGED] = {"index_mark_changed", 3,
                            MARK_IMPOSSIBLE " AND k.id IN (SELECT t.token_id FROM transfers t"
                                            " WHERE t.chain_id = $1 AND t.block_number > $2 AND t.block_number <= $3)"},
    [INDEX_MARK_ALL] = {"index_mark_all", 1, MARK_IMPOSSIBLE},

    /* Before the chain's finalized block moves: what is below where it stood was dropped when it came there. */
    [INDEX_DROP_EMPTY_BLOCKS] = {"index_drop_empty_blocks", 2,
                                 "DELETE FROM blocks b USING chains c WHERE c.chain_id = $1 AND b.chain_id = $1"
                                 " AND b.number >= coalesce(c.finalized_number, 0) AND b.number < $2"
                                 " AND b.transfers = 0"},
    [INDEX_FINALIZE] = {"index_finalize", 3,
                        "UPDATE chains SET finalized_number = $2, finalized_hash = $3"
                        " WHERE chain_id = $1 AND (finalized_number IS NULL OR finalized_number < $2)"},

    /* With a tip, what is final has to be one of its ancestors, and moves with it. */
    [INDEX_FINALIZE_HISTORY] = {"index_finalize_history", 3,
                                "UPDATE chains SET finalized_number = $2, finalized_hash = $3"
                                " WHERE chain_id = $1 AND tip_number IS NULL"
                                " AND (finalized_number IS NULL OR finalized_number < $2)"},

    /* Where a tip is, streams that go live go there; without live streams nothing has kept it up. */
    [INDEX_GO_LIVE_CHAIN] = {"index_go_live_chain", 4,
                             "WITH moved AS (UPDATE chains SET tip_number = $2, tip_hash = $3, tip_timestamp = $4"
                             " WHERE chain_id = $1 AND (tip_number IS NULL OR tip_number = $2 AND tip_hash = $3"
                             " OR tip_number < $2"
                             " AND NOT EXISTS (SELECT FROM streams WHERE chain_id = $1 AND live)) RETURNING 1)"
                             " SELECT count(*) = 1 FROM moved"},
    [INDEX_GO_LIVE_TOKENS] = {"index_go_live_tokens", 3,
                              "UPDATE tokens k SET live = true WHERE k.chain_id = $1 AND NOT k.live"
                              " AND (k.address = ANY ($2) OR $3::boolean AND (k.wraps IS NOT FALSE OR EXISTS ("
                              "SELECT FROM transfers t WHERE t.chain_id = $1 AND t.token_id = k.id)))"},
    [INDEX_CLEAR_BALANCES] = {"index_clear_balances", 3,
                              "DELETE FROM balances WHERE token_id IN ("
                              "SELECT id FROM tokens WHERE chain_id = $1 AND ($3::boolean OR address = ANY ($2)))"},
    [INDEX_DERIVE_EVERY] = {"index_derive_every", 2, DERIVE("")},
    [INDEX_DERIVE_NAMED] = {"index_derive_named", 3, DERIVE(" AND t.token_id = ANY (" TOKENS_NAMED("$3") ")")},

    [INDEX_ROLLBACK_CHAIN] = {"index_rollback_chain", 4,
                              "WITH moved AS (UPDATE chains SET tip_number = $2, tip_hash = $3, tip_timestamp = $4"
                              " WHERE chain_id = $1 AND tip_number >= $2"
                              " AND NOT (finalized_number IS NOT DISTINCT FROM $2 AND finalized_hash <> $3)"
                              " AND NOT EXISTS (SELECT FROM blocks"
                              " WHERE chain_id = $1 AND number = $2 AND hash <> $3) RETURNING 1)"
                              " SELECT count(*) = 1 FROM moved"},
    [INDEX_ROLLBACK_STREAMS] = {"index_rollback_streams", 2,
                                "UPDATE streams SET next_block ="
                                " greatest($2::bigint + 1, CASE WHEN live THEN 0 ELSE start_block END)"
                                " WHERE chain_id = $1 AND next_block > $2::bigint + 1"},
    /* Those that nobody named and that have no transfer before: what is known of them is of no contract any more. */
    [INDEX_ROLLBACK_TOKENS] = {"index_rollback_tokens", 2,
                               "DELETE FROM tokens k WHERE k.chain_id = $1 AND k.id IN ("
                               "SELECT token_id FROM transfers WHERE chain_id = $1 AND block_number > $2)"
                               " AND NOT EXISTS (SELECT FROM streams s"
                               " WHERE s.chain_id = $1 AND s.kind = 0 AND s.token = k.address)"
                               " AND NOT EXISTS (SELECT FROM transfers t"
                               " WHERE t.chain_id = $1 AND t.token_id = k.id AND t.block_number <= $2)"},
    [INDEX_ROLLBACK_TRANSFERS] = {"index_rollback_transfers", 2,
                                  "DELETE FROM transfers WHERE chain_id = $1 AND block_number > $2"},
    [INDEX_ROLLBACK_ODD_LOGS] = {"index_rollback_odd_logs", 2,
                                 "DELETE FROM odd_logs WHERE chain_id = $1 AND block_number > $2"},
    [INDEX_ROLLBACK_STATES] = {"index_rollback_states", 2,
                               "DELETE FROM watch_states s USING watches w"
                               " WHERE w.chain_id = $1 AND s.watch_id = w.id AND s.first_block > $2"},
    /* What is left of a watch's last row ends with the last block that it was read at. */
    [INDEX_ROLLBACK_CUT_STATES] =
        {"index_rollback_cut_states", 2,
         "UPDATE watch_states s SET last_block = CASE WHEN w.event_topic IS NULL THEN $2 ELSE greatest(s.first_block,"
         " (SELECT max(e.block_number) FROM contract_events e WHERE " HAS_EVENT " <= $2)) END"
         " FROM watches w CROSS JOIN LATERAL (SELECT l.first_block FROM watch_states l WHERE l.watch_id = w.id"
         " ORDER BY l.first_block DESC LIMIT 1) AS n"
         " WHERE w.chain_id = $1 AND s.watch_id = w.id AND s.first_block = n.first_block AND s.last_block > $2"},
    [INDEX_ROLLBACK_EVENTS] = {"index_rollback_events", 2,
                               "DELETE FROM contract_events WHERE chain_id = $1 AND block_number > $2"},
    [INDEX_ROLLBACK_BLOCKS] = {"index_rollback_blocks", 2, "DELETE FROM blocks WHERE chain_id = $1 AND number > $2"},

    /* What a watch answers as it did when it was last due makes its row longer, all else is a new row. Watches that are
     * being deleted are left out: nobody waits for anybody. $2 watches, $3 whether each reverted, $4 with what; $5 to
     * $7 number, hash and time of the block */
    [INDEX_PUT_STATES] =
        {"index_put_states", 7,
         "WITH due AS MATERIALIZED (SELECT w.id, w.chain_id, w.address, w.event_topic, g.reverted <> 0 AS reverted,"
         " g.data FROM unnest($2::bytea[], $3::integer[], $4::bytea[]) AS g (id, reverted, data)"
         " JOIN watches w ON w.id = encode(g.id, 'hex')::uuid AND w.chain_id = $1"
         " ORDER BY w.id FOR KEY SHARE OF w SKIP LOCKED),"
         " extended AS (UPDATE watch_states s SET last_block = $5::bigint FROM due w"
         " CROSS JOIN LATERAL (SELECT l.first_block FROM watch_states l WHERE l.watch_id = w.id"
         " ORDER BY l.first_block DESC LIMIT 1) AS n"
         " WHERE s.watch_id = w.id AND s.first_block = n.first_block"
         " AND s.reverted = w.reverted AND s.data = w.data"
         " AND CASE WHEN w.event_topic IS NULL THEN s.last_block = $5::bigint - 1 ELSE NOT EXISTS ("
         "SELECT FROM contract_events e WHERE " HAS_EVENT " > s.last_block AND e.block_number < $5::bigint) END"
         " RETURNING s.watch_id)"
         " INSERT INTO watch_states (watch_id, first_block, last_block, first_hash, first_time, reverted, data)"
         " SELECT w.id, $5::bigint, $5::bigint, $6::bytea, $7::bigint, w.reverted, w.data FROM due w"
         " WHERE w.id NOT IN (SELECT watch_id FROM extended)"},

    /* How far it looks is bounded by rows, not by what is found. $3 version; $4, $5 place behind which; $6 the longest
     * data; $7 rows looked at. The first row tells of the last one looked at, and how many there were. */
    [INDEX_STALE] =
        {"index_stale", 7,
         "WITH seen AS MATERIALIZED (SELECT * FROM contract_events WHERE chain_id = $1 AND address = $2"
         " AND (block_number, log_index) > ($4::bigint, $5::integer)"
         " ORDER BY block_number, log_index LIMIT $7)"
         " SELECT block_number, log_index, topic0, topic1, topic2, topic3,"
         " CASE WHEN octet_length(data) <= $6::bigint THEN data END, octet_length(data),"
         " last.block, last.log, last.n FROM (SELECT count(*) AS n, max(block_number) AS block,"
         " (SELECT log_index FROM seen ORDER BY block_number DESC, log_index DESC LIMIT 1) AS log FROM seen)"
         " AS last LEFT JOIN seen ON seen.abi_version <> $3 ORDER BY block_number, log_index"},
    [INDEX_DECODE] = {"index_decode", 6,
                      "UPDATE contract_events SET name = $4, args = $5::json, abi_version = $6"
                      " WHERE chain_id = $1 AND block_number = $2 AND log_index = $3"},
    [INDEX_DECODED] = {"index_decoded", 3,
                       "UPDATE streams SET decoded = $3 WHERE chain_id = $1 AND kind = 1 AND token = $2"},

    /* Half by chance: contracts that no node can run are never done with, and must not keep the others waiting. */
    [INDEX_UNDESCRIBED] = {"index_undescribed", 3,
                           "WITH due AS (SELECT id, address, coalesce(wraps, false) AS wraps, described_at FROM tokens"
                           " WHERE chain_id = $1 AND (described_at IS NULL OR described_at < " NOW_S " - $2))"
                           " SELECT id, address, wraps FROM ("
                           "(SELECT * FROM due ORDER BY described_at NULLS FIRST, id LIMIT ($3::bigint + 1) / 2)"
                           " UNION (SELECT * FROM due ORDER BY random() LIMIT $3 / 2)) AS picked"
                           " ORDER BY described_at NULLS FIRST, id"},
    [INDEX_DESCRIBE] = {"index_describe", 5,
                        "UPDATE tokens SET name = $3, symbol = $4, decimals = $5, described_at = " NOW_S
                        " WHERE chain_id = $1 AND id = $2"},
    [INDEX_GET_WRAPS] = {"index_get_wraps", 2, "SELECT wraps FROM tokens WHERE chain_id = $1 AND address = $2"},
    [INDEX_SET_WRAPS] = {"index_set_wraps", 3,
                         "INSERT INTO tokens (chain_id, address, live, wraps) VALUES ($1, $2, $3 AND " EVERY_IS_LIVE
                         ", $3)"
                         " ON CONFLICT (chain_id, address) DO UPDATE SET wraps = EXCLUDED.wraps"},

    [INDEX_CHECKED] = {"index_checked", 5,
                       "UPDATE tokens SET checked_block = $3, drift = $4, drift_holder = $5"
                       " WHERE chain_id = $1 AND id = $2"},
    [INDEX_DRIFTED] = {"index_drifted", 1,
                       "SELECT count(*) FROM tokens WHERE chain_id = $1 AND live AND drift IS NOT NULL"},

    /* Tokens checked longest ago, and as many by chance, as with their descriptions. A token's largest holders, its
     * smallest (below zero if any is), the one whose balance was wrong when it was last looked at, and who took part in
     * transfers from a random block of its history on: those may hold nothing by now.
     */
    [INDEX_SAMPLES] =
        {"index_samples", 5,
         "WITH live AS (SELECT id, address, checked_block, drift, drift_holder FROM tokens WHERE chain_id = $1 AND "
         "live),"
         " picked AS ((SELECT * FROM live ORDER BY checked_block NULLS FIRST, id LIMIT ($2::bigint + 1) / 2)"
         " UNION (SELECT * FROM live ORDER BY random() LIMIT $2 / 2)),"
         " seen AS (SELECT p.id, h.holder FROM picked p CROSS JOIN LATERAL ("
         "(SELECT holder FROM balances WHERE token_id = p.id ORDER BY amount DESC, holder LIMIT $3)"
         " UNION (SELECT holder FROM balances WHERE token_id = p.id ORDER BY amount, holder DESC LIMIT $4)"
         " UNION SELECT p.drift_holder UNION SELECT side.holder FROM (SELECT from_address, to_address FROM transfers"
         " WHERE chain_id = $1 AND token_id = p.id AND block_number >= (SELECT f.block_number"
         " + floor(random() * (l.block_number - f.block_number + 1))::bigint FROM"
         " (SELECT block_number FROM transfers WHERE chain_id = $1 AND token_id = p.id"
         " ORDER BY block_number, log_index LIMIT 1) AS f,"
         " (SELECT block_number FROM transfers WHERE chain_id = $1 AND token_id = p.id"
         " ORDER BY block_number DESC, log_index DESC LIMIT 1) AS l)"
         " ORDER BY block_number, log_index LIMIT $5) AS t"
         " CROSS JOIN LATERAL (VALUES (t.from_address), (t.to_address)) AS side (holder)) AS h"
         " WHERE h.holder <> " ZERO_ADDRESS ")"
         " SELECT c.tip_number, c.tip_hash, c.tip_timestamp, p.id, p.address,"
         " EXISTS (SELECT FROM odd_logs o WHERE o.chain_id = $1 AND o.address = p.address), s.holder,"
         " CASE WHEN wide.is_wide THEN 0 ELSE coalesce(b.amount, 0) END, wide.is_wide,"
         " p.checked_block IS NOT NULL, p.drift IS NOT NULL"
         " FROM chains c CROSS JOIN picked p LEFT JOIN seen s ON s.id = p.id"
         " LEFT JOIN balances b ON b.holder = s.holder AND b.token_id = p.id"
         " CROSS JOIN LATERAL (SELECT coalesce(abs(b.amount) >= 2::numeric ^ 256, false) AS is_wide) AS wide"
         " WHERE c.chain_id = $1 AND c.tip_number IS NOT NULL ORDER BY p.id"},
};
