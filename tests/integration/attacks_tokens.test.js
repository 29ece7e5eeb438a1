// Attacks on what dappd gives out, each under its own name: access tokens that were changed, forged or stolen, refresh
// tokens that are used again, keys of users who are gone, credentials in the wrong place. The tests know the key that
// signs, so they can forge what only the checks behind the signature refuse.
// Owns its chain, its PostgreSQL and its dappds.

import assert from 'node:assert/strict';
import { createSign, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { RING, adminOf, ask, makeKey, ringSetting, startScene } from './lib/accounts.js';
import { exchangeRaw } from './lib/http.js';
import * as jwt from './lib/jwt.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { askNonce, bearer, now, refresh, sessionOf, signIn } from './lib/siwe.js';

let scene, dappd, session, parts;

before(async () => {
    scene = await startScene();
    dappd = await scene.start();
    session = await signIn(dappd);
    parts = jwt.taken(session.access_token);
});
after(() => stopAll(scene));

function assertUnauthenticated(answer, code = 'unauthenticated') {
    assertProblem(answer, code);
    assert.match(answer.headers['www-authenticate'], /^Bearer\b/);
}

/** What is no good is refused where it is needed, and never taken for nobody where it is not. */
async function assertNoCredentials(text, code) {
    for (const path of ['/auth/session', '/chains']) assertUnauthenticated(await dappd.get(path, bearer(text)), code);
}

const forged = (header, payload, how = RING) =>
    jwt.signed({ ...parts.header, ...header }, { ...parts.payload, ...payload }, how);

/** Puts one letter of base64url in the place of another. */
const changed = (text, at) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);

test('what follows is refused for its own sake: unchanged, it is taken', async () => {
    assert.equal((await sessionOf(dappd, session.headers)).status, 200);
    assert.deepEqual(parts.header, { alg: 'HS256', typ: 'JWT', kid: RING.name });
    assert.equal(forged({}, {}), session.access_token, 'made by dappd as we make it');
    assert.equal((await sessionOf(dappd, bearer(forged({}, { exp: now() + 60 })))).status, 200);
});

// --- the token changed ---

for (const [part, name] of ['header', 'payload', 'signature'].entries()) {
    test(`a tampered JWT: its ${name}`, async () => {
        const texts = session.access_token.split('.');
        const { length } = texts[part];
        for (const at of [0, 1, length >> 1, length - 2, length - 1]) {
            const tampered = texts.map((text, i) => (i === part ? changed(text, at) : text)).join('.');
            await assertNoCredentials(tampered);
        }
    });
}

test('a tampered JWT: another user under the same signature', async () => {
    const other = await signIn(dappd);
    const texts = session.access_token.split('.');
    await assertNoCredentials([texts[0], other.access_token.split('.')[1], texts[2]].join('.'));
});

test('a tampered JWT: the same bytes written in another way', async () => {
    const [header, payload, signature] = session.access_token.split('.');
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const spare = letters[letters.indexOf(signature.at(-1)) ^ 1]; // 43 letters hold 258 bits, 2 more than there are
    for (const [h, p, s] of [
        [header, payload, signature.slice(0, -1) + spare],
        [header, payload, `${signature}=`],
        [`${header}==`, payload, signature],
        [header, payload, Buffer.from(signature, 'base64url').toString('base64')],
    ]) {
        await assertNoCredentials(`${h}.${p}.${s}`);
    }
});

test('a JWT cut short, of two parts, of four, of none', async () => {
    const [header, payload, signature] = session.access_token.split('.');
    for (const text of [
        session.access_token.slice(0, -1),
        `${header}.${payload}`,
        `${header}.${payload}.`,
        `${session.access_token}.${signature}`,
        `.${payload}.${signature}`,
        '..',
        '.',
        'null',
        signature,
        'A'.repeat(7000),
        '.'.repeat(7000),
    ]) {
        await assertNoCredentials(text);
    }
});

// --- algorithms and keys ---

test('alg: none', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', null]) {
        for (const signature of ['', parts.signature]) {
            await assertNoCredentials(jwt.put({ ...parts.header, alg }, parts.payload, signature));
        }
    }
    await assertNoCredentials(jwt.put({ typ: 'JWT' }, parts.payload, ''));
});

test('alg swapped: HS512 and HS384, signed with the right key', async () => {
    await assertNoCredentials(forged({ alg: 'HS512' }, {}, { ...RING, hash: 'sha512' }));
    await assertNoCredentials(forged({ alg: 'HS384' }, {}, { ...RING, hash: 'sha384' }));
    await assertNoCredentials(forged({ alg: 'HS512' }, {}));
});

test('alg swapped: RS256, with the public key in the token and as the secret', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const header = { alg: 'RS256', typ: 'JWT', kid: RING.name, jwk: publicKey.export({ format: 'jwk' }) };
    const content = jwt.put(header, parts.payload, '').slice(0, -1);
    const signature = createSign('sha256').update(content).sign(privateKey, 'base64url');
    await assertNoCredentials(`${content}.${signature}`);
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    await assertNoCredentials(forged({ alg: 'RS256' }, {}, { key: pem }));
    await assertNoCredentials(forged({}, {}, { key: pem }));
});

test('a header that says more than dappd does, signed with the right key', async () => {
    const { alg, typ, kid } = parts.header;
    const headers = [
        { ...parts.header, crit: ['exp'] },
        { ...parts.header, jku: 'https://evil.example/keys.json' },
        { ...parts.header, jwk: { kty: 'oct', k: RING.key.toString('base64url') } },
        { ...parts.header, typ: 'at+jwt' },
        { alg, kid },
        { typ, alg, kid },
        `{"alg":"none","alg":"HS256","typ":"JWT","kid":"${kid}"}`,
        `{"alg":"HS256","typ":"JWT","kid":"${kid}" }`,
        '[]',
        '',
    ];
    for (const header of headers) await assertNoCredentials(jwt.signed(header, parts.payload, RING));
});

test('an unknown kid', async () => {
    for (const kid of [
        'unknown',
        '',
        `${RING.name}x`,
        RING.name.slice(1),
        '../../etc/passwd',
        "' OR 1=1 --",
        7,
        null,
    ]) {
        await assertNoCredentials(forged({ kid }, {}));
    }
    await assertNoCredentials(jwt.signed({ alg: 'HS256', typ: 'JWT' }, parts.payload, RING));
});

test('a key of nothing, or of zeros', async () => {
    for (const key of [Buffer.alloc(0), Buffer.alloc(32)]) await assertNoCredentials(forged({}, {}, { key }));
});

test('a token from another ring', async () => {
    const ring = { name: RING.name, key: randomBytes(32) };
    const stranger = await scene.start({ auth_keys: ringSetting(ring) });
    const { access_token, refresh_token } = await signIn(stranger);
    await assertNoCredentials(access_token);
    assertUnauthenticated(await refresh(dappd, refresh_token), 'invalid_refresh_token');
    await stranger.stop();
});

test('a ring that is rotated keeps its sessions until the old key is gone', async () => {
    const next = { name: 'next', key: randomBytes(32) };
    const { headers, refresh_token } = await signIn(dappd);
    const both = await scene.start({ auth_keys: [next, RING].map(ringSetting).join(',') });
    assert.equal((await sessionOf(both, headers)).status, 200);
    const renewed = (await refresh(both, refresh_token)).json();
    assert.equal(jwt.taken(renewed.access_token).header.kid, 'next');
    await both.stop();
    const later = await scene.start({ auth_keys: ringSetting(next) });
    assertUnauthenticated(await sessionOf(later, headers));
    assert.equal((await sessionOf(later, bearer(renewed.access_token))).status, 200);
    await later.stop();
});

// --- claims ---

test('an expired token', async () => {
    await assertNoCredentials(forged({}, { iat: now() - 20, exp: now() - 1 }), 'token_expired');
    await assertNoCredentials(forged({}, { iat: 0, exp: 1 }), 'token_expired');
});

test('claims that are missing or of another kind, signed with the right key', async () => {
    const without = (name) => {
        const { [name]: _, ...others } = parts.payload;
        return others;
    };
    const payloads = [
        ...Object.keys(parts.payload).map(without),
        { ...parts.payload, iss: 'another' },
        { ...parts.payload, exp: String(now() + 60) },
        { ...parts.payload, exp: -1 },
        { ...parts.payload, exp: null },
        JSON.stringify(parts.payload).replace(/"exp":\d+/, '"exp":1e400'),
        JSON.stringify(parts.payload).replace(/"exp":\d+/, `"exp":${2n ** 64n + BigInt(now() + 60)}`),
        JSON.stringify(parts.payload).replace('{', '{"exp":99999999999,'),
        { ...parts.payload, sub: 'admin' },
        { ...parts.payload, sid: `${parts.payload.sid} ` },
        '['.repeat(4000),
        '{"a":'.repeat(1000),
        'null',
        '',
    ];
    for (const payload of payloads) await assertNoCredentials(jwt.signed(parts.header, payload, RING));
    assert.equal((await dappd.get('/health')).status, 200);
});

test('a session that never was, of a user who never was, signed with the right key', async () => {
    assertUnauthenticated(await sessionOf(dappd, bearer(forged({}, { sid: randomUUID() }))));
    assertUnauthenticated(await sessionOf(dappd, bearer(forged({}, { sid: randomUUID(), sub: randomUUID() }))));
});

test('the session of one user under the name of another', async () => {
    const other = await signIn(dappd);
    const answer = await dappd.get(`/users/${other.user.id}`, bearer(forged({}, { sub: other.user.id })));
    assert.ok([401, 403].includes(answer.status), answer.text);
});

// --- refresh tokens ---

/** Everybody who holds anything of this session is out. */
async function assertOver({ headers, refresh_token }) {
    assertUnauthenticated(await sessionOf(dappd, headers));
    assert.equal((await refresh(dappd, refresh_token)).status, 401);
}

test('a stolen refresh token reused: the family is revoked, both holders are out', async () => {
    const victim = await signIn(dappd);
    const thief = (await refresh(dappd, victim.refresh_token)).json();
    assert.equal((await sessionOf(dappd, bearer(thief.access_token))).status, 200);
    assertUnauthenticated(await refresh(dappd, victim.refresh_token), 'refresh_token_reused');
    await assertOver(victim);
    await assertOver({ headers: bearer(thief.access_token), refresh_token: thief.refresh_token });
    const rows = await scene.sql(`SELECT action, actor FROM audit WHERE subject =
        '${jwt.taken(victim.access_token).payload.sid}' ORDER BY id`);
    assert.equal(rows.at(-1)[1], null, 'dappd itself has ended it');
    assert.match(rows.at(-1)[0], /^session\./);
});

test('a stolen refresh token reused: other sessions of the user go on', async () => {
    const victim = await signIn(dappd);
    const other = await signIn(dappd);
    await refresh(dappd, victim.refresh_token);
    await refresh(dappd, victim.refresh_token);
    await assertOver(victim);
    assert.equal((await sessionOf(dappd, other.headers)).status, 200);
});

test('50 refreshes of one token at once, at two instances: at most one wins, and the session is over', async () => {
    const neighbour = await scene.start();
    const victim = await signIn(dappd);
    const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => refresh(i % 2 ? neighbour : dappd, victim.refresh_token)),
    );
    await neighbour.stop();
    const won = answers.filter(({ status }) => status === 200);
    assert.ok(won.length <= 1, `${won.length} won`);
    for (const answer of answers.filter((one) => !won.includes(one))) {
        assertUnauthenticated(
            answer,
            answer.json().code === 'refresh_token_reused' ? 'refresh_token_reused' : 'invalid_refresh_token',
        );
    }
    await assertOver(victim);
    for (const answer of won) {
        const { access_token, refresh_token } = answer.json();
        await assertOver({ headers: bearer(access_token), refresh_token });
    }
});

test("a tampered refresh token ends nobody's session", async () => {
    const holder = await signIn(dappd);
    const { length } = holder.refresh_token;
    for (let at = 0; at < length; at += 5) {
        assertUnauthenticated(await refresh(dappd, changed(holder.refresh_token, at)), 'invalid_refresh_token');
    }
    for (const text of ['', 'x', `${holder.refresh_token}A`, `${holder.refresh_token} `, 'A'.repeat(10_000)]) {
        const answer = await refresh(dappd, text);
        assert.ok([400, 401].includes(answer.status), answer.text);
    }
    assert.equal((await refresh(dappd, holder.refresh_token)).status, 200);
});

test('a token that was given out for one thing and is used for another', async () => {
    const { access_token, refresh_token, headers } = await signIn(dappd);
    const { key } = await makeKey(dappd, headers);
    const nonce = await askNonce(dappd);
    for (const text of [refresh_token, nonce]) await assertNoCredentials(text);
    for (const text of [access_token, key, nonce]) {
        assertUnauthenticated(await refresh(dappd, text), 'invalid_refresh_token');
    }
    assert.equal((await sessionOf(dappd, headers)).status, 200);
});

test('after logout, neither token is worth anything', async () => {
    const gone = await signIn(dappd);
    assert.equal((await ask(dappd, 'POST', '/auth/logout', { headers: gone.headers })).status, 204);
    await assertOver(gone);
});

// --- API keys ---

test('an unknown key and a wrong secret get the same answer', async () => {
    const { key } = await makeKey(dappd, session.headers);
    const bytes = Buffer.from(key.slice('dappd_'.length), 'base64url');
    const withChange = (at) => {
        const copy = Buffer.from(bytes);
        copy[at] ^= 1;
        return `dappd_${copy.toString('base64url')}`;
    };
    const answers = await Promise.all(
        [withChange(15), withChange(39)].map((text) => dappd.get('/chains', bearer(text))),
    );
    const [unknown, wrong] = answers.map((answer) => {
        assertUnauthenticated(answer);
        const { request_id, ...same } = answer.json();
        const { date, 'x-request-id': id, 'server-timing': timing, ...headers } = answer.headers;
        return { same, headers };
    });
    assert.deepEqual(unknown, wrong);
    assert.equal((await dappd.get('/chains', bearer(key))).status, 200);
});

test('a key in other words: another prefix, more, less, another case', async () => {
    const { key } = await makeKey(dappd, session.headers);
    const texts = [
        key.slice(6),
        `${key}A`,
        key.slice(0, -1),
        key.toUpperCase(),
        `${key}=`,
        'dappd_',
        `dappd_${'A'.repeat(5000)}`,
    ];
    for (const text of texts) await assertNoCredentials(text);
});

test('a key that has expired, and one that was deleted', async () => {
    const doomed = await makeKey(dappd, session.headers);
    assert.equal((await dappd.get('/chains', doomed.headers)).status, 200);
    assert.equal((await ask(dappd, 'DELETE', `/keys/${doomed.id}`, { headers: session.headers })).status, 204);
    await assertNoCredentials(doomed.key);
    const old = await makeKey(dappd, session.headers);
    await scene.sql(`UPDATE api_keys SET expires_at = ${now() - 1} WHERE id = '${old.id}'`);
    await assertNoCredentials(old.key);
});

test('the key and the access token of a deleted user', async () => {
    const user = await signIn(dappd);
    const key = await makeKey(dappd, user.headers, ['read', 'account:read']);
    const path = `/users/${user.user.id}`;
    assert.equal((await dappd.get(path, key.headers)).status, 200);
    assert.equal((await ask(dappd, 'DELETE', path, { headers: user.headers })).status, 204);
    for (const headers of [user.headers, key.headers]) assertUnauthenticated(await dappd.get(path, headers));
    await assertOver(user);
    await assertNoCredentials(key.key);
});

test('an admin who was demoted is none any more, with the same token', async () => {
    const admin = await adminOf(dappd);
    assert.equal((await dappd.get('/users', admin.headers)).status, 200);
    await scene.sql(`UPDATE users SET role = 'user' WHERE id = '${admin.user.id}'`);
    assertProblem(await dappd.get('/users', admin.headers), 'forbidden');
    assertProblem(await dappd.get('/audit', admin.headers), 'forbidden');
});

// --- credentials in the wrong place ---

test("a JWT in the query or a cookie is nobody's", async () => {
    const { access_token: token } = session;
    assertProblem(await dappd.get(`/auth/session?access_token=${token}`), 'invalid_parameter');
    for (const headers of [
        { cookie: `access_token=${token}; Authorization=Bearer ${token}` },
        { 'x-access-token': token, 'x-api-key': token, 'proxy-authorization': `Bearer ${token}` },
        { authorization: token },
    ]) {
        assertUnauthenticated(await sessionOf(dappd, headers));
    }
});

test('Bearer with spaces, without a token, with two, and other schemes', async () => {
    const { access_token: token } = session;
    for (const text of [
        'Bearer',
        'Bearer ',
        `Bearer\t${token}`,
        `Bearer ${token} ${token}`,
        `Bearer ${token},${token}`,
        `Bearer "${token}"`,
        `Bearer=${token}`,
        `Bearer:${token}`,
        `Basic ${Buffer.from(`x:${token}`).toString('base64')}`,
        `Bearer ${token}\u00e9`,
    ]) {
        assertUnauthenticated(await sessionOf(dappd, { authorization: text }));
        assertUnauthenticated(await dappd.get('/chains', { authorization: text }));
    }
});

test('two Authorization headers', async () => {
    const { access_token: token } = session;
    const other = await signIn(dappd);
    for (const [first, second] of [
        [token, token],
        [token, other.access_token],
        ['nonsense', token],
        [token, 'nonsense'],
    ]) {
        const head = `Host: x\r\nAuthorization: Bearer ${first}\r\nAuthorization: Bearer ${second}\r\nConnection: close`;
        const [answer] = await exchangeRaw(dappd.target, `GET /auth/session HTTP/1.1\r\n${head}\r\n\r\n`);
        assert.ok([400, 401].includes(answer.status), answer.text);
    }
});
