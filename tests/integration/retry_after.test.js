// Nodes that limit the rate: what they ask for is done, in each form in which they say it, and clients learn of it only
// when no other node is left. Owns its chain, its nodes and its dappds.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { startChain } from './lib/chain.js';
import { chainConfig, dappdFor } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { until } from './lib/wait.js';

/** Within this time all has arrived that was on its way when a node refused the first of it. */
const ON_THE_WAY_MS = 500;

let chain, first, second, usd;

before(async () => {
    chain = await startChain();
    first = await startFaultyNode(chain.url);
    second = await startFaultyNode(chain.url);
    usd = chain.tokens.usd.address;
});
after(() => stopAll(first, second, chain));
beforeEach(() => [first, second].forEach((node) => node.reset()));

const freshPath = () => `/balance/${randomAddress()}/${usd}`;

const startOn = (t, nodes, settings = {}) =>
    dappdFor(t, {
        chains: [
            chainConfig(
                nodes.map(({ url }) => url),
                { id: chain.chainId },
            ),
        ],
        ...settings,
    });

const inSeconds = (s) => new Date(Date.now() + s * 1000).toUTCString();

/** The ways to ask for half a minute's peace. */
const long = {
    '429 with Retry-After in seconds': () => faults.rateLimited(30),
    '429 with Retry-After as a date': () => faults.rateLimited(inSeconds(30)),
    '200 with code 429 and Retry-After': () => (exchange) => {
        const error = { code: 429, message: 'too many requests' };
        const answers = exchange.calls.map(({ id }) => ({ jsonrpc: '2.0', id, error }));
        exchange.json(exchange.isBatch ? answers : answers[0], 200, { 'retry-after': '30' });
    },
};

for (const [what, fault] of Object.entries(long)) {
    test(`a node that answers ${what} has its peace while another serves`, async (t) => {
        const dappd = await startOn(t, [first, second]);
        await dappd.json(freshPath());
        first.reset().on('*', fault());
        const refused = () => first.requests[0]?.at_ms;
        const later = () => first.requests.filter(({ at_ms }) => at_ms > refused() + ON_THE_WAY_MS);
        await until(async () => {
            await dappd.json(freshPath());
            return performance.now() > refused() + 2 * ON_THE_WAY_MS;
        }, 'refusal, and a while of peace');
        for (let i = 0; i < 40; i++) await dappd.json(freshPath());
        await chain.mine();
        await dappd.untilHead(Number((await chain.latest()).number));
        assert.deepEqual(later(), []);
        assert.ok(second.count('eth_call') > 0);
    });
}

test('a node is asked again once the time is over that it asked for, and not before', async (t) => {
    const dappd = await startOn(t, [first, second]);
    await dappd.json(freshPath());
    first.reset().on('*', faults.rateLimited(2));
    const next = await until(async () => {
        await dappd.json(freshPath());
        return first.requests.find(({ at_ms }) => at_ms > first.requests[0].at_ms + ON_THE_WAY_MS);
    }, 'the next question');
    const waited_ms = next.at_ms - first.requests[0].at_ms;
    assert.ok(waited_ms > 1900, `${waited_ms} ms`);
    first.reset();
    await until(async () => {
        await dappd.json(freshPath());
        return first.count('eth_call') > 0;
    }, 'use of the first node');
});

const brief = {
    '429 and no more': faults.rateLimited(),
    '429 with nonsense in Retry-After': faults.rateLimited('soon'),
    '429 with a Retry-After of 0': faults.rateLimited(0),
    '200 with code 429': faults.rpcError(429, 'too many requests'),
    '200 with code -32005': faults.rpcError(-32005, 'project ID request rate exceeded'),
};

for (const [what, fault] of Object.entries(brief)) {
    test(`a node that answers ${what} is spared for a while and used again`, async (t) => {
        const dappd = await startOn(t, [first, second]);
        await dappd.json(freshPath());
        first.on('*', fault);
        for (let i = 0; i < 100; i++) await dappd.json(freshPath());
        const { length } = first.requests;
        assert.ok(length > 0 && length < 50, `asked ${length} times in 100 requests`);
        first.reset();
        await until(async () => {
            await dappd.json(freshPath());
            return first.count('eth_call') > 0;
        }, 'use of the first node');
    });
}

test('when all nodes ask for peace, so does dappd, for as long as the first of them', async (t) => {
    const dappd = await startOn(t, [first, second], { request_timeout_ms: 2000 });
    await dappd.json(freshPath());
    first.on('*', faults.rateLimited(20));
    second.on('*', faults.rateLimited(9));
    const { retry_after } = assertProblem(await dappd.get(freshPath()), 'upstream_unavailable');
    assert.ok(retry_after >= 5 && retry_after <= 9, String(retry_after));
    const { reasons } = await until(async () => {
        const ready = await dappd.get('/ready');
        return ready.status === 503 && ready.json();
    }, 'unreadiness');
    assert.equal(reasons[0].code, 'upstream_unavailable');
});

test('the wait that a node asks for is endured where the deadline allows it', async (t) => {
    const dappd = await startOn(t, [first]);
    await dappd.json(freshPath());
    let refused_ms;
    first.on(
        'eth_call',
        (exchange) => {
            refused_ms = performance.now();
            first.requests = [];
            faults.rateLimited(1)(exchange);
        },
        { times: 1 },
    );
    await dappd.json(freshPath());
    const again = first.requests.find(({ calls }) => calls.some(({ method }) => method === 'eth_call'));
    assert.ok(again.at_ms - refused_ms > 900);
});
