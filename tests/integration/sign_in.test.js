// Signing in as pages do it, with viem's messages: local accounts, contract wallets, wallets that are not there yet;
// what keeps a session going and what ends it; several chains, several instances, no database.
// Owns its chains, its PostgreSQL and its dappds.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN, startScene } from './lib/accounts.js';
import { startBareChain } from './lib/chain.js';
import { chainConfig } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import * as siwe from './lib/siwe.js';
import { deployWallet, planWallet } from './lib/wallets.js';
import { until } from './lib/wait.js';

const { CHAIN_ID, DOMAIN, ahead, grantOf, logout, newAccount, now, refresh, sessionOf, signIn, signedMessage, verify } =
    siwe;
const OTHER_CHAIN = 31338;
const ALONE = { database_url: '' };
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let scene, otherChain, dappd, neighbour, alone;

before(async () => {
    otherChain = await startBareChain({ args: ['--chain-id', String(OTHER_CHAIN)] });
    scene = await startScene({ otherChains: [chainConfig(otherChain.url, { name: 'other' })] });
    [dappd, neighbour, alone] = await Promise.all([scene.start(), scene.start(), scene.start(ALONE)]);
});
after(() => stopAll(scene, otherChain));

/** One dappd of the scene with other settings, for one test. */
async function dappdFor(t, settings) {
    const own = await scene.start(settings);
    t.after(() => own.stop());
    return own;
}

const actionsOf = async (user) =>
    (await scene.sql(`SELECT action FROM audit WHERE user_id = '${user}' ORDER BY id`)).flat();

// --- the whole sign-in ---

test('an account signs in, and its user is made', async () => {
    const account = newAccount();
    const began = now();
    const { headers, ...grant } = await signIn(dappd, account);
    assert.equal(grant.token_type, 'Bearer');
    assert.equal(grant.expires_in, 600);
    assert.ok(grant.expires_at >= began + 600 && grant.expires_at <= now() + 600);
    assert.ok(grant.refresh_expires_at >= began + 2592000 && grant.refresh_expires_at <= now() + 2592000);
    assert.match(grant.user.id, UUID);
    assert.deepEqual(grant.user, { id: grant.user.id, address: account.address, chain_id: CHAIN_ID, created: true });
    const rows = `SELECT role, version, chain_id FROM users JOIN addresses ON user_id = users.id
        WHERE users.id = '${grant.user.id}' AND '0x' || encode(address, 'hex') = '${account.address.toLowerCase()}'`;
    assert.deepEqual(await scene.sql(rows), [['user', '1', '0']]);
});

test('the second sign-in finds the user, in a session of its own', async () => {
    const account = newAccount();
    const first = await signIn(dappd, account);
    const second = await signIn(dappd, account);
    assert.deepEqual([first.user.created, second.user.created], [true, false]);
    assert.equal(second.user.id, first.user.id);
    const sessions = await Promise.all([first, second].map(async ({ headers }) => (await sessionOf(dappd, headers)).json()));
    assert.notEqual(sessions[0].session_id, sessions[1].session_id);
});

test('sign-ins of a new address at the same time make one user', async () => {
    const account = newAccount();
    const signed = await Promise.all(Array.from({ length: 6 }, () => signedMessage(dappd, account)));
    const grants = await Promise.all(signed.map(async (one, i) => grantOf(await verify(i % 2 ? dappd : neighbour, one))));
    assert.equal(new Set(grants.map(({ user }) => user.id)).size, 1);
    assert.equal(grants.filter(({ user }) => user.created).length, 1);
});

test('signatures of 64 bytes, and with v of 0 or 1, are taken', async () => {
    for (const change of [siwe.compact, siwe.withParity]) {
        for (let i = 0; i < 4; i++) {
            const { message, signature } = await signedMessage(dappd, newAccount());
            grantOf(await verify(dappd, { message, signature: change(signature) }));
        }
    }
});

test('a message with all that it may hold is taken', async () => {
    const fields = {
        statement: 'I accept the terms: https://app.example.com/terms',
        scheme: 'https',
        uri: `https://${DOMAIN}/login?next=%2Fcart#top`,
        expirationTime: ahead(300),
        notBefore: ahead(-5),
        requestId: 'checkout-7f3a',
        resources: ['ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/', 'https://example.com/a.json'],
    };
    assert.equal((await signIn(dappd, newAccount(), fields)).user.created, true);
});

test('a page of this machine may be one of http', async (t) => {
    const local = await dappdFor(t, { auth_domains: 'app.example.com,localhost:5173' });
    const fields = { domain: 'localhost:5173', uri: 'http://localhost:5173/login' };
    assert.equal((await signIn(local, newAccount(), { ...fields, scheme: 'http' })).user.created, true);
    const foreign = await signedMessage(local, newAccount(), { uri: 'http://app.example.com/login' });
    assertProblem(await verify(local, foreign), 'uri_mismatch', /not https/);
});

// --- contracts ---

/** Waits until dappd answers from the block in which a wallet was deployed. */
async function seen(wallet) {
    await dappd.untilHead(await scene.chain.client.getBlockNumber());
    return wallet;
}

test('a contract wallet signs in with the signature of its owner', async () => {
    const owner = newAccount();
    const wallet = await seen(await deployWallet(scene.chain.client, owner));
    const grant = await signIn(dappd, wallet);
    assert.equal(grant.user.address, wallet.address);
    assert.notEqual(grant.user.id, (await signIn(dappd, owner)).user.id);
    const proven = `SELECT chain_id FROM addresses WHERE user_id = '${grant.user.id}'`;
    assert.deepEqual(await scene.sql(proven), [[String(CHAIN_ID)]]);
    const stranger = { ...wallet, signMessage: newAccount().signMessage };
    assertProblem(await verify(dappd, await signedMessage(dappd, stranger)), 'signature_mismatch');
});

test('a wallet that is not deployed signs in, and is the same user once it is', async () => {
    const planned = await seen(await planWallet(scene.chain.client, newAccount()));
    const grant = await signIn(dappd, planned);
    assert.deepEqual([grant.user.address, grant.user.created], [planned.address, true]);
    assert.equal(await scene.chain.client.getCode({ address: planned.address }), undefined, 'nothing was deployed');
    const deployed = await seen(await planned.deploy());
    assert.deepEqual((await signIn(dappd, deployed)).user, { ...grant.user, created: false });
    assert.deepEqual((await signIn(dappd, planned)).user, { ...grant.user, created: false }, 'wrapped all the same');
});

test('a wallet that is not deployed does not sign in with the signature of a stranger', async () => {
    const planned = await planWallet(scene.chain.client, newAccount());
    const other = await seen(await planWallet(scene.chain.client, newAccount()));
    const stranger = { ...planned, signMessage: other.signMessage };
    assertProblem(await verify(dappd, await signedMessage(dappd, stranger)), 'signature_mismatch');
});

// --- chains ---

test('an account is the same user on every chain', async () => {
    const account = newAccount();
    const first = await signIn(dappd, account);
    const second = await signIn(dappd, account, { chainId: OTHER_CHAIN });
    assert.deepEqual(second.user, { ...first.user, chain_id: OTHER_CHAIN, created: false });
    assert.equal((await sessionOf(dappd, second.headers)).json().chain_id, OTHER_CHAIN);
});

test('a contract wallet at the same address of another chain is another user', async () => {
    const ids = [31340, 31341];
    const [here, there] = await Promise.all(ids.map((id) => startBareChain({ args: ['--chain-id', String(id)] })));
    const own = await scene.start({ chains: [chainConfig(here.url), chainConfig(there.url, { name: 'there' })] });
    try {
        const wallets = [
            { wallet: await deployWallet(here.client, newAccount()), chainId: ids[0] },
            { wallet: await deployWallet(there.client, newAccount()), chainId: ids[1] },
        ];
        assert.equal(wallets[0].wallet.address, wallets[1].wallet.address);
        for (const [i, chain] of [here, there].entries()) await own.untilHead(await chain.client.getBlockNumber(), ids[i]);
        const grants = [];
        for (const { wallet, chainId } of wallets) grants.push(await signIn(own, wallet, { chainId }));
        assert.deepEqual(grants.map(({ user }) => [user.chain_id, user.created]), ids.map((id) => [id, true]));
        assert.notEqual(grants[0].user.id, grants[1].user.id);
        const swapped = await signedMessage(own, wallets[0].wallet, { chainId: ids[1] });
        assertProblem(await verify(own, swapped), 'signature_mismatch');
    } finally {
        await stopAll(own, there, here);
    }
});

test('a chain that is not served is named, also when it is the first thing asked', async (t) => {
    const fresh = await dappdFor(t, {});
    const signed = await signedMessage(fresh, newAccount(), { chainId: 5 });
    assertProblem(await verify(fresh, signed), 'chain_not_served', /chain 5 /);
    const other = await dappdFor(t, {});
    assert.equal((await signIn(other, newAccount(), { chainId: OTHER_CHAIN })).user.chain_id, OTHER_CHAIN);
});

test('a chain whose id becomes known while another one is asked is served', async (t) => {
    const [slow, node] = [await startFaultyNode(scene.chain.url), await startFaultyNode(otherChain.url)];
    t.after(() => stopAll(slow, node));
    const [first, second] = [faults.gate(), faults.gate()];
    slow.on('*', first.fault);
    node.on('*', second.fault);
    const chains = [chainConfig(slow.url), chainConfig(node.url, { name: 'other' })];
    const fresh = await dappdFor(t, { chains, rpc_attempt_timeout_ms: 60_000 });
    const signed = await signedMessage(fresh, newAccount(), { chainId: OTHER_CHAIN });
    const answer = verify(fresh, signed);
    const inFlight = async () => (await fresh.get('/metrics')).text.match(/^dappd_http_requests_in_flight (\d+)$/m)?.[1];
    await until(async () => (await inFlight()) === '2', 'the sign-in, which waits for the first chain');
    second.open();
    await fresh.json(`/balance/${ADMIN.address}?chain=other`);
    first.open();
    assert.equal(grantOf(await answer).user.chain_id, OTHER_CHAIN);
});

test('while no node tells which chain it is of, nobody can say that it is not served', async (t) => {
    const lost = await dappdFor(t, { chains: [chainConfig('http://127.0.0.1:1'), scene.chains[1]] });
    assertProblem(await verify(lost, await signedMessage(lost, newAccount())), 'upstream_unavailable');
    assertProblem(await lost.get(`/balance/${ADMIN.address}?chain=${CHAIN_ID}`), 'upstream_unavailable');
    assert.equal((await signIn(lost, newAccount(), { chainId: OTHER_CHAIN })).user.created, true);
});

// --- what is refused; the attacks have a file of their own ---

test('each refusal says what was found and what is allowed', async () => {
    const asked = async (fields) => verify(dappd, await signedMessage(dappd, newAccount(), fields));
    assertProblem(await asked({ domain: 'evil.example' }), 'domain_mismatch', /"evil\.example".* app\.example\.com$/);
    assertProblem(await asked({ uri: 'https://evil.example/' }), 'uri_mismatch', /the domain "app\.example\.com"/);
    assertProblem(await asked({ nonce: 'abcdefgh12345678' }), 'invalid_nonce', /not made here/);
    assertProblem(await asked({ issuedAt: ahead(90) }), 'issued_in_future', /allows 60 s/);
    assertProblem(await asked({ issuedAt: ahead(-90) }), 'invalid_nonce', /made \d+ s after/);
    assertProblem(await asked({ expirationTime: ahead(-3) }), 'message_expired', /expired \d s ago/);
    assertProblem(await asked({ notBefore: ahead(90) }), 'message_not_yet_valid', /valid in \d\d s/);
    const { message, signature } = await signedMessage(dappd, newAccount());
    assertProblem(await verify(dappd, { message: `${message}\n`, signature }), 'invalid_message', /line/);
    assertProblem(await verify(dappd, { message: message.toLowerCase(), signature }), 'invalid_message');
    assertProblem(await verify(dappd, { message, signature: 'no hex' }), 'invalid_signature', /hex/);
    assertProblem(await verify(dappd, { message, signature: '0x' }), 'invalid_signature');
});

test('a message that is refused leaves its nonce as it was', async () => {
    const account = newAccount();
    const signed = await signedMessage(dappd, account);
    const stranger = await newAccount().signMessage(signed);
    assertProblem(await verify(dappd, { ...signed, signature: stranger }), 'signature_mismatch');
    assert.equal(grantOf(await verify(dappd, signed)).user.created, true);
    assertProblem(await verify(dappd, signed), 'invalid_nonce', /used/);
});

test('a nonce that expires while a contract is asked is not taken', async (t) => {
    const node = await startFaultyNode(scene.chain.url);
    t.after(() => node.stop());
    const hasty = await dappdFor(t, { nonce_ttl_s: 2, chains: [chainConfig(node.url)], rpc_attempt_timeout_ms: 60_000 });
    const wallet = await deployWallet(scene.chain.client, newAccount());
    await hasty.untilHead(await scene.chain.client.getBlockNumber());
    const { fault, open } = faults.gate();
    node.on('eth_call', fault);
    const asked = verify(hasty, await signedMessage(hasty, wallet));
    const { expires_at } = await hasty.json('/auth/nonce');
    await until(() => node.count('eth_call') > 0, 'question to the contract');
    await until(() => now() >= expires_at, 'end of the nonce');
    open();
    assertProblem(await asked, 'invalid_nonce', /while/);
});

test('bodies of the wrong shape are refused by name', async () => {
    const signed = await signedMessage(dappd, newAccount());
    const wrong = [
        ['/auth/verify', {}, 'invalid_parameter', /message/],
        ['/auth/verify', { message: signed.message }, 'invalid_parameter', /signature/],
        ['/auth/verify', { ...signed, message: 1 }, 'invalid_parameter', /message/],
        ['/auth/verify', { ...signed, nonce: '1' }, 'invalid_parameter', /"nonce"/],
        ['/auth/verify', { ...signed, signature: signed.signature.slice(2) }, 'invalid_signature', /hex/],
        ['/auth/verify', { ...signed, signature: `${signed.signature}0` }, 'invalid_signature', /hex/],
        ['/auth/verify', { ...signed, signature: `0x${'00'.repeat(16385)}` }, 'invalid_signature', /16384/],
        ['/auth/verify', [], 'invalid_json', /object/],
        ['/auth/refresh', {}, 'invalid_parameter', /refresh_token/],
        ['/auth/refresh', { refresh_token: null }, 'invalid_parameter', /refresh_token/],
        ['/auth/refresh', { refresh_token: 'x', more: 1 }, 'invalid_parameter', /"more"/],
        ['/auth/refresh', 'x', 'invalid_json', /body/],
    ];
    for (const [path, body, code, detail] of wrong) assertProblem(await dappd.post(path, body), code, detail);
    for (const path of ['/auth/verify', '/auth/refresh']) {
        assertProblem(await dappd.post(path, signed, { 'content-type': 'text/plain' }), 'unsupported_media_type');
    }
    assert.equal((await verify(dappd, signed)).status, 200, 'none of that has spent the nonce');
});

// --- the session ---

test('the session says who is signed in', async () => {
    const account = newAccount();
    const { user, headers, expires_at } = await signIn(dappd, account);
    const answer = await sessionOf(dappd, headers);
    assert.equal(answer.headers['cache-control'], 'no-store');
    const { session_id, ...session } = answer.json();
    assert.deepEqual(session, {
        user_id: user.id,
        address: account.address,
        chain_id: CHAIN_ID,
        admin: false,
        issued_at: expires_at - 600,
        expires_at,
    });
    assert.deepEqual(await scene.sql(`SELECT user_id FROM sessions WHERE id = '${session_id}'`), [[user.id]]);
    assert.equal((await sessionOf(neighbour, headers)).json().session_id, session_id, 'at every instance');
});

test('without an access token there is no session', async () => {
    for (const answer of [await sessionOf(dappd, {}), await logout(dappd, {}), await sessionOf(dappd, siwe.bearer('x'))]) {
        assertProblem(answer, 'unauthenticated');
        assert.match(answer.headers['www-authenticate'], /^Bearer/);
    }
});

test('a refresh gives new tokens of the same session, and says nothing of created', async () => {
    const first = await signIn(dappd);
    const second = grantOf(await refresh(neighbour, first.refresh_token));
    const { created, ...user } = first.user;
    assert.deepEqual(second.user, user);
    assert.notEqual(second.refresh_token, first.refresh_token);
    assert.ok(second.refresh_expires_at >= first.refresh_expires_at);
    const [before, after] = await Promise.all([first, second].map(async ({ headers }) => (await sessionOf(dappd, headers)).json()));
    assert.equal(after.session_id, before.session_id);
    const third = grantOf(await refresh(dappd, second.refresh_token));
    assert.equal((await sessionOf(dappd, third.headers)).json().session_id, before.session_id);
});

test('a refresh token that is used again ends the session', async () => {
    const first = await signIn(dappd);
    const second = grantOf(await refresh(dappd, first.refresh_token));
    const answer = await refresh(neighbour, first.refresh_token);
    assertProblem(answer, 'refresh_token_reused');
    assert.match(answer.headers['www-authenticate'], /^Bearer/);
    assertProblem(await refresh(dappd, second.refresh_token), 'invalid_refresh_token');
    for (const { headers } of [first, second]) assertProblem(await sessionOf(dappd, headers), 'unauthenticated');
});

test('what is no refresh token is refused', async () => {
    const { refresh_token, access_token } = await signIn(dappd);
    const wrong = ['', 'x', access_token, refresh_token.slice(1), `${refresh_token}A`, `${refresh_token}=`, ' '.repeat(4096)];
    for (const token of wrong) assertProblem(await refresh(dappd, token), 'invalid_refresh_token');
    grantOf(await refresh(dappd, refresh_token));
});

test('of two refreshes at once at two instances at most one succeeds', async () => {
    const { refresh_token } = await signIn(dappd);
    const answers = await Promise.all([refresh(dappd, refresh_token), refresh(neighbour, refresh_token)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401]);
    assertProblem(answers.find(({ status }) => status === 401), 'refresh_token_reused');
});

test('a session that nobody refreshes runs out', async (t) => {
    const hasty = await dappdFor(t, { refresh_token_ttl_s: 1 });
    const grant = await signIn(hasty);
    assert.ok(grant.expires_at <= grant.refresh_expires_at, 'no access token outlives its session');
    await until(() => now() > grant.refresh_expires_at, 'end of the session');
    assertProblem(await refresh(hasty, grant.refresh_token), 'invalid_refresh_token');
});

test('an access token expires, and its session goes on', async (t) => {
    const hasty = await dappdFor(t, { access_token_ttl_s: 1 });
    const grant = await signIn(hasty);
    assert.equal(grant.expires_in, 1);
    await until(() => now() > grant.expires_at, 'end of the access token');
    assertProblem(await sessionOf(hasty, grant.headers), 'token_expired');
    assert.equal((await hasty.get('/auth/nonce', grant.headers)).status, 200, 'who signs in anew is not asked for it');
    grantOf(await refresh(dappd, grant.refresh_token));
});

test('after signing out nothing of the session is left', async () => {
    const grant = await signIn(dappd);
    const other = await signIn(dappd);
    const answer = await logout(neighbour, grant.headers);
    assert.deepEqual([answer.status, answer.text, answer.headers['cache-control']], [204, '', 'no-store']);
    assertProblem(await sessionOf(dappd, grant.headers), 'unauthenticated');
    assertProblem(await logout(dappd, grant.headers), 'unauthenticated');
    assertProblem(await refresh(dappd, grant.refresh_token), 'invalid_refresh_token');
    assert.equal((await sessionOf(dappd, other.headers)).status, 200, "another's goes on");
    assert.deepEqual(await actionsOf(grant.user.id), ['user.create', 'sign_in', 'session.end']);
});

// --- admins ---

test('an address that the configuration names is an admin', async () => {
    const { headers } = await signIn(dappd, ADMIN);
    assert.equal((await sessionOf(dappd, headers)).json().admin, true);
});

test('a contract at the address of an admin is one on the first chain alone', async (t) => {
    const first = await deployWallet(scene.chain.client, newAccount());
    const second = await deployWallet(otherChain.client, newAccount());
    const own = await dappdFor(t, { admins: `${first.address},${second.address}` });
    for (const [wallet, chainId, admin] of [[first, CHAIN_ID, true], [second, OTHER_CHAIN, false]]) {
        const { headers } = await signIn(own, wallet, { chainId });
        assert.equal((await sessionOf(own, headers)).json().admin, admin, String(chainId));
    }
});

// --- several instances, and PostgreSQL away ---

test('a nonce of one instance is good at the other, once', async () => {
    const signed = await signedMessage(dappd, newAccount());
    assert.equal(grantOf(await verify(neighbour, signed)).user.created, true);
    assertProblem(await verify(dappd, signed), 'invalid_nonce', /used/);
});

test('a message sent to two instances at once signs in once', async () => {
    for (let i = 0; i < 8; i++) {
        const signed = await signedMessage(dappd, newAccount());
        const answers = await Promise.all([dappd, neighbour, dappd, neighbour].map((one) => verify(one, signed)));
        assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 422, 422, 422]);
        for (const answer of answers.filter(({ status }) => status === 422)) assertProblem(answer, 'invalid_nonce');
        const { user } = grantOf(answers.find(({ status }) => status === 200));
        assert.deepEqual(await scene.sql(`SELECT count(*) FROM sessions WHERE user_id = '${user.id}'`), [['1']]);
    }
});

test('while PostgreSQL is away nobody signs in, and the nonce is good when it is back', async () => {
    const signed = await signedMessage(dappd, newAccount());
    const grant = await signIn(dappd);
    await scene.server.kill();
    assert.equal((await dappd.get('/auth/nonce')).status, 200, 'a nonce needs no database');
    assertProblem(await verify(dappd, signed), 'accounts_unavailable');
    assertProblem(await refresh(dappd, grant.refresh_token), 'accounts_unavailable');
    assertProblem(await sessionOf(dappd, grant.headers), 'accounts_unavailable');
    assertProblem(await logout(dappd, grant.headers), 'accounts_unavailable');
    await scene.server.start();
    const answer = await until(async () => {
        const again = await verify(dappd, signed);
        return again.status !== 503 && again;
    }, 'sign-in');
    assert.equal(grantOf(answer).user.created, true);
    assert.equal((await sessionOf(dappd, grant.headers)).status, 200);
});

// --- without a database ---

test('without a database an account signs in, for as long as its access token is good', async () => {
    const account = newAccount();
    const signed = await signedMessage(alone, account);
    const grant = grantOf(await verify(alone, signed));
    assert.deepEqual([grant.refresh_token, grant.refresh_expires_at], [null, null]);
    assert.deepEqual(grant.user, { id: null, address: account.address, chain_id: CHAIN_ID, created: false });
    const { session_id, ...session } = (await sessionOf(alone, grant.headers)).json();
    assert.match(session_id, UUID);
    assert.deepEqual([session.user_id, session.address, session.admin], [null, account.address, false]);
    assertProblem(await verify(alone, signed), 'invalid_nonce', /used/);
    assertProblem(await refresh(alone, 'x'), 'accounts_unavailable', /without a database/);
});

test('without a database a message that is sent many times at once signs in once', async () => {
    const signed = await signedMessage(alone, newAccount());
    const answers = await Promise.all(Array.from({ length: 12 }, () => verify(alone, signed)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
});

test('without a database signing out ends the session all the same', async () => {
    const [grant, other] = [await signIn(alone), await signIn(alone)];
    assert.equal((await logout(alone, grant.headers)).status, 204);
    assertProblem(await sessionOf(alone, grant.headers), 'unauthenticated');
    assertProblem(await logout(alone, grant.headers), 'unauthenticated');
    assert.equal((await sessionOf(alone, other.headers)).status, 200);
});

test('without a database nothing that is older than the server is taken', async (t) => {
    const first = await scene.start(ALONE);
    const [unused, used] = [await signedMessage(first, newAccount()), await signedMessage(first, newAccount())];
    const grant = grantOf(await verify(first, used));
    await first.stop();
    const second = await dappdFor(t, ALONE);
    for (const one of [unused, used]) assertProblem(await verify(second, one), 'invalid_nonce', /not made here/);
    assertProblem(await sessionOf(second, grant.headers), 'unauthenticated');
    assert.equal((await sessionOf(second, (await signIn(second)).headers)).status, 200, 'but what is made in its first second is');
});

test('without a domain nobody signs in', async (t) => {
    const closed = await dappdFor(t, { ...ALONE, auth_domains: '' });
    assertProblem(await closed.get('/auth/nonce'), 'sign_in_unavailable', /DAPPD_AUTH_DOMAINS/);
    assertProblem(await verify(closed, await signedMessage(dappd, newAccount())), 'sign_in_unavailable');
});

// --- secrets ---

test('no log says what a session is made of', async (t) => {
    const own = await dappdFor(t, { log: 'debug' });
    const signed = await signedMessage(own, newAccount());
    const [nonce] = signed.message.match(/(?<=Nonce: )\w+/);
    const stranger = await newAccount().signMessage(signed);
    await verify(own, { ...signed, signature: stranger });
    const first = grantOf(await verify(own, signed));
    const second = grantOf(await refresh(own, first.refresh_token));
    await refresh(own, first.refresh_token);
    await sessionOf(own, second.headers);
    const secrets = [nonce, signed.signature.slice(2), stranger.slice(2)];
    for (const grant of [first, second]) secrets.push(grant.access_token, grant.refresh_token);
    const logged = own.stderr().toLowerCase();
    assert.ok(logged.includes('/auth/verify'), 'it logs requests');
    for (const secret of secrets) assert.ok(!logged.includes(secret.toLowerCase()), secret);
});
