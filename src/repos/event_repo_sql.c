/* What event_repo asks the database. Static data, any thread.
 *
 * A list is walked along the one index that fits the narrowest of its filters, in its order; what else is asked for is
 * looked at row by row. A row's block is looked up behind the LIMIT. Rows may be long, so a page also ends where its
 * data and arguments come to too much. */
#include "event_repo_sql.h"

/* $1 chain; $2 contract; $3, $4 block and log index that the rows are behind; $5 that block's hash, null on the first
 * page; $6, $7 number and hash of the first page's block, or null; $8, $9 lowest and highest block; $10 rows; $11 to
 * $14 topics, or null; $15 any of these as topic0, or null; $16 name, or null */
#define WALK \
    "WITH walk AS MATERIALIZED (" \
    " SELECT COALESCE(s.number, c.tip_number) AS number," \
    "  COALESCE(s.hash, c.tip_hash) AS hash," \
    "  COALESCE(s.timestamp, c.tip_timestamp) AS timestamp," \
    "  $5::bytea IS NOT NULL AND NOT EXISTS (" \
    "   SELECT FROM blocks p WHERE p.chain_id = $1 AND p.number = $3::bigint AND p.hash = $5) AS moved," \
    "  (SELECT x.decoded FROM streams x" \
    "   WHERE x.chain_id = $1 AND x.kind = 1 AND x.token = $2 AND x.live) AS decoded," \
    "  LEAST($9::bigint, COALESCE(s.number, c.tip_number)) AS highest" \
    " FROM chains c" \
    " LEFT JOIN blocks s ON s.chain_id = c.chain_id AND s.number = $6::bigint AND s.hash = $7::bytea" \
    " WHERE c.chain_id = $1 AND c.tip_number IS NOT NULL" \
    ") "

#define ORDER(direction) " ORDER BY e.block_number " direction ", e.log_index " direction

#define TOPIC(i, parameter) " AND (" parameter "::bytea IS NULL OR e.topic" #i " = " parameter ")"
#define OTHER_FILTERS \
    TOPIC(0, "$11") \
    TOPIC(1, "$12") \
    TOPIC(2, "$13") \
    TOPIC(3, "$14") \
    " AND ($15::bytea[] IS NULL OR e.topic0 = ANY ($15)) AND ($16::text IS NULL OR " \
    "e.name = $16)"

/* The columns in the order that event_repo.c reads them in. Out: bytes, of all rows up to this one; found, rows. */
#define SELECT_WALK(by, behind, direction) \
    WALK \
        "SELECT w.number, w.hash, w.timestamp, w.moved, w.decoded," \
        " x.block_number, x.log_index, x.tx_hash, x.topic0, x.topic1, x.topic2, x.topic3, x.data, x.name, x.args," \
        " b.hash, b.timestamp, x.found, x.abi_version" \
        " FROM walk w LEFT JOIN LATERAL (" \
        " SELECT *, count(*) OVER () AS found, row_number() OVER (" ORDER( \
            direction) ") AS place," \
                       "  sum(octet_length(e.data) + coalesce(octet_length(e.args::text), 0)) OVER (" ORDER( \
                           direction) ") AS bytes" \
                                      " FROM (SELECT * FROM contract_events e" \
                                      "  WHERE e.chain_id = $1 AND e.address = $2 AND e.block_number BETWEEN " \
                                      "$8::bigint AND w.highest" \
                                      "   AND (e.block_number, e.log_index) " behind \
                                      " ($3::bigint, $4::integer)" by OTHER_FILTERS \
                                      ORDER( \
                                          direction) " LIMIT $10::bigint) AS e" \
                                                     ") AS x ON x.place = 1 OR x.bytes <= 4194304" /* EVENT_PAGE_BYTES \
                                                                                                    */ \
                                                     " LEFT JOIN LATERAL (SELECT b.hash, b.timestamp FROM blocks b" \
                                                     "  WHERE b.chain_id = $1 AND b.number = x.block_number LIMIT " \
                                                     "1) AS b ON true"

#define OLDEST(by) SELECT_WALK(by, ">", "ASC")
#define NEWEST(by) SELECT_WALK(by, "<", "DESC")

const struct pg_statement event_repo_statements[EVENT_REPO_STATEMENT_COUNT] = {
    [EVENT_REPO_ALL] = {"event_repo_all", 16, OLDEST("")},
    [EVENT_REPO_TOPIC0] = {"event_repo_topic0", 16, OLDEST(" AND e.topic0 = $11")},
    [EVENT_REPO_TOPIC1] = {"event_repo_topic1", 16, OLDEST(" AND e.topic1 = $12")},
    [EVENT_REPO_TOPIC2] = {"event_repo_topic2", 16, OLDEST(" AND e.topic2 = $13")},
    [EVENT_REPO_TOPIC3] = {"event_repo_topic3", 16, OLDEST(" AND e.topic3 = $14")},
    [EVENT_REPO_NEWEST_STEP + EVENT_REPO_ALL] = {"event_repo_newest_all", 16, NEWEST("")},
    [EVENT_REPO_NEWEST_STEP + EVENT_REPO_TOPIC0] = {"event_repo_newest_topic0", 16, NEWEST(" AND e.topic0 = $11")},
    [EVENT_REPO_NEWEST_STEP + EVENT_REPO_TOPIC1] = {"event_repo_newest_topic1", 16, NEWEST(" AND e.topic1 = $12")},
    [EVENT_REPO_NEWEST_STEP + EVENT_REPO_TOPIC2] = {"event_repo_newest_topic2", 16, NEWEST(" AND e.topic2 = $13")},
    [EVENT_REPO_NEWEST_STEP + EVENT_REPO_TOPIC3] = {"event_repo_newest_topic3", 16, NEWEST(" AND e.topic3 = $14")},
};
