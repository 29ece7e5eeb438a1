// What the YAML file says of a node is what the node sees: its headers and nobody else's, its turn, no more calls in a
// batch and no more in a second than it takes. Owns its chain and, for each test, its nodes and its dappd.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { asksAbout, callsTo, isStateRead, refusesInitCode, requestsTo } from './lib/batching.js';
import { startChain } from './lib/chain.js';
import { configFile, dappdFor, runDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { sleep, until } from './lib/wait.js';

const LOAD_REQUESTS = 240;

let chain, token;

before(async () => {
    chain = await startChain();
    token = chain.tokens.usd.address;
});
after(() => stopAll(chain));

/** In: what the file says of each node besides its name and URL. Returns { nodes, dappd }. */
async function startWith(t, upstreams, settings = {}) {
    const nodes = await Promise.all(upstreams.map(() => startFaultyNode(chain.url)));
    t.after(() => stopAll(...nodes));
    const config = {
        name: 'dev',
        id: chain.chainId,
        block_time_ms: 12_000,
        upstreams: upstreams.map((upstream, i) => ({ name: `node${i + 1}`, url: nodes[i].url, ...upstream })),
    };
    return { nodes, dappd: await dappdFor(t, { chains: [config], ...settings }) };
}

const freshPath = () => `/balance/${randomAddress()}/${token}`;
const readOne = (dappd) => dappd.json(freshPath());

async function readMany(dappd, n) {
    const items = Array.from({ length: n }, () => ({ address: randomAddress(), token }));
    const { json } = await dappd.post('/balances', { items });
    assert.deepEqual(
        json().items.map(({ balance }) => balance),
        items.map(() => '0'),
    );
    return items;
}

// --- headers ---

const SECRETS = ['Bearer first-node-key-0123456789', 'second-node-key-9876543210'];

test('headers reach their own node, with every request, and no other', async (t) => {
    const { nodes, dappd } = await startWith(t, [
        {
            priority: 1,
            headers: [
                { name: 'Authorization', value: SECRETS[0] },
                { name: 'X-Team', value: 'balances; "quoted", 100%' },
            ],
        },
        { priority: 2, headers: [{ name: 'X-Api-Key', value: SECRETS[1] }] },
        { priority: 3 },
    ]);
    await readOne(dappd);
    nodes[0].on('*', faults.status(500));
    await readOne(dappd);
    nodes[1].on('*', faults.reset());
    await until(async () => {
        await dappd.get(freshPath());
        return nodes[2].count() > 0;
    }, 'request to the third node');
    for (const { headers } of nodes[0].requests) {
        assert.deepEqual([headers.authorization, headers['x-team']], [SECRETS[0], 'balances; "quoted", 100%']);
        assert.equal(headers['content-type'], 'application/json');
    }
    for (const { headers } of nodes[1].requests) assert.equal(headers['x-api-key'], SECRETS[1]);
    nodes.forEach((node, i) => {
        assert.ok(node.requests.length > 0);
        const others = JSON.stringify(node.requests.map(({ headers }) => headers));
        assert.deepEqual(
            SECRETS.map((secret) => others.includes(secret)),
            [i === 0, i === 1],
        );
    });
});

test('what headers hold is nowhere to be seen', async (t) => {
    const { nodes, dappd } = await startWith(
        t,
        [{ headers: [{ name: 'Authorization', value: SECRETS[0] }] }],
        { log: 'debug' },
    );
    await readOne(dappd);
    const seen = [];
    for (const fault of [
        faults.text(`no such key: ${SECRETS[0]}`, 401),
        faults.rpcError(-32000, `no such key: ${SECRETS[0]}`),
        faults.rpcError(-32603, 'forbidden', SECRETS[0]),
    ]) {
        nodes[0].reset().on('*', fault);
        const failing = await dappd.get(freshPath());
        assert.ok(failing.status >= 500, failing.text);
        seen.push(failing.text);
    }
    seen.push(dappd.stderr());
    for (const path of ['/status', '/metrics', '/ready', '/chains']) seen.push((await dappd.get(path)).text);
    for (const text of seen) assert.doesNotMatch(text, /first-node-key/);
});

test('headers and numbers that cannot be are refused without showing them', async () => {
    const bad = [
        [{ headers: [{ name: 'Bad Name', value: SECRETS[0] }] }, /header/],
        [{ headers: [{ name: 'X-Key', value: `${SECRETS[0]}\r\nX-More: 1` }] }, /header|value/],
        [{ headers: [{ name: 'Content-Length', value: SECRETS[0] }] }, /header|Content-Length/],
        [{ priority: 'first' }, /priority/],
        [{ max_batch: -1 }, /max_batch/],
        [{ calls_per_s: '5s' }, /calls_per_s/],
        [{ call_per_s: 5 }, /calls_per_s/],
    ];
    for (const [upstream, names] of bad) {
        const file = configFile({ chains: [{ upstreams: [{ name: 'node1', url: chain.url, ...upstream }] }] });
        const { code, stderr } = await runDappd(['check-config', '--config', file]);
        assert.equal(code, 2, JSON.stringify(upstream));
        assert.match(stderr, names);
        assert.doesNotMatch(stderr, /first-node-key/);
    }
});

// --- priority ---

test('the node of the lowest priority is asked as long as it is well, wherever it stands in the file', async (t) => {
    const { nodes, dappd } = await startWith(t, [{ priority: 7 }, { priority: 2 }, { priority: 5 }]);
    for (let i = 0; i < 5; i++) await readOne(dappd);
    await readMany(dappd, 50);
    assert.deepEqual(
        nodes.map((node) => callsTo(node).length > 0),
        [false, true, false],
    );
    nodes[1].on('*', faults.reset());
    for (let i = 0; i < 5; i++) await readOne(dappd);
    assert.equal(callsTo(nodes[0]).length, 0, 'the next in turn is the third');
    assert.ok(callsTo(nodes[2]).length > 0);
    nodes[2].on('*', faults.reset());
    await readOne(dappd);
    assert.ok(callsTo(nodes[0]).length > 0);
});

// --- max_batch ---

test('no batch is longer than max_batch, of each node its own', async (t) => {
    const { nodes, dappd } = await startWith(t, [{ priority: 1, max_batch: 3 }, { priority: 2, max_batch: 17 }]);
    for (const node of nodes) node.on('*', refusesInitCode());
    await readMany(dappd, 100);
    const longest = (node) => Math.max(...node.requests.map(({ calls }) => calls.length));
    assert.equal(longest(nodes[0]), 3);
    nodes[0].on('*', faults.reset());
    await until(async () => {
        await readMany(dappd, 100);
        return longest(nodes[1]) >= 17;
    }, 'batches as long as the second node takes them');
    assert.equal(longest(nodes[1]), 17);
    assert.equal(longest(nodes[0]), 3);
});

test('a node with max_batch 1 gets no batch at all', async (t) => {
    const { nodes, dappd } = await startWith(t, [{ max_batch: 1 }]);
    nodes[0].on('*', (exchange, concerns) =>
        exchange.isBatch ? faults.status(400)(exchange) : refusesInitCode()(exchange, concerns),
    );
    await readMany(dappd, 30);
    assert.ok(nodes[0].requests.every(({ calls }) => calls.length === 1));
    assert.ok(requestsTo(nodes[0]).length >= 30);
});

// --- calls_per_s ---

test('calls beyond calls_per_s go to the other node', async (t) => {
    const { nodes, dappd } = await startWith(t, [{ priority: 1, calls_per_s: 5 }, { priority: 2 }]);
    for (const node of nodes) node.on('*', refusesInitCode());
    const items = await readMany(dappd, 3);
    const start = performance.now();
    for (let i = 0; i < 40; i++) items.push(...(await readMany(dappd, 3)));
    const seconds = (performance.now() - start) / 1000 + 1; // and the reads before, and what may be sent at once
    const [limited, free] = nodes.map((node) => callsTo(node).length);
    assert.ok(limited >= 1, 'it is used');
    assert.ok(limited <= 5 * (seconds + 2), `${limited} calls in ${seconds} s`);
    assert.ok(free >= items.length - limited, `${free} calls to the other`);
    const isKnown = ({ address }) => nodes.some((node) => callsTo(node, asksAbout(address)).length > 0);
    assert.ok(items.every(isKnown));
});

test('of more requests than calls_per_s allows, some are served for as long as it lasts', async (t) => {
    const { nodes, dappd } = await startWith(t, [{ calls_per_s: 20 }], { request_timeout_ms: 3000 });
    await chain.client.mine({ blocks: LOAD_REQUESTS });
    const head = Number(await chain.client.getBlockNumber());
    nodes[0].on('*', faults.delay(100));
    const asking = [];
    for (let i = 0; i < LOAD_REQUESTS; i++) {
        asking.push(dappd.get(`/balance/${randomAddress()}?block=${head - i}`)); // two calls, shared with nobody
        await sleep(50);
    }
    const late = (await Promise.all(asking)).slice(-LOAD_REQUESTS / 2);
    assert.ok(late.filter(({ status }) => status === 200).length > late.length / 10, 'some of the last are served');
    const refused = late.filter(({ status }) => status !== 200 && status !== 504); // 504: begun, and held up
    assert.ok(refused.length > 0, 'what the node does not take is refused at once');
    for (const { status, headers } of refused) assert.ok(headers['retry-after'] >= 1, `status ${status}`);
});

test('with one node its calls_per_s delay and refuse, but never give a wrong balance', async (t) => {
    const { nodes, dappd } = await startWith(t, [{ calls_per_s: 20 }], { request_timeout_ms: 5000 });
    nodes[0].on('*', refusesInitCode());
    const start = performance.now();
    await readOne(dappd); // what all need beside their balance is known then, and no refusal of it meets all
    const answers = await Promise.all(Array.from({ length: 200 }, () => dappd.get(freshPath())));
    const seconds = (performance.now() - start) / 1000;
    const calls = callsTo(nodes[0], isStateRead).length;
    assert.ok(calls <= 20 * (seconds + 2), `${calls} calls in ${seconds} s`);
    for (const answer of answers) {
        if (answer.status === 200) assert.equal(answer.json().balance, '0');
        else assert.ok([502, 503, 504].includes(answer.status), answer.text);
    }
    assert.ok(answers.some(({ status }) => status === 200));
});
