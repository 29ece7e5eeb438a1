// Many requests, few calls: equal reads in flight are one read, different ones leave together. A node in between
// counts. Owns its chain, its node and its dappds.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import * as batching from './lib/batching.js';
import { startChain } from './lib/chain.js';
import { VARIANT, chainConfig, dappdFor } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { connect, parseAnswers } from './lib/http.js';
import { stopAll } from './lib/process.js';
import { randomAddress, randomUint256 } from './lib/random.js';
import { bounded, mapAtMost, until } from './lib/wait.js';

const { asksAbout, callsTo, isAggregate, isInitCode, isStateRead, pass, refusesInitCode, requestsTo, when } = batching;

const CLIENTS = 1000;
const PAIRS = 10_000;
const FUNDED = 500;
const NODE_LATENCY_MS = 20;

/** Full ones are 50. A slow build gets the pairs in smaller groups. */
const MOST_REQUESTS = { tsan: 200, asan: 200 }[VARIANT] ?? 100;

/** As many connections as pairs, unless the machine or the build of dappd has no room: TSan knows 8,128 stacks. */
const CONNECTIONS = Math.min(PAIRS, openFiles() - 500, { tsan: 2000, asan: 5000 }[VARIANT] ?? Infinity);

let chain, node, token, usd, alice;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    token = await chain.deploy('SettableToken', ['Many Holders', 'MANY', 9]);
    usd = chain.tokens.usd.address;
    alice = chain.holders.alice;
    await batching.putMulticall3(chain);
});
after(() => stopAll(node, chain));
beforeEach(() => node.reset());

function openFiles() {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))[1]);
}

/** The long block time keeps questions for the head out of the count. */
const startOn = (t, settings = {}) =>
    dappdFor(t, {
        chains: [chainConfig(node.url, { block_time_ms: 12_000 })],
        request_timeout_ms: 60_000,
        rpc_attempt_timeout_ms: 60_000,
        ...settings,
    });

const untilInFlight = (dappd, n) =>
    until(async () => (await dappd.json('/status')).requests_in_flight > n, `${n} requests in flight`);

/** So many GETs at once, each on a connection of its own. */
function getAll(dappd, paths) {
    const agent = new http.Agent({ maxSockets: Infinity });
    return Promise.all(paths.map((path) => dappd.request({ path, agent })));
}

// --- equal reads ---

for (const threads of [1, 2]) {
    test(`${CLIENTS} requests for one pair are one read per reactor and block (threads: ${threads})`, async (t) => {
        const dappd = await startOn(t, { threads, chains: [chainConfig(node.url)] });
        const holder = randomAddress();
        for (const amount of [5n, 9n]) {
            await chain.write(token, 'setBalance', [holder, amount]);
            const { number } = await dappd.untilHead(Number((await chain.latest()).number));
            const gate = faults.gate();
            node.reset().on('*', when(asksAbout(holder), gate.fault));
            const asked = getAll(dappd, Array(CLIENTS).fill(`/balance/${holder}/${token.address}`));
            await untilInFlight(dappd, CLIENTS);
            await until(() => callsTo(node, asksAbout(holder)).length > 0, 'the read that the node holds back');
            gate.open();
            for (const answer of await asked) {
                assert.equal(answer.status, 200, answer.text);
                assert.deepEqual([answer.json().balance, answer.json().block.number], [String(amount), number]);
            }
            const reads = callsTo(node, asksAbout(holder));
            assert.ok(reads.length <= threads, `${reads.length} reads`);
        }
    });
}

test('requests for one pair that come after the answer are no read at all', async (t) => {
    const dappd = await startOn(t);
    const path = `/balance/${randomAddress()}/${token.address}`;
    await dappd.json(path);
    node.reset();
    for (const answer of await getAll(dappd, Array(100).fill(path))) assert.equal(answer.json().balance, '0');
    assert.equal(callsTo(node).length, 0);
});

test('an error is shared like a balance, and the next block is asked again', async (t) => {
    const dappd = await startOn(t, { threads: 1, chains: [chainConfig(node.url)] });
    const paused = chain.tokens.revertReason.address;
    await dappd.get(`/balance/${alice}/${paused}`); // its name, and how to ask this chain
    const holder = randomAddress();
    const gate = faults.gate();
    node.reset().on('*', when(asksAbout(holder), gate.fault));
    const asked = getAll(dappd, Array(100).fill(`/balance/${holder}/${paused}`));
    await untilInFlight(dappd, 100);
    gate.open();
    for (const answer of await asked) {
        assert.equal(answer.status, 422);
        assert.match(answer.json().detail, /balances are paused/);
    }
    const reads = callsTo(node, asksAbout(holder)).length;
    assert.ok(reads <= 2, `${reads} reads: with others, then alone`);
    await chain.mine();
    await dappd.untilHead(Number((await chain.latest()).number));
    assert.equal((await dappd.get(`/balance/${holder}/${paused}`)).status, 422);
    assert.ok(callsTo(node, asksAbout(holder)).length > reads, 'what is paused now need not be so in the next block');
});

// --- different reads ---

test('requests that come while the node is busy leave together', async (t) => {
    const dappd = await startOn(t, { threads: 1 });
    const owners = Array.from({ length: 150 }, randomAddress);
    await dappd.json(`/balance/${alice}/${token.address}`);
    const gate = faults.gate();
    node.reset().on('*', when(isStateRead, gate.fault));
    const asked = getAll(
        dappd,
        owners.map((owner, i) => `/balance/${owner}${i % 3 === 0 ? '' : `/${token.address}`}`),
    );
    await untilInFlight(dappd, owners.length);
    gate.open();
    for (const answer of await asked) assert.equal(answer.json().balance, '0');
    // More than one, since nobody waits long for a node that may hang.
    assert.ok(requestsTo(node).length <= 10, `${requestsTo(node).length} requests for ${owners.length} pairs`);
    for (const owner of owners) assert.equal(callsTo(node, asksAbout(owner)).length, 1);
});

for (const [how, fault, isUsed] of [
    ['init code', pass, isInitCode],
    ['Multicall3', refusesInitCode(), isAggregate],
]) {
    test(`POST /balances with 1,000 items is a handful of calls, of ${how}`, async (t) => {
        const dappd = await startOn(t);
        const items = Array.from({ length: 1000 }, (_, i) => ({
            address: randomAddress(),
            token: [token.address, usd, undefined][i % 3],
        }));
        node.on('*', fault);
        await dappd.post('/balances', { items: items.slice(0, 3).map((item) => ({ ...item, address: alice })) });
        node.reset().on('*', fault);
        const { json } = await dappd.post('/balances', { items });
        assert.deepEqual(
            json().items.map(({ balance }) => balance),
            items.map(() => '0'),
        );
        assert.ok(callsTo(node, isUsed).length >= 5, 'at most 200 items a call');
        assert.ok(callsTo(node).length <= 15, `${callsTo(node).length} calls`);
        assert.ok(requestsTo(node).length <= 10, `${requestsTo(node).length} requests`);
    });
}

// --- 10,000 at once ---

/** The pairs, the first of them with a balance, spread evenly over the connections. */
async function makePairs() {
    const pairs = Array.from({ length: PAIRS }, (_, i) => ({
        address: randomAddress(),
        amount: i < FUNDED ? randomUint256() : 0n,
    }));
    for (let from = 0; from < FUNDED; from += 100) {
        const some = pairs.slice(from, from + 100);
        await chain.write(token, 'setBalances', [some.map((pair) => pair.address), some.map((pair) => pair.amount)]);
    }
    return pairs;
}

/** Writes the requests for these pairs on one connection; the promise is of as many answers. */
function askOn(connection, pairs) {
    const answered = new Promise((resolve, reject) => {
        connection.socket.on('data', () => {
            const answers = parseAnswers(connection.received());
            if (answers.length === pairs.length) resolve(answers);
        });
        connection.closed.then((how) => reject(new Error(`the connection ended: ${how}`)));
    });
    connection.write(
        pairs.map(({ address }) => `GET /balance/${address}/${token.address} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''),
    );
    return answered;
}

/** All requests are there before dappd sees the first: it is stopped while they are written. */
async function askAllAtOnce(dappd, pairs) {
    const connections = await mapAtMost(100, Array.from({ length: CONNECTIONS }), () => connect(dappd.target));
    await until(async () => (await dappd.json('/status')).connections >= CONNECTIONS, 'all connections');
    const shares = connections.map(() => []);
    pairs.forEach((pair, i) => shares[i % CONNECTIONS].push(pair));
    dappd.signal('SIGSTOP');
    const asked = connections.map((connection, c) => askOn(connection, shares[c]));
    dappd.signal('SIGCONT');
    const answers = await bounded(Promise.all(asked), 'all answers');
    connections.forEach((connection) => connection.destroy());
    return answers.flatMap((some, c) => some.map((answer, i) => ({ answer, pair: shares[c][i] })));
}

test(`${PAIRS} pairs at once, ${CONNECTIONS} connections: at most ${MOST_REQUESTS} requests to the node`, async (t) => {
    const pairs = await makePairs();
    const dappd = await startOn(t, { max_connections: PAIRS + 100, max_in_flight: PAIRS + 100 });
    node.reset().on('*', faults.delay(NODE_LATENCY_MS));
    const answered = await askAllAtOnce(dappd, pairs);
    const { length } = requestsTo(node); // the head is asked for beside them, for as long as it takes
    assert.ok(length <= MOST_REQUESTS, `${length} requests`);
    assert.equal(answered.length, PAIRS);
    for (const { answer, pair } of answered) {
        assert.equal(answer.status, 200, answer.text);
        const { address, balance } = answer.json();
        assert.deepEqual([address.toLowerCase(), balance], [pair.address, String(pair.amount)]);
    }
    const { number } = answered[0].answer.json().block;
    const sample = pairs.slice(FUNDED - 100, FUNDED + 100);
    const read = await Promise.all(
        sample.map(({ address }) => chain.read(token, 'balanceOf', [address], BigInt(number))),
    );
    assert.deepEqual(
        read,
        sample.map(({ amount }) => amount),
    );
});
