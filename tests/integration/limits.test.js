// What dappd refuses to take on: long requests, many of them, slow clients. Each limit answers in words where words can
// still be sent, and the next client never notices. Owns its chain, its node and a dappd with small limits.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startChain } from './lib/chain.js';
import { BINARY, chainConfig, dappdFor, environment, startDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { connect, exchangeRaw, parseAnswers } from './lib/http.js';
import { assertProblem } from './lib/problem.js';
import { runProcess, stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { bounded, sleep, until } from './lib/wait.js';

const MAX_URI = 512;
const MAX_HEADERS = 2048;
const MAX_BODY = 4096;
const IDLE_MS = 1000;
const RECEIVE_MS = 800;
const SEND_MS = 800;

let chain, node, dappd, alice, chains;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    alice = chain.holders.alice;
    chains = [chainConfig(node.url)];
    dappd = await startDappd({
        chains,
        max_uri_bytes: MAX_URI,
        max_header_bytes: MAX_HEADERS,
        max_body_bytes: MAX_BODY,
        idle_timeout_ms: IDLE_MS,
        receive_timeout_ms: RECEIVE_MS,
        send_timeout_ms: SEND_MS,
    });
});
after(() => stopAll(dappd, node, chain));

const isFine = async () => assert.equal((await dappd.get('/health')).status, 200);

// --- sizes ---

test('a target of the longest length is routed, one byte more is 414', async () => {
    const longest = `/${'a'.repeat(MAX_URI - 1)}`;
    assertProblem(await dappd.get(longest), 'not_found');
    assertProblem(
        await dappd.get(`${longest}a`),
        'uri_too_long',
        new RegExp(`${MAX_URI + 1} bytes; at most ${MAX_URI}`),
    );
    assertProblem(await dappd.get(`/?${'a'.repeat(MAX_URI)}`), 'uri_too_long');
});

test('a head of the longest length is read, one byte more is 431', async () => {
    const start = 'GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: ';
    const ask = async (bytes) =>
        (await exchangeRaw(dappd.target, `${start}${'x'.repeat(bytes - start.length - 4)}\r\n\r\n`))[0];
    assert.equal((await ask(MAX_HEADERS)).status, 200);
    assertProblem(
        await ask(MAX_HEADERS + 1),
        'headers_too_large',
        new RegExp(`${MAX_HEADERS + 1} bytes; at most ${MAX_HEADERS}`),
    );
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`x-${i}`, 'y'.repeat(40)]));
    assertProblem(await dappd.get('/health', many), 'headers_too_large');
});

test('far beyond the limits the answer is still 414 or 431, in whatever words, and the next request is fine', async () => {
    for (const [request, status] of [
        [`GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414],
        [`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(100_000)}\r\n\r\n`, 431],
    ]) {
        const connection = await connect(dappd.target);
        connection.write(request);
        await bounded(connection.closed, 'end of the connection');
        const answers = parseAnswers(connection.received());
        for (const answer of answers) assert.equal(answer.status, status);
        connection.destroy();
        await isFine();
    }
});

/** A body of exactly this many bytes that is valid JSON. */
function bodyOf(bytes) {
    const json = JSON.stringify({ items: [{ address: alice }] });
    return json + ' '.repeat(bytes - json.length);
}

test('a body of the longest length is read, one byte more is 413, announced or chunked', async () => {
    assert.equal((await dappd.post('/balances', bodyOf(MAX_BODY))).status, 200);
    assertProblem(
        await dappd.post('/balances', bodyOf(MAX_BODY + 1)),
        'body_too_large',
        new RegExp(`larger than ${MAX_BODY} bytes`),
    );
    const chunked = { 'transfer-encoding': 'chunked' };
    assert.equal((await dappd.post('/balances', bodyOf(MAX_BODY), chunked)).status, 200);
    assertProblem(await dappd.post('/balances', bodyOf(MAX_BODY + 1), chunked), 'body_too_large');
    assertProblem(
        await dappd.request({ method: 'PUT', path: '/nowhere', body: ' '.repeat(MAX_BODY + 1) }),
        'body_too_large',
    );
});

test('a client that sends a body somewhat too long can send it all, and then reads the answer', async (t) => {
    const usual = await dappdFor(t, { chains, max_body_bytes: 1024 * 1024 });
    for (const megabytes of [1.1, 2, 3.9]) {
        const answer = await usual.post('/balances', Buffer.alloc(Math.floor(megabytes * 1024 * 1024), ' '));
        assertProblem(answer, 'body_too_large');
        assert.notEqual(answer.headers.connection, 'close');
    }
    assert.equal((await usual.get('/health')).status, 200);
});

test('a long body is refused before it is sent', async () => {
    const connection = await connect(dappd.target);
    connection.write(
        `POST /balances HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${10 ** 12}\r\n\r\n`,
    );
    const [answer] = await until(
        () => parseAnswers(connection.received()).length > 0 && parseAnswers(connection.received()),
        'answer',
    );
    assertProblem(answer, 'body_too_large');
    await bounded(connection.closed, 'end of the connection');
    connection.destroy();
});

test('a client that waits for 100-continue gets it for a body that is taken, and 413 for one that is not', async () => {
    const head = (length) =>
        'POST /balances HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n' +
        `Expect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
    const taken = await connect(dappd.target);
    const body = bodyOf(100);
    taken.write(head(body.length));
    await until(() => taken.received().startsWith('HTTP/1.1 100 '), '100 Continue');
    taken.write(body);
    await until(() => /HTTP\/1\.1 200 /.test(taken.received()), 'answer');
    taken.destroy();
    const refused = await connect(dappd.target);
    refused.write(head(MAX_BODY + 1));
    const [answer] = await until(
        () => parseAnswers(refused.received()).length > 0 && parseAnswers(refused.received()),
        'answer',
    );
    assertProblem(answer, 'body_too_large');
    refused.destroy();
});

test('an endless chunked body is cut off', async () => {
    const connection = await connect(dappd.target);
    connection.socket.on('error', () => {});
    connection.write(
        'POST /balances HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = `1000\r\n${' '.repeat(0x1000)}\r\n`;
    let sent = 0;
    let over = false;
    connection.closed.then(() => {
        over = true;
    });
    await until(() => {
        if (!over) connection.write(chunk);
        sent += chunk.length;
        return over;
    }, 'end of the connection');
    connection.destroy();
    await isFine();
});

test('the most items of POST /balances are answered, one more is refused', async (t) => {
    const wide = await dappdFor(t, { chains });
    const items = Array.from({ length: 1000 }, () => ({ address: randomAddress() }));
    const answer = await wide.post('/balances', { items });
    assert.equal(answer.status, 200);
    assert.deepEqual(
        answer.json().items.map(({ address }) => address.toLowerCase()),
        items.map(({ address }) => address),
    );
    assertProblem(await wide.post('/balances', { items: [...items, items[0]] }), 'invalid_parameter', /1 to 1000/);
});

// --- numbers ---

test('beyond max_in_flight a request that would wait is 503 overloaded, all others are answered', async (t) => {
    const small = await dappdFor(t, { chains, threads: 1, max_in_flight: 3 });
    await small.json(`/balance/${alice}`);
    const { fault, open } = faults.gate();
    node.reset().on('eth_call', fault);
    const working = Array.from({ length: 3 }, () => small.get(`/balance/${randomAddress()}`));
    const inFlight = async () => (await small.json('/status')).requests_in_flight - 1; // but for the one that asks
    await until(async () => (await inFlight()) === 3 && node.count('eth_call') > 0, 'requests that wait');
    assertProblem(await small.get(`/balance/${randomAddress()}`), 'overloaded');
    for (const path of ['/health', '/status', '/metrics']) assert.equal((await small.get(path)).status, 200, path);
    open();
    for (const answer of await Promise.all(working)) assert.equal(answer.status, 200);
    node.reset();
    assert.equal((await small.get(`/balance/${randomAddress()}`)).status, 200);
});

test('what may cost a node much leaves it room for all else', async (t) => {
    const small = await dappdFor(t, { chains, threads: 1 });
    await small.untilHead(0);
    const { fault, open } = faults.gate();
    node.reset().on('eth_estimateGas', fault);
    const asked = Array.from({ length: 100 }, () => small.post('/estimate', { to: randomAddress() }));
    await until(() => node.count('eth_estimateGas') >= 8, 'as many as may be');
    assert.equal((await small.get(`/balance/${randomAddress()}`)).status, 200);
    assert.equal(node.count('eth_estimateGas'), 8);
    open();
    for (const answer of await Promise.all(asked)) assert.equal(answer.status, 200);
    node.reset();
});

test('beyond max_bodies_bytes a body is refused, and the one being sent is read', async (t) => {
    const small = await dappdFor(t, { chains, threads: 1, max_body_bytes: 4096, max_bodies_bytes: 4096 });
    const body = bodyOf(4000);
    const head = `Host: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
    await until(async () => {
        const first = await connect(small.target);
        first.write(`POST /balances HTTP/1.1\r\n${head}\r\n\r\n${body.slice(0, -1)}`);
        await sleep(50); // most likely it has been read by then; else once more
        const second = await small.post('/balances', bodyOf(300));
        first.write(body.slice(-1));
        const [answer] = await until(
            () => parseAnswers(first.received()).length === 1 && parseAnswers(first.received()),
            'answer',
        );
        first.destroy();
        if (second.status !== 503) return false;
        assertProblem(second, 'overloaded', /bodies/);
        assert.equal(answer.status, 200);
        return true;
    }, 'refusal');
    assert.equal((await small.post('/balances', body)).status, 200, 'there is room again');
});

test('beyond max_connections a connection waits for one that ends', async (t) => {
    const small = await dappdFor(t, { chains, threads: 1, max_connections: 3, idle_timeout_ms: 60_000 });
    small.agent.destroy();
    const ask = (connection, path) => connection.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const answered = (connection, n) => until(() => parseAnswers(connection.received())[n - 1], 'answer');
    const open = await Promise.all(Array.from({ length: 3 }, () => connect(small.target)));
    for (const one of open) ask(one, '/health');
    await Promise.all(open.map((one) => answered(one, 1)));
    const extra = await connect(small.target);
    ask(extra, '/health');
    ask(open[1], '/status');
    assert.equal((await answered(open[1], 2)).json().connections, 3);
    assert.equal(extra.received(), '');
    open[0].destroy();
    assert.equal((await answered(extra, 1)).status, 200);
    for (const one of [...open, extra]) one.destroy();
});

test('clients cannot use up the descriptors that dappd needs for its nodes', async (t) => {
    const wrapper = ['prlimit', '--nofile=200:200', '--'];
    const poor = await dappdFor(t, {
        chains,
        wrapper,
        threads: 1,
        idle_timeout_ms: 60_000,
        receive_timeout_ms: 60_000,
    });
    assert.ok(
        poor.logs.some(({ level, limit, connections }) => level === 'warn' && limit === 200 && connections < 200),
    );
    const open = await Promise.all(Array.from({ length: 250 }, () => connect(poor.target)));
    open[0].write(`GET /balance/${randomAddress()} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const [answer] = await until(
        () => parseAnswers(open[0].received()).length === 1 && parseAnswers(open[0].received()),
        'answer',
    );
    assert.equal(answer.status, 200);
    for (const one of open) one.destroy();
});

test('with too few descriptors to work dappd does not start', async () => {
    const command = ['prlimit', '--nofile=30:30', '--', BINARY, 'serve'];
    const settings = { rpc_urls: node.url, listen: '127.0.0.1:0', threads: 1, log_format: 'json' };
    const { code, stderr } = await runProcess(command, { env: environment(settings) });
    assert.equal(code, 1);
    assert.match(stderr, /limit of open files is too low/);
});

// --- time ---

test('a connection that stays silent is closed, before and after a request', async () => {
    const silent = await connect(dappd.target);
    const kept = await connect(dappd.target);
    kept.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    await bounded(silent.closed, 'end of the silent connection');
    await bounded(kept.closed, 'end of the kept connection');
    assert.equal(parseAnswers(kept.received()).length, 1);
    silent.destroy();
    kept.destroy();
});

test('a client that drips its head or its body is cut off', async () => {
    const starts = [
        'GET /health HTTP/1.1\r\nX-Drip: ',
        'POST /balances HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
    ];
    await Promise.all(
        starts.map(async (start) => {
            const slow = await connect(dappd.target);
            slow.socket.on('error', () => {});
            slow.write(start);
            const drip = setInterval(() => slow.write('x'), 50);
            try {
                await bounded(slow.closed, 'end of the slow connection');
            } finally {
                clearInterval(drip);
                slow.destroy();
            }
        }),
    );
    await isFine();
});

test('a client that does not read its answers is cut off', async () => {
    const deaf = await connect(dappd.target);
    deaf.socket.pause();
    deaf.socket.on('error', () => {});
    const ended = new Promise((resolve) => deaf.socket.once('close', resolve));
    const asking = setInterval(() => deaf.write('GET /openapi.yaml HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100)), 10);
    try {
        await bounded(ended, 'end of the deaf connection');
    } finally {
        clearInterval(asking);
        deaf.destroy();
    }
    await isFine();
});

test('a request that waits for its node is no idle connection', async (t) => {
    const patient = await dappdFor(t, { chains, idle_timeout_ms: 1000, receive_timeout_ms: 300, send_timeout_ms: 300 });
    await patient.json(`/balance/${randomAddress()}`);
    node.reset().on('eth_call', faults.delay(2500));
    const answer = await patient.get(`/balance/${randomAddress()}`);
    assert.ok(node.count('eth_call') > 0, 'the node was asked');
    node.reset();
    assert.equal(answer.status, 200);
});
