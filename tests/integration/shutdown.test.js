// How dappd ends: no accepted request is lost, no hanging node holds it up, a second signal is obeyed at once.
// Owns its chain, its node and its dappds.

import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { startChain } from './lib/chain.js';
import { chainConfig, startDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { connect, parseAnswers } from './lib/http.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { below, randomAddress } from './lib/random.js';
import { bounded, sleep, until } from './lib/wait.js';

const WORKERS = 60;
const TIMEOUT_MS = 1500;
const SLACK_MS = 10_000;

let chain, node, usd;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    usd = chain.tokens.usd.address;
});
after(() => stopAll(node, chain));
beforeEach(() => node.reset());

const start = (settings = {}) => startDappd({ chains: [chainConfig(node.url)], ...settings });
const freshPath = () => `/balance/${randomAddress()}/${usd}`;
const shuttingDown = (dappd) => dappd.untilLogged(({ msg }) => msg === 'shutting down', 'line "shutting down"');

/** Answers after 20 to 200 ms, so that at any time some request waits for it. */
const irregular = () => (exchange) => faults.delay(20 + below(180))(exchange);

/** Asks on one kept connection until an answer says that it is the last one. Returns how many answers there were. */
async function askUntilClosed(dappd) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    try {
        for (let answers = 1; ; answers++) {
            const answer = await dappd.request({ path: freshPath(), agent });
            assert.equal(answer.status, 200, answer.text);
            if (answer.headers.connection === 'close') return answers;
        }
    } finally {
        agent.destroy();
    }
}

for (const signal of ['SIGTERM', 'SIGINT']) {
    test(`${signal} under load loses no request of a kept connection, and the exit code is 0`, async () => {
        const dappd = await start();
        node.on('eth_call', irregular());
        const asking = Array.from({ length: WORKERS }, () => askUntilClosed(dappd));
        await until(() => node.count('eth_call') > WORKERS * 2, 'load');
        dappd.signal(signal);
        const answers = await bounded(Promise.all(asking), 'last answers');
        assert.ok(answers.every((n) => n >= 1));
        await dappd.stop();
        const last = dappd.logs.at(-1);
        assert.deepEqual([last.msg, last.level], ['stopped', 'info']);
    });
}

test('what was sent before the signal is answered, with Connection: close', async () => {
    const dappd = await start();
    await dappd.json(freshPath());
    node.on('eth_call', faults.delay(500));
    const open = await Promise.all(Array.from({ length: 40 }, () => connect(dappd.target)));
    for (const one of open) one.write(`GET ${freshPath()} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await until(() => node.count('eth_call') > 0, 'call');
    dappd.signal('SIGTERM');
    await bounded(Promise.all(open.map((one) => one.closed)), 'ends of the connections');
    for (const one of open) {
        const [answer] = parseAnswers(one.received());
        assert.equal(answer?.status, 200);
        assert.equal(answer.headers.connection?.toLowerCase(), 'close');
        one.destroy();
    }
    await dappd.stop();
});

test('a body whose client has gone holds nothing up, even where its end came together with its beginning', async () => {
    const dappd = await start({ receive_timeout_ms: 600_000 });
    const gone = await connect(dappd.target);
    dappd.signal('SIGSTOP');
    gone.write('POST /balances HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
    gone.socket.end();
    await bounded(new Promise((resolve) => gone.socket.once('finish', resolve)), 'end of the upload');
    dappd.signal('SIGCONT');
    await bounded(gone.closed, 'end of the connection');
    await dappd.stop();
});

test('a body that is half sent when the signal comes is read to its end and answered', async () => {
    const dappd = await start();
    const body = JSON.stringify({ items: [{ address: randomAddress(), token: usd }] });
    const head = `POST /balances HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
    const uploading = await connect(dappd.target);
    uploading.write(`${head}\r\n\r\n${body.slice(0, 10)}`);
    await until(async () => (await dappd.json('/status')).connections >= 2, 'both connections');
    dappd.signal('SIGTERM');
    await shuttingDown(dappd);
    await sleep(500); // longer than a quiet server waits for more
    uploading.write(body.slice(10));
    await bounded(uploading.closed, 'end of the connection');
    const [answer] = parseAnswers(uploading.received());
    assert.deepEqual([answer?.status, answer?.headers.connection?.toLowerCase()], [200, 'close']);
    uploading.destroy();
    await dappd.stop();
});

test('a kept connection that is silent holds up nothing', async () => {
    const dappd = await start({ idle_timeout_ms: 600_000, receive_timeout_ms: 600_000 });
    const silent = await connect(dappd.target);
    silent.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    const half = await connect(dappd.target);
    half.write('GET /health HT');
    await until(() => parseAnswers(silent.received()).length === 1, 'answer');
    await bounded(dappd.stop(), 'end', SLACK_MS);
    silent.destroy();
    half.destroy();
});

/** Hangs up at first, then takes connections and never says a word: a database that has been frozen. */
async function startFrozenDatabase(t) {
    const sockets = new Set();
    const server = net.createServer((socket) => {
        sockets.add(socket);
        if (sockets.size === 1) socket.destroy();
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
    });
    return { url: `postgres://x@127.0.0.1:${server.address().port}/x?sslmode=disable`, sockets };
}

test('a database that does not answer a new connection holds up nothing', async (t) => {
    const { url, sockets } = await startFrozenDatabase(t);
    const dappd = await start({ database_url: url, database_connect_timeout_ms: 600_000 });
    await until(() => sockets.size > 1, 'another attempt to connect');
    await bounded(dappd.stop(), 'end', SLACK_MS);
});

test('new connections are refused once the signal has come', async () => {
    const dappd = await start();
    node.on('eth_call', faults.delay(1500));
    const slow = dappd.get(freshPath());
    await until(() => node.count('eth_call') > 0, 'call');
    dappd.signal('SIGTERM');
    await shuttingDown(dappd);
    await until(
        () =>
            connect(dappd.target).then(
                (one) => void one.destroy(),
                (error) => error.code === 'ECONNREFUSED',
            ),
        'refusal',
    );
    assert.equal((await slow).status, 200);
    await dappd.stop();
});

test('a hanging node holds it up for the request timeout at most, and the client is told', async () => {
    const dappd = await start({ request_timeout_ms: TIMEOUT_MS, rpc_attempt_timeout_ms: 120_000 });
    await dappd.json(freshPath());
    node.on('*', faults.hang());
    const waiting = dappd.get(freshPath());
    await until(() => node.count('eth_call') > 0, 'call');
    dappd.signal('SIGTERM');
    assertProblem(await waiting, 'timeout');
    await bounded(dappd.stop(), 'end', TIMEOUT_MS + SLACK_MS);
});

test('a node that hangs while nobody but dappd itself asks does not hold it up', async () => {
    const dappd = await start({ request_timeout_ms: TIMEOUT_MS, rpc_attempt_timeout_ms: 120_000 });
    await dappd.json(freshPath());
    node.reset().on('*', faults.hang());
    await until(() => node.count() > 0, 'poll of the head');
    await bounded(dappd.stop(), 'end', TIMEOUT_MS + SLACK_MS);
});

test('nodes that hang at what is safe and final do not hold it up', async () => {
    const second = await startFaultyNode(chain.url);
    const nodes = [node, second];
    const tags = ['safe', 'finalized'];
    const asksForTag = ({ params }) => tags.includes(params?.[0]);
    for (const one of nodes) {
        one.on('eth_getBlockByNumber', (exchange) => exchange.calls.some(asksForTag) || exchange.pass());
    }
    try {
        const chains = [chainConfig(nodes.map(({ url }) => url))];
        const dappd = await startDappd({ chains, request_timeout_ms: TIMEOUT_MS, rpc_attempt_timeout_ms: 120_000 });
        await dappd.json(freshPath());
        const isAsked = ({ requests }) => requests.some(({ calls }) => calls.some(asksForTag));
        await until(() => nodes.every(isAsked), 'question for what is final');
        await bounded(dappd.stop(), 'end', TIMEOUT_MS + SLACK_MS);
    } finally {
        await second.stop();
    }
});

test('a second signal ends it at once', async () => {
    const dappd = await start({ request_timeout_ms: 300_000, rpc_attempt_timeout_ms: 300_000 });
    await dappd.json(freshPath());
    node.on('eth_call', faults.hang());
    const waiting = dappd.get(freshPath()).catch((error) => error);
    await until(() => node.count('eth_call') > 0, 'call');
    dappd.signal('SIGTERM');
    await shuttingDown(dappd);
    dappd.signal('SIGTERM');
    assert.deepEqual(await dappd.untilExited(), { code: 1, signal: null });
    assert.ok(dappd.logs.some(({ level, msg }) => level === 'warn' && /second signal/.test(msg)));
    assert.deepEqual(dappd.noise, []);
    assert.ok((await waiting) instanceof Error);
});

test('/ready says that it is shutting down, for connections that are still there', async () => {
    const dappd = await start();
    await dappd.json(freshPath());
    const kept = await connect(dappd.target);
    kept.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => parseAnswers(kept.received()).length === 1, 'answer');
    node.on('eth_call', faults.delay(1500));
    const slow = dappd.get(freshPath());
    await until(() => node.count('eth_call') > 0, 'call');
    dappd.signal('SIGTERM');
    await shuttingDown(dappd);
    kept.write('GET /ready HTTP/1.1\r\nHost: x\r\n\r\n');
    const [, answer] = await until(
        () => parseAnswers(kept.received()).length === 2 && parseAnswers(kept.received()),
        'answer',
    );
    assert.deepEqual([answer.status, answer.headers.connection?.toLowerCase()], [503, 'close']);
    assert.deepEqual(
        answer.json().reasons.map(({ code }) => code),
        ['shutting_down'],
    );
    assert.equal((await slow).status, 200);
    kept.destroy();
    await dappd.stop();
});

test('it ends well right after it has started, ten times', async () => {
    for (let i = 0; i < 10; i++) {
        const dappd = await start({ threads: 1 + (i % 3) });
        await sleep(below(20));
        await dappd.stop();
    }
});

test('SIGPIPE does not end it', async () => {
    const dappd = await start();
    dappd.signal('SIGPIPE');
    assert.equal((await dappd.get('/health')).status, 200);
    await dappd.stop();
});
