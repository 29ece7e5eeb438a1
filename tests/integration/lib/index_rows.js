// An index made by hand: rows as an indexer would have written them, in a migrated database, for tests of what is
// answered from them. The database belongs to the caller.

import assert from 'node:assert/strict';
import { runDappd } from './dappd.js';

/** More than any list here has: a cursor that stands still is found. */
const MAX_PAGES = 200;

const bytes = (hex) => (hex === null ? 'NULL' : `'\\x${hex.slice(2)}'`);
const text = (value) => (value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`);
const value = (one) => (one === null ? 'NULL' : String(one));

/** Brings an empty database to dappd's schema. In: url, of a node; migrating asks none. */
export async function migrate(database, url) {
    const { code, stderr } = await runDappd(['migrate'], { database_url: database.url, rpc_urls: url });
    assert.equal(code, 0, stderr);
}

/** The chain's row: its index is true at this block (viem's), or has nothing to serve where it is null. */
export function setTip(database, chainId, block) {
    const tip = block ? `${block.number}, ${bytes(block.hash)}, ${block.timestamp}` : 'NULL, NULL, NULL';
    return database.sql(`INSERT INTO chains (chain_id, scope, partition_blocks, tip_number, tip_hash, tip_timestamp)
        VALUES (${chainId}, 'every', 1000, ${tip}) ON CONFLICT (chain_id) DO UPDATE SET
        tip_number = excluded.tip_number, tip_hash = excluded.tip_hash, tip_timestamp = excluded.tip_timestamp`);
}

/**
 * Adds a token, or changes what is known of it. In: checked, a block number or null; balances, { holder: amount }.
 */
export async function putToken(database, chainId, token, balances = {}) {
    const row = { live: true, name: null, symbol: null, decimals: null, checked: null, drift: null, ...token };
    const [[id]] = await database.sql(`
        INSERT INTO tokens (chain_id, address, live, name, symbol, decimals, checked_block, drift)
        VALUES (${chainId}, ${bytes(row.address)}, ${row.live}, ${text(row.name)}, ${text(row.symbol)},
            ${value(row.decimals)}, ${value(row.checked)}, ${text(row.drift)})
        ON CONFLICT (chain_id, address) DO UPDATE SET (live, name, symbol, decimals, checked_block, drift) =
            (excluded.live, excluded.name, excluded.symbol, excluded.decimals, excluded.checked_block, excluded.drift)
        RETURNING id`);
    const rows = Object.entries(balances).map(([holder, amount]) => `(${id}, ${bytes(holder)}, ${amount})`);
    if (rows.length === 0) return;
    await database.sql(`INSERT INTO balances (token_id, holder, amount) VALUES ${rows.join(', ')}
        ON CONFLICT (holder, token_id) DO UPDATE SET amount = excluded.amount`);
}

/** Follows next_cursor from page to page. Returns the pages. */
export async function walk(dappd, path) {
    const pages = [];
    for (let cursor; cursor !== null; cursor = pages.at(-1).next_cursor) {
        const query = cursor ? `${path.includes('?') ? '&' : '?'}cursor=${cursor}` : '';
        const answer = await dappd.get(path + query);
        assert.equal(answer.status, 200, answer.text);
        const page = answer.json();
        assertLink(answer, page, path);
        pages.push(page);
        assert.ok(pages.length < MAX_PAGES, 'a last page');
    }
    return pages;
}

function assertLink({ headers }, { next_cursor: next }, path) {
    if (next === null) {
        assert.equal(headers.link, undefined);
        return;
    }
    const [, target] = headers.link.match(/^<([^>]+)>; rel="next"$/);
    const [wanted, found] = [path, target].map((one) => new URL(one, 'http://x'));
    wanted.searchParams.set('cursor', next);
    assert.equal(found.pathname, wanted.pathname);
    assert.deepEqual([...found.searchParams].sort(), [...wanted.searchParams].sort());
}
