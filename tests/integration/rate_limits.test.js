// Limits as clients meet them: exact on two reactors at once, each client with a budget of its own, the client being
// whom a trusted proxy names. Owns its chain, its PostgreSQL and its dappds.

import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { ask, makeKey, startScene } from './lib/accounts.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { signIn } from './lib/siwe.js';
import { until } from './lib/wait.js';

let scene;

before(async () => {
    scene = await startScene();
});
after(() => stopAll(scene));

const limits = ({ headers }) => ['limit', 'remaining', 'reset'].map((name) => Number(headers[`ratelimit-${name}`]));

/** Sends so many requests on each connection without waiting for answers. Returns what was granted, and when. */
async function flood(target, connections, each) {
    const seen = { granted: 0, refused: 0, firstMs: undefined, lastMs: undefined };
    const startMs = performance.now();
    const sockets = Array.from({ length: connections }, () => {
        const socket = net.connect({ host: target.host, port: target.port });
        let tail = '';
        socket.setEncoding('latin1').on('data', (chunk) => {
            const statuses = (tail + chunk).match(/HTTP\/1\.1 \d{3}/g) ?? [];
            tail = (tail + chunk).slice(-11); // one short of a status
            seen.firstMs ??= performance.now();
            seen.lastMs = performance.now();
            for (const status of statuses) seen[status.endsWith('200') ? 'granted' : 'refused']++;
        });
        socket.write('GET /chains HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(each));
        return socket;
    });
    await until(() => seen.granted + seen.refused === connections * each, 'every answer');
    const endMs = performance.now();
    for (const socket of sockets) socket.destroy();
    return { ...seen, startMs, endMs };
}

test('limits hold to 1% over 10,000 requests on two reactors', async () => {
    const [perS, burstS] = [200, 5];
    const settings = { rate_limit: 'on', rate_limit_cached_per_min: perS * 60, rate_limit_burst_s: burstS };
    const dappd = await scene.start({ threads: 2, ...settings });
    const { granted, refused, startMs, firstMs, lastMs, endMs } = await flood(dappd.target, 20, 500);
    assert.equal(granted + refused, 10_000);
    const within = (fromMs, toMs) => perS * (burstS + (toMs - fromMs) / 1000);
    assert.ok(granted <= within(startMs, endMs) * 1.01, `${granted} granted, at most ${within(startMs, endMs)}`);
    assert.ok(granted >= within(firstMs, lastMs) * 0.99 - 1, `${granted} granted, at least ${within(firstMs, lastMs)}`);
    await dappd.stop();
});

/** So little that nothing comes back within a test: so many requests of each class, and a sixtieth of that a minute. */
const atOnce = (n) => ({
    rate_limit: 'on',
    rate_limit_cached_per_min: 1,
    rate_limit_live_per_min: 1,
    rate_limit_list_per_min: 1,
    rate_limit_write_per_min: 1,
    rate_limit_burst_s: 60 * n,
    rate_limit_user_factor: 2,
});

/** How many of these requests were granted before the first that was not; that one is a proper 429. */
async function grantedBefore(send) {
    for (let granted = 0; ; granted++) {
        const answer = await send();
        if (answer.status === 429) {
            const { retry_after } = assertProblem(answer, 'rate_limited');
            assert.equal(answer.headers['retry-after'], String(retry_after));
            assert.equal(limits(answer)[1], 0);
            return granted;
        }
        assert.ok(answer.status < 300, answer.text);
    }
}

test('an address, a user and an API key have a budget each, and each class of routes one of its own', async () => {
    const dappd = await scene.start(atOnce(8));
    const session = await signIn(dappd);
    const key = await makeKey(dappd, session.headers, ['read', 'account:read']);
    const chains = (headers) => () => dappd.get('/chains', headers);
    assert.equal(await grantedBefore(chains({})), 8, 'the address');
    assert.equal(await grantedBefore(chains(session.headers)), 16, 'the user');
    assert.equal(await grantedBefore(chains(key.headers)), 16, 'the key');
    const second = await signIn(dappd);
    assert.equal(await grantedBefore(chains(second.headers)), 16, 'another user');
    const path = `/users/${session.user.id}`;
    assert.equal((await dappd.get(path, session.headers)).status, 200, 'another class');
    assert.equal((await dappd.get('/health')).status, 200, 'for operators');
    await dappd.stop();
});

test('what is left is told, and a body costs by its size', async () => {
    const dappd = await scene.start(atOnce(50));
    const [limit, remaining, reset] = limits(await dappd.get('/chains'));
    assert.deepEqual([limit, remaining], [50, 49]);
    assert.ok(reset >= 1 && reset <= 60, `${reset}`);
    const send = (bytes) => ask(dappd, 'POST', '/auth/refresh', { body: { refresh_token: 'x'.repeat(bytes) } });
    const left = [limits(await send(10))[1], limits(await send(40_960))[1]];
    assert.equal(left[0] - left[1], 11, 'one, and one for each 4 KB');
    await dappd.stop();
});

test('a request that is refused for its limit does nothing', async () => {
    const dappd = await scene.start({ ...atOnce(2), rate_limit_user_factor: 1 });
    const session = await signIn(dappd);
    await grantedBefore(() => dappd.post('/keys', { name: 'a key', scopes: ['read'] }, session.headers));
    const keys = await scene.sql(`SELECT count(*) FROM api_keys WHERE user_id = '${session.user.id}'`);
    assert.deepEqual(keys, [['2']]);
    await dappd.stop();
});

test('behind a proxy each client has its budget; an IPv6 network of /64 is one', async () => {
    const dappd = await scene.start({ ...atOnce(3), trusted_proxies: '127.0.0.1,10.0.0.0/8' });
    const from = (address) => grantedBefore(() => dappd.get('/chains', { 'x-forwarded-for': address }));
    assert.equal(await from('203.0.113.1'), 3);
    assert.equal(await from('203.0.113.2'), 3);
    assert.equal(await from('203.0.113.9, 203.0.113.1'), 0, 'whom the proxy saw was the first');
    assert.equal(await from('198.51.100.1, 10.1.2.3'), 3, 'two proxies');
    assert.equal(await from('198.51.100.1'), 0, 'the same by one');
    assert.equal(await from('2001:db8:1:2::1'), 3);
    assert.equal(await from('2001:db8:1:2:ffff::9'), 0, 'a neighbour');
    assert.equal(await from('2001:db8:1:3::1'), 3, 'another network');
    await dappd.stop();
});
