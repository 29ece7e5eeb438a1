// How often a client may ask: to the request, in classes apart, by address behind proxies, in bounded memory. No node is
// needed: what is answered is another matter, and errors are counted as well. Owns its dappds.

import assert from 'node:assert/strict';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { chainConfig, dappdFor } from './lib/dappd.js';
import { connect, request } from './lib/http.js';
import { assertProblem } from './lib/problem.js';
import { SCRATCH } from './lib/process.js';
import { parseMetrics, sumOf } from './lib/prometheus.js';
import { mapAtMost, sleep, until } from './lib/wait.js';

const chains = [chainConfig('http://127.0.0.1:1')]; // nobody answers there
const ADDRESS = `0x${'0'.repeat(39)}1`;

/** So slow that nothing comes back while a test runs: what there is at once is all there is. */
const SLOW = {
    rate_limit: 'on',
    rate_limit_burst_s: 3600,
    rate_limit_cached_per_min: 1,
    rate_limit_live_per_min: 1,
    rate_limit_list_per_min: 1,
    rate_limit_write_per_min: 1,
};
const AT_ONCE = 60;

const limited = (t, settings) => dappdFor(t, { chains, ...SLOW, ...settings });

const left = ({ headers }) => Number(headers['ratelimit-remaining']);

/** Uses up what the client has of a class. */
async function drain(dappd, target, headers = {}) {
    for (let i = 0; i < AT_ONCE; i++) assert.notEqual((await dappd.get(target, headers)).status, 429);
    return assertProblem(await dappd.get(target, headers), 'rate_limited');
}

test('over 10,000 requests on two reactors the limit holds to the request', async (t) => {
    const PER_S = 100;
    const SIZE = 2000;
    const dappd = await dappdFor(t, {
        chains,
        rate_limit: 'on',
        rate_limit_cached_per_min: 60 * PER_S,
        rate_limit_burst_s: SIZE / PER_S,
        threads: 2,
    });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    t.after(() => agent.destroy());
    const now = () => performance.now() / 1000;
    const asked = await mapAtMost(64, Array(10_000).fill('/chains'), async (target) => {
        const sent = now();
        const { status } = await request({ ...dappd.target, agent, path: target, method: 'HEAD' });
        return { sent, answered: now(), status };
    });
    const times = (name) => asked.map((one) => one[name]);
    const statuses = new Set(times('status'));
    assert.deepEqual(statuses, new Set([200, 429]), 'more were asked for than there are, and nothing else went wrong');

    // When each was counted lies between its sending and its answer, so the time over which tokens came back does, too.
    const granted = asked.filter(({ status }) => status === 200).length;
    const most = SIZE + PER_S * (Math.max(...times('answered')) - Math.min(...times('sent')));
    const least = SIZE + PER_S * (Math.max(...times('sent')) - Math.min(...times('answered')));
    t.diagnostic(`${granted} granted, ${least.toFixed(1)} to ${most.toFixed(1)} are right`);
    assert.ok(granted <= Math.min(most + 1, 1.01 * most), `${granted} granted, at most ${most}`);
    assert.ok(granted >= Math.max(least - 1, 0.99 * least), `${granted} granted, at least ${least}`);
});

test('classes are apart, and what operators ask for has none', async (t) => {
    const dappd = await limited(t);
    await drain(dappd, '/chains');
    assert.equal((await dappd.get('/')).status, 429, 'of the same class');
    const live = await dappd.get(`/balance/${ADDRESS}`);
    assert.deepEqual([live.status, left(live)], [503, AT_ONCE - 1]);
    const list = await dappd.get('/tokens');
    assert.deepEqual([list.status, left(list)], [503, AT_ONCE - 1]);
    for (const target of ['/health', '/status', '/metrics', '/ready']) {
        const answer = await dappd.get(target);
        assert.deepEqual([answer.status, answer.headers['ratelimit-limit']], [target === '/ready' ? 503 : 200, undefined]);
    }
    const metrics = parseMetrics((await dappd.get('/metrics')).text);
    assert.equal(sumOf(metrics, 'dappd_rate_limited_total', { class: 'cached' }), 2);
    assert.equal(sumOf(metrics, 'dappd_rate_limited_total'), 2);
    assert.equal(sumOf(metrics, 'dappd_rate_limit_buckets'), 3);
});

test('answers say what is left: good ones, errors, 304 and 429', async (t) => {
    const dappd = await limited(t);
    const { headers } = await dappd.get('/');
    assert.equal(headers['ratelimit-limit'], String(AT_ONCE));
    assert.equal(headers['ratelimit-remaining'], String(AT_ONCE - 1));
    assert.ok(headers['ratelimit-reset'] >= 50 && headers['ratelimit-reset'] <= 60);
    const same = await dappd.get('/', { 'if-none-match': headers.etag });
    assert.deepEqual([same.status, left(same)], [304, AT_ONCE - 2]);
    const head = await dappd.request({ method: 'HEAD', path: '/' });
    assert.deepEqual([head.status, left(head)], [200, AT_ONCE - 3]);
    const error = await dappd.get('/balance/0x12');
    assert.deepEqual([error.status, left(error)], [400, AT_ONCE - 1]);
    for (let i = 0; i < AT_ONCE - 3; i++) await dappd.get('/');
    const refused = await dappd.get('/', { origin: 'https://app.example' });
    const { retry_after: retry } = assertProblem(refused, 'rate_limited', /1 requests of this class a minute, at most 60/);
    assert.equal(refused.headers['ratelimit-remaining'], '0');
    assert.equal(refused.headers['retry-after'], String(retry));
    assert.equal(refused.headers['access-control-allow-origin'], '*', 'pages can read it');
});

test('what needs no handler is not counted, before the limit and behind it', async (t) => {
    const dappd = await limited(t);
    const preflight = { origin: 'https://app.example', 'access-control-request-method': 'GET' };
    const ask = async () => {
        const answers = [
            await dappd.request({ method: 'OPTIONS', path: '/chains' }),
            await dappd.request({ method: 'OPTIONS', path: '/chains', headers: preflight }),
            await dappd.request({ method: 'DELETE', path: '/chains' }),
            await dappd.get('/nowhere'),
            await dappd.get('/chains?x=1'),
        ];
        assert.deepEqual(answers.map(({ status }) => status), [204, 204, 405, 404, 400]);
        for (const { headers } of answers) assert.equal(headers['ratelimit-limit'], undefined);
    };
    await ask();
    await drain(dappd, '/chains');
    await ask();
});

test('a body counts as one more request for every 4 KB', async (t) => {
    const dappd = await limited(t);
    const send = (length) => dappd.post('/balances', JSON.stringify({ items: [] }).padEnd(length));
    assert.equal(left(await send(12)), AT_ONCE - 1);
    assert.equal(left(await send(4096)), AT_ONCE - 3);
    assert.equal(left(await send(200_000)), AT_ONCE - 3 - 1 - 48);
    assert.equal((await send(200_000)).status, 429);
});

test('Retry-After is true', async (t) => {
    const dappd = await limited(t, { rate_limit_cached_per_min: 60, rate_limit_burst_s: 2 });
    for (let i = 0; i < 2; i++) assert.equal((await dappd.get('/chains')).status, 200);
    const refused = await until(async () => {
        const answer = await dappd.get('/chains'); // tokens may come back meanwhile
        return answer.status === 429 && answer;
    }, 'refusal');
    const seconds = Number(refused.headers['retry-after']);
    assert.equal(seconds, 1);
    await sleep(seconds * 1000 + 10); // a timer may be early by the fraction of a millisecond
    assert.equal((await dappd.get('/chains')).status, 200);
});

test('X-Forwarded-For: each client of a trusted proxy has its own limit, an IPv6 network one together', async (t) => {
    const dappd = await limited(t, { trusted_proxies: '127.0.0.1, 10.0.0.0/8' });
    const from = (forwarded) => ({ 'x-forwarded-for': forwarded });
    await drain(dappd, '/chains', from('192.0.2.1'));
    for (const same of ['203.0.113.5, 192.0.2.1', '192.0.2.1, 10.1.2.3', '192.0.2.1:4711', '::ffff:192.0.2.1'])
        assert.equal((await dappd.get('/chains', from(same))).status, 429, same);
    for (const other of ['192.0.2.2', '192.0.2.1, 198.51.100.1', '2001:db8:0:1::1', 'unknown'])
        assert.equal(left(await dappd.get('/chains', from(other))), AT_ONCE - 1, other);
    assert.equal(left(await dappd.get('/chains', from('2001:db8:0:1:ffff::2'))), AT_ONCE - 2, 'the same /64');
    assert.equal(left(await dappd.get('/chains', from('2001:db8:0:2::1'))), AT_ONCE - 1, 'another /64');
    assert.equal(left(await dappd.get('/chains')), AT_ONCE - 2, 'the proxy itself, as one that knows nobody better');

    const twoLines = { 'x-forwarded-for': ['192.0.2.77', '192.0.2.1'] };
    assert.equal((await dappd.get('/chains', twoLines)).status, 429, 'two lines are one list');
    const line = await dappd.untilLogged(({ msg, peer }) => msg === 'request' && peer === '192.0.2.1', 'line');
    assert.equal(line.proxy, '127.0.0.1');
});

test('X-Forwarded-For: over a Unix socket, its proxy is trusted by name', async (t) => {
    const listen = `unix:${path.join(SCRATCH, 'rate-limit.sock')}`;
    const from = (forwarded) => ({ 'x-forwarded-for': forwarded });
    const trusting = await limited(t, { listen, trusted_proxies: 'unix' });
    assert.equal(left(await trusting.get('/chains', from('192.0.2.1'))), AT_ONCE - 1);
    assert.equal(left(await trusting.get('/chains', from('192.0.2.2'))), AT_ONCE - 1);
    await trusting.stop();
    const other = await limited(t, { listen });
    assert.equal(left(await other.get('/chains', from('192.0.2.1'))), AT_ONCE - 1);
    assert.equal(left(await other.get('/chains', from('192.0.2.2'))), AT_ONCE - 2);
});

test('bad credentials are counted for their address, and then not looked up any more', async (t) => {
    const dappd = await limited(t);
    const guess = (i) => ({ authorization: `Bearer guess-${i}` });
    for (let i = 0; i < AT_ONCE; i++) {
        const answer = await dappd.get('/chains', guess(i));
        assertProblem(answer, 'unauthenticated');
        assert.equal(left(answer), AT_ONCE - 1 - i);
    }
    assertProblem(await dappd.get('/chains', guess(0)), 'rate_limited', /credentials that are not valid/);
    assert.equal((await dappd.get('/health', guess(0))).status, 200, 'which looks at none');
    assert.equal(left(await dappd.get('/chains')), AT_ONCE - 1);
    assert.equal(left(await dappd.get(`/balance/${ADDRESS}`)), AT_ONCE - 1, 'single reads are another class');
});

test('a flood of addresses stays within its memory, and who has used a limit up has', async (t) => {
    const ADDRESSES = 15_000;
    const BYTES = 2 ** 20;
    const dappd = await limited(t, { trusted_proxies: '127.0.0.1', rate_limit_bytes: BYTES });
    await drain(dappd, '/chains', { 'x-forwarded-for': '192.0.2.1' });
    const connection = await connect(dappd.target);
    const one = (i) =>
        `HEAD /chains HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.${i >> 16}.${(i >> 8) & 255}.${i & 255}\r\n\r\n`;
    connection.write(Array.from({ length: ADDRESSES }, (_, i) => one(i)).join(''));
    connection.write('GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    assert.equal(await connection.closed, 'end');
    assert.equal(connection.received().split('HTTP/1.1 200 ').length - 1, ADDRESSES + 1);
    connection.destroy();

    const metrics = parseMetrics((await dappd.get('/metrics')).text);
    const kept = sumOf(metrics, 'dappd_rate_limit_buckets');
    const forgotten = sumOf(metrics, 'dappd_rate_limit_forgotten_total');
    assert.ok(kept <= BYTES / 32, `${kept} buckets`);
    assert.ok(forgotten > 0 && kept + forgotten <= ADDRESSES + 1, `${kept} kept, ${forgotten} forgotten`);
    assert.equal((await dappd.get('/chains', { 'x-forwarded-for': '192.0.2.1' })).status, 429);
});
