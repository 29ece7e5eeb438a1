// What browsers and proxies may keep: ETag and 304, Cache-Control at the head, at finalized blocks and on errors, gzip.
// Owns its chain, its node and its dappd.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { startChain } from './lib/chain.js';
import { chainConfig, dappdFor, startDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { ROUTES } from './lib/tables.js';
import { until } from './lib/wait.js';

const IMMUTABLE = 'public, max-age=31536000, immutable';

let chain, node, dappd, alice, usd;

before(async () => {
    chain = await startChain({ args: ['--slots-in-an-epoch', '1'] });
    await chain.mine(10);
    node = await startFaultyNode(chain.url);
    alice = chain.holders.alice;
    usd = chain.tokens.usd.address;
    dappd = await startDappd({ chains: [chainConfig(node.url)] });
});
after(() => stopAll(dappd, node, chain));

const balancePath = (query = '') => `/balance/${alice}/${usd}${query}`;

/** A body that is longer than a kilobyte. */
const longBody = () => ({ items: Array.from({ length: 20 }, () => ({ address: alice, token: usd })) });

// --- ETag ---

test('an answer the client has already is 304, without body, with the same headers', async () => {
    for (const path of [
        balancePath(),
        balancePath('?block=1'),
        `/balance/${alice}`,
        `/tokens/${usd}`,
        '/',
        '/chains',
        '/openapi.yaml',
        '/openapi.json',
        `/allowance/${alice}/${chain.holders.bob}/${usd}`,
    ]) {
        const first = await dappd.get(path);
        const second = await dappd.get(path, { 'if-none-match': first.headers.etag });
        assert.deepEqual([second.status, second.text], [304, ''], path);
        assert.equal(second.headers.etag, first.headers.etag);
        assert.equal(second.headers['cache-control'], first.headers['cache-control']);
        assert.equal(second.headers.vary, 'Accept-Encoding', 'the body, had it been made, might have been packed');
        assert.equal(second.headers['content-type'], undefined);
    }
});

test('a 304 needs no node once the block is known', async () => {
    const path = balancePath('?block=2');
    const {
        headers: { etag },
    } = await dappd.get(path);
    node.reset();
    assert.equal((await dappd.get(path, { 'if-none-match': etag })).status, 304);
    assert.equal(node.count('eth_call'), 0);
});

test('lists, weak and strong tags and * match, other tags do not', async () => {
    const path = balancePath('?block=1');
    const { etag } = (await dappd.get(path)).headers;
    const strong = etag.replace('W/', '');
    for (const matching of [strong, `"x", ${etag}`, `"x",W/"y" , ${strong},"z"`, '*']) {
        assert.equal((await dappd.get(path, { 'if-none-match': matching })).status, 304, matching);
    }
    for (const other of ['"x"', '', etag.slice(0, -1), strong.slice(1, -1), '"', 'W/', `"${etag}"`]) {
        assert.equal((await dappd.get(path, { 'if-none-match': other })).status, 200, other);
    }
});

test('the tag differs by block, by path and by spelling, and is the same on another dappd', async (t) => {
    const other = await dappdFor(t, { chains: [chainConfig(node.url)] });
    const paths = [
        balancePath('?block=1'),
        balancePath('?block=2'),
        balancePath('?block=0x1'),
        `/balance/${alice}?block=1`,
        `/balance/${chain.holders.bob}/${usd}?block=1`,
        `/tokens/${usd}?block=1`,
    ];
    const tags = await Promise.all(paths.map(async (path) => (await dappd.get(path)).headers.etag));
    assert.equal(new Set(tags).size, tags.length);
    for (const [i, path] of paths.entries()) assert.equal((await other.get(path)).headers.etag, tags[i]);
});

test('a new block gives a new tag: what changed is seen', async () => {
    const before_ = await dappd.get(balancePath());
    await chain.write(chain.tokens.usd, 'mint', [alice, 5n]);
    await dappd.untilHead(Number((await chain.latest()).number));
    const after_ = await dappd.get(balancePath(), { 'if-none-match': before_.headers.etag });
    assert.equal(after_.status, 200);
    assert.equal(BigInt(after_.json().balance) - BigInt(before_.json().balance), 5n);
});

test('HEAD answers 304 too; POST never does', async () => {
    const { etag } = (await dappd.get(balancePath('?block=1'))).headers;
    const head = await dappd.request({
        method: 'HEAD',
        path: balancePath('?block=1'),
        headers: { 'if-none-match': etag },
    });
    assert.equal(head.status, 304);
    assert.equal((await dappd.post('/balances', longBody(), { 'if-none-match': '*' })).status, 200);
});

// --- Cache-Control ---

test('at the head an answer may be kept until the next block is due', async () => {
    for (const path of [
        balancePath(),
        balancePath('?block=latest'),
        balancePath('?block=safe'),
        balancePath('?block=finalized'),
    ]) {
        assert.match((await dappd.get(path)).headers['cache-control'], /^public, max-age=1$/, path);
    }
});

test('max-age is never longer than the block time', async (t) => {
    const slow = await dappdFor(t, { chains: [chainConfig(node.url, { block_time_ms: 12_000 })] });
    await chain.client.setNextBlockTimestamp({ timestamp: (await chain.latest()).timestamp + 10_000n });
    await chain.mine();
    const [, seconds] = /^public, max-age=(\d+)$/.exec((await slow.get(balancePath())).headers['cache-control']);
    assert.ok(Number(seconds) >= 1 && Number(seconds) <= 12, seconds);
});

test('a finalized block named by number or hash is immutable', async () => {
    await chain.mine(5);
    const { number: finalized } = await chain.client.getBlock({ blockTag: 'finalized' });
    const { hash } = await chain.client.getBlock({ blockNumber: 2n });
    assert.ok(finalized > 2n);
    for (const named of ['2', '0x2', hash]) {
        for (const path of [
            balancePath(`?block=${named}`),
            `/balance/${alice}?block=${named}`,
            `/tokens/${usd}?block=${named}`,
        ]) {
            assert.equal((await dappd.get(path)).headers['cache-control'], IMMUTABLE, path);
        }
    }
});

test('an immutable answer is not asked for again', async () => {
    const path = `/balance/${randomAddress()}/${usd}?block=2`;
    const first = await dappd.get(path);
    node.reset();
    assert.equal((await dappd.get(path)).text, first.text);
    assert.equal(node.count(), 0);
});

test('a block above finality is not immutable, by whatever name', async () => {
    const { number, hash } = await chain.latest();
    for (const named of [number, hash]) {
        assert.match((await dappd.get(balancePath(`?block=${named}`))).headers['cache-control'], /^public, max-age=1$/);
    }
});

test('the list of chains lasts as long as the head, and gets a new tag with it', async () => {
    const first = await dappd.get('/chains');
    assert.match(first.headers['cache-control'], /^public, max-age=1$/);
    const {
        items: [listed],
    } = first.json();
    assert.deepEqual([listed.name, listed.id, listed.default], ['dev', chain.chainId, true]);
    assert.deepEqual(listed.native, { symbol: 'ETH', decimals: 18 });
    const head = await chain.latest();
    await chain.mine();
    await dappd.untilHead(Number(head.number) + 1);
    const second = await dappd.get('/chains', { 'if-none-match': first.headers.etag });
    assert.equal(second.status, 200);
    assert.ok(second.json().items[0].head.number > listed.head.number);
});

test('the list of chains asks no node', async (t) => {
    const idle = await dappdFor(t, {
        chains: [chainConfig(node.url), chainConfig('http://127.0.0.1:9', { name: 'gone', id: 5 })],
    });
    await idle.get('/chains');
    node.reset();
    const { items } = await idle.json('/chains');
    assert.equal(node.count(), 0);
    assert.deepEqual(
        items.map((item) => [item.name, item.default, item.head, item.safe, item.finalized]),
        [
            ['dev', true, null, null, null],
            ['gone', false, null, null, null],
        ],
    );
    await idle.json(balancePath());
    const [{ head }] = (await idle.json('/chains')).items;
    const { number, hash, timestamp } = await chain.latest();
    assert.deepEqual(head, { number: Number(number), hash, timestamp: Number(timestamp) });
});

test('errors, POST and what changes by the second are never kept', async () => {
    const uncached = [
        '/health',
        '/ready',
        '/status',
        '/metrics',
        '/nowhere',
        '/balance/0x',
        `/balance/${alice}/${alice}?block=1`,
    ];
    for (const path of uncached) {
        const { headers } = await dappd.get(path);
        assert.equal(headers['cache-control'], 'no-store', path);
        assert.equal(headers.etag, undefined);
    }
    assert.equal((await dappd.post('/balances', longBody())).headers['cache-control'], 'no-store');
});

test('every cacheable route has both, ETag and Cache-Control', async () => {
    for (const path of ['/', '/openapi.yaml', '/openapi.json']) {
        const { headers } = await dappd.get(path);
        assert.equal(headers['cache-control'], 'public, max-age=3600');
        assert.match(headers.etag, /^W\/"[0-9a-f]{32}"$/);
    }
    assert.ok(ROUTES.some(({ pattern }) => pattern === '/openapi.json'));
});

// --- what dappd keeps ---

const reads = () => ['eth_call', 'eth_getBalance', 'eth_getCode'].reduce((n, method) => n + node.count(method), 0);

test('what a contract refuses is asked for once at each block, and is an error each time', async (t) => {
    const own = await dappdFor(t, { chains: [chainConfig(node.url)] });
    const { revertReason, shortAnswer, emptyAnswer } = chain.tokens;
    const nothing = randomAddress();
    const tokens = [revertReason.address, shortAnswer.address, emptyAnswer.address, nothing];
    const withoutId = (answer) => ({ ...answer.json(), request_id: undefined });
    const first = [];
    for (const token of tokens) first.push(await own.get(`/balance/${alice}/${token}`));
    node.reset();
    for (const [i, token] of tokens.entries()) {
        const again = await own.get(`/balance/${alice}/${token}`);
        assert.deepEqual([again.status, again.headers['cache-control']], [422, 'no-store']);
        assert.equal(again.headers.etag, undefined);
        assert.deepEqual(withoutId(again), withoutId(first[i]));
    }
    for (let i = 0; i < 10; i++) {
        const answer = await own.get(`/balance/${randomAddress()}/${nothing}`);
        assert.equal(answer.json().code, 'not_a_token', 'true of whoever holds it');
    }
    assert.equal(reads(), 0);
    await chain.mine();
    await own.untilHead(Number((await chain.latest()).number));
    node.reset();
    assert.equal((await own.get(`/balance/${alice}/${nothing}`)).status, 422);
    assert.ok(reads() > 0, 'the next block may have the contract');
});

test('a failure of a node is not kept', async (t) => {
    const own = await dappdFor(t, { chains: [chainConfig(node.url)], rpc_attempt_timeout_ms: 300 });
    await own.json(balancePath());
    const path = `/balance/${randomAddress()}/${usd}`;
    node.on('eth_call', faults.reset());
    assert.ok((await own.get(path)).status >= 500);
    node.reset();
    await until(async () => (await own.get(path)).status === 200, 'answer');
});

test('answers at the next head take the place of those at the last', async (t) => {
    const own = await dappdFor(t, { chains: [chainConfig(node.url)] });
    const paths = [`/balance/${alice}`, `/tokens/${usd}`, `/tokens/${chain.tokens.noDecimals.address}`];
    for (let i = 0; i < 20; i++) paths.push(`/balance/${randomAddress()}/${usd}`);
    paths.push(`/balance/${alice}/${chain.tokens.revertReason.address}`, `/balance/${alice}/${randomAddress()}`);
    const nextBlock = async () => {
        await chain.mine();
        await own.untilHead(Number((await chain.latest()).number));
        for (const path of paths) await own.get(path);
        return (await own.json('/status')).cache.entries;
    };
    const entries = await nextBlock();
    for (let i = 0; i < 5; i++) {
        const now = await nextBlock();
        assert.ok(now <= entries + 5, `${now} entries, ${entries} before`);
    }
});

// --- gzip ---

test('a body of a kilobyte or more is gzip for those who take it, and Vary says so either way', async () => {
    const plain = await dappd.get('/openapi.json');
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.equal(plain.headers.vary, 'Accept-Encoding');
    for (const accepted of ['gzip', 'br, gzip;q=0.5', 'GZIP', '*', 'x-gzip', 'deflate, gzip ; q=1.0', 'gzip;q=0.001']) {
        const packed = await dappd.get('/openapi.json', { 'accept-encoding': accepted });
        assert.equal(packed.headers['content-encoding'], 'gzip', accepted);
        assert.equal(packed.headers.vary, 'Accept-Encoding');
        assert.equal(Number(packed.headers['content-length']), packed.bytes.length);
        assert.ok(packed.bytes.length < plain.bytes.length);
        assert.equal(gunzipSync(packed.bytes).toString(), plain.text);
    }
});

test('gzip;q=0 and what is not gzip get the plain body', async () => {
    for (const refused of ['gzip;q=0', 'gzip;q=0.000', 'br', 'identity', '', 'gzip;q=0, *;q=1', '*;q=0', 'gzipped']) {
        const answer = await dappd.get('/openapi.json', { 'accept-encoding': refused });
        assert.equal(answer.headers['content-encoding'], undefined, refused);
        assert.equal(answer.headers.vary, 'Accept-Encoding');
    }
});

test('a short body stays as it is', async () => {
    const { headers } = await dappd.get('/health', { 'accept-encoding': 'gzip' });
    assert.equal(headers['content-encoding'], undefined);
    assert.equal(headers.vary, undefined);
});

test('answers to POST are packed too, and the limit is a setting', async (t) => {
    const packed = await dappd.post('/balances', longBody(), { 'accept-encoding': 'gzip' });
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.equal(packed.json().items.length, 20);
    const eager = await dappdFor(t, { chains: [chainConfig(node.url)], compress_min_bytes: 100 });
    assert.equal((await eager.get(balancePath(), { 'accept-encoding': 'gzip' })).headers['content-encoding'], 'gzip');
});

test('HEAD has the headers of the packed GET', async () => {
    const options = { path: '/openapi.json', headers: { 'accept-encoding': 'gzip' } };
    const get = await dappd.request(options);
    const head = await dappd.request({ ...options, method: 'HEAD' });
    for (const name of ['content-encoding', 'content-length', 'vary', 'etag', 'cache-control', 'content-type']) {
        assert.equal(head.headers[name], get.headers[name], name);
    }
});
