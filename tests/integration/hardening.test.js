// What was once found by attacking dappd, and must stay mended: requests that leave something behind, framing that can
// be read in two ways, too few descriptors, closed streams, storms, and nodes that are not what they were.
// Owns its chain, its node and its dappds.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { altered, refusesInitCode } from './lib/batching.js';
import { startChain } from './lib/chain.js';
import { BINARY, chainConfig, dappdFor, environment } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { connect, exchangeRaw, parseAnswers, request } from './lib/http.js';
import { assertProblem } from './lib/problem.js';
import { parseMetrics, sumOf } from './lib/prometheus.js';
import { SCRATCH, runProcess, startProcess, stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { bounded, sleep, until } from './lib/wait.js';

/** Only what waits for deadlines and never for a client ends within this. */
const SLACK_MS = 20_000;

let chain, node, usd, chains;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    usd = chain.tokens.usd.address;
    chains = [chainConfig(node.url)];
});
after(() => stopAll(node, chain));
beforeEach(() => node.reset());

const get = (target) => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;
const freshBalance = () => `/balance/${randomAddress()}`;

/** The nth answer on this connection. */
const answered = (connection, n = 1) => until(() => parseAnswers(connection.received())[n - 1], `answer ${n}`);

async function faultyNodeFor(t, options) {
    const another = await startFaultyNode(chain.url, options);
    t.after(() => another.stop());
    return another;
}

// --- what requests leave behind ---

test('requests with more arguments than libmicrohttpd takes leave nothing behind and hold up no end', async (t) => {
    const dappd = await dappdFor(t, { chains, request_timeout_ms: 300_000, receive_timeout_ms: 2000 });
    for (const n of [400, 1000]) {
        const head = get(`/?${'a&'.repeat(n)}`);
        const open = await Promise.all(Array.from({ length: 50 }, () => connect(dappd.target)));
        for (const one of open) one.write(head);
        await bounded(Promise.all(open.map(({ closed }) => closed)), 'ends of the connections');
        for (const one of open) one.destroy();
    }
    const read = async () => parseMetrics((await dappd.get('/metrics')).text);
    await until(async () => sumOf(await read(), 'dappd_http_connections') === 1, 'end of all other connections');
    assert.equal(sumOf(await read(), 'dappd_http_requests_in_flight'), 1, 'only the one that asks');
    await bounded(dappd.stop(), 'end', SLACK_MS);
});

// --- framing ---

const SMUGGLED = 'GET /health HTTP/1.1\r\nHost: x\r\nX-Request-Id: smuggled\r\n\r\n';
const CHUNKED = `0\r\n\r\n${SMUGGLED}`; // to one reader a body, to another its end and one more request

const bothLengths = `Content-Length: ${CHUNKED.length}\r\nTransfer-Encoding: chunked`;

/** What is wrong with the request: [its target, its headers, what follows the head]. */
const ambiguous = {
    'a length and chunks': ['/balances', `Host: x\r\n${bothLengths}`, CHUNKED],
    'a length and chunks, without Host': ['/balances', bothLengths, CHUNKED],
    'a length and chunks, with a long target': [`/${'a'.repeat(1000)}`, `Host: x\r\n${bothLengths}`, CHUNKED],
    'a length and chunks, in a long head': [
        '/balances',
        `Host: x\r\nX: ${'a'.repeat(3000)}\r\n${bothLengths}`,
        CHUNKED,
    ],
    'a length and chunks, with a target of no route': ['/nowhere', `Host: x\r\n${bothLengths}`, CHUNKED],
    'two lengths': ['/balances', `Host: x\r\nContent-Length: 0\r\nContent-Length: ${SMUGGLED.length}`, SMUGGLED],
    'two lengths, without Host': ['/balances', `Content-Length: 0\r\nContent-Length: ${SMUGGLED.length}`, SMUGGLED],
    'the same length twice': ['/balances', 'Host: x\r\nContent-Length: 5\r\nContent-Length: 5', `{"a":${SMUGGLED}`],
    'a space before the colon of the length': ['/balances', 'Host: x\r\nContent-Length : 5', `{"a":${SMUGGLED}`],
    'a space there, with a long target': [`/${'a'.repeat(1000)}`, 'Host: x\r\nContent-Length : 5', SMUGGLED],
    'two hosts': ['/balances', 'Host: x\r\nHost: y\r\nContent-Length: 0', SMUGGLED],
    'two hosts and a long target': [`/${'a'.repeat(1000)}`, 'Host: x\r\nHost: y\r\nContent-Length: 0', SMUGGLED],
    'an encoding that is not chunked': ['/balances', 'Host: x\r\nTransfer-Encoding: gzip', SMUGGLED],
    'an encoding that is not chunked, without Host': ['/balances', 'Transfer-Encoding: gzip', SMUGGLED],
};

test('framing that can be read in two ways gets one refusal and the end of its connection', async (t) => {
    const dappd = await dappdFor(t, { chains, max_uri_bytes: 512, max_header_bytes: 2048 });
    for (const [what, [target, headers, rest]] of Object.entries(ambiguous)) {
        await t.test(what, async () => {
            const connection = await connect(dappd.target);
            connection.write(
                `POST ${target} HTTP/1.1\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${rest}${SMUGGLED}`,
            );
            await bounded(connection.closed, 'end of the connection');
            connection.destroy();
            const received = connection.received();
            const [answer] = parseAnswers(received);
            assert.ok(answer?.status >= 400 && answer.status < 500, received);
            assert.equal(answer.headers.connection?.toLowerCase(), 'close');
            assert.equal(received.match(/HTTP\/1\.[01] \d/g).length, 1, received);
            assert.doesNotMatch(received, /smuggled/);
        });
    }
    assert.equal((await dappd.get('/health')).status, 200);
});

test('a header in two lines is not lost, and no other one made of it', async (t) => {
    const dappd = await dappdFor(t, { chains });
    const ask = async (lines) => {
        const head = `GET /chains HTTP/1.1\r\nHost: x\r\n${lines}\r\nConnection: close\r\n\r\n`;
        return (await exchangeRaw(dappd.target, head))[0];
    };
    assert.ok([400, 401].includes((await ask('Authorization: Bearer\r\n nobody')).status));
    assert.ok([400, 401].includes((await ask('Authorization: Basic\r\n\tnobody')).status));
    const { status, headers } = await ask('X-Request-: folded\r\n Id');
    assert.ok(status === 400 || headers['x-request-id'] !== 'folded');
});

test('a compressed body is of a type that is not taken', async (t) => {
    const dappd = await dappdFor(t, { chains });
    const body = gzipSync(JSON.stringify({ items: [{ address: randomAddress() }] }));
    assertProblem(
        await dappd.post('/balances', body, { 'content-encoding': 'gzip' }),
        'unsupported_media_type',
        /gzip/,
    );
});

// --- nodes ---

const OTHER_BALANCE = 777n;
const otherWord = OTHER_BALANCE.toString(16).padStart(64, '0');

/** Puts a node of another chain in the place of this one: connections end, and the next ones are made to the other. */
async function replaceByOtherChain(t, first) {
    await first.stop();
    const other = await faultyNodeFor(t, { port: first.port });
    const itsBalance = altered((digits) => digits.slice(0, -otherWord.length) + otherWord); // the last word of both
    return other
        .on('eth_call', itsBalance)
        .on('eth_getBalance', itsBalance)
        .on('eth_chainId', faults.otherChain(5));
}

/** A chain whose head nobody asks for between two requests of a test. */
const quiet = (urls) => chainConfig(urls, { block_time_ms: 60_000 });

for (const [what, hasSecond] of [
    ['alone', false],
    ['with a second node', true],
]) {
    test(`a node, ${what}, that is replaced by one of another chain is never believed`, async (t) => {
        const first = await startFaultyNode(chain.url);
        const dappd = await dappdFor(t, { chains: [quiet(hasSecond ? [first.url, node.url] : first.url)] });
        assert.equal((await dappd.json(freshBalance())).balance, '0');
        await sleep(1500); // what has just been verified is not asked again
        const other = await replaceByOtherChain(t, first);
        for (let i = 0; i < 5; i++) {
            const answer = await dappd.get(freshBalance());
            if (hasSecond) {
                assert.deepEqual([answer.status, answer.json().balance], [200, '0'], answer.text);
            } else {
                assertProblem(answer, answer.status === 503 ? 'upstream_unavailable' : 'upstream_error');
            }
            assert.ok(!answer.text.includes(`"${OTHER_BALANCE}"`));
        }
        assert.ok(other.count('eth_chainId') > 0, 'the other node was there to be believed');
        const [{ id, upstreams }] = (await dappd.json('/status')).chains;
        assert.deepEqual([id, upstreams[0].identity], [chain.chainId, 'other_chain']);
    });
}

const askedFor = {
    'a balance in wei': freshBalance,
    'a balance of a token': () => `${freshBalance()}/${usd}`,
    'a token that is none': () => `${freshBalance()}/${randomAddress()}`,
};

const noQuantity = ['hello', '', '0x', '0xzz', `0x${'1'.repeat(65)}`, 5];
const noData = ['nonsense', '', '0x1', '0xzz', `0x${'1'.repeat(65)}`, 5];
const noPacked = [...noData, '0x11', `0x${'11'.repeat(200)}`];

const cases = (how, method, texts, what) => texts.map((text) => ({ how, method, text, what }));

/** What the first node answers to a method, when a client asks for what, and how it is asked for. */
const rubbish = [
    ...cases('packed', 'eth_call', noPacked, 'a balance in wei'),
    ...cases('packed', 'eth_call', noPacked, 'a balance of a token'),
    ...cases('packed', 'eth_getCode', ['junk', '0x1', 5], 'a token that is none'),
    ...cases('plain', 'eth_call', noData, 'a balance of a token'),
    ...cases('plain', 'eth_getBalance', noQuantity, 'a balance in wei'),
];

for (const { how, method, text, what } of rubbish) {
    test(`${method} that gives ${JSON.stringify(text)} for ${what}, ${how}, is asked of the second node`, async (t) => {
        const [first, second] = await Promise.all([faultyNodeFor(t), faultyNodeFor(t)]);
        if (how === 'plain') for (const one of [first, second]) one.on('eth_call', refusesInitCode());
        const dappd = await dappdFor(t, { chains: [chainConfig([first.url, second.url])] });
        await dappd.json(freshBalance()); // from now on it knows how to ask
        first.on(method, how === 'plain' ? refusesInitCode(faults.result(text)) : faults.result(text));
        for (const one of [first, second]) one.requests = [];
        const answer = await dappd.get(askedFor[what]());
        assert.ok(first.count(method) > 0, 'the first node was asked');
        assert.ok(second.count(method) > 0, 'the second node was asked');
        if (method === 'eth_getCode') assertProblem(answer, 'not_a_token');
        else assert.deepEqual([answer.status, answer.json().balance], [200, '0'], answer.text);
    });
}

// --- the process ---

/** Passes bytes on to a port, and keeps what each connection to it has sent. */
async function wiretapFor(t, port) {
    const streams = [];
    const sockets = new Set();
    const server = net.createServer((socket) => {
        const index = streams.push('') - 1;
        const onward = net.connect(port, '127.0.0.1');
        for (const one of [socket, onward]) sockets.add(one.on('error', () => {}));
        socket.on('data', (chunk) => {
            streams[index] += chunk.toString('latin1');
        });
        socket.pipe(onward).pipe(socket);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
        for (const socket of sockets) socket.destroy();
        return new Promise((resolve) => server.close(resolve));
    });
    return { url: `http://127.0.0.1:${server.address().port}`, streams };
}

/** Throws unless these bytes are whole requests with JSON in them and nothing else. Returns how many. */
function countRequests(stream) {
    let rest = stream;
    let n = 0;
    for (; rest !== ''; n++) {
        const [head] = /^POST \/ HTTP\/1\.1\r\n(?:[\w-]+: [^\r\n{}"]*\r\n)+\r\n/.exec(rest) ?? assert.fail(rest);
        const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head)[1]);
        JSON.parse(rest.slice(head.length, head.length + length));
        rest = rest.slice(head.length + length);
    }
    return n;
}

for (const [what, redirections] of [
    ['stderr', '2>&-'],
    ['every standard stream', '0<&- 1>&- 2>&-'],
]) {
    test(`with ${what} closed dappd serves, writes its log to nobody's connection, and ends well`, async (t) => {
        const tap = await wiretapFor(t, node.port);
        const socketPath = path.join(SCRATCH, `closed-${redirections.length}.sock`);
        const dappd = startProcess(['sh', '-c', `exec "$@" ${redirections}`, 'sh', BINARY, 'serve'], {
            env: environment({ listen: `unix:${socketPath}`, threads: 1, log_format: 'json', rpc_urls: tap.url }),
        });
        t.after(() => dappd.hasExited() || process.kill(dappd.pid, 'SIGKILL'));
        const isUp = () => request({ socketPath, path: '/health' }).then(({ status }) => status === 200, () => false);
        await until(isUp, 'answer of /health');
        assert.equal((await request({ socketPath, path: freshBalance() })).status, 200);

        // When the listening socket closes, its descriptor is free for the next connection to the node.
        node.reset().on('eth_call', faults.delay(700));
        const open = await Promise.all([1, 2, 3].map(() => connect({ socketPath })));
        for (const one of open) one.write(get('/health'));
        await Promise.all(open.map((one) => answered(one)));
        open[0].write(get(freshBalance()));
        await until(() => node.count('eth_call') > 0, 'call');
        process.kill(dappd.pid, 'SIGTERM');
        await until(() => connect({ socketPath }).then((one) => void one.destroy(), () => true), 'refusal');
        for (const one of open.slice(1)) one.write(get(freshBalance()));
        for (const one of open) assert.equal((await answered(one, 2)).status, 200);
        for (const one of open) one.destroy();

        assert.deepEqual(await bounded(dappd.exited, 'end'), { code: 0, signal: null });
        const requests = tap.streams.map(countRequests);
        assert.ok(requests.length > 1 && requests.every((n) => n > 0), 'more than one connection, all of them used');
    });
}

const withDescriptors = (n) => ['prlimit', `--nofile=${n}:${n}`, '--'];

test('clients that take every descriptor they can get leave enough for a node', async (t) => {
    const first = await startFaultyNode(chain.url);
    const dappd = await dappdFor(t, {
        chains: [quiet(first.url)],
        wrapper: withDescriptors(64),
        threads: 1,
        idle_timeout_ms: 600_000,
        receive_timeout_ms: 600_000,
    });
    const warning = dappd.logs.find(({ level, limit }) => level === 'warn' && limit === 64);
    assert.ok(warning?.connections < 64, 'the log says how many connections there can be');
    const asking = await connect(dappd.target);
    asking.write(get('/health'));
    await answered(asking);
    dappd.agent.destroy();
    const idle = await Promise.all(Array.from({ length: 100 }, () => connect(dappd.target)));
    for (let n = 2; ; n++) {
        asking.write(get('/status'));
        if ((await answered(asking, n)).json().connections >= warning.connections) break;
        assert.ok(n < 1000, 'the clients hold all that they can');
        await sleep(20);
    }
    await first.stop(); // its connections end: new ones are needed
    await faultyNodeFor(t, { port: first.port });
    const seen = parseAnswers(asking.received()).length;
    asking.write(get(freshBalance()));
    const answer = await answered(asking, seen + 1);
    assert.deepEqual([answer.status, answer.json().balance], [200, '0'], answer.text);
    for (const one of [asking, ...idle]) one.destroy();
});

test('with 20 descriptors and two reactors dappd says so and does not start', async () => {
    const settings = { rpc_urls: node.url, listen: '127.0.0.1:0', threads: 2, log_format: 'json' };
    const { code, stderr } = await runProcess([...withDescriptors(20), BINARY, 'serve'], {
        env: environment(settings),
    });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /limit of open files is too low/);
    assert.doesNotMatch(stderr, /"listening"/);
});

test('clients that go on asking on their idle connections cannot hold up the end', async (t) => {
    const timeout_ms = 3000;
    const dappd = await dappdFor(t, {
        chains: [quiet(node.url)],
        request_timeout_ms: timeout_ms,
        rpc_attempt_timeout_ms: timeout_ms,
    });
    const open = await Promise.all(Array.from({ length: 120 }, () => connect(dappd.target)));
    t.after(() => open.forEach((one) => one.destroy()));
    for (const one of open) {
        one.socket.on('error', () => {});
        one.write(get('/health'));
    }
    await Promise.all(open.map((one) => answered(one)));
    await dappd.json(freshBalance());
    node.reset().on('*', faults.hang());
    open.pop().write(get(freshBalance()));
    await until(() => node.count('eth_call') > 0, 'call');
    dappd.signal('SIGTERM');
    const asking = setInterval(() => open.pop()?.write(get(freshBalance())), 500);
    try {
        await bounded(dappd.stop(), 'end', timeout_ms + SLACK_MS);
    } finally {
        clearInterval(asking);
    }
});

// --- load ---

const itemsOf = (n) => Array.from({ length: n }, () => ({ address: randomAddress(), token: usd }));
const post = (dappd, body) => {
    const headers = { 'content-type': 'application/json' };
    return request({ ...dappd.target, method: 'POST', path: '/balances', headers, body });
};

/** The most mappings a process may have is 65,530 by default. */
const MOST_MAPPINGS = 60_000;

test('a storm of the longest lists while the node hangs is answered or refused, and dappd lives', async (t) => {
    const dappd = await dappdFor(t, {
        chains: [chainConfig(node.url)],
        request_timeout_ms: 3000,
        max_bodies_bytes: 256 * 1024 * 1024, // so that the number of coroutines is what bounds it
        log: 'warn,app=info',
    });
    await dappd.json(freshBalance());
    const items = itemsOf(1000).map(({ address }) => ({ address, token: randomAddress() })); // each to be looked at
    const body = JSON.stringify({ items });
    node.on('eth_call', faults.hang());
    const storm = Array.from({ length: 300 }, () => post(dappd, body));
    let mappings = 0;
    let over = false;
    const all = Promise.allSettled(storm).finally(() => {
        over = true;
    });
    while (!over) {
        const now = dappd.hasExited() ? '' : readFileSync(`/proc/${dappd.pid}/maps`, 'latin1');
        mappings = Math.max(mappings, now.split('\n').length);
        await sleep(100);
    }
    for (const { reason, value: answer } of await all) {
        assert.equal(reason, undefined);
        if (answer.status === 200) assert.equal(answer.json().items.length, 1000);
        else assertProblem(answer, answer.status === 503 ? 'overloaded' : 'timeout');
    }
    assert.ok(mappings < MOST_MAPPINGS, `${mappings} mappings`);
    node.reset();
    assert.equal((await dappd.get('/health')).status, 200);
    await until(async () => (await dappd.get(freshBalance())).status === 200, 'recovery');
});

test('while one long list is worked on there is no room for another, and later there is', async (t) => {
    const body = JSON.stringify({ items: itemsOf(100) });
    const bytes = body.length + 100;
    const dappd = await dappdFor(t, { chains, threads: 1, max_body_bytes: bytes, max_bodies_bytes: bytes });
    await dappd.json(freshBalance());
    let release;
    const released = new Promise((resolve) => {
        release = resolve;
    });
    node.on('eth_call', (exchange) => released.then(() => exchange.pass()));
    const first = dappd.post('/balances', body);
    await until(() => node.count('eth_call') > 0, 'call');
    assertProblem(await dappd.post('/balances', body), 'overloaded', /bodies/);
    assert.equal((await dappd.get('/health')).status, 200, 'what has no body is answered');
    release();
    assert.equal((await first).status, 200);
    const { items } = (await dappd.post('/balances', body)).json();
    assert.ok(items.every(({ balance }) => balance === '0'));
});
