// Limits of those who say who they are: larger, and theirs wherever they ask from. Owns its chain, its PostgreSQL and its
// dappd.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeKey, startScene } from './lib/accounts.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { newAccount, signIn } from './lib/siwe.js';

/** At once: 60 for an address and class, 120 for a user or a key. Hardly anything comes back while a test runs. */
const SETTINGS = {
    rate_limit: 'on',
    rate_limit_burst_s: 3600,
    rate_limit_user_factor: 2,
    rate_limit_cached_per_min: 1,
    rate_limit_live_per_min: 1,
    rate_limit_list_per_min: 1,
    rate_limit_write_per_min: 1,
};
const AT_ONCE = 60;

let scene, dappd;

before(async () => {
    scene = await startScene();
    dappd = await scene.start(SETTINGS);
});
after(() => stopAll(scene));

const left = ({ headers }) => Number(headers['ratelimit-remaining']);
const chains = (headers) => dappd.get('/chains', headers);

test('an address, a user and each of its keys have limits of their own', async () => {
    const wallet = newAccount();
    const [session, again] = [await signIn(dappd, wallet), await signIn(dappd, wallet)];
    const [one, two] = [await makeKey(dappd, session.headers), await makeKey(dappd, session.headers)];
    for (let i = 0; i < AT_ONCE; i++) assert.equal((await chains()).status, 200);
    assertProblem(await chains(), 'rate_limited');

    const first = await chains(session.headers);
    assert.equal(first.headers['ratelimit-limit'], String(2 * AT_ONCE));
    assert.equal(left(first), 2 * AT_ONCE - 1);
    assert.equal(left(await chains(again.headers)), 2 * AT_ONCE - 2, 'another session of the same user');
    assert.equal(left(await chains(one.headers)), 2 * AT_ONCE - 1);
    assert.equal(left(await chains(two.headers)), 2 * AT_ONCE - 1);
    assert.equal(left(await chains((await signIn(dappd, newAccount())).headers)), 2 * AT_ONCE - 1, 'another user');
    for (let i = 1; i < 2 * AT_ONCE; i++) assert.equal((await chains(one.headers)).status, 200);
    assertProblem(await chains(one.headers), 'rate_limited');
    assert.equal(left(await chains(two.headers)), 2 * AT_ONCE - 2);
});

test('what is answered to them is for nobody else to keep, but need not be sent twice', async () => {
    const { headers } = await signIn(dappd, newAccount());
    const { headers: first } = await dappd.get('/', headers);
    assert.equal(first['cache-control'], 'no-store');
    const again = await dappd.get('/', { ...headers, 'if-none-match': first.etag });
    assert.deepEqual([again.status, again.headers['cache-control']], [304, 'no-store']);
});

test('what they may not do is counted as well', async () => {
    const session = await signIn(dappd, newAccount());
    const key = await makeKey(dappd, session.headers, ['account:read']);
    const refused = await chains(key.headers);
    assertProblem(refused, 'insufficient_scope');
    assert.equal(left(refused), 2 * AT_ONCE - 1);
    const forbidden = await dappd.get('/users', session.headers);
    assertProblem(forbidden, 'forbidden');
    assert.equal(left(forbidden), 2 * AT_ONCE - 1);
    const nobody = await dappd.get('/users');
    assertProblem(nobody, 'unauthenticated');
    assert.equal(left(nobody), AT_ONCE - 1);
});

test('the access log names user and key, and shows no credentials', async () => {
    const session = await signIn(dappd, newAccount());
    const key = await makeKey(dappd, session.headers);
    const lineOf = (id) =>
        dappd.untilLogged(({ msg, request_id }) => msg === 'request' && request_id === id, `line of ${id}`);
    await dappd.get('/', { ...session.headers, 'x-request-id': 'by-session' });
    await dappd.get('/', { ...key.headers, 'x-request-id': 'by-key' });
    await dappd.get('/health', { ...key.headers, 'x-request-id': 'by-nobody' });
    const [bySession, byKey, byNobody] = [await lineOf('by-session'), await lineOf('by-key'), await lineOf('by-nobody')];
    assert.deepEqual([bySession.user, bySession.key], [session.user.id, undefined]);
    assert.deepEqual([byKey.user, byKey.key], [session.user.id, key.id]);
    assert.deepEqual([byNobody.user, byNobody.key], [undefined, undefined]);
    const text = JSON.stringify(dappd.logs);
    for (const secret of [session.access_token, key.key]) assert.ok(!text.includes(secret));
});
