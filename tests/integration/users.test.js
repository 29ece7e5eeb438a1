// Users as they and admins see and change them: reading, changing under If-Match, making, listing, deleting. What is
// right is asked of PostgreSQL. Owns its chain, its PostgreSQL and its dappds.

import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { adminOf, ask, makeKey, startScene } from './lib/accounts.js';
import { assertAccountsAgree } from './lib/account_truth.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { newAccount, now, refresh, signIn } from './lib/siwe.js';

let scene, dappd, neighbour, admin;

before(async () => {
    scene = await startScene();
    [dappd, neighbour] = await Promise.all([scene.start({ log: 'debug' }), scene.start()]);
    admin = await adminOf(dappd);
});
after(async () => {
    await assertAccountsAgree(scene.database, 'after all');
    await stopAll(scene);
});

const newEmail = () => `${randomBytes(6).toString('hex')}@example.org`;
const pathOf = ({ user }) => `/users/${user.id}`;
const match = (tag) => ({ 'if-match': tag });

/** In: to, the members; tag, of If-Match; at, which instance. */
const patch = (session, to, { tag = '*', at = dappd, path = pathOf(session), headers = session.headers } = {}) =>
    ask(at, 'PATCH', path, { body: to, headers: { ...headers, ...match(tag) } });

const remove = (session, { path = pathOf(session), headers = {} } = {}) =>
    ask(dappd, 'DELETE', path, { headers: { ...session.headers, ...headers } });

/** The user as PostgreSQL has it, by id. */
async function rowOf(id) {
    const [row] = await scene.sql(`SELECT role, name, email, version, created_at, updated_at FROM users WHERE id = '${id}'`);
    if (!row) return undefined;
    const [role, name, email, ...numbers] = row;
    const [version, created_at, updated_at] = numbers.map(Number);
    const addresses = await scene.sql(`SELECT '0x' || encode(address, 'hex'), nullif(chain_id, 0), proven_at
        FROM addresses WHERE user_id = '${id}' ORDER BY proven_at, address`);
    const readable = addresses.map(([address, chain, at]) => [address, chain && Number(chain), Number(at)]);
    return { id, role, name, email, addresses: readable, version, created_at, updated_at };
}

/** An answer must be the user as PostgreSQL has it, and its version the tag. Returns it. */
async function assertUser(answer, status = 200) {
    assert.equal(answer.status, status, answer.text);
    const user = answer.json();
    const addresses = user.addresses.map(({ address, chain_id, proven_at }) => [address.toLowerCase(), chain_id, proven_at]);
    assert.deepEqual({ ...user, addresses }, await rowOf(user.id));
    assert.equal(answer.headers.etag, `"${user.version}"`);
    assert.equal(answer.headers['cache-control'], 'no-store');
    return user;
}

const auditOf = (id) =>
    scene.sql(`SELECT action, actor, array_to_string(members, ',') FROM audit WHERE user_id = '${id}' ORDER BY id`);

// --- reading ---

test('the first sign-in makes a user, which sees itself under its id and as me', async () => {
    const account = newAccount();
    const began = now();
    const session = await signIn(dappd, account);
    const user = await assertUser(await dappd.get(pathOf(session), session.headers));
    assert.deepEqual(await assertUser(await dappd.get('/users/me', session.headers)), user);
    assert.equal(user.addresses[0].address, account.address);
    assert.deepEqual([user.role, user.name, user.email, user.version], ['user', null, null, 1]);
    assert.ok(user.created_at >= began && user.created_at <= now());
    const head = await dappd.request({ method: 'HEAD', path: '/users/me', headers: session.headers });
    assert.deepEqual([head.status, head.headers.etag, head.text], [200, '"1"', '']);
});

test('a user that has not changed since is 304', async () => {
    const session = await signIn(dappd);
    const ask304 = async (tag) =>
        (await dappd.get('/users/me', { ...session.headers, 'if-none-match': tag })).status;
    assert.deepEqual([await ask304('"1"'), await ask304('W/"1"'), await ask304('"2"')], [304, 304, 200]);
    assert.equal((await patch(session, { name: 'Alice' })).status, 200);
    assert.deepEqual([await ask304('"1"'), await ask304('"0", "2"')], [200, 304]);
});

test('whether another user exists is not told', async () => {
    const [a, b] = [await signIn(dappd), await signIn(dappd)];
    const answers = [await dappd.get(pathOf(b), a.headers), await dappd.get(`/users/${randomUUID()}`, a.headers)];
    const [there, absent] = answers.map((answer) => assertProblem(answer, 'forbidden'));
    assert.equal(there.detail, absent.detail);
    assertProblem(await dappd.get(`/users/${randomUUID()}`, admin.headers), 'user_not_found');
    assertProblem(await dappd.get('/users/alice@example.org', admin.headers), 'invalid_parameter', /^[^@]*$/);
});

// --- changing ---

test('a change is a merge patch, and counts', async () => {
    const session = await signIn(dappd);
    const email = newEmail();
    const changes = [
        [{ name: 'Alice', email }, { name: 'Alice', email, version: 2 }],
        [{ name: 'Ālice 🚀' }, { name: 'Ālice 🚀', email, version: 3 }],
        [{ email: null }, { name: 'Ālice 🚀', email: null, version: 4 }],
        [{ name: null }, { name: null, email: null, version: 5 }],
    ];
    for (const [to, want] of changes) {
        const user = await assertUser(await patch(session, to));
        assert.deepEqual({ ...user, ...want }, user);
    }
    const log = (await auditOf(session.user.id)).slice(1).filter(([action]) => action === 'user.update');
    const by = session.user.id;
    const members = ['name,email', 'name', 'email', 'name'];
    assert.deepEqual(log, members.map((one) => ['user.update', by, one]));
});

test('what changes nothing leaves version and log as they were', async () => {
    const session = await signIn(dappd);
    const before = await assertUser(await patch(session, { name: 'Alice' }));
    const log = await auditOf(session.user.id);
    for (const to of [{}, { name: 'Alice' }, { email: null }]) {
        assert.deepEqual(await assertUser(await patch(session, to, { tag: '"2"' })), before);
    }
    assert.deepEqual(await auditOf(session.user.id), log);
});

test('a body may be called a merge patch, and nothing but JSON', async () => {
    const session = await signIn(dappd);
    const send = (type, body = '{"name":"Alice"}') =>
        dappd.request({
            method: 'PATCH',
            path: '/users/me',
            headers: { ...session.headers, ...match('*'), 'content-type': type },
            body,
        });
    assert.equal((await send('application/merge-patch+json')).status, 200);
    assert.equal((await send('application/json; charset=utf-8')).status, 200);
    assertProblem(await send('application/json-patch+json'), 'unsupported_media_type', /merge-patch/);
    assertProblem(await send('text/plain'), 'unsupported_media_type');
    assertProblem(await send('application/json', ''), 'invalid_json');
});

test('a change says which version it is meant for', async () => {
    const session = await signIn(dappd);
    const change = (tag) => patch(session, { name: randomUUID() }, { tag });
    const bare = { body: { name: 'Alice' }, headers: session.headers };
    assertProblem(await ask(dappd, 'PATCH', pathOf(session), bare), 'precondition_required');
    await assertUser(await change('"1"'));
    for (const stale of ['"1"', '"3"', 'W/"2"', '"abc"', '"1", "3"', '"9223372036854775808"']) {
        assertProblem(await change(stale), 'precondition_failed');
    }
    await assertUser(await change(['"7"', '"2" ,W/"9"'])); // in two lines, which are one list
    await assertUser(await change('*'));
    for (const wrong of ['4', '"4', '"4",', '*, "4"', ['*', '"4"']]) assertProblem(await change(wrong), 'invalid_parameter', /If-Match/);
    assert.equal((await rowOf(session.user.id)).version, 4);
});

test('of two changes at once at two instances, one is told that it came too late', async () => {
    const session = await signIn(dappd);
    for (let version = 1; version <= 5; version++) {
        const answers = await Promise.all(
            [dappd, neighbour, dappd].map((at, i) => patch(session, { name: `${version} ${i}` }, { tag: `"${version}"`, at })),
        );
        assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412, 412]);
        const winner = answers.find(({ status }) => status === 200).json();
        assert.deepEqual([winner.version, (await rowOf(session.user.id)).name], [version + 1, winner.name]);
    }
});

test('an e-mail address is one user\'s, in whatever case', async () => {
    const [a, b] = [await signIn(dappd), await signIn(dappd)];
    const email = newEmail();
    assert.equal((await patch(a, { email })).status, 200);
    assertProblem(await patch(b, { email: email.toUpperCase() }), 'email_taken');
    const both = await Promise.all([a, b].map((who, i) => patch(who, { email: `x${email}` }, { at: [dappd, neighbour][i] })));
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409]);
    assertProblem(both.find(({ status }) => status === 409), 'email_taken');
    const mine = await patch(a, { email: null });
    assert.equal(mine.status, 200, mine.text);
    assert.equal((await patch(b, { email: email.toUpperCase() })).status, 200);
});

test('names and e-mail addresses that are none are refused, and not shown', async () => {
    const session = await signIn(dappd);
    const wrong = [
        { name: '' },
        { name: ' Alice' },
        { name: 'Al\u202eice' },
        { name: 'Al\nice' },
        { name: 'x'.repeat(101) },
        { name: 7 },
        { email: 'alice' },
        { email: 'alice@example' },
        { email: '"alice"@example.org' },
        { email: `${'x'.repeat(250)}@example.org` },
        { email: 'älice@example.org' },
        { email: ['alice@example.org'] },
        { role: 'root' },
        { id: session.user.id },
        { version: 9 },
    ];
    for (const to of wrong) {
        const { detail } = assertProblem(await patch(session, to), 'invalid_parameter', new RegExp(Object.keys(to)[0]));
        assert.doesNotMatch(detail, /lice|xxx/, detail);
    }
    assert.equal((await rowOf(session.user.id)).version, 1);
    assert.equal((await patch(session, { name: '🚀'.repeat(100) })).status, 200);
});

test('the role is for admins to change, and counts at once', async () => {
    const session = await signIn(dappd);
    assertProblem(await patch(session, { role: 'admin' }), 'forbidden');
    assertProblem(await dappd.get('/users', session.headers), 'forbidden');
    const setRole = async (role) =>
        assertUser(await patch(session, { role }, { headers: admin.headers, at: neighbour }));
    assert.equal((await setRole('admin')).role, 'admin');
    assert.equal((await dappd.get('/users', session.headers)).status, 200);
    await setRole('user');
    assertProblem(await dappd.get('/users', session.headers), 'forbidden');
    const log = (await auditOf(session.user.id)).filter(([, , members]) => members === 'role');
    assert.deepEqual(log, Array(2).fill(['user.update', admin.user.id, 'role']));
});

// --- making ---

const post = (body, { key, at = dappd, session = admin } = {}) =>
    at.post('/users', body, { ...session.headers, ...(key ? { 'idempotency-key': key } : {}) });

test('an admin makes users', async () => {
    const email = newEmail();
    const answer = await post({ name: 'Bob', email, role: 'admin' });
    const user = await assertUser(answer, 201);
    assert.deepEqual([user.name, user.email, user.role, user.addresses], ['Bob', email, 'admin', []]);
    assert.equal(answer.headers.location, `/users/${user.id}`);
    assert.equal(answer.headers['idempotency-replayed'], undefined);
    assert.deepEqual((await dappd.get(answer.headers.location, admin.headers)).json(), user);
    assert.deepEqual(await auditOf(user.id), [['user.create', admin.user.id, 'name,email,role']]);
    assertProblem(await post({ email: email.toUpperCase() }), 'email_taken');
    assertProblem(await post({ name: 'Bob' }, { session: await signIn(dappd) }), 'forbidden');
    assert.deepEqual((await assertUser(await post({}), 201)).name, null);
});

test('the same request under an Idempotency-Key makes one user, at whichever instance', async () => {
    const key = randomUUID();
    const email = newEmail();
    const at = [dappd, neighbour, dappd, neighbour];
    const answers = await Promise.all(at.map((one) => post({ name: 'Bob', email }, { key, at: one })));
    const users = await Promise.all(answers.map((answer) => assertUser(answer, 201)));
    assert.equal(new Set(users.map(({ id }) => id)).size, 1);
    const replayed = answers.map(({ headers }) => headers['idempotency-replayed']);
    assert.deepEqual(replayed.sort(), ['true', 'true', 'true', undefined]);
    const reordered = `{ "email": ${JSON.stringify(email)}, "name": "Bob" }`;
    assert.equal((await assertUser(await post(reordered, { key }), 201)).id, users[0].id);
    assertProblem(await post({ name: 'Bobby', email }, { key }), 'idempotency_key_reused');
    assert.deepEqual(await auditOf(users[0].id), [['user.create', admin.user.id, 'name,email']]);
    await patch({ user: users[0], headers: admin.headers }, { name: 'Robert' });
    assert.equal((await assertUser(await post({ name: 'Bob', email }, { key }), 201)).name, 'Robert');
    await remove({ user: users[0], headers: admin.headers });
    assertProblem(await post({ name: 'Bob', email }, { key }), 'user_not_found');
});

test('an Idempotency-Key is its user\'s, and its request may fail and be sent again', async () => {
    const key = randomUUID();
    const other = await signIn(dappd);
    await patch(other, { role: 'admin' }, { headers: admin.headers });
    const [mine, others] = [await post({ name: 'Bob' }, { key }), await post({ name: 'Rob' }, { key, session: other })];
    assert.deepEqual([mine.status, others.status], [201, 201]);
    const email = newEmail();
    const taken = await assertUser(await post({ email }), 201);
    const again = randomUUID();
    assertProblem(await post({ email }, { key: again }), 'email_taken');
    await remove({ user: taken, headers: admin.headers });
    assert.equal((await post({ email }, { key: again })).status, 201);
    for (const wrong of ['a b', 'x'.repeat(256)]) {
        assertProblem(await post({ name: 'Bob' }, { key: wrong }), 'invalid_parameter', /Idempotency-Key/);
    }
});

// --- the list ---

test('pages show every user once, in the order in which they were made', async () => {
    const wanted = (await scene.sql('SELECT id FROM users ORDER BY id')).flat();
    const shown = [];
    for (let path = '/users?limit=3'; path;) {
        const answer = await dappd.get(path, admin.headers);
        assert.equal(answer.status, 200, answer.text);
        const { items, next_cursor } = answer.json();
        shown.push(...items.map(({ id }) => id));
        assert.ok(items.length === 3 || next_cursor === null);
        path = answer.headers.link?.match(/^<(.*)>; rel="next"$/)[1];
        assert.equal(path === undefined, next_cursor === null);
        if (shown.length === 3) await post({ name: 'Late' });
    }
    assert.deepEqual(shown.slice(0, wanted.length), wanted);
    assert.equal(shown.length, wanted.length + 1);
    const { items, next_cursor } = (await dappd.get('/users?limit=1', admin.headers)).json();
    const [same] = (await dappd.get(`/users/${items[0].id}`, admin.headers)).text.trim().split('\n');
    assert.deepEqual(items[0], JSON.parse(same));
    for (const path of [`/keys?cursor=${next_cursor}`, `/audit?cursor=${next_cursor}`, '/users?cursor=x']) {
        assertProblem(await dappd.get(path, admin.headers), 'invalid_cursor');
    }
});

// --- deleting ---

/** What is left of these texts in any table, and in what dappd has written at debug level. */
async function traces(texts) {
    const tables = await scene.sql(`SELECT table_name FROM information_schema.tables
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`);
    const found = [];
    for (const [table] of tables) {
        for (const text of texts) {
            const rows = await scene.sql(`SELECT 1 FROM ${table} t WHERE t::text ILIKE '%${text}%' LIMIT 1`);
            if (rows.length > 0) found.push(`${text} in ${table}`);
        }
    }
    const log = dappd.stderr().toLowerCase();
    return found.concat(texts.filter((text) => log.includes(text.toLowerCase())).map((text) => `${text} in the log`));
}

test('deletion takes all that is personal, ends what stood for the user, and keeps the skeleton of the log', async () => {
    const account = newAccount();
    const session = await signIn(dappd, account);
    const [name, email] = [`Name ${randomBytes(6).toString('hex')}`, newEmail()];
    assert.equal((await patch(session, { name, email })).status, 200);
    const key = await makeKey(dappd, session.headers, ['read', 'account:read']);
    const path = `${pathOf(session)}/addresses/${account.address}`;
    assertProblem(await ask(dappd, 'DELETE', path, { headers: session.headers }), 'last_address');
    assert.deepEqual((await traces([name, email])).length, 2);
    const gone = await remove(session);
    assert.deepEqual([gone.status, gone.text, gone.headers['cache-control']], [204, '', 'no-store']);
    assert.deepEqual(await traces([name, email, account.address.slice(2)]), []);
    for (const headers of [session.headers, key.headers]) {
        assertProblem(await neighbour.get('/users/me', headers), 'unauthenticated');
    }
    assertProblem(await refresh(dappd, session.refresh_token), 'invalid_refresh_token');
    assertProblem(await dappd.get(pathOf(session), admin.headers), 'user_not_found');
    assertProblem(await remove(session, { headers: admin.headers }), 'user_not_found');
    const actions = (await auditOf(session.user.id)).map(([action]) => action);
    assert.deepEqual([actions[0], actions.at(-1)], ['user.create', 'user.delete']);
    const anew = await signIn(dappd, account);
    assert.ok(anew.user.created && anew.user.id !== session.user.id);
});

test('deletion may say which version it is meant for', async () => {
    const session = await signIn(dappd);
    await patch(session, { name: 'Alice' });
    assertProblem(await remove(session, { headers: match('"1"') }), 'precondition_failed');
    assert.equal((await remove(session, { headers: match('"2"') })).status, 204);
});

// --- without a database ---

test('without a database there are no users, keys and log: accounts_unavailable', async () => {
    const alone = await scene.start({ database_url: '' });
    const { headers } = await signIn(alone);
    const id = randomUUID();
    const routes = [
        ['GET', '/users'],
        ['POST', '/users', {}],
        ['GET', '/users/me'],
        ['GET', `/users/${id}`],
        ['PATCH', '/users/me', {}],
        ['DELETE', '/users/me'],
        ['DELETE', `/users/me/addresses/0x${'1'.repeat(40)}`],
        ['GET', '/keys'],
        ['POST', '/keys', { name: 'ci', scopes: ['read'] }],
        ['DELETE', `/keys/${id}`],
        ['GET', '/audit'],
    ];
    for (const [method, path, body] of routes) {
        const answer = await ask(alone, method, path, { body, headers: { ...headers, ...match('*') } });
        assertProblem(answer, 'accounts_unavailable', /database/);
    }
    assertProblem(await alone.get('/users/me'), 'unauthenticated');
    await alone.stop();
});
