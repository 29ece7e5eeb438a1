// The head of a chain with several nodes: it is what most of them agree on, whoever hangs, lags or lies, and it goes on.
// Owns a chain, its nodes and a dappd for each test.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { startChain } from './lib/chain.js';
import { chainConfig, dappdFor } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { behind } from './lib/lagging.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { until } from './lib/wait.js';

const BLOCKS = 'eth_getBlockByNumber';

async function setUp(t, { nodes: n = 3, ...settings } = {}) {
    const chain = await startChain();
    const nodes = await Promise.all(Array.from({ length: n }, () => startFaultyNode(chain.url)));
    t.after(() => stopAll(...nodes, chain));
    const dappd = await dappdFor(t, { chains: [chainConfig(nodes.map(({ url }) => url))], ...settings });
    await dappd.untilHead(Number((await chain.latest()).number));
    return { chain, nodes, dappd, path: `/balance/${randomAddress()}/${chain.tokens.usd.address}` };
}

const toHex = (number) => `0x${number.toString(16)}`;
const randomHash = () => `0x${randomBytes(32).toString('hex')}`;

/** Blocks that nobody else has: for latest one far ahead, else of the number asked for. */
const madeUp =
    (chain, { ahead }) =>
    async (exchange, concerns) => {
        const { number, hash, timestamp } = await chain.latest();
        const block = ({ params: [which] }) => ({
            number: which.startsWith('0x') ? which : toHex(number + BigInt(ahead)),
            hash: randomHash(),
            parentHash: hash,
            timestamp: toHex(timestamp + 12n),
            transactions: [],
        });
        await faults.result(block)(exchange, concerns);
    };

/** Mines and asks; every answer must name a true block, the last one the newest. In: check(block), more to hold. */
async function mineAndCheck({ chain, dappd, path }, blocks, check = () => {}) {
    for (let i = 0; i < blocks; i++) {
        await chain.mine();
        const newest = await chain.latest();
        await until(async () => {
            const { block } = await dappd.json(path);
            const there = await chain.client.getBlock({ blockNumber: BigInt(block.number) });
            assert.equal(block.hash, there.hash, 'a block of the chain');
            assert.equal(block.timestamp, Number(there.timestamp));
            check(block);
            return block.number === Number(newest.number);
        }, `block ${newest.number}`);
    }
}

for (const [what, fault] of Object.entries({
    hangs: faults.hang(),
    'answers nothing but 500': faults.status(500),
    'sends garbage': faults.garbage(),
})) {
    test(`the head moves on while one of three nodes ${what}`, async (t) => {
        const running = await setUp(t, { rpc_attempt_timeout_ms: 5000 });
        for (const node of running.nodes) {
            node.on('*', fault);
            await mineAndCheck(running, 3);
            node.reset();
        }
    });
}

test('the head moves on while one of two nodes hangs', async (t) => {
    const running = await setUp(t, { nodes: 2 });
    running.nodes[0].on('*', faults.hang());
    await mineAndCheck(running, 5);
});

test('a node that makes up blocks is never believed, wherever it stands', async (t) => {
    const running = await setUp(t);
    for (const node of running.nodes) {
        for (const ahead of [0, 1, 1_000_000]) {
            node.on(BLOCKS, madeUp(running.chain, { ahead }));
            await mineAndCheck(running, 2);
            node.reset();
        }
    }
});

test('/status tells which node is behind, and where it stands', async (t) => {
    const { chain, nodes, dappd, path } = await setUp(t);
    const seen = async () => (await dappd.json('/status')).chains[0].upstreams.map(({ head, lagging }) => [head, lagging]);
    await chain.client.request({ method: 'anvil_mine', params: ['0x8', '0x5'] });
    const newest = Number((await chain.latest()).number);
    const isSeen = async (expected) => {
        await dappd.json(path);
        return JSON.stringify(await seen()) === JSON.stringify(expected);
    };
    nodes[1].on('*', behind(6));
    const late = [newest - 6, true];
    await until(() => isSeen([[newest, false], late, [newest, false]]), 'the node that is behind');
    nodes[1].reset();
    await until(() => isSeen(Array(3).fill([newest, false])), 'a node that has caught up');
});

test('a lying node has no say in what is final', async (t) => {
    const { chain, nodes, dappd } = await setUp(t);
    await chain.mine(80);
    nodes[0].on(BLOCKS, madeUp(chain, { ahead: 0 }));
    for (const tag of ['safe', 'finalized']) {
        const expected = await chain.client.getBlock({ blockTag: tag });
        await until(async () => {
            const { block } = await dappd.json(`/balance/${randomAddress()}?block=${tag}`);
            const there = await chain.client.getBlock({ blockNumber: BigInt(block.number) });
            assert.equal(block.hash, there.hash, 'a block of the chain');
            assert.ok(block.number <= Number(expected.number));
            return block.hash === expected.hash;
        }, tag);
    }
});

test('a node whose head goes back does not take the head along', async (t) => {
    const running = await setUp(t);
    await running.chain.mine(10);
    const { number } = await running.chain.latest();
    await running.dappd.untilHead(Number(number));
    let highest = Number(number);
    const neverBack = (block) => {
        assert.ok(block.number >= highest, `${block.number} after ${highest}`);
        highest = block.number;
    };
    for (const node of running.nodes) {
        node.on(BLOCKS, faults.staleHead(Number(number) - 5));
        await mineAndCheck(running, 2, neverBack);
        node.reset();
    }
});

test('a node that stands still is said to lag until it has caught up', async (t) => {
    const running = await setUp(t);
    const { chain, nodes, dappd, path } = running;
    const stale = Number((await chain.latest()).number);
    const lagging = async () => (await dappd.json('/status')).chains[0].upstreams.map((upstream) => upstream.lagging);
    nodes[1].on(BLOCKS, faults.staleHead(stale));
    await chain.client.mine({ blocks: 8, interval: 12 });
    await until(async () => void (await dappd.json(path)) || (await lagging())[1], 'lag');
    assert.deepEqual(await lagging(), [false, true, false]);
    await mineAndCheck(running, 2);
    nodes[1].reset();
    await until(async () => void (await dappd.json(path)) || !(await lagging())[1], 'the end of the lag');
});

test('of two nodes, one that stands still does not hold the other for ever', async (t) => {
    const { chain, nodes, dappd } = await setUp(t, { nodes: 2 });
    nodes[0].on(BLOCKS, faults.staleHead(Number((await chain.latest()).number)));
    await chain.client.mine({ blocks: 8, interval: 12 });
    await dappd.untilHead(Number((await chain.latest()).number));
});

test('after a reorg all nodes of which know, the orphan is never served again', async (t) => {
    const { chain, dappd, path } = await setUp(t);
    await chain.mine(10);
    for (const depth of [3, 1, 5]) {
        const orphan = await chain.latest();
        await dappd.untilHead(Number(orphan.number));
        await chain.client.request({ method: 'anvil_reorg', params: [depth, []] });
        const { hash } = await chain.latest();
        await until(async () => (await dappd.json(path)).block.hash === hash, 'the new block');
        for (let i = 0; i < 30; i++) assert.notEqual((await dappd.json(path)).block.hash, orphan.hash);
    }
});

test('a node that does not know the newest block yet fails no request', async (t) => {
    const running = await setUp(t);
    for (const node of running.nodes) {
        node.on('eth_call', faults.rpcError(-32000, 'header not found'));
        await mineAndCheck(running, 2);
        node.reset();
    }
});
