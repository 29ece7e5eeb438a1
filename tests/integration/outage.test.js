// All nodes down at once, in each way: clients are told so in time and when to come back, the process lives on, and
// once the nodes are back so is dappd, by itself.
// Owns its chain, its nodes and its dappds.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { startChain } from './lib/chain.js';
import { withCrowd } from './lib/crowd.js';
import { chainConfig, dappdFor } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { startLedger } from './lib/ledger.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { until } from './lib/wait.js';

const CLIENTS = 20;
const DEADLINE_MS = 1500;
const GENEROUS_MS = DEADLINE_MS + 15_000; // no statement about speed: only that the deadline exists
const SECRET = 'Pa7hKeyAbCdEf';

let chain, ledger, nodes;

before(async () => {
    chain = await startChain();
    ledger = await startLedger(chain, { wallets: 10 });
    const start = () => startFaultyNode(chain.url, { lock: ledger.lock });
    nodes = [await start(), await start(), await start()];
});
after(() => stopAll(...nodes, chain));
beforeEach(() => nodes.forEach((node) => node.reset()));

const startOn = (t, settings = {}) =>
    dappdFor(t, {
        chains: [
            chainConfig(
                nodes.map(({ url }) => `${url}/v2/${SECRET}`),
                { id: chain.chainId },
            ),
        ],
        request_timeout_ms: DEADLINE_MS,
        rpc_attempt_timeout_ms: 400,
        log: 'debug',
        ...settings,
    });

/** Either right, or one of the two ways to say that nobody answers. Returns whether it was right. */
function judge(answer) {
    if (answer.status === 200) {
        const body = answer.json();
        ledger.check(body, body.block);
        return true;
    }
    assertProblem(answer, answer.status === 504 ? 'timeout' : 'upstream_unavailable');
    return false;
}

/** Neither the key nor where the nodes live. In: text of any kind. */
function assertNoSecret(text) {
    assert.ok(!text.includes(SECRET));
    for (const { port } of nodes) assert.ok(!text.includes(`127.0.0.1:${port}`), `port ${port}`);
}

const isReady = async (dappd) => (await dappd.get('/ready')).status === 200;

const misbehave = (fault) => ({ begin: (node) => node.on('*', fault), end: (node) => node.reset() });

const outages = {
    'refuse connections': { begin: (node) => node.stop(), end: (node) => node.restart() },
    'reset connections': misbehave(faults.reset()),
    hang: misbehave(faults.hang()),
    'answer 500': misbehave(faults.status(500)),
    'limit the rate and say for how long': misbehave(faults.rateLimited(1)),
};

for (const [what, { begin, end }] of Object.entries(outages)) {
    test(`all nodes ${what}: 503 until they are back, and then all is as before`, async (t) => {
        const dappd = await startOn(t);
        await dappd.json(`/balance/${ledger.wallets[0]}`);
        const seen = { right: 0, failed: 0 };
        const ask = async (agent) => {
            const { address, token } = ledger.randomPair();
            const started = Date.now();
            const answer = await dappd.request({ path: `/balance/${address}${token ? `/${token}` : ''}`, agent });
            assert.ok(Date.now() - started < GENEROUS_MS);
            assertNoSecret(answer.text);
            seen[judge(answer) ? 'right' : 'failed']++;
        };
        const more = (kind, n, crowd) => {
            const enough = seen[kind] + n;
            return until(() => seen[kind] >= enough || !crowd.well, `${n} more requests that are ${kind}`);
        };
        await withCrowd(CLIENTS, ask, async (crowd) => {
            await more('right', CLIENTS, crowd);
            await Promise.all(nodes.map(begin));
            await more('failed', 3 * CLIENTS, crowd);
            await until(async () => !(await isReady(dappd)), 'unreadiness');
            assert.deepEqual(await dappd.json('/health'), { status: 'ok' });
            assertNoSecret((await dappd.get('/status')).text);
            await ledger.advance();
            await Promise.all(nodes.map(end));
            await more('right', 1, crowd);
            await crowd.turnOver();
            const { failed } = seen;
            await more('right', 5 * CLIENTS, crowd);
            assert.equal(seen.failed, failed, 'no failure once one node is known to be back');
        });
        assert.ok(await isReady(dappd));
        await dappd.untilHead(ledger.head.number);
        assertNoSecret(dappd.stderr());
    });
}

test('nodes that are back are found again while nobody asks for balances', async (t) => {
    const dappd = await startOn(t);
    await Promise.all(nodes.map((node) => node.stop()));
    await until(async () => !(await isReady(dappd)), 'unreadiness');
    await Promise.all(nodes.map((node) => node.restart()));
    await until(() => isReady(dappd), 'readiness');
    assert.ok(judge(await dappd.get(`/balance/${ledger.wallets[0]}`)));
});

test('a deadline that passes before any node has had its time is a timeout, with all nodes hanging', async (t) => {
    const dappd = await startOn(t, { request_timeout_ms: 300, rpc_attempt_timeout_ms: 2000 });
    for (const node of nodes) node.on('*', faults.hang());
    const answers = await Promise.all(ledger.wallets.map((wallet) => dappd.get(`/balance/${wallet}`)));
    for (const answer of answers) assertProblem(answer, 'timeout');
    assert.deepEqual(await dappd.json('/health'), { status: 'ok' });
    nodes.forEach((node) => node.reset());
    await until(() => isReady(dappd), 'readiness');
});

test('answers to many at one block are whole or a problem, also when all nodes go away in between', async (t) => {
    const dappd = await startOn(t);
    const items = ledger.wallets.flatMap((address) => ledger.tokens.map((token) => ({ address, token })));
    const post = () => dappd.post('/balances', { items });
    assert.equal((await post()).status, 200);
    for (const node of nodes) node.on('eth_call', faults.reset());
    await ledger.advance();
    await until(async () => (await dappd.json('/status')).chains[0].head.number >= ledger.head.number, 'the new head');
    const answer = await post();
    if (answer.status === 200) {
        const { block, items: answered } = answer.json();
        assert.equal(answered.length, items.length);
        for (const item of answered) {
            if (item.error) assert.ok(['upstream_unavailable', 'timeout'].includes(item.error.code), item.error.code);
            else ledger.check(item, block);
        }
    } else {
        judge(answer);
    }
    nodes.forEach((node) => node.reset());
    await until(async () => {
        const { status, json } = await post();
        return status === 200 && json().items.every(({ error }) => !error);
    }, 'recovery');
});
