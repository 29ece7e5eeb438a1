// The log of changes as admins read it: what a whole life of accounts leaves there, row by row, and pages that hold
// against PostgreSQL. Owns its chain, its PostgreSQL and its dappd.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { getAddress } from 'viem';
import { adminOf, ask, makeKey, startScene } from './lib/accounts.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { logout, newAccount, now, refresh, signIn, signedMessage } from './lib/siwe.js';

let scene, dappd, admin;

before(async () => {
    scene = await startScene();
    dappd = await scene.start();
    admin = await adminOf(dappd);
});
after(() => stopAll(scene));

async function auditOf(query = '', session = admin) {
    const answer = await dappd.get(`/audit${query}`, session.headers);
    assert.equal(answer.status, 200, answer.text);
    return { ...answer.json(), link: answer.headers.link };
}

/** Every row, as the answer has it, from PostgreSQL. Newest first. */
async function rowsOf(where = 'true') {
    const columns = `id, at, actor, actor_key, action, user_id, subject, chain_id, encode(contract, 'hex'),
        array_to_json(members), request_id`;
    const rows = await scene.sql(`SELECT ${columns} FROM audit WHERE ${where} ORDER BY id DESC`);
    return rows.map(([id, at, actor, actor_key, action, user_id, subject, chain, contract, members, request_id]) => ({
        id: Number(id),
        at: Number(at),
        actor,
        actor_key,
        action,
        user_id,
        subject,
        contract: contract && { chain_id: Number(chain), address: getAddress(`0x${contract}`) },
        members: JSON.parse(members),
        request_id,
    }));
}

test('each change of a life leaves its row: who, what, whom, by which request', async () => {
    const began = now();
    const wallet = newAccount();
    const session = await signIn(dappd, wallet);
    const { id } = session.user;
    const path = `/users/${id}`;
    const named = (request_id, more = {}) => ({ ...session.headers, 'x-request-id': request_id, ...more });
    const key = await makeKey(dappd, named('make-key'), ['account:write']);
    const change = { 'if-match': '*', 'x-request-id': 'by-key' };
    await ask(dappd, 'PATCH', path, { body: { email: `${id}@example.org`, name: 'Alice' }, headers: { ...key.headers, ...change } });
    const second = newAccount();
    await dappd.post(`${path}/addresses`, await signedMessage(dappd, second), named('add'));
    await ask(dappd, 'DELETE', `${path}/addresses/${second.address}`, { headers: named('take') });
    await ask(dappd, 'DELETE', `/keys/${key.id}`, { headers: named('delete-key') });
    const other = await signIn(dappd, wallet);
    await logout(dappd, { ...other.headers, 'x-request-id': 'out' });
    const renewed = await refresh(dappd, session.refresh_token);
    assert.equal(renewed.status, 200, renewed.text);
    assertProblem(await refresh(dappd, session.refresh_token), 'refresh_token_reused');
    const byAdmin = { ...admin.headers, 'x-request-id': 'end' };
    assert.equal((await ask(dappd, 'DELETE', path, { headers: byAdmin })).status, 204);

    const { items, next_cursor } = await auditOf(`?user=${id}`);
    assert.equal(next_cursor, null);
    assert.deepEqual(items, await rowsOf(`user_id = '${id}'`));
    for (const { at } of items) assert.ok(at >= began && at <= now());
    const of = (action) => items.filter((item) => item.action === action);
    const told = (action) => of(action).map(({ actor, actor_key, subject, request_id }) => [actor, actor_key, subject, request_id]);
    assert.deepEqual(told('key.create'), [[id, null, key.id, 'make-key']]);
    assert.deepEqual(told('user.update'), [[id, key.id, null, 'by-key']]);
    assert.deepEqual(of('user.update')[0].members.sort(), ['email', 'name']);
    assert.deepEqual(told('address.add'), [[id, null, null, 'add']]);
    assert.deepEqual(told('address.remove'), [[id, null, null, 'take']]);
    assert.deepEqual(told('key.delete'), [[id, null, key.id, 'delete-key']]);
    assert.equal(of('sign_in').length, 2);
    assert.equal(told('session.end')[0].at(-1), 'out');
    assert.equal(of('session.reused').length, 1);
    assert.deepEqual(told('user.delete'), [[admin.user.id, null, null, 'end']]);
    assert.equal(items[0].action, 'user.delete', 'the newest first');
    assert.equal(items.at(-1).action, 'user.create');
    const text = JSON.stringify(items);
    for (const value of [`${id}@`, 'Alice', wallet.address, second.address.slice(2)]) {
        assert.ok(!text.toLowerCase().includes(value.toLowerCase()), value);
    }
});

test('pages go back in time, and what is written meanwhile shifts none of them', async () => {
    for (let i = 0; i < 3; i++) await signIn(dappd);
    const wanted = await rowsOf();
    const shown = [];
    for (let query = '?limit=4'; query;) {
        const { items, next_cursor, link } = await auditOf(query);
        shown.push(...items);
        assert.equal(link === undefined, next_cursor === null);
        query = next_cursor && `?limit=4&cursor=${next_cursor}`;
        await signIn(dappd);
    }
    assert.deepEqual(shown, wanted);
    const { next_cursor } = await auditOf('?limit=1');
    for (const query of [`?limit=1&user=${admin.user.id}&cursor=${next_cursor}`, '?cursor=MQ']) {
        assertProblem(await dappd.get(`/audit${query}`, admin.headers), 'invalid_cursor');
    }
});

test('the log is of one user, of me, or of one that never was', async () => {
    assert.deepEqual((await auditOf('?user=me')).items, await rowsOf(`user_id = '${admin.user.id}'`));
    assert.deepEqual((await auditOf(`?user=${randomUUID()}`)).items, []);
    assertProblem(await dappd.get('/audit?user=alice', admin.headers), 'invalid_parameter');
    assertProblem(await dappd.get('/audit?limit=0', admin.headers), 'invalid_parameter', /limit/);
    assertProblem(await dappd.get('/audit?action=sign_in', admin.headers), 'invalid_parameter', /action/);
});

test('the log is for admins, and their keys with its scope', async () => {
    const user = await signIn(dappd);
    assertProblem(await dappd.get('/audit'), 'unauthenticated');
    assertProblem(await dappd.get('/audit', user.headers), 'forbidden');
    assertProblem(await dappd.get(`/audit?user=${user.user.id}`, user.headers), 'forbidden');
    const [reader, other] = [await makeKey(dappd, admin.headers, ['audit:read']), await makeKey(dappd, admin.headers, ['users:read'])];
    assert.ok((await auditOf('', reader)).items.length > 0);
    assertProblem(await dappd.get('/audit', other.headers), 'insufficient_scope');
});

test('PostgreSQL itself lets nobody change what stands in the log', async () => {
    const before = await rowsOf();
    for (const change of ["UPDATE audit SET action = 'nothing'", 'DELETE FROM audit', 'TRUNCATE audit']) {
        await assert.rejects(scene.sql(change), /only ever added to/);
    }
    assert.deepEqual(await rowsOf(), before);
});
