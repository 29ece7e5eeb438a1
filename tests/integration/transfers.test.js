// Lists of transfers against rows that the test has put into the index itself: every filter, pages, their order and
// their links, while blocks and reorgs arrive; CSV. No node is needed. Owns its PostgreSQL and its dappd.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formatUnits, getAddress } from 'viem';
import { startDappd } from './lib/dappd.js';
import * as rows from './lib/indexed_rows.js';
import { startServer } from './lib/postgres.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { generator, hex, SEED } from './lib/random.js';

const CHAIN = 31337;
const OTHER_CHAIN = 5;
const TIP = 349;
const LIMIT = 7;
const KINDS = ['transfer', 'deposit', 'withdrawal'];
const CSV = { accept: 'text/csv' };
const HEADER =
    'block_number,block_hash,timestamp,log_index,tx_hash,kind,token,symbol,decimals,from,to,amount,formatted';

const { below, pick } = generator(SEED);
const people = [...Array.from({ length: 5 }, () => `0x${hex(40)}`), `0x${'0'.repeat(40)}`];
const stranger = `0x${hex(40)}`;

const ends = [];
let server, database, dappd, tokens, hidden, chain;

before(async () => {
    server = await startServer();
    database = await server.databaseFor({ after: (end) => ends.push(end) });
    await rows.migrate(database);
    await rows.putChain(database, CHAIN, { upTo: 499 });
    await rows.putChain(database, OTHER_CHAIN, { upTo: 99 });
    [hidden, ...tokens] = await rows.putTokens(database, CHAIN, [
        { address: `0x${hex(40)}`, symbol: 'HIDDEN', decimals: 18, live: false },
        { address: `0x${hex(40)}`, symbol: 'SUSD', decimals: 6 },
        { address: `0x${hex(40)}`, symbol: '=HYPERLINK("x","y")', decimals: 0 },
        { address: `0x${hex(40)}`, symbol: null, decimals: null },
    ]);
    const [foreign] = await rows.putTokens(database, OTHER_CHAIN, [{ ...tokens[0], id: undefined }]);
    chain = blocksFrom(20, TIP);
    await rows.putBlocks(database, CHAIN, chain);
    await rows.putBlocks(database, OTHER_CHAIN, blocksFrom(50, 99, { of: [foreign], name: 'other' }));
    await rows.putTip(database, CHAIN, chain.at(-1));
    dappd = await startDappd({
        chains: [CHAIN, OTHER_CHAIN].map((id) => ({
            name: `chain${id}`,
            id,
            block_time_ms: 12_000,
            upstreams: [{ name: `node${id}`, url: 'http://127.0.0.1:9' }],
        })),
        database_url: database.url,
        index: 'off',
    });
});
after(async () => {
    for (const end of ends) end();
    await stopAll(dappd, server);
});

// --- what there is ---

function blocksFrom(first, last, { of = [...tokens, hidden], name = 'main' } = {}) {
    return Array.from({ length: last - first + 1 }, (_, i) => {
        const block = first + i;
        const logs = block === last ? 2 : below(4);
        const transfers = Array.from({ length: logs }, (_, log) => ({
            logIndex: log * 3 + below(3),
            token: pick(of),
            kind: below(3),
            amount: BigInt(`0x${hex(1 + below(64))}`),
            from: pick(people),
            to: pick(people),
            txHash: rows.hashOf(`${name} ${block} ${log}`),
        }));
        return { number: block, hash: rows.hashOf(`${name} ${block}`), timestamp: rows.timeOf(block), transfers };
    });
}

const itemOf = (block, { logIndex, token, kind, amount, from, to, txHash }) => ({
    block_number: block.number,
    block_hash: block.hash,
    timestamp: block.timestamp,
    log_index: logIndex,
    tx_hash: txHash,
    kind: KINDS[kind],
    token: { address: getAddress(token.address), symbol: token.symbol, decimals: token.decimals },
    from: getAddress(from),
    to: getAddress(to),
    amount: String(amount),
    formatted: token.decimals === null ? null : formatUnits(amount, token.decimals),
});

/** Newest first, without what is hidden. In: fits(item). */
const expected = (fits = () => true, blocks = chain) =>
    blocks
        .flatMap((block) =>
            block.transfers.filter(({ token }) => token.live !== false).map((one) => itemOf(block, one)),
        )
        .sort((a, b) => b.block_number - a.block_number || b.log_index - a.log_index)
        .filter(fits);

const refOf = ({ number, hash, timestamp }) => ({ number, hash, timestamp });
const target = (path, query) => `${path}?${new URLSearchParams(query)}`;
const same = (a, b) => a.toLowerCase() === b.toLowerCase();

/** Follows the Link headers to the end. In: between(page number), called after each page. Returns all items. */
async function walk(path, query, { between = () => {}, block = refOf(chain.at(-1)) } = {}) {
    const items = [];
    let next = target(path, query);
    for (let page = 1; next; page++) {
        const answer = await dappd.get(next);
        assert.equal(answer.status, 200, answer.text);
        const body = answer.json();
        assert.equal(body.chain_id, CHAIN);
        assert.deepEqual(body.block, block);
        items.push(...body.items);
        next = /^<([^>]*)>; rel="next"$/.exec(answer.headers.link ?? '')?.[1];
        assert.equal(new URL(next ?? '/', 'http://x').searchParams.get('cursor'), body.next_cursor);
        if (next) assert.equal(body.items.length, Number(query.limit));
        await between(page);
    }
    return items;
}

// --- filters ---

const filters = () => {
    const [alice, bob, , , , zero] = people;
    const [usd, odd] = tokens;
    const from = (item) => same(item.from, alice);
    const to = (item) => same(item.to, bob);
    const either = (who) => (item) => same(item.from, who) || same(item.to, who);
    const of = (token) => (item) => same(item.token.address, token.address);
    const isoOf = (block) => new Date(rows.timeOf(block) * 1000).toISOString(); // with .000Z
    const secondOf = (block) => isoOf(block).slice(0, 19);
    const in1xx = (item) => item.block_number >= 120 && item.block_number <= 180;
    return {
        everything: ['/transfers', {}, () => true],
        'a sender': ['/transfers', { from: alice }, from],
        'a recipient': ['/transfers', { to: bob }, to],
        'sender and recipient': ['/transfers', { from: alice, to: bob }, (one) => from(one) && to(one)],
        'what one sent to oneself': [
            '/transfers',
            { from: alice, to: alice },
            (one) => from(one) && same(one.to, alice),
        ],
        'a token': ['/transfers', { token: usd.address }, of(usd)],
        'a token and a sender': ['/transfers', { token: odd.address, from: alice }, (one) => of(odd)(one) && from(one)],
        'a token and a recipient': ['/transfers', { token: usd.address, to: bob }, (one) => of(usd)(one) && to(one)],
        'a token, a sender and a recipient': [
            '/transfers',
            { token: usd.address, from: alice, to: bob },
            (one) => of(usd)(one) && from(one) && to(one),
        ],
        'an address': [`/transfers/${alice}`, {}, either(alice)],
        'an address, both ways': [`/transfers/${alice}`, { direction: 'both' }, either(alice)],
        'an address, out': [`/transfers/${alice}`, { direction: 'out' }, from],
        'an address, in': [`/transfers/${bob}`, { direction: 'in' }, to],
        'an address and a token': [
            `/transfers/${alice}`,
            { token: usd.address },
            (one) => of(usd)(one) && either(alice)(one),
        ],
        'the zero address': [`/transfers/${zero}`, {}, either(zero)],
        'a stranger': [`/transfers/${stranger}`, {}, () => false],
        'the token of the path': [`/tokens/${usd.address}/transfers`, {}, of(usd)],
        'the token of the path and a sender': [
            `/tokens/${odd.address}/transfers`,
            { from: alice },
            (one) => of(odd)(one) && from(one),
        ],
        blocks: ['/transfers', { from_block: 120, to_block: 180 }, in1xx],
        'one block': ['/transfers', { from_block: TIP, to_block: TIP }, (one) => one.block_number === TIP],
        'blocks and an address': [
            `/transfers/${bob}`,
            { from_block: 120, to_block: 180 },
            (one) => in1xx(one) && either(bob)(one),
        ],
        'blocks beyond the tip': ['/transfers', { from_block: TIP + 1, to_block: 10 ** 15 }, () => false],
        'from a time': ['/transfers', { since: rows.timeOf(300) - 11 }, (one) => one.block_number >= 300],
        'up to a time': ['/transfers', { until: rows.timeOf(60) + 11 }, (one) => one.block_number <= 60],
        'between dates': ['/transfers', { since: isoOf(120), until: `${secondOf(180)}+00:00` }, in1xx],
        'before all': ['/transfers', { until: 1 }, () => false],
        'after all': ['/transfers', { since: rows.timeOf(TIP) + 1 }, () => false],
        'a fraction of a second too late': [
            '/transfers',
            { since: `${secondOf(TIP)}.5Z` },
            () => false,
        ],
        'a time and a token': [
            `/tokens/${usd.address}/transfers`,
            { since: rows.timeOf(200) },
            (one) => of(usd)(one) && one.block_number >= 200,
        ],
    };
};

test('every filter, page by page, gives what the rows say', async () => {
    for (const [what, [path, query, fits]] of Object.entries(filters())) {
        const want = expected(fits);
        assert.deepEqual(await walk(path, { ...query, limit: LIMIT }), want, what);
        assert.deepEqual(await walk(path, { ...query, limit: 1000 }), want, what);
    }
    assert.ok(expected(filters()['what one sent to oneself'][2]).length > 0, 'the rows have some of each');
});

test('without a limit a page has 50 items', async () => {
    const { items, next_cursor } = await dappd.json('/transfers');
    assert.deepEqual(items, expected().slice(0, 50));
    assert.ok(next_cursor);
});

test('a page that ends with the last item has no next', async () => {
    const n = expected().length;
    assert.equal((await dappd.json(`/transfers?limit=${n}`)).next_cursor, null);
    assert.ok((await dappd.json(`/transfers?limit=${n - 1}`)).next_cursor);
});

test('the answer is tagged, and asked for again it is 304', async () => {
    for (const headers of [{}, CSV]) {
        const first = await dappd.get('/transfers?limit=3', headers);
        assert.match(first.headers['cache-control'], /^public, max-age=/);
        assert.match(first.headers.vary, /\bAccept\b/);
        const again = await dappd.get('/transfers?limit=3', { ...headers, 'if-none-match': first.headers.etag });
        assert.equal(again.status, 304);
    }
});

// --- what is refused ---

test('parameters are checked, and the problem names them', async () => {
    const [alice] = people;
    const wrong = {
        '/transfers?from=0x12': ['invalid_address', /^from /],
        '/transfers?to=me': ['invalid_address', /^to /],
        '/transfers?token=': ['invalid_address', /^token /],
        '/transfers?from_block=-1': ['invalid_parameter', /^from_block "-1"/],
        '/transfers?to_block=0x10': ['invalid_parameter', /^to_block /],
        '/transfers?from_block=5&to_block=4': ['invalid_parameter', /from_block .* to_block/],
        '/transfers?since=yesterday': ['invalid_parameter', /^since "yesterday"/],
        '/transfers?until=2024-13-01T00:00:00Z': ['invalid_parameter', /^until /],
        '/transfers?since=2000000001&until=2000000000': ['invalid_parameter', /since .* until/],
        '/transfers?limit=0': ['invalid_parameter', /^limit /],
        '/transfers?limit=1001': ['invalid_parameter', /^limit /],
        '/transfers?order=asc': ['invalid_parameter', /order/],
        '/transfers?direction=in': ['invalid_parameter', /direction/],
        [`/transfers/${alice}?direction=up`]: ['invalid_parameter', /^direction "up"/],
        [`/transfers/${alice}?from=${alice}`]: ['invalid_parameter', /from/],
        '/transfers/alice': ['invalid_address', /^address /],
        '/tokens/0x/transfers': ['invalid_address', /^token /],
        '/transfers?chain=mainnet': ['invalid_parameter', /^chain /],
        '/transfers?cursor=': ['invalid_cursor', /./],
        '/transfers?cursor=AAAA': ['invalid_cursor', /./],
    };
    for (const [path, [code, detail]] of Object.entries(wrong)) assertProblem(await dappd.get(path), code, detail);
});

test('a cursor of another list, filter or chain is refused', async () => {
    const { next_cursor: cursor } = await dappd.json('/transfers?limit=3');
    assert.ok(cursor);
    await dappd.json(target('/transfers', { cursor, limit: 100 })); // the limit may change
    for (const path of [
        target('/transfers', { cursor, from: people[0] }),
        target('/transfers', { cursor, to_block: 10_000 }),
        target('/transfers', { cursor, chain: OTHER_CHAIN }),
        target(`/transfers/${people[0]}`, { cursor }),
        target(`/tokens/${tokens[0].address}/transfers`, { cursor }),
        target('/tokens', { cursor }),
        target('/transfers', { cursor: cursor.slice(1) }),
        target('/transfers', { cursor: `${cursor}A` }),
    ])
        assertProblem(await dappd.get(path), 'invalid_cursor');
});

test('a token that is not in the index, or not complete, is not listed', async () => {
    for (const address of [stranger, hidden.address]) {
        assertProblem(await dappd.get(`/tokens/${address}/transfers`), 'not_indexed', /./);
        assertProblem(await dappd.get(`/transfers?token=${address}`), 'not_indexed', new RegExp(address, 'i'));
        assertProblem(await dappd.get(`/tokens/${address}/transfers`, CSV), 'not_indexed');
    }
});

test('a chain without a tip has nothing to serve yet', async () => {
    for (const headers of [{}, CSV]) {
        assertProblem(await dappd.get(`/transfers?chain=${OTHER_CHAIN}`, headers), 'index_unavailable', /chain5/);
    }
});

test('without a database there is no list', async (t) => {
    const alone = await startDappd({ rpc_urls: 'http://127.0.0.1:9' });
    t.after(() => alone.stop());
    for (const headers of [{}, CSV]) {
        assertProblem(await alone.get('/transfers', headers), 'index_unavailable', /no database/);
    }
});

// --- CSV ---

const quoted = (symbol) => (symbol?.startsWith('=') ? `"'${symbol.replaceAll('"', '""')}"` : (symbol ?? ''));

const csvOf = (items) =>
    [
        HEADER,
        ...items.map((one) =>
            [
                one.block_number,
                one.block_hash,
                one.timestamp,
                one.log_index,
                one.tx_hash,
                one.kind,
                one.token.address,
                quoted(one.token.symbol),
                one.token.decimals ?? '',
                one.from,
                one.to,
                one.amount,
                one.formatted ?? '',
            ].join(','),
        ),
        '',
    ].join('\r\n');

function assertCsv(answer, items) {
    const tip = chain.at(-1);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['content-type'], 'text/csv; charset=utf-8');
    const { 'x-block-number': number, 'x-block-hash': hash } = answer.headers;
    assert.deepEqual([number, hash], [String(tip.number), tip.hash]);
    assert.equal(answer.text, csvOf(items));
}

test('CSV with a limit is a page, with the link to the next one', async () => {
    const first = await dappd.get(`/transfers?limit=${LIMIT}`, CSV);
    assertCsv(first, expected().slice(0, LIMIT));
    const [, next] = /^<([^>]*)>; rel="next"$/.exec(first.headers.link);
    assertCsv(await dappd.get(next, CSV), expected().slice(LIMIT, 2 * LIMIT));
});

test('CSV without a limit is everything, of every filter', async () => {
    for (const [what, [path, query, fits]] of Object.entries(filters())) {
        const answer = await dappd.get(target(path, query), CSV);
        assertCsv(answer, expected(fits));
        assert.deepEqual([answer.headers['cache-control'], answer.headers.etag], ['no-store', undefined], what);
    }
});

test('CSV from a cursor is everything behind it', async () => {
    const { next_cursor: cursor } = await dappd.json(`/transfers?limit=${LIMIT}`);
    assertCsv(await dappd.get(target('/transfers', { cursor }), CSV), expected().slice(LIMIT));
});

test('HEAD of an export says what GET would, without a body', async () => {
    const answer = await dappd.request({ method: 'HEAD', path: '/transfers', headers: CSV });
    assert.deepEqual([answer.status, answer.text, answer.headers['x-block-number']], [200, '', String(TIP)]);
    const missing = await dappd.request({ method: 'HEAD', path: `/transfers?token=${stranger}`, headers: CSV });
    assert.equal(missing.status, 404);
});

test('Accept decides, and in doubt it is JSON', async () => {
    const types = {
        'text/csv': 'text/csv; charset=utf-8',
        'application/json;q=0.5, text/*': 'text/csv; charset=utf-8',
        '*/*': 'application/json',
        'application/xml': 'application/json',
        'text/csv, application/json': 'application/json',
    };
    for (const [accept, type] of Object.entries(types)) {
        assert.equal((await dappd.get('/transfers?limit=1', { accept })).headers['content-type'], type, accept);
    }
});

test('an export is one line in the log, with all of its bytes', async () => {
    const answer = await dappd.get('/transfers', { ...CSV, 'x-request-id': 'the-export' });
    const line = await dappd.untilLogged(({ request_id }) => request_id === 'the-export', 'line of the export');
    assert.deepEqual([line.route, line.status, line.bytes], ['/transfers', 200, answer.bytes.length]);
});

// --- while the chain goes on: these change the rows, so they come last ---

test('new blocks do not disturb a walk', async () => {
    const want = expected();
    const first = refOf(chain.at(-1));
    const between = async (page) => {
        if (page % 5 !== 0 || chain.length > TIP + 40) return;
        const news = blocksFrom(chain.at(-1).number + 1, chain.at(-1).number + 3);
        await rows.putBlocks(database, CHAIN, news);
        await rows.putTip(database, CHAIN, news.at(-1));
        chain.push(...news);
    };
    assert.deepEqual(await walk('/transfers', { limit: LIMIT }, { between, block: first }), want);
    assert.ok(chain.at(-1).number > TIP);
    assert.deepEqual(await walk('/transfers', { limit: 1000 }), expected());
});

/** Replaces every block above this one. */
async function reorg(ancestor) {
    const length = chain.at(-1).number - ancestor;
    const kept = chain.filter(({ number }) => number <= ancestor);
    const news = blocksFrom(ancestor + 1, ancestor + length + 1, { name: `fork ${ancestor}` });
    await rows.removeAbove(database, CHAIN, ancestor);
    await rows.putBlocks(database, CHAIN, news);
    await rows.putTip(database, CHAIN, news.at(-1));
    chain = [...kept, ...news];
}

test('a walk goes on below a reorg, and its cursors above it have expired', async () => {
    const old = expected();
    const page = async (limit) => (await dappd.json(`/transfers?limit=${limit}`)).next_cursor;
    const ancestor = chain.at(-1).number - 4;
    const above = old.findIndex((one) => one.block_number <= ancestor);
    const [high, low] = [await page(above), await page(above + 1)];
    await reorg(ancestor);
    for (const headers of [{}, CSV]) {
        const expired = await dappd.get(target('/transfers', { cursor: high }), headers);
        assertProblem(expired, 'cursor_expired', new RegExp(`block ${old[above - 1].block_number}`));
    }
    const rest = await dappd.json(target('/transfers', { cursor: low, limit: 1000 }));
    assert.deepEqual(rest.items, old.slice(above + 1));
    assert.deepEqual(rest.block, refOf(chain.at(-1)), 'the block it was true at is gone, the newest one is not');
    assert.deepEqual(await walk('/transfers', { limit: LIMIT }), expected());
});

test('a walk goes on when the index has gone back behind its first block', async () => {
    const old = expected();
    const { next_cursor: cursor } = await dappd.json('/transfers?limit=20');
    const ancestor = old[19].block_number;
    await rows.removeAbove(database, CHAIN, ancestor);
    chain = chain.filter(({ number }) => number <= ancestor);
    await rows.putTip(database, CHAIN, chain.at(-1));
    const rest = await dappd.json(target('/transfers', { cursor, limit: 1000 }));
    assert.deepEqual([rest.items, rest.block], [old.slice(20), refOf(chain.at(-1))]);
});
