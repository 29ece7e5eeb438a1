// An index made by SQL: a chain's row, tokens, blocks and transfers, as the indexer leaves them, so that a test says
// what is there. Works on a database of the test's; plain functions.

import assert from 'node:assert/strict';
import { keccak256, toHex } from 'viem';
import { runDappd } from './dappd.js';

export const PARTITION_BLOCKS = 100;
const INDEXES = {
    from: '(from_address, block_number, log_index)',
    to: '(to_address, block_number, log_index)',
    token: '(token_id, block_number, log_index)',
    tx: 'USING hash (tx_hash)',
};

const bytea = (hex) => (hex === null ? 'NULL' : `'\\x${hex.slice(2)}'`);
const text = (value) => (value === null || value === undefined ? 'NULL' : `'${value.replaceAll("'", "''")}'`);
const number = (value) => value ?? 'NULL';

/** A hash that follows from a name. */
export const hashOf = (name) => keccak256(toHex(name));

export const timeOf = (block) => 1_700_000_000 + 12 * block;

/** Brings an empty database to the schema of the program under test. */
export async function migrate(database) {
    const settings = { database_url: database.url, rpc_urls: 'http://127.0.0.1:9' };
    const { code, stderr } = await runDappd(['migrate'], settings);
    assert.equal(code, 0, stderr);
}

/** A chain with partitions up to a block, but no tip: putTip() gives it one. */
export async function putChain(database, chainId, { upTo }) {
    const parts = Array.from({ length: Math.floor(upTo / PARTITION_BLOCKS) + 1 }, (_, i) => {
        const name = `transfers_${chainId}_${i}`;
        const range = `FROM (${i * PARTITION_BLOCKS}) TO (${(i + 1) * PARTITION_BLOCKS})`;
        const indexes = Object.entries(INDEXES).map(
            ([suffix, over]) => `CREATE INDEX ${name}_${suffix} ON ${name} ${over};`,
        );
        return `CREATE TABLE ${name} PARTITION OF transfers_${chainId} FOR VALUES ${range}; ${indexes.join(' ')}`;
    });
    await database.sql(`INSERT INTO chains (chain_id, scope, partition_blocks)
            VALUES (${chainId}, 'every', ${PARTITION_BLOCKS});
        CREATE TABLE transfers_${chainId} PARTITION OF transfers FOR VALUES IN (${chainId})
            PARTITION BY RANGE (block_number);
        ${parts.join('\n')}`);
}

export const putTip = (database, chainId, { number: tip, hash, timestamp }) =>
    database.sql(`UPDATE chains SET tip_number = ${tip}, tip_hash = ${bytea(hash)}, tip_timestamp = ${timestamp}
        WHERE chain_id = ${chainId}`);

/** In: { address, symbol, decimals, live }. Returns them with their id in the database. */
export async function putTokens(database, chainId, tokens) {
    const rows = tokens.map(
        ({ address, symbol, decimals, live = true }) =>
            `(${chainId}, ${bytea(address)}, ${live}, ${text(symbol)}, ${text(symbol)}, ${number(decimals)})`,
    );
    const ids = await database.sql(`INSERT INTO tokens (chain_id, address, live, name, symbol, decimals)
        VALUES ${rows.join(', ')} RETURNING id`);
    return tokens.map((token, i) => ({ ...token, id: Number(ids[i][0]) }));
}

/** In: blocks, { number, hash, timestamp, transfers: [{ logIndex, token, kind, amount, from, to, txHash }] }. */
export async function putBlocks(database, chainId, blocks) {
    const transfers = blocks.flatMap((block) => block.transfers.map((transfer) => ({ block, ...transfer })));
    const blockRows = blocks.map(
        (one) => `(${chainId}, ${one.number}, ${bytea(one.hash)}, ${one.timestamp}, ${one.transfers.length})`,
    );
    const rows = transfers.map(
        ({ block, logIndex, token, kind, amount, from, to, txHash }) =>
            `(${chainId}, ${block.number}, ${logIndex}, ${token.id}, ${kind}, ${amount},
                ${bytea(from)}, ${bytea(to)}, ${bytea(txHash)})`,
    );
    await database.sql(`INSERT INTO blocks (chain_id, number, hash, timestamp, transfers)
            VALUES ${blockRows.join(', ')};
        ${rows.length > 0 ? `INSERT INTO transfers VALUES ${rows.join(', ')}` : ''}`);
}

/** Takes back everything above a block; the tip is for the caller to put. */
export const removeAbove = (database, chainId, block) =>
    database.sql(`DELETE FROM transfers WHERE chain_id = ${chainId} AND block_number > ${block};
        DELETE FROM blocks WHERE chain_id = ${chainId} AND number > ${block}`);
