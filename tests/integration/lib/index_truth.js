// Holds an index, as it is in the database, against what transfer_oracle.js says. Reads tables by SQL of its own.
// Plain functions.

import assert from 'node:assert/strict';
import { lineOf } from './event_oracle.js';

const hex = (column) => `'0x' || encode(${column}, 'hex')`;

const TABLES = {
    transfers: `SELECT t.block_number, t.log_index, ${hex('k.address')}, t.kind, t.amount, ${hex('t.from_address')},
            ${hex('t.to_address')}, ${hex('t.tx_hash')}, ${hex('b.hash')}, b.timestamp
        FROM transfers t JOIN tokens k ON k.id = t.token_id
        LEFT JOIN blocks b ON b.chain_id = t.chain_id AND b.number = t.block_number
        WHERE t.chain_id = $chain ORDER BY 1, 2`,
    balances: `SELECT ${hex('k.address')}, ${hex('b.holder')}, b.amount
        FROM balances b JOIN tokens k ON k.id = b.token_id WHERE k.chain_id = $chain ORDER BY 1, 2`,
    odd: `SELECT block_number, log_index, ${hex('address')}, topics, data_bytes
        FROM odd_logs WHERE chain_id = $chain ORDER BY 1, 2`,
    events: `SELECT block_number, log_index, ${hex('address')}, ${hex('tx_hash')}, ${hex('topic0')}, ${hex('topic1')},
            ${hex('topic2')}, ${hex('topic3')}, ${hex('data')}, name, args
        FROM contract_events WHERE chain_id = $chain ORDER BY 1, 2`,
    blocks: `SELECT number, ${hex('hash')}, transfers FROM blocks WHERE chain_id = $chain AND transfers > 0 ORDER BY 1`,
    tip: `SELECT tip_number, ${hex('tip_hash')}, tip_timestamp, halted FROM chains WHERE chain_id = $chain`,
    tokens: `SELECT ${hex('address')}, live, wraps, name, symbol, decimals
        FROM tokens WHERE chain_id = $chain ORDER BY 1`,
};

/** What two indexes of the same chain must agree on: { table: lines }. Ids and times of checks are not in it. */
export async function dumpIndex(database, { chainId = 31337 } = {}) {
    const dump = {};
    for (const [name, query] of Object.entries(TABLES)) {
        const rows = await database.sql(query.replaceAll('$chain', String(chainId)));
        dump[name] = rows.map((row) => row.map((value) => value ?? 'null').join(' '));
    }
    dump.events = dump.events.map(withPlainJson);
    return dump;
}

/** The arguments, which a line ends with, in the one way in which JSON.stringify() writes them. */
const withPlainJson = (line) => line.replace(/[[{].*$/s, (args) => JSON.stringify(JSON.parse(args)));

const countIn = (perBlock, { number, hash }) =>
    perBlock.set(Number(number), { hash, count: (perBlock.get(Number(number))?.count ?? 0) + 1 });

/** The same as the oracles have it, but for the tokens. In: events, of readEvents(). */
export function expectedDump({ head, transfers, odd, balances, events = [] }) {
    const perBlock = new Map();
    for (const { block } of transfers) countIn(perBlock, block);
    for (const { blockNumber, blockHash } of events) countIn(perBlock, { number: blockNumber, hash: blockHash });
    return {
        transfers: transfers.map(({ block, logIndex, token, kind, amount, from, to, txHash }) =>
            [block.number, logIndex, token, kind, amount, from, to, txHash, block.hash, block.timestamp].join(' '),
        ),
        balances: [...balances]
            .flatMap(([token, holders]) => [...holders].map(([holder, amount]) => `${token} ${holder} ${amount}`))
            .sort(),
        odd: odd.map(({ block, logIndex, token, topics, bytes }) =>
            [block.number, logIndex, token, topics, bytes].join(' '),
        ),
        events: events.map(lineOf),
        blocks: [...perBlock].sort(([a], [b]) => a - b).map(([number, { hash, count }]) => `${number} ${hash} ${count}`),
        tip: [`${head.number} ${head.hash} ${head.timestamp} null`],
    };
}

/** Row for row; of a long difference the first lines are shown. */
export function assertSameDump(given, expected, what) {
    for (const [table, lines] of Object.entries(expected)) {
        const missing = without(lines, given[table]);
        const surplus = without(given[table], lines);
        const told = { table, rows: given[table].length, expected: lines.length, ...firstOf({ missing, surplus }) };
        assert.ok(missing.length + surplus.length === 0, `${what}: ${JSON.stringify(told, null, 1)}`);
        assert.equal(given[table].length, lines.length, `${what}: rows of ${table}, none twice`);
    }
}

const without = (lines, others) => {
    const known = new Set(others);
    return lines.filter((line) => !known.has(line));
};

const firstOf = ({ missing, surplus }) => ({
    n_missing: missing.length,
    missing: missing.slice(0, 3),
    n_surplus: surplus.length,
    surplus: surplus.slice(0, 3),
});

/** The whole index is what the chain says. In: truth, of transfer_oracle.js. */
export async function assertIndex(database, truth, { what = 'the index', chainId } = {}) {
    assertSameDump(await dumpIndex(database, { chainId }), expectedDump(truth), what);
}
