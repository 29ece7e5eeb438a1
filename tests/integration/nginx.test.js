// docker/nginx.conf before two dappds: the same answers as without it, one id from end to end, kept connections, and a
// cache that keeps what dappd allows for as long as dappd allows. Debian's nginx, with only the two lines changed that
// every site changes. Owns its chain, its node, its dappds and its nginx.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startChain } from './lib/chain.js';
import { chainConfig, startDappd } from './lib/dappd.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { request } from './lib/http.js';
import { assertProblem } from './lib/problem.js';
import { CHECKOUT, SCRATCH, startProcess, stopAll } from './lib/process.js';
import { parseMetrics, sumOf } from './lib/prometheus.js';
import { randomAddress } from './lib/random.js';
import { bounded, until } from './lib/wait.js';

/** Limits that nobody here meets: what matters is what the answers say. */
const AMPLE = {
    rate_limit_cached_per_min: 1e6,
    rate_limit_live_per_min: 1e6,
    rate_limit_list_per_min: 1e6,
};

let chain, node, dappds, nginx, usd, alice;

before(async () => {
    chain = await startChain({ args: ['--slots-in-an-epoch', '1'] });
    await chain.mine(10);
    node = await startFaultyNode(chain.url);
    usd = chain.tokens.usd.address;
    alice = chain.holders.alice;
    const start = () =>
        startDappd({ chains: [chainConfig(node.url)], trusted_proxies: '127.0.0.1', rate_limit: 'on', ...AMPLE });
    dappds = [await start(), await start()];
    await Promise.all(dappds.map(untilFinal));
    nginx = await startNginx(dappds.map(({ address }) => address));
});
after(() => stopAll(nginx, ...(dappds ?? []), node, chain));

/** What may be kept for ever depends on whether a node has said yet what is final. */
function untilFinal(dappd) {
    const isFinal = ({ headers }) => headers['cache-control'].includes('immutable');
    return until(async () => isFinal(await dappd.get(`/balance/${alice}?block=2`)), 'finality of block 2');
}

/** The configuration with the lines replaced that end in "# site". */
function configuration(port, addresses) {
    const lines = readFileSync(path.join(CHECKOUT, 'docker/nginx.conf'), 'utf8').split('\n');
    const changed = lines.map((line) => {
        if (!/# site$/.test(line)) return line;
        return /^\s*listen /.test(line)
            ? `listen 127.0.0.1:${port};`
            : addresses.map((address) => `server ${address} max_fails=0;`).join(' ');
    });
    assert.equal(changed.filter((line, i) => line !== lines[i]).length, 2);
    return changed.join('\n');
}

function freePort() {
    return new Promise((resolve) => {
        const server = net.createServer().listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}

async function startNginx(addresses) {
    const folder = path.join(SCRATCH, 'nginx');
    mkdirSync(folder);
    const file = path.join(folder, 'site.conf');
    const port = await freePort();
    writeFileSync(file, configuration(port, addresses));
    const started = startProcess(['nginx', '-p', `${folder}/`, '-e', 'stderr', '-c', file], {
        env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
        deathSignal: 'TERM', // killed, it would leave its workers behind
    });
    const target = { host: '127.0.0.1', port };
    await until(() => {
        if (started.hasExited()) throw new Error(`nginx ended:\n${started.stderr()}`);
        return request({ ...target, path: '/health' }).then(
            () => true,
            () => false,
        );
    }, 'nginx');
    return {
        target,
        request: (options) => request({ ...target, ...options }),
        get: (requestPath, headers) => request({ ...target, path: requestPath, headers }),
        async stop() {
            process.kill(started.pid, 'SIGQUIT');
            await bounded(started.exited, 'end of nginx');
        },
    };
}

const OWN_HEADERS = [
    'x-cache',
    'server',
    'connection',
    'keep-alive',
    'date',
    'server-timing',
    'x-request-id',
    'transfer-encoding',
    'content-length',
    'ratelimit-limit', // never of an answer out of the cache
    'ratelimit-remaining',
    'ratelimit-reset',
];

const comparable = ({ status, headers, text }) => ({
    status,
    text,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN_HEADERS.includes(name))),
});

test('the answers are those of dappd itself', async () => {
    const id = { 'x-request-id': 'same-answer' };
    const body = JSON.stringify({
        items: [{ address: alice, token: usd }, { address: alice }, { address: alice, token: alice }],
        block: 2,
    });
    const asked = [
        ...[
            `/balance/${alice}/${usd}?block=2`,
            `/balance/${alice}?block=2`,
            `/tokens/${usd}?block=2`,
            `/allowance/${alice}/${chain.holders.bob}/${usd}?block=2`,
            '/',
            '/health',
            '/ready',
            '/openapi.json',
            '/openapi.yaml',
            '/nowhere',
            '/balance/0x12',
            `/balance/${alice}?x=1`,
            `/balance/${alice}/${alice}?block=2`,
            `/balance//${alice}`,
            '/health/',
            '/h%65alth',
            `/balance/${alice}?block=99999999`,
        ].map((target) => ({ path: target })),
        { method: 'POST', path: '/balances', body, headers: { 'content-type': 'application/json' } },
        { method: 'POST', path: '/balances', body: '{', headers: { 'content-type': 'application/json' } },
        { method: 'POST', path: '/balances', body },
        { method: 'DELETE', path: '/health' },
        { method: 'HEAD', path: '/openapi.json' },
        {
            method: 'OPTIONS',
            path: '/balances',
            headers: { origin: 'https://a.example', 'access-control-request-method': 'POST' },
        },
        { path: '/openapi.json', headers: { 'accept-encoding': 'gzip' } },
    ];
    for (const { headers, ...options } of asked) {
        const direct = await dappds[0].request({ ...options, headers: { ...headers, ...id } });
        const through = await nginx.request({ ...options, headers: { ...headers, ...id } });
        assert.deepEqual(comparable(through), comparable(direct), JSON.stringify(options));
    }
});

test('the request id goes through, and an insane one is replaced by one that both log', async () => {
    const answer = await nginx.get(`/balance/${randomAddress()}`, { 'x-request-id': 'through-nginx' });
    assert.equal(answer.headers['x-request-id'], 'through-nginx');
    const isLogged = (id) =>
        until(() => dappds.some(({ logs }) => logs.some(({ request_id }) => request_id === id)), `line of ${id}`);
    await isLogged('through-nginx');
    for (const headers of [{ 'x-request-id': 'not sane!' }, {}]) {
        const {
            headers: { 'x-request-id': id },
        } = await nginx.get(`/balance/${randomAddress()}`, headers);
        assert.match(id, /^[0-9a-f]{32}$/);
        await isLogged(id);
    }
    const problem = assertProblem(await nginx.get('/balance/0x1', { 'x-request-id': 'in-problem' }), 'invalid_address');
    assert.equal(problem.request_id, 'in-problem');
});

/** nginx has an answer in its cache a moment after it was sent. */
const untilCached = (target, headers) =>
    until(async () => {
        const answer = await nginx.get(target, headers);
        return answer.headers['x-cache'] === 'HIT' && answer;
    }, 'answer from the cache');

test('a cached answer carries the id of whoever gets it', async () => {
    const target = `/balance/${alice}/${usd}?block=1`;
    await nginx.get(target, { 'x-request-id': 'first' });
    const again = await untilCached(target, { 'x-request-id': 'second' });
    assert.equal(again.headers['x-request-id'], 'second');
});

test('the client is who asks nginx, whatever it says of itself', async () => {
    const forged = { 'x-forwarded-for': '203.0.113.5, 127.0.0.1', 'x-request-id': 'forged' };
    await nginx.request({ path: `/balance/${randomAddress()}`, localAddress: '127.0.0.9', headers: forged });
    const line = await until(
        () => dappds.flatMap(({ logs }) => logs).find(({ msg, request_id }) => msg === 'request' && request_id === 'forged'),
        'line of the request',
    );
    assert.deepEqual([line.peer, line.proxy], ['127.0.0.9', '127.0.0.1']);
});

test('what a client has left is told by dappd alone, never out of the cache', async () => {
    const target = `/balance/${randomAddress()}/${usd}?block=2`;
    const told = ({ headers }) => Object.keys(headers).filter((name) => name.startsWith('ratelimit-')).sort();
    const first = await nginx.get(target);
    assert.deepEqual(told(first), ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset']);
    assert.deepEqual(told(await untilCached(target)), []);
});

test('requests with credentials are neither answered from the cache nor kept in it', async () => {
    const target = `/balance/${randomAddress()}/${usd}?block=2`;
    await nginx.get(target);
    await untilCached(target);
    for (const authorization of ['Bearer nobody.gave.this', 'Bearer nobody.gave.this', '0']) {
        const refused = await nginx.get(target, { authorization });
        assertProblem(refused, 'unauthenticated');
        assert.equal(refused.headers['x-cache'], 'BYPASS');
        assert.equal(refused.headers['www-authenticate'], 'Bearer error="invalid_token"');
    }
    assert.equal((await untilCached(target)).status, 200);
});

const connections = async () => {
    const scraped = await Promise.all(dappds.map(async (dappd) => parseMetrics((await dappd.get('/metrics')).text)));
    return scraped.reduce((sum, metrics) => sum + sumOf(metrics, 'dappd_http_connections'), 0);
};

test('connections to dappd are kept', async () => {
    for (let i = 0; i < 50; i++) await nginx.get(`/balance/${randomAddress()}`);
    const before_ = await connections();
    for (let i = 0; i < 200; i++) assert.equal((await nginx.get(`/balance/${randomAddress()}`)).status, 200);
    assert.ok((await connections()) <= before_ + 10, 'connections per worker of nginx, not per request');
});

test('both dappds are used', async () => {
    const count = (dappd) => dappd.logs.filter(({ module }) => module === 'access').length;
    await until(async () => {
        await nginx.get(`/balance/${randomAddress()}`);
        return dappds.every((dappd) => count(dappd) > 3);
    }, 'requests at both');
});

test('the cache keeps what is immutable', async () => {
    const target = `/balance/${randomAddress()}/${usd}?block=2`;
    const [first, second] = [await nginx.get(target), await untilCached(target)];
    assert.match(first.headers['cache-control'], /immutable/);
    assert.equal(first.headers['x-cache'], 'MISS');
    assert.equal(second.text, first.text);
    assert.equal((await nginx.get(target, { 'if-none-match': first.headers.etag })).status, 304);
});

test('the cache keeps the head for a moment only: a new block is seen', async () => {
    const target = `/balance/${alice}/${usd}`;
    const old = (await nginx.get(target)).json();
    await chain.write(chain.tokens.usd, 'mint', [alice, 11n]);
    await until(async () => (await nginx.get(target)).json().block.number > old.block.number, 'the new block');
    assert.equal(BigInt((await nginx.get(target)).json().balance) - BigInt(old.balance), 11n);
});

test('what must not be kept is asked each time', async () => {
    for (const target of ['/health', '/ready', '/status', '/nowhere', '/balance/0x']) {
        for (let i = 0; i < 2; i++) assert.notEqual((await nginx.get(target)).headers['x-cache'], 'HIT', target);
    }
});

test('packed and plain answers are kept apart', async () => {
    const packed = () => nginx.get('/openapi.json', { 'accept-encoding': 'gzip' });
    const plain = () => nginx.get('/openapi.json');
    for (const ask of [packed, plain, packed, plain]) {
        const answer = await ask();
        assert.equal(answer.headers['content-encoding'], ask === packed ? 'gzip' : undefined);
        assert.equal(answer.json().info.title, 'dappd');
    }
});

test('limits are told in the same words', async () => {
    assertProblem(await nginx.get(`/${'a'.repeat(5000)}`), 'uri_too_long');
    assertProblem(await nginx.get('/health', { 'x-long': 'x'.repeat(9000) }), 'headers_too_large');
    const tooLong = await nginx.request({
        method: 'POST',
        path: '/balances',
        headers: { 'content-type': 'application/json' },
        body: ' '.repeat(2 ** 20 + 1),
    });
    assert.deepEqual([tooLong.status, tooLong.json().code], [413, 'body_too_large']);
});

test('with one dappd gone the other answers, with both gone it is a problem', async () => {
    await dappds[0].stop();
    for (let i = 0; i < 20; i++) assert.equal((await nginx.get(`/balance/${randomAddress()}`)).status, 200);
    await dappds[1].stop();
    const answer = await nginx.get(`/balance/${randomAddress()}`);
    assert.equal(answer.status, 503);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    const problem = answer.json();
    assert.deepEqual(
        [problem.status, problem.code, problem.request_id],
        [503, 'overloaded', answer.headers['x-request-id']],
    );
});
