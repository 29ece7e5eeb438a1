// The addresses of a user: proven by signing, each one user's, taken away again. What is right is asked of PostgreSQL.
// Owns its chain, its PostgreSQL and its dappds.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { adminOf, ask, makeKey, startScene } from './lib/accounts.js';
import { assertAccountsAgree } from './lib/account_truth.js';
import { chainConfig } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { CHAIN_ID, ahead, logout, newAccount, refresh, signIn, signedMessage } from './lib/siwe.js';
import { until } from './lib/wait.js';
import { deployWallet } from './lib/wallets.js';

const MAX_ADDRESSES = 20;
const IS_VALID_SIGNATURE = '1626ba7e'; // of ERC-1271: the selector

let scene, dappd, neighbour;

before(async () => {
    scene = await startScene();
    [dappd, neighbour] = await Promise.all([scene.start(), scene.start()]);
});
after(() => stopAll(scene));

const pathOf = ({ user }) => `/users/${user.id}/addresses`;

/** In: what, a wallet or what it has signed; key, an Idempotency-Key. */
async function add(session, what, { key, at = dappd, path = pathOf(session) } = {}) {
    const body = what.signature ? what : await signedMessage(at, what);
    return at.post(path, body, { ...session.headers, ...(key ? { 'idempotency-key': key } : {}) });
}

const remove = (session, address, { query = '', headers = {}, path = pathOf(session) } = {}) =>
    ask(dappd, 'DELETE', `${path}/${address}${query}`, { headers: { ...session.headers, ...headers } });

/** The addresses of a user as PostgreSQL has them, with their chains. */
const rowsOf = (id) =>
    scene.sql(`SELECT '0x' || encode(address, 'hex'), chain_id FROM addresses WHERE user_id = '${id}' ORDER BY proven_at, address`);

/** An answer must be the user with these addresses on every chain. Returns it. */
async function assertAddresses(answer, status, accounts) {
    assert.equal(answer.status, status, answer.text);
    const user = answer.json();
    assert.equal(answer.headers.etag, `"${user.version}"`);
    assert.deepEqual(user.addresses.map(({ address }) => address).sort(), accounts.map(({ address }) => address).sort());
    const wanted = accounts.map(({ address }) => [address.toLowerCase(), '0']);
    assert.deepEqual((await rowsOf(user.id)).sort(), wanted.sort());
    return user;
}

test('an address that signs is the user\'s from then on, and signs it in', async () => {
    const [first, second] = [newAccount(), newAccount()];
    const session = await signIn(dappd, first);
    const user = await assertAddresses(await add(session, second), 201, [first, second]);
    assert.equal(user.version, 2);
    const again = await signIn(neighbour, second);
    assert.deepEqual([again.user.id, again.user.created], [session.user.id, false]);
    const [last] = await scene.sql(`SELECT action, actor, array_to_string(members, ',') FROM audit
        WHERE user_id = '${user.id}' AND action LIKE 'address.%'`);
    assert.deepEqual(last.slice(0, 2), ['address.add', user.id]);
    await assertAccountsAgree(scene.database, 'an address more');
});

test('an address that the user has is no error, and no change', async () => {
    const account = newAccount();
    const session = await signIn(dappd, account);
    const user = await assertAddresses(await add(session, account), 201, [account]);
    assert.equal(user.version, 1);
});

test('an address of another user stays its own', async () => {
    const [mine, theirs] = [newAccount(), newAccount()];
    const [session] = [await signIn(dappd, mine), await signIn(dappd, theirs)];
    assertProblem(await add(session, theirs), 'address_taken');
    const wanted = newAccount();
    const rival = await signIn(dappd);
    const both = await Promise.all([add(session, wanted), add(rival, wanted, { at: neighbour })]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [201, 409]);
    assertProblem(both.find(({ status }) => status === 409), 'address_taken');
});

test('what proves an address is a message that could sign in, and counts once', async () => {
    const session = await signIn(dappd);
    const account = newAccount();
    const signed = await signedMessage(dappd, account);
    const other = await signedMessage(dappd, newAccount());
    assertProblem(await add(session, { ...signed, signature: other.signature }), 'signature_mismatch');
    assertProblem(await add(session, { ...signed, signature: '0x12' }), 'invalid_signature');
    assertProblem(await add(session, await signedMessage(dappd, account, { domain: 'evil.example' })), 'domain_mismatch');
    assert.equal((await add(session, signed)).status, 201);
    assertProblem(await add(session, signed, { at: neighbour }), 'invalid_nonce');
    assertProblem(await dappd.post('/auth/verify', signed), 'invalid_nonce');
    assertProblem(await dappd.post(pathOf(session), { message: signed.message }, session.headers), 'invalid_parameter', /signature/);
});

test('the same request under an Idempotency-Key adds once, at whichever instance', async () => {
    const [first, second] = [newAccount(), newAccount()];
    const session = await signIn(dappd, first);
    const signed = await signedMessage(dappd, second);
    const key = randomUUID();
    const at = [dappd, neighbour, dappd];
    const answers = await Promise.all(at.map((one) => add(session, signed, { key, at: one })));
    for (const answer of answers) await assertAddresses(answer, 201, [first, second]);
    const replayed = answers.map(({ headers }) => headers['idempotency-replayed']);
    assert.deepEqual(replayed.sort(), ['true', 'true', undefined]);
    assertProblem(await add(session, newAccount(), { key }), 'idempotency_key_reused');
});

test('a request sent again is answered the same when its message has expired', async () => {
    const [session, rival] = [await signIn(dappd), await signIn(dappd)];
    let signed, key, first;
    await until(async () => {
        key = randomUUID();
        signed = await signedMessage(dappd, newAccount(), { expirationTime: ahead(2) });
        first = await add(session, signed, { key });
        return first.status === 201;
    }, 'message that is in time');
    await until(async () => (await add(rival, signed)).json().code === 'message_expired', 'expiry');
    const again = await add(session, signed, { key, at: neighbour });
    assert.deepEqual([again.status, again.headers['idempotency-replayed'], again.text], [201, 'true', first.text]);
    assertProblem(await add(rival, signed, { key }), 'message_expired');
    assertProblem(await add(rival, signed, { key, path: pathOf(session) }), 'forbidden');
});

test('nobody adds an address for another, no admin and no key', async () => {
    const session = await signIn(dappd);
    const path = pathOf(session);
    assertProblem(await add(await signIn(dappd), newAccount(), { path }), 'forbidden');
    assertProblem(await add(await adminOf(dappd), newAccount(), { path }), 'forbidden');
    const key = await makeKey(dappd, session.headers, ['account:read', 'account:write']);
    assertProblem(await add(key, newAccount(), { path }), 'insufficient_scope');
    assert.equal((await add(session, newAccount(), { path: '/users/me/addresses' })).status, 201);
});

test('a user has twenty addresses at most', async () => {
    const session = await signIn(dappd);
    await scene.sql(`INSERT INTO addresses SELECT decode(lpad(to_hex(n), 40, '0'), 'hex'), 0, '${session.user.id}', n
        FROM generate_series(1, ${MAX_ADDRESSES - 2}) n`);
    const last = newAccount();
    const both = await Promise.all([add(session, newAccount()), add(session, last, { at: neighbour })]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [201, 409]);
    assertProblem(both.find(({ status }) => status === 409), 'limit_reached');
    assert.equal((await rowsOf(session.user.id)).length, MAX_ADDRESSES);
    const large = await dappd.get('/users/me', { ...session.headers, 'accept-encoding': 'gzip' });
    assert.ok(large.text.length > 1024 && large.json().addresses.length === MAX_ADDRESSES);
    assert.equal(large.headers['content-encoding'], undefined, 'a strong tag is of these very bytes');
    await scene.sql(`DELETE FROM addresses WHERE proven_at < 1000`);
});

test('an address that is taken away signs nobody in, and its sessions end', async () => {
    const [first, second] = [newAccount(), newAccount()];
    const session = await signIn(dappd, first);
    await add(session, second);
    const other = await signIn(dappd, second);
    assertProblem(await remove(session, second.address, { headers: { 'if-match': '"1"' } }), 'precondition_failed');
    const answer = await remove(session, second.address.toLowerCase(), { headers: { 'if-match': '"2"' } });
    assert.equal((await assertAddresses(answer, 200, [first])).version, 3);
    assertProblem(await neighbour.get('/users/me', other.headers), 'unauthenticated');
    assertProblem(await refresh(dappd, other.refresh_token), 'invalid_refresh_token');
    assert.equal((await dappd.get('/users/me', session.headers)).status, 200);
    assertProblem(await remove(session, second.address), 'not_found');
    assertProblem(await remove(session, first.address), 'last_address');
    assert.notEqual((await signIn(dappd, second)).user.id, session.user.id);
});

test('a request that names no address is told so, and the address is not shown', async () => {
    const account = newAccount();
    const session = await signIn(dappd, account);
    const typo = account.address.replace(/[a-f]/i, (c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase()));
    const { detail } = assertProblem(await remove(session, typo), 'checksum_mismatch');
    assert.ok(!detail.includes(typo));
    assertProblem(await remove(session, '0x12'), 'invalid_address');
    for (const query of ['?chain=0', '?chain=dev', '?chain=1.5', '?chain=9223372036854775808']) {
        assertProblem(await remove(session, account.address, { query }), 'invalid_parameter', /chain/);
    }
    assertProblem(await remove(session, account.address, { query: '?colour=red' }), 'invalid_parameter', /colour/);
});

test('an admin takes addresses of others away, and no other user does', async () => {
    const [first, second] = [newAccount(), newAccount()];
    const session = await signIn(dappd, first);
    await add(session, second);
    const path = pathOf(session);
    assertProblem(await remove(await signIn(dappd), second.address, { path }), 'forbidden');
    await assertAddresses(await remove(await adminOf(dappd), second.address, { path }), 200, [first]);
});

test('a contract is the user\'s on its own chain', async () => {
    const session = await signIn(dappd);
    const wallet = await deployWallet(scene.chain.client, newAccount());
    await dappd.untilHead(Number(await scene.chain.client.getBlockNumber()));
    const added = await add(session, wallet);
    assert.equal(added.status, 201, added.text);
    const { chain_id } = added.json().addresses.find(({ address }) => address === wallet.address);
    assert.equal(chain_id, CHAIN_ID);
    assertProblem(await remove(session, wallet.address), 'not_found');
    assertProblem(await remove(session, wallet.address, { query: '?chain=1' }), 'not_found');
    const left = await remove(session, wallet.address, { query: `?chain=${CHAIN_ID}` });
    assert.equal(left.status, 200, left.text);
    assert.equal(left.json().addresses.length, 1);
});

test('a session that ends while a contract is asked adds no address', async (t) => {
    const node = await startFaultyNode(scene.chain.url);
    t.after(() => node.stop());
    const slow = await scene.start({ chains: [chainConfig(node.url)], rpc_attempt_timeout_ms: 60_000 });
    const wallet = await deployWallet(scene.chain.client, newAccount());
    await slow.untilHead(await scene.chain.client.getBlockNumber());
    const own = newAccount();
    const session = await signIn(slow, own);
    const { fault, open } = faults.gate();
    let isAsked = false; // and so, who asks for it is known
    node.on('eth_call', (exchange) => {
        isAsked ||= JSON.stringify(exchange.asked).includes(IS_VALID_SIGNATURE);
        return fault(exchange);
    });
    const asked = add(session, wallet, { at: slow });
    await until(() => isAsked, 'question to the contract');
    assert.equal((await logout(dappd, session.headers)).status, 204);
    open();
    assertProblem(await asked, 'unauthenticated', /ended/);
    assert.deepEqual(await rowsOf(session.user.id), [[own.address.toLowerCase(), '0']]);
});
