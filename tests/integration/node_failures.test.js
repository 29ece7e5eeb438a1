// Each way in which a node fails gives the right problem within the deadline, without a word of the node's own, and is
// forgotten with the next request. One node only: there is nothing to fall back on. All of it holds for reads packed
// into one eth_call and, where a node knows no init code, for those in calls of their own.
// Owns its chain, its nodes and their dappds.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isInitCode, refusesInitCode } from './lib/batching.js';
import { startChain } from './lib/chain.js';
import { chainConfig, dappdFor, startDappd } from './lib/dappd.js';
import { failures } from './lib/failures.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { until } from './lib/wait.js';

const MEGABYTE = 1024 * 1024;
const TIMEOUT_MS = 4000;
const MOST_CALLS = 6; // three tries, each repeated by libcurl when a kept connection turns out to be dead
const GENEROUS_MS = 20_000; // no statement about speed: only that the deadline exists

let chain, node, dappd, usd, ways;

const startOn = ({ url }) =>
    startDappd({
        chains: [chainConfig(url)],
        request_timeout_ms: TIMEOUT_MS,
        rpc_attempt_timeout_ms: 300,
        rpc_max_reply_bytes: 2 * MEGABYTE,
    });

before(async () => {
    chain = await startChain();
    usd = chain.tokens.usd.address;
    const start = async () => {
        const itsNode = await startFaultyNode(chain.url);
        return { node: itsNode, dappd: await startOn(itsNode) };
    };
    ways = { packed: await start(), plain: await start() };
    ({ node, dappd } = ways.packed);
    ways.plain.node.on('eth_call', refusesInitCode());
    await ways.plain.dappd.json(freshPath()); // from now on it knows
    ways.plain.node.reset();
});
after(() => stopAll(...Object.values(ways).flatMap((way) => [way.dappd, way.node]), chain));

const freshPath = () => `/balance/${randomAddress()}/${usd}`;

async function recovered(way = ways.packed) {
    way.node.reset();
    await until(async () => (await way.dappd.get(freshPath())).status === 200, 'recovery');
    way.node.reset();
}

/** The calls of the requests with eth_calls that this node has got. */
const batchesOf = (itsNode) =>
    itsNode.requests.map(({ calls }) => calls).filter((calls) => calls.some(({ method }) => method === 'eth_call'));

for (const how of ['packed', 'plain']) {
    for (const [what, [fault, code, detail]] of Object.entries(failures)) {
        test(`a node that ${what}: ${code} (${how})`, async () => {
            const way = ways[how];
            await recovered(way);
            way.node.on('eth_call', fault);
            const started = Date.now();
            const answer = await way.dappd.get(freshPath());
            assert.ok(Date.now() - started < GENEROUS_MS);
            assertProblem(answer, code, detail);
            assert.doesNotMatch(answer.text + JSON.stringify(answer.rawHeaders), /upstream-secret/);
            assert.ok(way.node.count('eth_call') <= MOST_CALLS, `${way.node.count('eth_call')} calls`);
            assert.ok(way.node.requests.some(({ calls }) => calls.some(isInitCode)) === (how === 'packed'));
            way.node.reset();
            assert.equal((await way.dappd.get(freshPath())).status, 200, 'the next request is fine');
        });
    }
}

// --- what is final, what is tried again ---

test('what a retry cannot help is asked once: packed, and by the call of its own that tells why', async () => {
    for (const what of ['reverts with code 3', 'does not know the method', 'refuses the parameters']) {
        for (const [how, expected] of [
            ['packed', [true, false]],
            ['plain', [false]],
        ]) {
            await recovered(ways[how]);
            ways[how].node.on('eth_call', failures[what][0]);
            await ways[how].dappd.get(freshPath());
            assert.deepEqual(batchesOf(ways[how].node).flat().map(isInitCode), expected, `${what}, ${how}`);
        }
    }
});

test('the log tells with which status a node refuses', async () => {
    const its = await startFaultyNode(chain.url);
    its.on('*', faults.html(403));
    const refused = await startOn(its);
    try {
        assertProblem(await refused.get(freshPath()), 'upstream_error');
        const line = await refused.untilLogged(({ msg }) => msg === 'upstream fails', 'line "upstream fails"');
        assert.equal(line.problem, 'HTTP 403');
    } finally {
        await stopAll(refused, its);
    }
});

test('a failure that passes is never seen by the client', async () => {
    const passing = [
        'resets the connection',
        'resets in the middle of the body',
        'sends truncated JSON',
        'sends a page with 502',
        'sends the wrong id',
        'answers 500',
        'answers 429',
        'has an internal error',
        'hangs',
    ];
    for (const what of passing) {
        await recovered();
        node.on('eth_call', failures[what][0], { times: 1 });
        assert.equal((await dappd.get(freshPath())).status, 200, what);
    }
});

test('a slow answer within the time of an attempt is an answer', async () => {
    await recovered();
    node.on('eth_call', faults.delay(100));
    assert.equal((await dappd.get(freshPath())).status, 200);
});

test('Retry-After of the node reaches the client, and until then the node is not asked', async () => {
    await recovered();
    node.on('eth_call', faults.rateLimited(9));
    const { retry_after } = assertProblem(await dappd.get(freshPath()), 'upstream_unavailable', /limits the rate/);
    assert.ok(retry_after >= 8 && retry_after <= 9, String(retry_after));
    node.reset();
    assertProblem(await dappd.get(freshPath()), 'upstream_unavailable', /limits the rate/);
    assert.equal(node.count(), 0);
    await recovered();
});

test('a pause that the node asks for is waited for where there is time', async () => {
    await recovered();
    node.on('eth_call', faults.rateLimited(1), { times: 1 });
    assert.equal((await dappd.get(freshPath())).status, 200);
});

test('past the deadline of the request it is a timeout', async (t) => {
    await recovered();
    const hasty = await dappdFor(t, {
        chains: [chainConfig(node.url)],
        request_timeout_ms: 500,
        rpc_attempt_timeout_ms: 5000,
    });
    node.on('*', faults.hang());
    assertProblem(await hasty.get(freshPath()), 'timeout', /deadline/);
    node.reset().on('eth_call', faults.hang());
    assertProblem(await hasty.get(freshPath()), 'timeout');
    node.reset();
    assert.equal((await hasty.get(freshPath())).status, 200);
});

test('a reply of 10 MB below the limit is read', async (t) => {
    await recovered();
    const roomy = await dappdFor(t, { chains: [chainConfig(node.url)] });
    await roomy.json(freshPath());
    node.on('eth_call', faults.huge(10 * MEGABYTE));
    const { balance } = await roomy.json(freshPath());
    assert.equal(balance, '0', 'the first word');
});

// --- batches ---

/** For one test: a dappd whose node knows no init code, so that every read is a call in a JSON-RPC batch. */
async function plainDappdFor(t, settings = {}) {
    node.reset().on('eth_call', refusesInitCode());
    const fresh = await dappdFor(t, { chains: [chainConfig(node.url)], ...settings });
    await fresh.json(freshPath());
    node.reset();
    return fresh;
}

const holdersOf = (n) => Array.from({ length: n }, randomAddress);

async function askMany(owners, from = dappd) {
    return await from.post('/balances', { items: owners.map((address) => ({ address, token: usd })) });
}

async function assertAllAnswered(answer, owners) {
    assert.equal(answer.status, 200, answer.text);
    const { block, items } = answer.json();
    const expected = await Promise.all(
        owners.map((owner) => chain.read(chain.tokens.usd, 'balanceOf', [owner], BigInt(block.number))),
    );
    assert.deepEqual(
        items.map(({ balance }) => balance),
        expected.map(String),
    );
}

test('a batch answered in another order is put in order', async () => {
    const way = ways.plain;
    await recovered(way);
    way.node.on('eth_call', faults.reordered());
    const owners = [chain.holders.alice, ...holdersOf(20), chain.holders.bob];
    await assertAllAnswered(await askMany(owners, way.dappd), owners);
    assert.deepEqual(batchesOf(way.node).map(({ length }) => length), [owners.length]);
});

test('a batch with one answer missing: that one is asked again alone', async () => {
    const way = ways.plain;
    await recovered(way);
    way.node.on('eth_call', faults.truncatedBatch(), { times: 1 });
    const owners = holdersOf(20);
    await assertAllAnswered(await askMany(owners, way.dappd), owners);
    assert.deepEqual(batchesOf(way.node).map(({ length }) => length), [20, 1]);
});

test('a batch that gets one error for all is sent in pieces, down to what the node takes', async (t) => {
    const fresh = await plainDappdFor(t);
    node.on('eth_call', faults.maxBatch(7));
    const refused = () => batchesOf(node).filter(({ length }) => length > 7).length;
    const owners = holdersOf(100);
    await assertAllAnswered(await askMany(owners, fresh), owners);
    const refusals = refused();
    assert.ok(refusals > 0);
    const others = holdersOf(100);
    await assertAllAnswered(await askMany(others, fresh), others);
    assert.equal(refused(), refusals, 'what the node takes is remembered');
});

test('a batch is never longer than the setting', async (t) => {
    const short = await plainDappdFor(t, { rpc_max_batch: 5 });
    const owners = holdersOf(33);
    await assertAllAnswered(await askMany(owners, short), owners);
    const sizes = batchesOf(node).map(({ length }) => length);
    assert.ok(sizes.length >= 7 && sizes.every((n) => n <= 5), String(sizes));
});

for (const how of ['packed', 'plain']) {
    test(`an item that fails in a batch never fails its neighbours (${how})`, async () => {
        const way = ways[how];
        const owners = holdersOf(12);
        const unlucky = owners[5].slice(2);
        const isUnlucky = (call) => call.params[0].data.includes(unlucky);
        for (const [code, message, expected] of [
            [3, 'execution reverted', 'execution_reverted'],
            [-32603, 'internal error', 'upstream_error'],
            [-32000, 'missing trie node', 'state_unavailable'],
        ]) {
            await recovered(way);
            way.node.on('eth_call', faults.errorFor(isUnlucky, code, message));
            const { items } = (await askMany(owners, way.dappd)).json();
            assert.deepEqual(
                items.map(({ error }) => error?.code),
                owners.map((_, i) => (i === 5 ? expected : undefined)),
                message,
            );
            await chain.mine();
            await way.dappd.untilHead(Number((await chain.latest()).number));
        }
    });
}

test('when the node fails for the whole batch, every item says so, at status 200', async () => {
    await recovered();
    node.on('eth_call', faults.reset());
    const answer = await askMany(holdersOf(3));
    assert.equal(answer.status, 200);
    assert.deepEqual(
        answer.json().items.map(({ error }) => error?.code),
        Array(3).fill('upstream_unavailable'),
    );
});

test('when no block can be had, the batch as a whole is a problem', async () => {
    await recovered();
    node.on('*', faults.reset());
    await until(async () => (await dappd.get('/ready')).status === 503, 'unreadiness');
    assertProblem(await askMany(holdersOf(3)), 'upstream_unavailable');
});

// --- blocks ---

test('a node that lost the block for a moment is asked at a new one', async () => {
    for (const [code, message] of [
        [-32000, 'header not found'],
        [-32000, 'hash 0x12 is not currently canonical'],
        [-32001, 'Resource not found'],
        [-32602, 'BlockOutOfRangeError'],
    ]) {
        await recovered();
        node.on('eth_call', faults.rpcError(code, message), { times: 1 });
        assert.equal((await dappd.get(freshPath())).status, 200, message);
    }
});

test('a named block that the node does not know is not found, and not replaced', async () => {
    await recovered();
    node.on('eth_call', faults.rpcError(-32000, 'header not found'));
    assertProblem(await dappd.get(`${freshPath()}?block=2`), 'block_not_found');
});

test('a block without the fields that make it one is nonsense', async () => {
    const good = await chain.client.request({ method: 'eth_getBlockByNumber', params: ['latest', false] });
    const wrong = [
        {},
        [],
        'x',
        { ...good, hash: null },
        { ...good, number: null },
        { ...good, number: '0x1ffffffffffffffff' },
        { ...good, hash: '0x12' },
        { ...good, timestamp: 5 },
        { ...good, parentHash: undefined },
    ];
    for (const block of wrong) {
        await recovered();
        node.on('eth_getBlockByNumber', faults.result(block));
        assertProblem(await dappd.get(`${freshPath()}?block=1`), 'upstream_error');
    }
});
