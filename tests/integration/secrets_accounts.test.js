// What only its owner may know: tokens, keys, nonces, signatures, and what is personal, names and e-mail addresses. A
// whole life of accounts, errors included, at the most talkative log level; then the log, the metrics, the status and
// every answer to somebody else are searched for all of it. The database keeps no secret in the clear.
// Owns its chain, its PostgreSQL and its dappd.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { RING, adminOf, ask, makeKey, startScene } from './lib/accounts.js';
import { stopAll } from './lib/process.js';
import { newAccount, refresh, signIn, signedMessage, verify } from './lib/siwe.js';

const NAME = `Nameless ${randomBytes(6).toString('hex')}`;
const EMAIL = `mail.${randomBytes(6).toString('hex')}@secret-host.example`;
const IDEMPOTENCY_KEY = `idem-${randomBytes(12).toString('hex')}`;

const secrets = new Map(); // text: what it is
const problems = []; // every answer that is one

let scene, dappd;

before(async () => {
    scene = await startScene();
    dappd = await scene.start({ log: 'debug' });
    keep('the key of the ring', RING.key.toString('base64url'));
    keep('a name', NAME);
    keep('an e-mail address', EMAIL);
    keep('an Idempotency-Key', IDEMPOTENCY_KEY);
});
after(() => stopAll(scene));

function keep(what, text) {
    assert.ok(text.length >= 12, `${what}: long enough to be found by itself`);
    secrets.set(text, what);
}

/** A token's parts too, and what is in them as bytes: a piece would do for whoever finds it. */
function keepToken(what, token) {
    for (const part of token.split('.')) keep(what, part);
}

function keepGrant({ access_token, refresh_token }) {
    const [, payload, signature] = access_token.split('.');
    keep('the payload of an access token', payload);
    keep('the signature of an access token', signature);
    keepToken('a refresh token', refresh_token);
}

function keepSigned({ message, signature }) {
    const nonce = /Nonce: (\w+)/.exec(message)[1];
    keep('a nonce', nonce);
    keep('the end of a nonce, its MAC', nonce.slice(-24));
    keep('a signature', signature.slice(2));
}

const noted = (answer) => {
    if (answer.status >= 400) problems.push(answer);
    return answer;
};

async function wholeLife() {
    const wallet = newAccount();
    const signed = await signedMessage(dappd, wallet);
    keepSigned(signed);
    const session = (await verify(dappd, signed)).json();
    keepGrant(session);
    noted(await verify(dappd, signed));
    const headers = { authorization: `Bearer ${session.access_token}` };
    const path = `/users/${session.user.id}`;
    const personal = { body: { name: NAME, email: EMAIL }, headers: { ...headers, 'if-match': '*' } };
    assert.equal((await ask(dappd, 'PATCH', path, personal)).status, 200);
    const idempotent = { ...headers, 'idempotency-key': IDEMPOTENCY_KEY };
    const key = await makeKey(dappd, idempotent, ['read', 'account:read']);
    keepToken('an API key', key.key.slice('dappd_'.length));
    assert.equal((await makeKey(dappd, idempotent, ['read', 'account:read'])).key, key.key);
    noted(await dappd.post('/keys', { name: 'other', scopes: ['read'] }, idempotent));
    await dappd.get(path, key.headers);
    noted(await dappd.get('/users', key.headers));
    await provoked({ session, headers, path, key, signed });
    return { session, headers, path, key };
}

/** Errors whose causes hold secrets. */
async function provoked({ session, headers, path, key, signed }) {
    const other = await signIn(dappd);
    keepGrant(other);
    const match = { 'if-match': '*' };
    noted(
        await ask(dappd, 'PATCH', `/users/${other.user.id}`, {
            body: { email: EMAIL.toUpperCase() },
            headers: { ...other.headers, ...match },
        }),
    );
    for (const email of [`${EMAIL} `, `${EMAIL},x`]) {
        noted(await ask(dappd, 'PATCH', path, { body: { name: NAME, email }, headers: { ...headers, ...match } }));
    }
    noted(await ask(dappd, 'PATCH', path, { body: { name: `${NAME}\n` }, headers: { ...headers, ...match } }));
    noted(await ask(dappd, 'PATCH', path, { body: { name: NAME }, headers: { ...headers, 'if-match': '"999"' } }));
    for (const text of [`${session.access_token}x`, `x${key.key}`, session.refresh_token, key.key.slice(0, -1)]) {
        noted(await dappd.get('/chains', { authorization: `Bearer ${text}` }));
    }
    noted(await verify(dappd, { ...signed, signature: signed.signature.slice(0, -2) }));
    noted(await verify(dappd, { ...signed, message: signed.message.replace('Version', 'Verson') }));
    for (const uri of [`https://elsewhere.example/?mail=${EMAIL}`, `mailto:${EMAIL}`, `http://app.example.com/${EMAIL}`]) {
        noted(await verify(dappd, await signedMessage(dappd, newAccount(), { uri })));
    }
    noted(await ask(dappd, 'PATCH', path, { body: { role: EMAIL }, headers: { ...headers, ...match } }));
    noted(await dappd.post('/keys', { name: 'other', scopes: [EMAIL] }, headers));
    noted(await dappd.get(path, other.headers));
    noted(await refresh(dappd, `${session.refresh_token}x`));
    noted(await refresh(dappd, session.access_token));
    noted(await dappd.post('/auth/refresh', `{"refresh_token":"${session.refresh_token}"`));
    const renewed = (await refresh(dappd, session.refresh_token)).json();
    keepGrant(renewed);
}

function assertNoSecret(text, where) {
    for (const [secret, what] of secrets) {
        assert.ok(!text.includes(secret), `${what} in ${where}`);
        assert.ok(!text.toLowerCase().includes(secret.toLowerCase()), `${what} in ${where}, in another case`);
    }
}

test('a whole life of accounts tells nobody else what is secret or personal', async () => {
    const { session, headers, path } = await wholeLife();
    assert.ok(problems.length >= 15, `${problems.length} problems`);
    const others = {
        status: await dappd.get('/status'),
        metrics: await dappd.get('/metrics'),
        index: await dappd.get('/'),
    };
    for (const [where, answer] of Object.entries(others)) assertNoSecret(answer.text, where);
    for (const answer of problems) assertNoSecret(answer.text + JSON.stringify(answer.rawHeaders), 'a problem');
    noted(await refresh(dappd, session.refresh_token)); // used before: ends the session
    assert.equal((await dappd.get(path, headers)).status, 401);
});

test('the audit log that admins read names members, not values', async () => {
    const admin = await adminOf(dappd);
    const { text } = await dappd.get('/audit?limit=1000', admin.headers);
    assert.match(text, /"email"/);
    assertNoSecret(text, '/audit');
});

test('the database has the secrets of nobody, and of who was deleted nothing personal', async () => {
    const dump = async () => {
        const tables = ['users', 'addresses', 'sessions', 'api_keys', 'idempotency_keys', 'spent_nonces', 'audit'];
        const rows = await Promise.all(tables.map((name) => scene.sql(`SELECT t::text FROM ${name} t`)));
        return rows.flat().join('\n');
    };
    const kept = await dump();
    for (const [secret, what] of secrets) {
        if (![NAME, EMAIL].includes(secret)) assert.ok(!kept.includes(secret), `${what} in the database`);
    }
    assert.ok(kept.includes(EMAIL));
    const admin = await adminOf(dappd);
    const [[id]] = await scene.sql(`SELECT id FROM users WHERE email = '${EMAIL}'`);
    const [[address]] = await scene.sql(`SELECT encode(address, 'hex') FROM addresses WHERE user_id = '${id}'`);
    const gone = await ask(dappd, 'DELETE', `/users/${id}`, { headers: { ...admin.headers, 'if-match': '*' } });
    assert.equal(gone.status, 204, gone.text);
    const left = await dump();
    for (const text of [NAME, EMAIL, address]) assert.ok(!left.toLowerCase().includes(text.toLowerCase()), text);
    const actions = await scene.sql(`SELECT action FROM audit WHERE user_id = '${id}' ORDER BY id`);
    assert.equal(actions.at(0)[0], 'user.create');
    assert.equal(actions.at(-1)[0], 'user.delete');
    assert.ok(actions.length > 4, 'the skeleton stays');
});

test('the log at debug level has none of it', async () => {
    await dappd.stop();
    assert.ok(dappd.logs.some(({ level }) => level === 'debug'));
    assertNoSecret(dappd.stderr(), 'the log');
    assert.doesNotMatch(dappd.stderr(), /eyJ[\w-]{10}/, 'no token of anybody');
    assert.doesNotMatch(dappd.stderr(), /dappd_[\w-]{20}/, 'no key of anybody');
});
