// The cache as an operator sees it: what it hits, misses and pushes out, and that old heads do not fill it.
// Owns its chain, its node and its dappds.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { asksAbout, callsTo } from './lib/batching.js';
import { startChain } from './lib/chain.js';
import { chainConfig, dappdFor } from './lib/dappd.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { stopAll } from './lib/process.js';
import { parseMetrics, sumOf } from './lib/prometheus.js';
import { randomAddress } from './lib/random.js';
import { mapAtMost } from './lib/wait.js';

const MEGABYTE = 1_048_576;
const KINDS = 16; // entries beside the pairs: blocks, tokens

let chain, node, token;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    token = chain.tokens.usd.address;
});
after(() => stopAll(node, chain));
beforeEach(() => node.reset());

const SLOW_CHAIN = { block_time_ms: 12_000 };

const owners = (n) => Array.from({ length: n }, randomAddress);
const cacheOf = async (dappd) => (await dappd.json('/status')).cache;

/** Hits and misses of balances, and what was pushed out. */
async function counts(dappd) {
    const metrics = parseMetrics((await dappd.get('/metrics')).text);
    return {
        hits: sumOf(metrics, 'dappd_cache_hits_total', { cache: 'amount' }),
        misses: sumOf(metrics, 'dappd_cache_misses_total', { cache: 'amount' }),
        evictions: sumOf(metrics, 'dappd_cache_evictions_total'),
    };
}

const grown = (now, then) => Object.fromEntries(Object.keys(now).map((key) => [key, now[key] - then[key]]));

test('each balance that the cache has is a hit, each that it has not is a miss', async (t) => {
    const dappd = await dappdFor(t, { chains: [chainConfig(node.url, SLOW_CHAIN)] });
    await dappd.json(`/balance/${randomAddress()}/${token}`);
    const paths = owners(30).map((owner, i) => `/balance/${owner}${i % 2 ? '' : `/${token}`}`);
    const start = await counts(dappd);
    for (const path of paths) await dappd.json(path);
    const asked = await counts(dappd);
    assert.deepEqual(grown(asked, start), { hits: 0, misses: 30, evictions: 0 });
    node.reset();
    for (let i = 0; i < 3; i++) for (const path of paths) await dappd.json(path);
    assert.deepEqual(grown(await counts(dappd), asked), { hits: 90, misses: 0, evictions: 0 });
    assert.equal(callsTo(node).length, 0);
});

test('all reactors share it: what one has read is a hit for the others', async (t) => {
    const dappd = await dappdFor(t, { chains: [chainConfig(node.url, SLOW_CHAIN)], threads: 4 });
    const owner = randomAddress();
    await dappd.json(`/balance/${owner}`);
    await mapAtMost(50, Array.from({ length: 200 }), () =>
        dappd.request({ path: `/balance/${owner}`, agent: false }).then(({ status }) => assert.equal(status, 200)),
    );
    assert.equal(callsTo(node, asksAbout(owner)).length, 1);
    assert.deepEqual(await counts(dappd), { hits: 200, misses: 1, evictions: 0 });
});

test('a cache that is full pushes entries out, counts them and stays within its bound', async (t) => {
    const dappd = await dappdFor(t, { chains: [chainConfig(node.url, SLOW_CHAIN)], cache_bytes: MEGABYTE });
    const read = async (addresses) => {
        const answer = await dappd.post('/balances', { items: addresses.map((address) => ({ address })) });
        assert.ok(answer.json().items.every(({ balance }) => balance === '0'));
    };
    const first = owners(500);
    await read(first);
    assert.equal((await counts(dappd)).evictions, 0);
    let asked = 500;
    for (; (await counts(dappd)).evictions < 5000; asked += 1000) await read(owners(1000));
    const { entries, bytes, max_bytes } = await cacheOf(dappd);
    assert.equal(max_bytes, MEGABYTE);
    assert.ok(bytes <= MEGABYTE && bytes > MEGABYTE / 4, `${bytes} bytes`);
    const full = await counts(dappd);
    assert.ok(full.evictions >= asked - entries, `${full.evictions} pushed out, ${entries} left`);
    node.reset();
    await read(first);
    const again = grown(await counts(dappd), full);
    assert.ok(again.misses >= 100, `${again.misses} of the first 500 are gone`);
    assert.equal(again.hits + again.misses, 500);
    assert.ok(callsTo(node).length > 0);
});

test('the entries of a head that is past give way: 20 blocks need no more room than a few', async (t) => {
    const pairs = owners(200);
    const dappd = await dappdFor(t, { chains: [chainConfig(node.url)] });
    const items = pairs.map((address, i) => (i % 2 ? { address } : { address, token }));
    const readAtHead = async () => {
        await chain.mine();
        const { number } = await dappd.untilHead(Number((await chain.latest()).number));
        const answer = (await dappd.post('/balances', { items })).json();
        assert.ok(answer.block.number >= number);
    };
    for (let block = 0; block < 20; block++) {
        await readAtHead();
        const { entries } = await cacheOf(dappd);
        // Besides the pairs, untilHead() asks for one, and each block leaves itself.
        const most = 2 * pairs.length + KINDS + 3 * (block + 1);
        assert.ok(entries <= most, `${entries} entries after ${block + 1} blocks`);
    }
    assert.ok((await counts(dappd)).misses >= 20 * pairs.length, 'each block was read');
});

test('final blocks stay, whatever the head does', async (t) => {
    await chain.mine(100);
    const { number: finalized } = await chain.client.getBlock({ blockTag: 'finalized' });
    assert.ok(finalized >= 1n);
    const dappd = await dappdFor(t, { chains: [chainConfig(node.url)] });
    const path = (owner) => `/balance/${owner}/${token}?block=1`;
    const pairs = owners(20);
    for (const owner of pairs) await dappd.json(path(owner));
    for (let i = 0; i < 3; i++) {
        await chain.mine();
        await dappd.untilHead(Number((await chain.latest()).number));
    }
    node.reset();
    for (const owner of pairs) await dappd.json(path(owner));
    for (const owner of pairs) assert.equal(callsTo(node, asksAbout(owner)).length, 0);
});
