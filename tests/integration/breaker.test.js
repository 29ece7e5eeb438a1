// The circuit breaker of each node, seen from outside: in /status, in the log and in what the nodes are asked. The tests
// run side by side, for much of it is waiting for half a breaker's time. Owns its chain; each test its nodes and dappd.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startChain } from './lib/chain.js';
import { chainConfig, dappdFor } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { sleep, until } from './lib/wait.js';

const AT_ONCE = 50;

let chain, usd;

before(async () => {
    chain = await startChain();
    usd = chain.tokens.usd.address;
});
after(() => chain.stop());

const freshPath = (token = usd) => `/balance/${randomAddress()}/${token}`;

async function setUp(t, n = 2) {
    const start = () => startFaultyNode(chain.url);
    const nodes = [];
    for (let i = 0; i < n; i++) nodes.push(await start());
    t.after(() => stopAll(...nodes));
    const dappd = await dappdFor(t, {
        chains: [
            chainConfig(
                nodes.map(({ url }) => url),
                { id: chain.chainId },
            ),
        ],
        rpc_attempt_timeout_ms: 2000,
    });
    await dappd.json(freshPath());
    return { nodes, dappd };
}

const upstreamsOf = async (dappd) => (await dappd.json('/status')).chains[0].upstreams;

const statesOf = async (dappd) => (await upstreamsOf(dappd)).map(({ state }) => state);

const transitionsOf = (dappd, name) =>
    dappd.logs
        .filter(({ msg, upstream }) => msg === 'upstream breaker' && upstream === name)
        .map(({ from, to }) => `${from} -> ${to}`);

/** Asks until the node's breaker is in this state; returns the upstream of /status. */
const untilState = (dappd, i, state) =>
    until(async () => {
        await Promise.all(Array.from({ length: 10 }, () => dappd.get(freshPath())));
        const upstream = (await upstreamsOf(dappd))[i];
        return upstream.state === state && upstream;
    }, `${state} of node${i + 1}`);

describe('breakers', { concurrency: true }, () => {
    test('a node that fails goes from closed to open to half-open and back, in /status and in the log', async (t) => {
        const {
            nodes: [first, second],
            dappd,
        } = await setUp(t);
        assert.deepEqual(await statesOf(dappd), ['closed', 'closed']);
        [first, second].forEach((node) => node.on('*', faults.status(500)));
        const { last_outcome, retry_in_ms, failed_percent } = await untilState(dappd, 0, 'open');
        assert.equal(last_outcome, 'unreachable');
        assert.ok(retry_in_ms > 0 && failed_percent >= 25, JSON.stringify({ retry_in_ms, failed_percent }));
        second.reset();
        await untilState(dappd, 1, 'closed');
        const [{ retry_in_ms: left_ms }] = await upstreamsOf(dappd);
        const open_until_ms = performance.now() + left_ms;
        first.requests = [];
        for (let i = 0; i < 30; i++) await dappd.json(freshPath());
        const early = first.requests.filter(({ at_ms }) => at_ms < open_until_ms);
        assert.ok(
            !early.some(({ calls }) => calls.some(({ method }) => method === 'eth_call')),
            'an open one is left alone while another serves',
        );
        first.reset();
        await until(async () => {
            await dappd.json(freshPath());
            return (await statesOf(dappd))[0] === 'closed';
        }, 'closing');
        await until(() => transitionsOf(dappd, 'node1').length >= 3, 'lines of the log');
        assert.deepEqual(transitionsOf(dappd, 'node1'), [
            'closed -> open',
            'open -> half_open',
            'half_open -> closed',
        ]);
    });

    test('a node that is half-open and fails is open again, for longer', async (t) => {
        const {
            nodes: [first, second],
            dappd,
        } = await setUp(t);
        [first, second].forEach((node) => node.on('*', faults.status(500)));
        await untilState(dappd, 0, 'open');
        second.reset();
        await until(async () => {
            await dappd.get(freshPath());
            return transitionsOf(dappd, 'node1').length === 3;
        }, 'second opening');
        assert.deepEqual(transitionsOf(dappd, 'node1'), [
            'closed -> open',
            'open -> half_open',
            'half_open -> open',
        ]);
        const [{ retry_in_ms }] = await upstreamsOf(dappd);
        assert.ok(retry_in_ms > 15_000, String(retry_in_ms));
    });

    test('reverts, refusals and rate limits open nothing', async (t) => {
        const {
            nodes: [first],
            dappd,
        } = await setUp(t);
        const { address } = chain.tokens.revertReason;
        await Promise.all(Array.from({ length: AT_ONCE }, () => dappd.get(freshPath(address))));
        first.on('eth_call', faults.rpcError(-32602, 'invalid params'));
        for (let i = 0; i < 20; i++) await dappd.get(freshPath());
        first.reset().on('eth_call', faults.rateLimited());
        for (let i = 0; i < 4; i++) await Promise.all(Array.from({ length: 10 }, () => dappd.get(freshPath())));
        assert.ok(first.count('eth_call') > 0);
        assert.deepEqual(transitionsOf(dappd, 'node1'), []);
        assert.equal((await statesOf(dappd))[0], 'closed');
    });

    test(`all open and one comes back: once it has answered, of ${AT_ONCE} requests at once none fails`, async (t) => {
        const { nodes, dappd } = await setUp(t, 3);
        for (const good of [1, 2]) {
            for (const node of nodes) node.reset().on('*', faults.reset());
            await until(async () => {
                await Promise.all(Array.from({ length: AT_ONCE }, () => dappd.get(freshPath())));
                return (await statesOf(dappd)).every((state) => state === 'open');
            }, 'opening of all');
            nodes[good].reset();
            await until(async () => (await dappd.get(freshPath())).status === 200, 'the first answer');
            const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => dappd.get(freshPath())));
            assert.deepEqual(
                answers.filter(({ status }) => status !== 200).map(({ text }) => text),
                [],
            );
        }
    });

    test('without a request nothing is asked of a node, and it is found well by the next one', async (t) => {
        const { nodes, dappd } = await setUp(t, 1);
        nodes[0].on('*', faults.reset());
        await untilState(dappd, 0, 'open');
        nodes[0].reset();
        await sleep(2000); // a while without traffic: nothing is to happen, so there is no event to wait for
        const answer = await dappd.get(freshPath());
        assert.equal(answer.status, 200, answer.text);
    });
});
