// Blocks that are replaced: what a reorg has taken away is never served as true again.
// Owns a chain, a node and a dappd for each test.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startChain } from './lib/chain.js';
import { chainConfig, dappdFor } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { until } from './lib/wait.js';

async function setUp(t) {
    const chain = await startChain();
    const node = await startFaultyNode(chain.url);
    t.after(() => stopAll(node, chain));
    const dappd = await dappdFor(t, { chains: [chainConfig(node.url)] });
    return { chain, node, dappd, usd: chain.tokens.usd };
}

const reorg = (chain, depth) => chain.client.request({ method: 'anvil_reorg', params: [depth, []] });
const rollback = (chain, depth) => chain.client.request({ method: 'anvil_rollback', params: [depth] });

/** Asks until the answer names this block; from then on, no answer may name one of the orphans. */
async function untilServed(dappd, path, hash, orphans) {
    await until(async () => (await dappd.json(path)).block.hash === hash, `block ${hash}`);
    for (let i = 0; i < 20; i++) assert.ok(!orphans.includes((await dappd.json(path)).block.hash));
}

test('after a reorg the new block is served, and the balances that are true on it', async (t) => {
    const { chain, dappd, usd } = await setUp(t);
    const holder = randomAddress();
    const path = `/balance/${holder}/${usd.address}`;
    await chain.write(usd, 'mint', [holder, 5n]);
    const orphan = await dappd.untilHead(Number((await chain.latest()).number));
    assert.equal((await dappd.json(path)).balance, '5');
    await reorg(chain, 1);
    const { hash, number } = await chain.latest();
    assert.notEqual(hash, orphan.hash);
    assert.equal(Number(number), orphan.number, 'the same height');
    await untilServed(dappd, path, hash, [orphan.hash]);
    const expected = await chain.read(usd, 'balanceOf', [holder]);
    assert.equal((await dappd.json(path)).balance, String(expected));
    assert.equal(expected, 0n, 'the mint is gone with its block');
});

test('a deep reorg, and another on top of it', async (t) => {
    const { chain, dappd, usd } = await setUp(t);
    const path = `/balance/${chain.holders.alice}/${usd.address}`;
    await chain.mine(30);
    const orphans = [];
    for (const depth of [20, 3, 10]) {
        const { number, hash } = await chain.latest();
        await dappd.untilHead(Number(number));
        orphans.push(hash);
        await reorg(chain, depth);
        await untilServed(dappd, path, (await chain.latest()).hash, orphans);
    }
});

test('the hash of an orphaned block is not found, its number is the new block', async (t) => {
    const { chain, dappd, usd } = await setUp(t);
    const path = `/balance/${chain.holders.alice}/${usd.address}`;
    await chain.mine(10);
    const { number, hash: orphan } = await chain.latest();
    await dappd.untilHead(Number(number));
    assert.equal((await dappd.get(`${path}?block=${orphan}`)).status, 200);
    assert.equal((await dappd.json(`${path}?block=${number - 3n}`)).block.number, Number(number) - 3);
    await reorg(chain, 6);
    const { hash } = await chain.latest();
    await untilServed(dappd, path, hash, [orphan]);
    assertProblem(await dappd.get(`${path}?block=${orphan}`), 'block_not_found');
    for (const below of [0n, 3n]) {
        const expected = await chain.client.getBlock({ blockNumber: number - below });
        assert.equal((await dappd.json(`${path}?block=${number - below}`)).block.hash, expected.hash);
    }
});

test('a chain that is rolled back is followed down and up again', async (t) => {
    const { chain, dappd, usd } = await setUp(t);
    const path = `/balance/${chain.holders.alice}/${usd.address}`;
    await chain.mine(10);
    const top = await dappd.untilHead(Number((await chain.latest()).number));
    await rollback(chain, 5);
    const lower = await chain.latest();
    assert.equal(Number(lower.number), top.number - 5);
    await untilServed(dappd, path, lower.hash, [top.hash]);
    assertProblem(await dappd.get(`${path}?block=${top.number}`), 'block_not_found');
    await chain.mine(7);
    await untilServed(dappd, path, (await chain.latest()).hash, [top.hash]);
});

test('a request that meets the reorg between head and read is answered at the new head', async (t) => {
    const { chain, node, dappd, usd } = await setUp(t);
    await chain.mine(5);
    await dappd.untilHead(Number((await chain.latest()).number));
    node.on(
        'eth_call',
        async (exchange) => {
            await reorg(chain, 2);
            await exchange.pass();
        },
        { times: 1 },
    );
    const { block } = await dappd.json(`/balance/${randomAddress()}/${usd.address}`);
    assert.equal(block.hash, (await chain.latest()).hash);
});

test('the ETag changes with the block, so that a browser does not keep an orphan', async (t) => {
    const { chain, dappd, usd } = await setUp(t);
    const path = `/balance/${chain.holders.alice}/${usd.address}`;
    await chain.mine(5);
    const orphan = await dappd.untilHead(Number((await chain.latest()).number));
    const {
        headers: { etag },
    } = await dappd.get(path);
    await reorg(chain, 2);
    await untilServed(dappd, path, (await chain.latest()).hash, [orphan.hash]);
    const answer = await dappd.get(path, { 'if-none-match': etag });
    assert.equal(answer.status, 200);
    assert.notEqual(answer.headers.etag, etag);
});

test('blocks are never immutable before they are final', async (t) => {
    const { chain, dappd, usd } = await setUp(t);
    await chain.mine(5);
    const path = `/balance/${chain.holders.alice}/${usd.address}?block=4`;
    const { headers } = await dappd.get(path);
    assert.doesNotMatch(headers['cache-control'], /immutable/);
    await reorg(chain, 5);
    const { hash } = await chain.client.getBlock({ blockNumber: 4n });
    await until(async () => (await dappd.json(path)).block.hash === hash, 'the new block 4');
});

test('while the node is away the last head is not served for ever', async (t) => {
    const { chain, node, dappd, usd } = await setUp(t);
    const path = `/balance/${chain.holders.alice}/${usd.address}`;
    assert.equal((await dappd.get(path)).status, 200);
    node.on('*', faults.reset());
    await until(async () => (await dappd.get(path)).status === 503, 'refusal');
    node.reset();
    await until(async () => (await dappd.get(path)).status === 200, 'recovery');
});
