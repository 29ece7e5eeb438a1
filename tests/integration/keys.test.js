// API keys: made by who is signed in, told once, kept as hashes; what they may do and until when. What is right is asked
// of PostgreSQL and of Node's own SHA-256. Owns its chain, its PostgreSQL and its dappds.

import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { RING, adminOf, ask, makeKey, ringSetting, startScene } from './lib/accounts.js';
import { assertAccountsAgree } from './lib/account_truth.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { bearer, newAccount, now, signIn } from './lib/siwe.js';
import { until } from './lib/wait.js';

const MAX_KEYS = 100;
const ADMINS = ['users:read', 'users:write', 'audit:read', 'contracts:write'];
const ALL = [
    'read',
    'account:read',
    'account:write',
    'users:read',
    'users:write',
    'audit:read',
    'tx:send',
    'contracts:write',
];

let scene, dappd, neighbour, admin;

before(async () => {
    scene = await startScene();
    [dappd, neighbour] = await Promise.all([scene.start({ log: 'debug' }), scene.start()]);
    admin = await adminOf(dappd);
});
after(() => stopAll(scene));

/** In: wish, what is not as usual; key, an Idempotency-Key. */
const post = (session, wish = {}, { key, at = dappd } = {}) =>
    at.post('/keys', { name: 'ci', scopes: ['read'], ...wish }, {
        ...session.headers,
        ...(key ? { 'idempotency-key': key } : {}),
    });

const list = (session, query = '') => dappd.get(`/keys${query}`, session.headers);
const remove = (session, id) => ask(dappd, 'DELETE', `/keys/${id}`, { headers: session.headers });
const itemsOf = (answer) => {
    assert.equal(answer.status, 200, answer.text);
    return answer.json().items;
};

/** Makes a key that must be made. */
async function made(session, wish, options) {
    const answer = await post(session, wish, options);
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.headers['cache-control'], 'no-store');
    return { ...answer.json(), headers: bearer(answer.json().key) };
}

/** The id and the secret that a key's text holds. */
function partsOf({ key }) {
    const bytes = Buffer.from(key.slice('dappd_'.length), 'base64url');
    const hex = bytes.subarray(0, 16).toString('hex');
    return { id: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'), secret: bytes.subarray(16) };
}

// --- making ---

test('a key is told once, and kept as the hash of its secret', async () => {
    const session = await signIn(dappd);
    const began = now();
    const expires_at = began + 86400;
    const { key, headers, ...shown } = await made(session, { name: 'nightly report', scopes: ['account:read', 'read'], expires_at });
    const { id, secret } = partsOf({ key });
    assert.deepEqual(shown, {
        id,
        name: 'nightly report',
        scopes: ['read', 'account:read'],
        created_at: shown.created_at,
        expires_at,
        last_used_at: null,
    });
    assert.ok(shown.created_at >= began && shown.created_at <= now());
    const hash = createHash('sha256').update(secret).digest('hex');
    assert.deepEqual(await scene.sql(`SELECT encode(secret_hash, 'hex'), user_id FROM api_keys WHERE id = '${id}'`), [
        [hash, session.user.id],
    ]);
    assert.deepEqual(itemsOf(await list(session)), [shown]);
    const [log] = await scene.sql(`SELECT action, actor, user_id FROM audit WHERE subject = '${id}'`);
    assert.deepEqual(log, ['key.create', session.user.id, session.user.id]);
    assert.ok(!dappd.stderr().includes(key.slice(-32)));
});

test('a key stands for its user, within its scopes, and its last use is noted', async () => {
    const session = await signIn(dappd);
    const key = await made(session, { scopes: ['account:read'] });
    const began = now();
    const me = await neighbour.get('/users/me', key.headers);
    assert.equal(me.json().id, session.user.id);
    const last_used_at = await until(async () => itemsOf(await list(session))[0].last_used_at, 'last use');
    assert.ok(last_used_at >= began - 60 && last_used_at <= now(), `${last_used_at}`);
    const change = { body: { name: 'Alice' }, headers: { ...key.headers, 'if-match': '*' } };
    assertProblem(await ask(dappd, 'PATCH', '/users/me', change), 'insufficient_scope');
    assertProblem(await dappd.get('/chains', key.headers), 'insufficient_scope');
    const writer = await made(session, { scopes: ['account:write'] });
    assert.equal((await ask(dappd, 'PATCH', '/users/me', { ...change, headers: { ...change.headers, ...writer.headers } })).status, 200);
    const [[actor, actor_key]] = await scene.sql(`SELECT actor, actor_key FROM audit
        WHERE user_id = '${session.user.id}' AND action = 'user.update'`);
    assert.deepEqual([actor, actor_key], [session.user.id, writer.id]);
});

test('no key makes, or deletes, a key', async () => {
    const session = await signIn(dappd);
    const key = await made(session, { scopes: ['read', 'account:read', 'account:write'] });
    assertProblem(await post(key), 'insufficient_scope');
    assertProblem(await remove(key, key.id), 'insufficient_scope');
    assert.equal(itemsOf(await list(key)).length, 1);
});

test('scopes of admins are for keys of admins, and worth nothing once they are none', async () => {
    const session = await signIn(dappd);
    for (const scope of ADMINS) assertProblem(await post(session, { scopes: ['read', scope] }), 'forbidden', new RegExp(scope));
    const setRole = (role) =>
        ask(dappd, 'PATCH', `/users/${session.user.id}`, { body: { role }, headers: { ...admin.headers, 'if-match': '*' } });
    assert.equal((await setRole('admin')).status, 200);
    const key = await made(session, { scopes: ALL });
    assert.deepEqual(key.scopes, ALL);
    for (const path of ['/users', '/audit', `/users/${admin.user.id}`, `/keys?user=${admin.user.id}`]) {
        assert.equal((await dappd.get(path, key.headers)).status, 200, path);
    }
    assert.equal((await setRole('user')).status, 200);
    for (const path of ['/users', '/audit', `/users/${admin.user.id}`, `/keys?user=${admin.user.id}`]) {
        assertProblem(await dappd.get(path, key.headers), 'forbidden');
    }
    assert.equal((await dappd.get('/users/me', key.headers)).status, 200);
});

test('a wish that cannot be is refused by the name of its member', async () => {
    const session = await signIn(dappd);
    const wrong = [
        [{ name: '' }, /name/],
        [{ name: ' ci' }, /name/],
        [{ name: null }, /name/],
        [{ name: 'a\u0007b' }, /name/],
        [{ name: 'x'.repeat(101) }, /name/],
        [{ scopes: [] }, /scopes/],
        [{ scopes: ['read', 'read'] }, /scopes\[1\].*twice/],
        [{ scopes: ['write'] }, /scopes\[0\] is not one of read, account:read/],
        [{ scopes: 'read' }, /scopes/],
        [{ expires_at: now() - 1 }, /expires_at/],
        [{ expires_at: now() }, /expires_at/],
        [{ expires_at: now() + 6 * 366 * 86400 }, /expires_at/],
        [{ expires_at: 0 }, /expires_at/],
        [{ expires_at: 2 ** 53 }, /expires_at is 9007199254740992/],
        [{ expires_at: 1e300 }, /expires_at|too large/],
        [{ expires_at: String(now() + 60) }, /expires_at/],
        [{ key: 'dappd_mine' }, /"key"; known: name, scopes, expires_at/],
        [{ user_id: admin.user.id }, /"user_id"/],
    ];
    for (const [wish, detail] of wrong) assertProblem(await post(session, wish), 'invalid_parameter', detail);
    const twice = '{"name":"a","name":"b","scopes":["read"]}';
    assertProblem(await dappd.post('/keys', twice, session.headers), 'invalid_json', /twice/);
    assertProblem(await post(session, {}, { key: 'a b' }), 'invalid_parameter', /Idempotency-Key/);
    assert.deepEqual(itemsOf(await list(session)), []);
    assert.equal((await made(session, { name: 'x'.repeat(100), expires_at: null })).expires_at, null);
});

test('a user has a hundred keys at most', async () => {
    const session = await signIn(dappd);
    await scene.sql(`INSERT INTO api_keys (id, user_id, name, secret_hash, scopes, created_at)
        SELECT overlay(gen_random_uuid()::text PLACING '7' FROM 15)::uuid, '${session.user.id}', 'key ' || n, sha256(n::text::bytea), 1, 1
        FROM generate_series(1, ${MAX_KEYS - 1}) n`);
    const both = await Promise.all([post(session), post(session, {}, { at: neighbour })]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [201, 409]);
    assertProblem(both.find(({ status }) => status === 409), 'limit_reached');
    const [[n]] = await scene.sql(`SELECT count(*) FROM api_keys WHERE user_id = '${session.user.id}'`);
    assert.equal(n, String(MAX_KEYS));
    const pages = [];
    for (let path = '/keys?limit=30'; path;) {
        const answer = await dappd.get(path, session.headers);
        pages.push(itemsOf(answer).map(({ id }) => id));
        path = answer.headers.link?.match(/^<(.*)>; rel="next"$/)[1];
    }
    assert.deepEqual(pages.map(({ length }) => length), [30, 30, 30, 10]);
    const wanted = await scene.sql(`SELECT id FROM api_keys WHERE user_id = '${session.user.id}' ORDER BY id`);
    assert.deepEqual(pages.flat(), wanted.flat());
    await scene.sql(`DELETE FROM api_keys WHERE created_at = 1`);
});

// --- ending ---

test('an expired key is worth nothing', async () => {
    const session = await signIn(dappd);
    const key = await made(session, { scopes: ['read', 'account:read'], expires_at: now() + 3600 });
    assert.equal((await dappd.get('/users/me', key.headers)).status, 200);
    await scene.sql(`UPDATE api_keys SET expires_at = ${now() - 1} WHERE id = '${key.id}'`);
    assertProblem(await dappd.get('/users/me', key.headers), 'unauthenticated');
    assert.equal(itemsOf(await list(session)).length, 1, 'it is shown until it is deleted');
    assert.equal((await remove(session, key.id)).status, 204);
});

test('a deleted key is worth nothing, at every instance', async () => {
    const session = await signIn(dappd);
    const key = await made(session, { scopes: ['read', 'account:read'] });
    for (const at of [dappd, neighbour]) assert.equal((await at.get('/users/me', key.headers)).status, 200);
    assert.equal((await dappd.get('/chains', key.headers)).status, 200);
    const gone = await remove(session, key.id);
    assert.deepEqual([gone.status, gone.text], [204, '']);
    for (const at of [dappd, neighbour]) assertProblem(await at.get('/users/me', key.headers), 'unauthenticated');
    assertProblem(await dappd.get('/chains', key.headers), 'unauthenticated');
    assertProblem(await remove(session, key.id), 'key_not_found');
    const actions = await scene.sql(`SELECT action FROM audit WHERE subject = '${key.id}' ORDER BY id`);
    assert.deepEqual(actions.flat(), ['key.create', 'key.delete']);
    await assertAccountsAgree(scene.database, 'a key less');
});

test('keys are their user\'s own, and admins\' to see and delete', async () => {
    const [session, other] = [await signIn(dappd), await signIn(dappd)];
    const key = await made(session);
    assertProblem(await remove(other, key.id), 'key_not_found');
    assertProblem(await list(other, `?user=${session.user.id}`), 'forbidden');
    assertProblem(await list(other, `?user=${randomUUID()}`), 'forbidden');
    assertProblem(await list(other, '?user=alice'), 'invalid_parameter');
    assertProblem(await remove(other, 'alice'), 'invalid_parameter');
    assert.deepEqual(itemsOf(await list(session, '?user=me')), itemsOf(await list(admin, `?user=${session.user.id}`)));
    assert.equal((await remove(admin, key.id)).status, 204);
    const [[actor]] = await scene.sql(`SELECT actor FROM audit WHERE subject = '${key.id}' AND action = 'key.delete'`);
    assert.equal(actor, admin.user.id);
});

test('the cursor of one user\'s keys is not another\'s', async () => {
    const session = await signIn(dappd);
    await Promise.all([made(session), made(session)]);
    const { next_cursor } = (await list(session, '?limit=1')).json();
    assert.equal(itemsOf(await list(session, `?limit=1&cursor=${next_cursor}`)).length, 1);
    assertProblem(await list(admin, `?limit=1&cursor=${next_cursor}`), 'invalid_cursor');
});

// --- the same request again ---

test('the same request under an Idempotency-Key is told the same key, at whichever instance', async () => {
    const session = await signIn(dappd);
    const key = randomUUID();
    const at = [dappd, neighbour, dappd, neighbour];
    const answers = await Promise.all(at.map((one) => post(session, {}, { key, at: one })));
    for (const answer of answers) assert.equal(answer.status, 201, answer.text);
    const replayed = answers.map(({ headers }) => headers['idempotency-replayed']);
    assert.deepEqual(replayed.sort(), ['true', 'true', 'true', undefined]);
    assert.equal(new Set(answers.map((answer) => answer.json().key)).size, 1);
    assert.equal(itemsOf(await list(session)).length, 1);
    assert.equal((await dappd.get('/chains', bearer(answers[0].json().key))).status, 200);
    assertProblem(await post(session, { name: 'another' }, { key }), 'idempotency_key_reused');
    const others = await made(await signIn(dappd), {}, { key });
    assert.notEqual(others.key, answers[0].json().key);
    await remove(session, answers[0].json().id);
    assertProblem(await post(session, {}, { key }), 'key_not_found');
});

test('the database tells no secret that it keeps sealed', async () => {
    const session = await signIn(dappd);
    const key = randomUUID();
    const { secret } = partsOf(await made(session, {}, { key }));
    const [[sealed]] = await scene.sql(`SELECT encode(sealed_secret, 'hex') FROM idempotency_keys WHERE user_id = '${session.user.id}'`);
    assert.equal(sealed.length, 48);
    assert.notEqual(sealed, secret.toString('hex'));
    const dump = await scene.sql('SELECT t::text FROM idempotency_keys t UNION ALL SELECT t::text FROM api_keys t');
    const text = dump.flat().join();
    assert.ok(!text.includes(secret.toString('hex')) && !text.includes(key));
});

test('a secret is told again as long as the key of the server that sealed it is there', async () => {
    const wallet = newAccount();
    const session = await signIn(dappd, wallet);
    const key = randomUUID();
    const { key: text } = await made(session, {}, { key });
    const fresh = { name: 'fresh', key: randomBytes(32) };
    const rotated = await scene.start({ auth_keys: [fresh, RING].map(ringSetting).join(',') });
    assert.equal((await made(session, {}, { key, at: rotated })).key, text);
    const forgetful = await scene.start({ auth_keys: ringSetting(fresh) });
    const there = await signIn(forgetful, wallet);
    assertProblem(await post(there, {}, { key, at: forgetful }), 'key_not_found', /sealed/);
    assert.equal((await forgetful.get('/chains', bearer(text))).status, 200, 'the key itself works on');
    await Promise.all([rotated.stop(), forgetful.stop()]);
});
