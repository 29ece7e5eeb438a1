// Several nodes: the next one takes over whatever is wrong with the first, and a node of another chain is never
// believed. Owns its chains, its nodes and its dappds.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { startBareChain, startChain } from './lib/chain.js';
import { chainConfig, dappdFor, startDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { until } from './lib/wait.js';

const OTHER_CHAIN = 999;

let chain, other, first, second, foreign, usd;

before(async () => {
    chain = await startChain();
    other = await startBareChain({ args: ['--chain-id', String(OTHER_CHAIN)] });
    first = await startFaultyNode(chain.url);
    second = await startFaultyNode(chain.url);
    foreign = await startFaultyNode(other.url);
    usd = chain.tokens.usd.address;
});
after(() => stopAll(first, second, foreign, other, chain));
beforeEach(() => [first, second, foreign].forEach((node) => node.reset()));

const freshPath = () => `/balance/${randomAddress()}/${usd}`;

const startOn = (t, nodes, settings = {}) =>
    dappdFor(t, {
        chains: [
            chainConfig(
                nodes.map(({ url }) => url),
                { id: chain.chainId },
            ),
        ],
        rpc_attempt_timeout_ms: 400,
        rpc_connect_timeout_ms: 400,
        ...settings,
    });

const upstreamOf = async (dappd, i) => (await dappd.json('/status')).chains[0].upstreams[i];

const wrongs = {
    hangs: faults.hang(),
    stalls: faults.stall(),
    resets: faults.reset(),
    'resets in the middle of the body': faults.resetMidBody(),
    'sends truncated JSON': faults.truncatedJson(),
    'sends random bytes': faults.garbage(),
    'sends pages': faults.html(200),
    'sends pages with 502': faults.html(502),
    'sends the wrong id': faults.wrongId(),
    'limits the rate': faults.rateLimited(60),
    'limits the rate in a 200': faults.rpcError(429, 'too many requests'),
    'answers 500': faults.status(500),
    'answers 403': faults.status(403),
    'has internal errors': faults.rpcError(-32603, 'internal error'),
    'knows no block': faults.rpcError(-32000, 'header not found'),
    'keeps no state': faults.rpcError(-32000, 'missing trie node'),
    'sends too much': faults.huge(1024 * 1024),
};

for (const [what, fault] of Object.entries(wrongs)) {
    test(`the second node takes over when the first ${what}`, async (t) => {
        const dappd = await startOn(t, [first, second], { rpc_max_reply_bytes: 100_000 });
        await dappd.json(freshPath());
        assert.equal(second.count('eth_call'), 0, 'as long as the first is well the second is asked for blocks only');
        first.on('*', fault);
        for (let i = 0; i < 5; i++) assert.equal((await dappd.get(freshPath())).status, 200);
        const { items } = (
            await dappd.post('/balances', { items: [1, 2, 3].map(() => ({ address: randomAddress(), token: usd })) })
        ).json();
        assert.deepEqual(
            items.map(({ balance }) => balance),
            ['0', '0', '0'],
        );
        assert.ok(second.count('eth_call') > 0);
    });
}

test('a node that is dead from the start is passed over', async (t) => {
    const dead = await startFaultyNode(chain.url);
    await dead.stop();
    const dappd = await startOn(t, [dead, second]);
    assert.equal((await dappd.get(freshPath())).status, 200);
    assert.equal((await dappd.get('/ready')).status, 200);
    const { retry_in_ms, last_outcome } = await upstreamOf(dappd, 0);
    assert.ok(retry_in_ms > 0);
    assert.equal(last_outcome, 'unreachable');
});

test('the first node is used again once it is well', async (t) => {
    const dappd = await startOn(t, [first, second]);
    first.on('*', faults.reset());
    await dappd.json(freshPath());
    await dappd.json(freshPath());
    first.reset();
    await until(async () => {
        await dappd.json(freshPath());
        return first.count('eth_call') > 0;
    }, 'call to the first node');
    await until(async () => (await upstreamOf(dappd, 0)).retry_in_ms === 0, 'end of the penalty');
});

test('with all nodes down it is 503, and with one back it is 200', async (t) => {
    const dappd = await startOn(t, [first, second]);
    for (const node of [first, second]) node.on('*', faults.reset());
    assertProblem(await dappd.get(freshPath()), 'upstream_unavailable');
    second.reset();
    await until(async () => (await dappd.get(freshPath())).status === 200, 'answer of the second node');
});

test('what is final is not asked of the second node', async (t) => {
    const dappd = await startOn(t, [first, second]);
    assertProblem(
        await dappd.get(`/balance/${randomAddress()}/${chain.tokens.revertReason.address}`),
        'execution_reverted',
    );
    assertProblem(await dappd.get(`/balance/${randomAddress()}/${randomAddress()}`), 'not_a_token');
    assert.equal(second.count('eth_call'), 0);
});

// --- another chain ---

test('a node of another chain is never used, wherever it stands', async (t) => {
    for (const [nodes, place] of [
        [[foreign, second], 0],
        [[second, foreign], 1],
    ]) {
        const dappd = await startOn(t, nodes);
        if (place === 1) second.on('eth_call', faults.reset(), { times: 2 });
        for (let i = 0; i < 5; i++) assert.equal((await dappd.json(freshPath())).chain_id, chain.chainId);
        await dappd.stop();
        const asked = new Set(foreign.requests.flatMap(({ calls }) => calls.map(({ method }) => method)));
        assert.deepEqual(
            [...asked].filter((method) => method !== 'eth_chainId'),
            [],
        );
    }
});

test('with nothing but a node of another chain there is no answer', async (t) => {
    const dappd = await startOn(t, [foreign]);
    const answer = await dappd.get(freshPath());
    assert.ok([502, 503].includes(answer.status));
    assertProblem(answer, answer.json().code);
    assert.equal((await dappd.get('/ready')).status, 503);
    const { identity, chain_id } = await upstreamOf(dappd, 0);
    assert.deepEqual([identity, chain_id], ['other_chain', OTHER_CHAIN]);
    assert.equal(foreign.count(), foreign.count('eth_chainId'));
});

test('without a configured id the first node to answer decides, and a node of another chain is not used', async (t) => {
    const dappd = await dappdFor(t, { chains: [chainConfig([first.url, foreign.url])] });
    assert.equal((await dappd.json(freshPath())).chain_id, chain.chainId);
    first.on('eth_call', faults.reset());
    const answer = await dappd.get(freshPath());
    assert.ok(answer.status >= 500);
    assert.equal(foreign.count(), foreign.count('eth_chainId'));
});

test('a node that comes back as another chain is not believed', async (t) => {
    const node = await startFaultyNode(chain.url);
    const dappd = await startOn(t, [node]);
    await dappd.json(freshPath());
    await node.stop();
    await until(async () => (await dappd.get('/ready')).status === 503, 'unreadiness');
    const impostor = await startFaultyNode(other.url, { port: node.port });
    t.after(() => impostor.stop());
    await until(
        async () => (await upstreamOf(dappd, 0)).identity === 'other_chain' || void (await dappd.get(freshPath())),
        'discovery',
    );
    assert.ok((await dappd.get(freshPath())).status >= 500);
    assert.equal(impostor.count(), impostor.count('eth_chainId'));
});

// --- heads that differ ---

test('a node that falls behind does not move the head back', async (t) => {
    await chain.mine(10);
    const { number } = await chain.latest();
    const dappd = await startOn(t, [first]);
    await dappd.untilHead(Number(number));
    first.on('eth_getBlockByNumber', faults.staleHead(Number(number) - 5));
    const polls = first.count('eth_getBlockByNumber');
    await until(async () => {
        const { block } = await dappd.json(freshPath());
        assert.equal(block.number, Number(number));
        return first.count('eth_getBlockByNumber') > polls + 4;
    }, 'polls of the stale node');
});

test('settings from the environment list nodes as well', async (t) => {
    const dappd = await dappdFor(t, { rpc_urls: `${first.url}, ${second.url}` });
    first.on('*', faults.reset());
    assert.equal((await dappd.get(freshPath())).status, 200);
    const [{ name, upstreams }] = (await dappd.json('/status')).chains;
    assert.deepEqual([name, ...upstreams.map((upstream) => upstream.name)], ['default', 'rpc1', 'rpc2']);
});

test('two chains are kept apart', async (t) => {
    const dappd = await dappdFor(t, {
        chains: [
            chainConfig(first.url),
            chainConfig(foreign.url, { name: 'other', native_symbol: 'OTH', native_decimals: 9 }),
        ],
    });
    const { alice } = chain.holders;
    const here = await dappd.json(`/balance/${alice}`);
    for (const named of ['other', String(OTHER_CHAIN)]) {
        const there = await dappd.json(`/balance/${alice}?chain=${named}`);
        assert.deepEqual([there.chain_id, there.symbol, there.decimals], [OTHER_CHAIN, 'OTH', 9]);
        assert.equal(there.block.hash, (await other.client.getBlock()).hash);
        assert.notEqual(there.balance, here.balance);
    }
    assert.deepEqual([here.chain_id, here.symbol], [chain.chainId, 'ETH']);
    assertProblem(await dappd.get(`/balance/${alice}/${usd}?chain=other`), 'not_a_token');
    assert.equal(
        (await dappd.post('/balances?chain=other', { items: [{ address: alice }] })).json().chain_id,
        OTHER_CHAIN,
    );
});
