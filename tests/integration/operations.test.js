// What operators and load balancers ask: /health, /ready, /status, /metrics. Owns its chain, its node and its dappds.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startChain } from './lib/chain.js';
import { VARIANT, chainConfig, dappdFor, startDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { parseMetrics, sumOf } from './lib/prometheus.js';
import { randomAddress } from './lib/random.js';
import { METRICS } from './lib/tables.js';
import { until } from './lib/wait.js';

let chain, node, dappd, usd;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    usd = chain.tokens.usd.address;
    dappd = await startDappd({
        chains: [chainConfig(node.url)],
        rpc_attempt_timeout_ms: 300,
        request_timeout_ms: 5000,
    });
});
after(() => stopAll(dappd, node, chain));

const metrics = async () => parseMetrics((await dappd.get('/metrics')).text);
const freshPath = () => `/balance/${randomAddress()}/${usd}`;
const isReady = async () => (await dappd.get('/ready')).status === 200;

async function recovered() {
    node.reset();
    await until(isReady, 'readiness');
}

// --- health and readiness ---

test('with a node that is down /ready is 503 with the reason and /health stays 200, until it is back', async () => {
    await recovered();
    node.on('*', faults.reset());
    await until(async () => (await dappd.get('/ready')).status === 503, 'unreadiness');
    const answer = await dappd.get('/ready');
    const { ready, reasons } = answer.json();
    assert.deepEqual([ready, reasons.length], [false, 1]);
    assert.deepEqual([reasons[0].chain, reasons[0].code], ['dev', 'upstream_unavailable']);
    assert.ok(Number(answer.headers['retry-after']) >= 1);
    assert.equal((await dappd.get('/health')).status, 200);
    node.reset();
    await until(isReady, 'readiness');
    assert.deepEqual(await dappd.json('/ready'), { ready: true, reasons: [] });
});

test('one of several chains is enough to be ready, and the missing one is told', async (t) => {
    await recovered();
    const dead = await startFaultyNode(chain.url);
    t.after(() => dead.stop());
    dead.on('*', faults.reset());
    const both = await dappdFor(t, {
        chains: [chainConfig(node.url), chainConfig(dead.url, { name: 'other', id: 5 })],
    });
    await until(async () => (await both.get('/ready')).status === 200, 'readiness');
    const { ready, reasons } = await both.json('/ready');
    assert.deepEqual([ready, reasons.map((reason) => reason.chain)], [true, ['other']]);
    assert.deepEqual(await both.json('/ready?chain=dev'), { ready: true, reasons: [] });
    const alone = await both.get('/ready?chain=other');
    assert.deepEqual([alone.status, alone.json().ready], [503, false]);
    assertProblem(await both.get('/ready?chain=third'), 'invalid_parameter');
    assert.equal((await both.json(freshPath())).chain_id, chain.chainId);
    assertProblem(await both.get(`${freshPath()}?chain=other`), 'upstream_unavailable');
    assert.deepEqual(
        (await both.json('/status')).chains.map(({ name, id }) => [name, id]),
        [
            ['dev', chain.chainId],
            ['other', 5],
        ],
    );
});

test('a node that is not there yet when dappd starts is found when it comes', async (t) => {
    const late = await startFaultyNode(chain.url);
    const { port, url } = late;
    await late.stop();
    const early = await dappdFor(t, { chains: [chainConfig(url)] });
    assert.equal((await early.get('/ready')).status, 503);
    const {
        chains: [status],
    } = await early.json('/status');
    assert.deepEqual([status.id, status.head], [null, null]);
    const there = await startFaultyNode(chain.url, { port });
    t.after(() => there.stop());
    await until(async () => (await early.get('/ready')).status === 200, 'readiness');
    assert.equal((await early.json('/status')).chains[0].id, chain.chainId);
});

// --- /status ---

test('/status shows version, limits, chains and nodes by name', async () => {
    await recovered();
    await chain.mine();
    const { number, hash, timestamp } = await chain.latest();
    await dappd.untilHead(Number(number));
    const {
        version,
        threads,
        chains: [shown],
        cache,
    } = await dappd.json('/status');
    assert.match(version, /^\d+\.\d+\.\d+$/);
    assert.equal(threads, 2);
    assert.equal(cache.max_bytes, 64 * 1024 * 1024);
    assert.ok(cache.entries > 0 && cache.bytes > 0 && cache.bytes <= cache.max_bytes);
    assert.deepEqual([shown.name, shown.id, shown.block_time_ms], ['dev', chain.chainId, 250]);
    assert.deepEqual(
        [shown.head.number, shown.head.hash, shown.head.timestamp],
        [Number(number), hash, Number(timestamp)],
    );
    const [upstream] = shown.upstreams;
    assert.deepEqual(
        [upstream.name, upstream.identity, upstream.state, upstream.last_outcome],
        ['node1', 'verified', 'closed', 'ok'],
    );
    assert.deepEqual([upstream.lagging, upstream.paused, upstream.retry_in_ms], [false, false, 0]);
    assert.ok(upstream.requests > 0 && upstream.requests >= upstream.failed);
    assert.ok(upstream.p95_ms >= 0 && upstream.failed_percent <= 100);
});

test('/status shows a node that fails, and when its breaker opens', async () => {
    await recovered();
    const before_ = (await dappd.json('/status')).chains[0].upstreams[0].failed;
    node.on('*', faults.html(502));
    await dappd.get(freshPath());
    const upstream = (await dappd.json('/status')).chains[0].upstreams[0];
    assert.equal(upstream.last_outcome, 'unreachable');
    assert.ok(upstream.failed > before_ && upstream.failed_percent > 0 && upstream.retry_in_ms > 0);
    await until(async () => {
        await dappd.get(freshPath());
        return (await dappd.json('/status')).chains[0].upstreams[0].state === 'open';
    }, 'an open breaker');
    await recovered();
});

// --- /metrics ---

test('/metrics is the text format of Prometheus with every metric of the table and the process', async () => {
    await dappd.get(freshPath());
    const answer = await dappd.get('/metrics');
    assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    const { families, samples } = parseMetrics(answer.text);
    const expected = [
        ...METRICS,
        { name: 'process_resident_memory_bytes', type: 'gauge' },
        { name: 'process_cpu_seconds_total', type: 'counter' },
        { name: 'process_open_fds', type: 'gauge' },
        { name: 'process_start_time_seconds', type: 'gauge' },
    ];
    assert.deepEqual(families, Object.fromEntries(expected.map(({ name, type }) => [name, type])));
    const [{ value: started }] = samples.filter(({ name }) => name === 'process_start_time_seconds');
    assert.ok(Math.abs(started - Date.now() / 1000) < 600);
});

/** How much a metric grows while fn runs. */
async function growth(fn, name, labels) {
    const before_ = sumOf(await metrics(), name, labels);
    await fn();
    return sumOf(await metrics(), name, labels) - before_;
}

test('requests are counted by route and status', async () => {
    await recovered();
    const route = '/balance/:address/:token';
    const ask = async () => {
        for (let i = 0; i < 3; i++) await dappd.get(freshPath());
        for (let i = 0; i < 2; i++) await dappd.get('/balance/0x/0x');
    };
    assert.equal(await growth(ask, 'dappd_http_requests_total', { route, status: '200' }), 3);
    assert.equal(await growth(ask, 'dappd_http_requests_total', { route, status: '400' }), 2);
    assert.equal(await growth(ask, 'dappd_http_request_duration_seconds_count', { route }), 5);
    assert.equal(
        await growth(() => dappd.get('/nowhere'), 'dappd_http_requests_total', { route: 'unmatched', status: '404' }),
        1,
    );
});

test('calls to nodes and the cache are counted', async () => {
    await recovered();
    const path = `${freshPath()}?block=1`;
    await dappd.json(`${freshPath()}?block=1`);
    const upstream = 'node1';
    assert.ok((await growth(() => dappd.json(path), 'dappd_rpc_calls_total', { upstream, outcome: 'ok' })) >= 1);
    assert.equal(await growth(() => dappd.json(path), 'dappd_cache_hits_total', { cache: 'amount' }), 1);
    assert.ok((await growth(() => dappd.json(freshPath()), 'dappd_cache_misses_total', { cache: 'amount' })) >= 1);
    assert.ok((await growth(() => dappd.json(freshPath()), 'dappd_rpc_http_requests_total', { upstream })) >= 1);
    const failing = async () => {
        node.on('eth_call', faults.rpcError(-32603, 'internal error'));
        await dappd.get(freshPath());
        await recovered();
    };
    assert.ok((await growth(failing, 'dappd_rpc_calls_total', { upstream, outcome: 'node_error' })) >= 1);
});

test('gauges show what is now', async () => {
    await recovered();
    const head = await dappd.untilHead(Number((await chain.latest()).number));
    const now = await metrics();
    assert.equal(sumOf(now, 'dappd_head_block', { chain: 'dev' }), head.number);
    assert.equal(sumOf(now, 'dappd_http_requests_in_flight'), 1);
    assert.ok(sumOf(now, 'dappd_http_connections') >= 1);
    assert.ok(sumOf(now, 'process_open_fds') > 5);
    if (VARIANT === 'release') assert.ok(sumOf(now, 'process_resident_memory_bytes') < 200e6);
});
