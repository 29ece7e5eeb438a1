// Many at once, slow nodes, clients that leave: every answer is the right one for its question.
// Owns its chain, its node and its dappds.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { startChain } from './lib/chain.js';
import { chainConfig, dappdFor, startDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { connect, parseAnswers } from './lib/http.js';
import { stopAll } from './lib/process.js';
import { pick, randomAddress, randomUint256 } from './lib/random.js';
import { bounded, mapAtMost, until } from './lib/wait.js';

const SLOW_MS = 1000;
const MANY = 1000;
const PIPELINED = 50;

let chain, node, dappd, token, holders, balances;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    token = chain.tokens.settable;
    holders = Array.from({ length: MANY }, randomAddress);
    balances = holders.map(randomUint256);
    for (let from = 0; from < MANY; from += 100) {
        await chain.write(token, 'setBalances', [holders.slice(from, from + 100), balances.slice(from, from + 100)]);
    }
    dappd = await startDappd({
        chains: [chainConfig(node.url)],
        request_timeout_ms: 60_000,
        rpc_attempt_timeout_ms: 60_000,
    });
});
after(() => stopAll(dappd, node, chain));
beforeEach(() => node.reset());

const pathOf = (i) => `/balance/${holders[i]}/${token.address}`;

function assertAnswer(answer, i) {
    assert.equal(answer.status, 200, answer.text);
    const { address, balance } = answer.json();
    assert.equal(address.toLowerCase(), holders[i]);
    assert.equal(balance, String(balances[i]));
}

test(`${MANY} requests at once, each on a connection of its own, with a node that takes a second`, async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
    await dappd.json(pathOf(0));
    node.on('*', faults.delay(SLOW_MS));
    const answers = await Promise.all(holders.map((_, i) => dappd.request({ path: pathOf(i), agent })));
    agent.destroy();
    answers.forEach(assertAnswer);
});

test(`${MANY} requests that all ask the same while the head moves on`, async () => {
    await chain.mine();
    const head = await dappd.untilHead(Number((await chain.latest()).number));
    node.reset().on('*', faults.delay(100));
    const answers = await mapAtMost(200, holders, () => dappd.request({ path: pathOf(0) }));
    for (const answer of answers) assertAnswer(answer, 0);
    assert.ok(answers.every((answer) => answer.json().block.number >= head.number));
});

test(`${PIPELINED} pipelined requests in one write are answered in order`, async () => {
    node.on('eth_call', faults.delay(20));
    const kinds = [
        (i) => pathOf(i),
        () => '/health',
        () => '/nowhere',
        (i) => `${pathOf(i)}?block=1`,
        () => '/openapi.json',
        () => '/balance/0x',
    ];
    const paths = Array.from({ length: PIPELINED }, (_, i) => pick(kinds)(i));
    const connection = await connect(dappd.target);
    connection.write(
        paths.map((path, i) => `GET ${path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: p-${i}\r\n\r\n`).join(''),
    );
    const answers = await until(() => {
        const received = parseAnswers(connection.received());
        return received.length === PIPELINED && received;
    }, 'all answers');
    connection.destroy();
    assert.deepEqual(
        answers.map(({ headers }) => headers['x-request-id']),
        paths.map((_, i) => `p-${i}`),
    );
    for (const [i, path] of paths.entries()) if (path === pathOf(i)) assertAnswer(answers[i], i);
});

test('pipelined requests with bodies are kept apart', async () => {
    const connection = await connect(dappd.target);
    const requests = Array.from({ length: PIPELINED }, (_, i) => {
        const body = JSON.stringify({ items: [{ address: holders[i], token: token.address }] });
        const head = `Host: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
        return `POST /balances HTTP/1.1\r\n${head}\r\n\r\n${body}`;
    });
    connection.write(requests.join(''));
    await until(() => parseAnswers(connection.received()).length === PIPELINED, 'all answers');
    connection.destroy();
    parseAnswers(connection.received()).forEach((answer, i) =>
        assert.equal(answer.json().items[0].balance, String(balances[i])),
    );
});

test('a request that arrives byte by byte is a request', async () => {
    const connection = await connect(dappd.target, { noDelay: true });
    connection.socket.setNoDelay(true);
    for (const byte of `GET ${pathOf(3)} HTTP/1.1\r\nHost: x\r\n\r\n`) {
        connection.write(byte);
        await new Promise(setImmediate);
    }
    await until(() => parseAnswers(connection.received()).length === 1, 'answer');
    connection.destroy();
    assertAnswer(parseAnswers(connection.received())[0], 3);
});

test('clients that leave in the middle of their request cost nothing that stays', async (t) => {
    const left = await dappdFor(t, { chains: [chainConfig(node.url)], receive_timeout_ms: 1000 });
    node.on('eth_call', faults.delay(300));
    await mapAtMost(100, Array.from({ length: 300 }), async (_, i) => {
        const connection = await connect(left.target);
        connection.socket.on('error', () => {});
        const whole = `GET /balance/${randomAddress()}/${token.address} HTTP/1.1\r\nHost: x\r\n\r\n`;
        connection.write(i % 3 === 0 ? whole.slice(0, 40) : whole);
        if (i % 2 === 0) await until(() => node.count('eth_call') > 0, 'call');
        if (i % 4 < 2) connection.socket.resetAndDestroy();
        else connection.destroy();
    });
    await until(async () => {
        const { connections, requests_in_flight } = await left.json('/status');
        return connections <= Object.values(left.agent.freeSockets).flat().length + 1 && requests_in_flight === 1;
    }, 'quiet');
    node.reset();
    assertAnswer(await left.get(pathOf(7)), 7);
});

test('a client that stops reading a long answer holds up nobody else', async () => {
    const deaf = await connect(dappd.target);
    deaf.socket.pause();
    deaf.write('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(200));
    await mapAtMost(50, holders.slice(0, 200), async (_, i) => assertAnswer(await dappd.get(pathOf(i)), i));
    deaf.destroy();
});

test('one thread serves as well as several', async (t) => {
    for (const threads of [1, 4]) {
        const other = await dappdFor(t, { chains: [chainConfig(node.url)], threads });
        assert.equal((await other.json('/status')).threads, threads);
        const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
        await mapAtMost(100, holders.slice(0, 300), async (_, i) =>
            assertAnswer(await other.request({ path: pathOf(i), agent }), i),
        );
        agent.destroy();
        await bounded(other.stop(), 'end');
    }
});
