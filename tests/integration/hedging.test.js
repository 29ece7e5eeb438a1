// A node that takes its time: another one is asked as well, and the answer that is there first is taken. Told by the
// order of events: the deadlines are so far away that a test without hedging would wait for them in vain.
// Owns its chain, its nodes and its dappds.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { startChain } from './lib/chain.js';
import { chainConfig, dappdFor } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { until } from './lib/wait.js';

const FAR_AWAY_MS = 600_000;

let chain, first, second, usd, alice;

before(async () => {
    chain = await startChain();
    first = await startFaultyNode(chain.url);
    second = await startFaultyNode(chain.url);
    usd = chain.tokens.usd.address;
    alice = chain.holders.alice;
});
after(() => stopAll(first, second, chain));
beforeEach(() => [first, second].forEach((node) => node.reset()));

const freshPath = () => `/balance/${randomAddress()}/${usd}`;

/** A dappd that knows both nodes to be well and stays with the first. */
async function startWarm(t) {
    const dappd = await dappdFor(t, {
        chains: [chainConfig([first.url, second.url], { id: chain.chainId })],
        rpc_attempt_timeout_ms: FAR_AWAY_MS,
        request_timeout_ms: FAR_AWAY_MS,
    });
    for (let i = 0; i < 20; i++) await dappd.json(freshPath());
    await until(async () => {
        // on a busy machine the first node may have been slow for a moment
        [first, second].forEach((node) => node.reset());
        for (let i = 0; i < 10; i++) await dappd.json(freshPath());
        return second.count('eth_call') === 0;
    }, 'peace of the second node');
    [first, second].forEach((node) => node.reset());
    return dappd;
}

/** A new block, so that nothing is in the cache, and the balance that alice has there. */
async function nextBalance(dappd) {
    await chain.write(chain.tokens.usd, 'mint', [alice, 1n]);
    const { number } = await chain.latest();
    await dappd.untilHead(Number(number));
    return String(await chain.read(chain.tokens.usd, 'balanceOf', [alice], number));
}

test('while one request hangs the other node answers it, and a late answer changes nothing', async (t) => {
    const dappd = await startWarm(t);
    const expected = await nextBalance(dappd);
    const { fault, open } = faults.gate();
    first.reset().on('eth_call', fault, { times: 1 });
    assert.equal((await dappd.json(`/balance/${alice}/${usd}`)).balance, expected);
    assert.ok(first.count('eth_call') > 0, 'the first node has been asked');
    assert.ok(second.count('eth_call') > 0, 'the second one has answered');
    open();
    for (let i = 0; i < 20; i++) assert.equal((await dappd.json(freshPath())).balance, '0');
    const later = await nextBalance(dappd);
    assert.equal((await dappd.json(`/balance/${alice}/${usd}`)).balance, later);
});

test('many balances at once are hedged like one', async (t) => {
    const dappd = await startWarm(t);
    const expected = await nextBalance(dappd);
    const { fault, open } = faults.gate();
    first.reset().on('eth_call', fault);
    const items = [alice, ...Array.from({ length: 50 }, randomAddress)].map((address) => ({ address, token: usd }));
    const { items: answered } = (await dappd.post('/balances', { items })).json();
    open();
    assert.deepEqual(
        answered.map(({ balance }) => balance),
        [expected, ...Array(50).fill('0')],
    );
});

for (const [winner, loser] of [
    [0, 1],
    [1, 0],
]) {
    test(`with both nodes hanging the one that wakes up answers, the ${['first', 'second'][winner]}`, async (t) => {
        const dappd = await startWarm(t);
        const nodes = [first, second];
        const gates = [faults.gate(), faults.gate()];
        nodes.forEach((node, i) => node.on('eth_call', gates[i].fault));
        const asked = dappd.json(freshPath());
        await until(() => nodes.every((node) => node.count('eth_call') > 0), 'a call to both');
        gates[winner].open();
        assert.equal((await asked).balance, '0');
        gates[loser].open();
    });
}

test('the traffic moves away from a node that hangs, and comes back', async (t) => {
    const dappd = await startWarm(t);
    const { fault, open } = faults.gate();
    first.on('*', fault);
    for (let i = 0; i < 40; i++) await dappd.json(freshPath());
    const asked = first.count('eth_call');
    for (let i = 0; i < 40; i++) await dappd.json(freshPath());
    assert.ok(first.count('eth_call') - asked <= 2, 'now and then somebody tries whether it is back');
    first.reset();
    open();
    await until(async () => {
        await dappd.json(freshPath());
        return first.count('eth_call') > 0;
    }, 'use of the first node');
});

test('the head moves on while one node hangs on it', async (t) => {
    const dappd = await startWarm(t);
    const { fault, open } = faults.gate();
    first.on('eth_getBlockByNumber', fault);
    for (let i = 0; i < 3; i++) await nextBalance(dappd);
    open();
});
