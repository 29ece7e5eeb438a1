// Who may do what, held against every route that asks who it is: user A on what is user B's, API keys beyond their
// scopes, nobody at all, anybody more often than allowed. What each route needs stands here a second time, so that a
// route that is new, or that asks for less than it did, makes a test fail. Owns its chain, its PostgreSQL and its dappds.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { adminOf, ask, makeKey, startScene } from './lib/accounts.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { newAccount, signIn, signedMessage } from './lib/siwe.js';
import { ROUTES } from './lib/tables.js';

const OWN_SCOPES = ['read', 'account:read', 'account:write'];
const ADMIN_SCOPES = ['users:read', 'users:write', 'audit:read', 'contracts:write'];
const ALL_SCOPES = [...OWN_SCOPES, ...ADMIN_SCOPES];

/**
 * Every route that asks who it is. own: the scope that lets a user's key in on the user itself; admin: the scope that
 * lets an admin's key in on anybody; neither: only who has signed in. about: what it is asked of, in terms of a user.
 */
const RULES = [
    { route: 'GET /auth/session' },
    { route: 'POST /auth/logout' },
    { route: 'POST /keys', body: { name: 'one more', scopes: ['read'] } },
    { route: 'GET /keys', about: 'user', query: '?user=:id', own: 'account:read', admin: 'users:read' },
    { route: 'DELETE /keys/:id', about: 'key' },
    { route: 'GET /users/:id', about: 'user', own: 'account:read', admin: 'users:read' },
    { route: 'PATCH /users/:id', about: 'user', own: 'account:write', admin: 'users:write', body: { name: 'Mallory' } },
    { route: 'POST /users/:id/addresses', about: 'user', body: 'signed' },
    { route: 'DELETE /users/:id/addresses/:address', about: 'address', own: 'account:write', admin: 'users:write' },
    { route: 'DELETE /users/:id', about: 'user', own: 'account:write', admin: 'users:write' },
    { route: 'GET /users', admin: 'users:read' },
    { route: 'POST /users', admin: 'users:write', body: { name: 'Somebody' } },
    { route: 'GET /audit', admin: 'audit:read' },
    { route: 'PUT /contracts/:address', admin: 'contracts:write', body: { abi: [] } },
    { route: 'POST /contracts/:address/watches', admin: 'contracts:write', body: { function: 'function f() view' } },
    { route: 'DELETE /contracts/:address/watches/:id', admin: 'contracts:write' }, // what that has made
    { route: 'DELETE /contracts/:address', admin: 'contracts:write' }, // what the rule before has registered
];

/** Somebody's, on the chain. */
const CONTRACT = newAccount().address;

let scene, dappd, admin;
let watch = '01890000-0000-7000-8000-000000000001'; // that was made last

before(async () => {
    scene = await startScene();
    await scene.chain.client.setCode({ address: CONTRACT, bytecode: '0x60' });
    dappd = await scene.start();
    admin = await adminOf(dappd);
});
after(() => stopAll(scene));

/** A user with a key and a second address. */
async function newUser() {
    const session = await signIn(dappd);
    const second = newAccount();
    const path = `/users/${session.user.id}/addresses`;
    const added = await dappd.post(path, await signedMessage(dappd, second), session.headers);
    assert.equal(added.status, 201, added.text);
    const key = await makeKey(dappd, session.headers, ['read']);
    return { ...session, id: session.user.id, second: second.address, key };
}

/** Sends a rule's request about this user, with all that it needs to be granted but the right to. */
async function send({ route, query = '', body }, user, headers) {
    const [method, pattern] = route.split(' ');
    const params = {
        ':id': pattern.startsWith('/keys/') ? user.key.id : pattern.includes('/watches/') ? watch : user.id,
        ':address': pattern.startsWith('/contracts/') ? CONTRACT : user.second,
    };
    const path = (pattern + query).replace(/:\w+/g, (name) => params[name]);
    const sent = body === 'signed' ? await signedMessage(dappd, newAccount()) : body;
    const match = method === 'PATCH' || method === 'DELETE' ? { 'if-match': '*' } : {};
    const answer = await ask(dappd, method, path, { body: sent, headers: { ...match, ...headers } });
    if (pattern.endsWith('/watches') && answer.status === 201) watch = answer.json().id;
    return answer;
}

/** All that is known of a user, but when its keys were used. */
async function stateOf({ id }) {
    const rows = await Promise.all([
        scene.sql(`SELECT * FROM users WHERE id = '${id}'`),
        scene.sql(`SELECT * FROM addresses WHERE user_id = '${id}' ORDER BY 1`),
        scene.sql(`SELECT id, scopes, expires_at FROM api_keys WHERE user_id = '${id}' ORDER BY 1`),
        scene.sql(`SELECT * FROM sessions WHERE user_id = '${id}' ORDER BY 1`),
    ]);
    return JSON.stringify(rows);
}

const isGranted = ({ status }) => status >= 200 && status < 300;

test('every route that asks who it is stands here', () => {
    const known = RULES.map(({ route }) => route);
    const asking = ROUTES.filter(({ access }) => access !== 'PUBLIC').map(
        ({ method, pattern }) => `${method} ${pattern}`,
    );
    assert.deepEqual(asking.sort(), [...known].sort());
});

test('nobody: each of them is 401', async () => {
    const user = await newUser();
    for (const rule of RULES) assertProblem(await send(rule, user, {}), 'unauthenticated');
});

for (const rule of RULES.filter(({ about }) => about)) {
    test(`user A on user B: ${rule.route}`, async () => {
        const [a, b] = [await newUser(), await newUser()];
        const before = await stateOf(b);
        const key = await makeKey(dappd, a.headers, OWN_SCOPES);
        for (const headers of [a.headers, key.headers]) {
            const answer = await send(rule, b, headers);
            const bySession = rule.about === 'key' ? 'key_not_found' : 'forbidden';
            const asKey = rule.own ? 'forbidden' : 'insufficient_scope'; // a key without a scope for it is not asked whose
            assertProblem(answer, headers === key.headers ? asKey : bySession);
        }
        assert.equal(await stateOf(b), before, 'B is as before');
        const own = await send(rule, b, b.headers);
        assert.ok(isGranted(own), `B itself: ${own.text}`);
    });
}

for (const rule of RULES.filter(({ about, admin: scope }) => !about && scope)) {
    test(`a user on what is the admins': ${rule.route}`, async () => {
        const user = await newUser();
        const key = await makeKey(dappd, user.headers, OWN_SCOPES);
        assertProblem(await send(rule, user, user.headers), 'forbidden');
        const answer = await send(rule, user, key.headers);
        assertProblem(answer, answer.json().code === 'forbidden' ? 'forbidden' : 'insufficient_scope');
        const granted = await send(rule, user, admin.headers);
        assert.ok(isGranted(granted), granted.text);
    });
}

test('a user does not learn from its refusal whether another exists', async () => {
    const [a, b] = [await newUser(), await newUser()];
    const nobody = { ...b, id: '01890000-0000-7000-8000-000000000000' };
    for (const rule of RULES.filter(({ route }) => route.includes('/users/:id'))) {
        const [there, not] = [await send(rule, b, a.headers), await send(rule, nobody, a.headers)];
        const { request_id, ...same } = there.json();
        const { request_id: other, ...asSame } = not.json();
        assert.deepEqual(asSame, same, rule.route);
    }
});

test('the same path and method in other words lead nowhere else', async () => {
    const user = await newUser();
    for (const path of [
        '/audit/',
        '//audit',
        '/./audit',
        '/x/../audit',
        '/AUDIT',
        '/audit%2f',
        '/audit;x',
        '/%61udit',
    ]) {
        const headers = { ...user.headers, 'x-original-url': '/audit', 'x-rewrite-url': '/audit' };
        const answer = await dappd.get(path, headers);
        assert.ok([403, 404].includes(answer.status), `${path}: ${answer.text}`);
    }
    const b = await newUser();
    const before = await stateOf(b);
    for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'OPTIONS']) {
        const headers = { ...user.headers, 'x-http-method-override': 'DELETE', 'x-method-override': 'DELETE' };
        const { status } = await dappd.request({ method, path: `/users/${b.id}`, headers });
        assert.ok(method === 'OPTIONS' ? status === 204 : status >= 400, `${method}: ${status}`);
    }
    assert.equal(await stateOf(b), before);
});

test('a user makes no key with the scopes of admins, nor itself an admin', async () => {
    const user = await newUser();
    for (const scope of ADMIN_SCOPES) {
        const answer = await dappd.post('/keys', { name: 'more', scopes: ['read', scope] }, user.headers);
        assert.ok([400, 403].includes(answer.status), answer.text);
    }
    const patch = { route: 'PATCH /users/:id', body: { role: 'admin' } };
    const key = await makeKey(dappd, user.headers, OWN_SCOPES);
    for (const headers of [user.headers, key.headers]) assert.equal((await send(patch, user, headers)).status, 403);
    assert.deepEqual(await scene.sql(`SELECT role FROM users WHERE id = '${user.id}'`), [['user']]);
});

for (const scope of ALL_SCOPES) {
    test(`scope exceeded: a key with ${scope} alone, on every route that it does not cover`, async () => {
        const isAdmins = ADMIN_SCOPES.includes(scope);
        const owner = isAdmins ? admin : await newUser();
        const key = await makeKey(dappd, owner.headers, [scope]);
        for (const rule of RULES.filter(({ own, admin: admins }) => own !== scope && admins !== scope)) {
            const subject = isAdmins ? await newUser() : owner;
            const before = await stateOf(subject);
            const answer = await send(rule, subject, key.headers);
            const { code } = answer.json();
            assertProblem(answer, code);
            assert.ok(['insufficient_scope', 'forbidden'].includes(code), `${rule.route}: ${code}`);
            assert.equal(await stateOf(subject), before, rule.route);
        }
        const covered = RULES.filter(({ own, admin: admins }) => (isAdmins ? admins : own) === scope);
        for (const rule of covered) {
            const answer = await send(rule, isAdmins ? await newUser() : owner, key.headers);
            assert.ok(isGranted(answer), `${rule.route}: ${answer.text}`);
        }
    });
}

test('scope exceeded: a key without read, on what everybody may read', async () => {
    const user = await newUser();
    const key = await makeKey(dappd, user.headers, ['account:read']);
    for (const path of ['/chains', `/balance/${newAccount().address}`, '/openapi.json']) {
        assertProblem(await dappd.get(path, key.headers), 'insufficient_scope');
    }
    assert.equal((await dappd.get('/chains', user.key.headers)).status, 200);
});

test("an admin's key loses what only admins may when its user is none any more", async () => {
    const key = await makeKey(dappd, admin.headers, ADMIN_SCOPES);
    assert.equal((await dappd.get('/audit', key.headers)).status, 200);
    await scene.sql(`UPDATE users SET role = 'user' WHERE id = '${admin.user.id}'`);
    for (const path of ['/audit', '/users']) assertProblem(await dappd.get(path, key.headers), 'forbidden');
    const other = await newUser();
    assertProblem(await dappd.get(`/users/${other.id}`, key.headers), 'forbidden');
});

// --- limits of those who are known ---

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
            return granted;
        }
        assert.ok(answer.status < 300, answer.text);
    }
}

test('an address, a user and an API key have a budget each, and each class of routes one of its own', async () => {
    const limited = await scene.start(atOnce(8));
    const session = await signIn(limited);
    const key = await makeKey(limited, session.headers, ['read', 'account:read']);
    const chains = (headers) => () => limited.get('/chains', headers);
    assert.equal(await grantedBefore(chains({})), 8, 'the address');
    assert.equal(await grantedBefore(chains(session.headers)), 16, 'the user');
    assert.equal(await grantedBefore(chains(key.headers)), 16, 'the key');
    const second = await signIn(limited);
    assert.equal(await grantedBefore(chains(second.headers)), 16, 'another user');
    const path = `/users/${session.user.id}`;
    assert.equal((await limited.get(path, session.headers)).status, 200, 'another class');
    assert.equal((await limited.get('/health')).status, 200, 'for operators');
    await limited.stop();
});

test('a request that is refused for its limit does nothing', async () => {
    const limited = await scene.start({ ...atOnce(2), rate_limit_user_factor: 1 });
    const session = await signIn(limited);
    await grantedBefore(() => limited.post('/keys', { name: 'a key', scopes: ['read'] }, session.headers));
    const keys = await scene.sql(`SELECT count(*) FROM api_keys WHERE user_id = '${session.user.id}'`);
    assert.deepEqual(keys, [['2']]);
    await limited.stop();
});
