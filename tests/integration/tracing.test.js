// How a request is followed from the client through dappd to the node and into the log.
// Owns its chain, its node and its dappd.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startChain } from './lib/chain.js';
import { chainConfig, dappdFor, startDappd } from './lib/dappd.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

let chain, node, dappd, usd;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    usd = chain.tokens.usd.address;
    dappd = await startDappd({ chains: [chainConfig(node.url)] });
});
after(() => stopAll(dappd, node, chain));

const freshPath = () => `/balance/${randomAddress()}/${usd}`;

/** The access log's line of a request, once it is written. */
const logged = (id, from = dappd) =>
    from.untilLogged((line) => line.module === 'access' && line.request_id === id, `line of ${id}`);

// --- X-Request-Id ---

test('a sane X-Request-Id is echoed', async () => {
    for (const id of ['a', '0', 'checkout-7f3a', 'A.b_c-1', 'x'.repeat(64)]) {
        assert.equal((await dappd.get('/health', { 'x-request-id': id })).headers['x-request-id'], id);
    }
});

test('an insane one is replaced, and without one each request gets its own', async () => {
    const made = new Set();
    const insane = [undefined, undefined, '', 'x'.repeat(65), 'a b', 'a"b', 'a,b', '<script>', 'a/b', 'a\tb', 'é'];
    for (const id of insane) {
        const { headers } = await dappd.get('/health', id === undefined ? {} : { 'x-request-id': id });
        assert.match(headers['x-request-id'], /^[0-9a-f]{32}$/, id);
        made.add(headers['x-request-id']);
    }
    assert.equal(made.size, insane.length);
});

// --- traceparent ---

const traceparents = () => node.requests.map(({ headers }) => headers.traceparent);

test('the trace goes on to the node as a new span', async () => {
    node.reset();
    await dappd.get(freshPath(), { traceparent: `00-${TRACE}-${SPAN}-01` });
    const ours = traceparents().filter((value) => value?.includes(TRACE));
    assert.ok(ours.length > 0, JSON.stringify(traceparents()));
    for (const value of ours) assert.match(value, new RegExp(`^00-${TRACE}-(?!${SPAN})[0-9a-f]{16}-01$`));
});

test('a malformed traceparent begins a new trace', async () => {
    const malformed = [
        '',
        'x',
        `00-${TRACE}-${SPAN}`,
        `00-${'0'.repeat(32)}-${SPAN}-01`,
        `00-${TRACE}-${'0'.repeat(16)}-01`,
        `ff-${TRACE}-${SPAN}-01`,
        `00-${TRACE.toUpperCase()}-${SPAN}-01`,
        `00-${TRACE}-${SPAN}-01-more`,
    ];
    for (const [i, traceparent] of malformed.entries()) {
        const id = `malformed-${i}`;
        node.reset();
        await dappd.get(freshPath(), { traceparent, 'x-request-id': id });
        const { trace_id } = await logged(id);
        assert.match(trace_id, /^[0-9a-f]{32}$/);
        assert.notEqual(trace_id, TRACE);
        assert.ok(
            traceparents().some((value) => value?.includes(trace_id)),
            'the new trace goes to the node',
        );
    }
});

test('a later version of traceparent is understood as far as it is known', async () => {
    await dappd.get('/health', { traceparent: `01-${TRACE}-${SPAN}-00-future`, 'x-request-id': 'later-version' });
    assert.equal((await logged('later-version')).trace_id, TRACE);
});

// --- Server-Timing ---

function timing(answer) {
    const form = /^total;dur=(\d+\.\d{3}), rpc;dur=(\d+\.\d{3}), db;dur=(\d+\.\d{3})$/;
    const [, total, rpc, db] = form.exec(answer.headers['server-timing']);
    return { total: Number(total), rpc: Number(rpc), db: Number(db) };
}

test('Server-Timing tells the time in total, with nodes and with the database', async () => {
    const asked = timing(await dappd.get(freshPath()));
    assert.ok(asked.rpc > 0 && asked.total > 0);
    const { rpc, db } = timing(await dappd.get('/health'));
    assert.deepEqual({ rpc, db }, { rpc: 0, db: 0 });
    for (const path of ['/nowhere', '/balance/0x', '/status']) timing(await dappd.get(path));
});

// --- access log ---

test('each request is one line of JSON with everything an operator asks', async () => {
    const path = freshPath();
    const answer = await dappd.get(`${path}?block=latest`, {
        'x-request-id': 'logged-1',
        traceparent: `00-${TRACE}-${SPAN}-01`,
    });
    const { time, duration_ms, rpc_ms, rpc_calls, db_ms, db_queries, ...line } = await logged('logged-1');
    assert.deepEqual(line, {
        level: 'info',
        module: 'access',
        msg: 'request',
        method: 'GET',
        path,
        route: '/balance/:address/:token',
        status: 200,
        bytes: answer.bytes.length,
        peer: '127.0.0.1',
        request_id: 'logged-1',
        trace_id: TRACE,
    });
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
    assert.ok(duration_ms > 0 && rpc_ms > 0 && rpc_calls >= 1);
    assert.deepEqual([db_ms, db_queries], [0, 0]);
});

test('what matched no route has no route, and the query is not in the log', async () => {
    await dappd.get('/nowhere?token=secret-token', { 'x-request-id': 'logged-2' });
    const line = await logged('logged-2');
    assert.deepEqual([line.path, line.route, line.status], ['/nowhere', undefined, 404]);
    assert.ok(!dappd.stderr().includes('secret-token'));
});

test('one line each, whatever the path holds', async () => {
    const before_ = dappd.logs.length;
    await dappd.get('/%0a%22%7b%1b', { 'x-request-id': 'logged-3' });
    await dappd.get(`/${'x'.repeat(4000)}`, { 'x-request-id': 'logged-4' });
    assert.equal((await logged('logged-3')).path, '/%0a%22%7b%1b');
    assert.ok((await logged('logged-4')).path.length <= 256);
    assert.equal(dappd.logs.slice(before_).filter(({ module }) => module === 'access').length, 2);
    assert.deepEqual(dappd.noise, []);
});

test('levels are set per module', async (t) => {
    const quiet = await dappdFor(t, { chains: [chainConfig(node.url)], log: 'info,access=error' });
    await quiet.get(freshPath());
    await quiet.stop();
    assert.deepEqual(
        quiet.logs.filter(({ module }) => module === 'access'),
        [],
    );
    assert.ok(quiet.logs.some(({ module }) => module === 'app'));
});

test('log_format=text is for people', async (t) => {
    const human = await dappdFor(t, {
        chains: [chainConfig(node.url)],
        log: 'info,access=error',
        listen: '127.0.0.1:0',
        log_format: 'json',
    });
    assert.equal(human.logs[0].msg, 'listening');
    assert.ok(
        human.logs.every(
            (line) =>
                typeof line.time === 'string' && typeof line.level === 'string' && typeof line.module === 'string',
        ),
    );
});
