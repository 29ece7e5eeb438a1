// Attacks by what requests carry, each under its own name: forged client addresses, header injection, JSON that is too
// deep, says things twice or has numbers that lose digits, text that is none, values far too long. Every route that
// takes a body meets every one of them. Owns its chain, its PostgreSQL and its dappds.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { adminOf, ask, startScene } from './lib/accounts.js';
import { exchangeRaw } from './lib/http.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { newAccount, signIn, signedMessage } from './lib/siwe.js';
import { ROUTES } from './lib/tables.js';

const DEPTH = 10_000;
const MILLION = 1_000_000;

let scene, dappd, admin, user, bodies;

before(async () => {
    scene = await startScene();
    dappd = await scene.start();
    [admin, user] = [await adminOf(dappd), await signIn(dappd)];
    bodies = await goodBodies();
});
after(() => stopAll(scene));

/** A body that each route takes, of strings and lists of strings; headers, of those who may send it. */
async function goodBodies() {
    const signed = await signedMessage(dappd, newAccount());
    const match = { 'if-match': '*' };
    return {
        'POST /auth/verify': { body: signed, headers: {} },
        'POST /auth/refresh': { body: { refresh_token: user.refresh_token }, headers: {} },
        'POST /keys': { body: { name: 'a key', scopes: ['read'] }, headers: user.headers },
        'POST /users': { body: { name: 'Somebody' }, headers: admin.headers },
        'POST /estimate': { body: { data: '0x00', value: '0' }, headers: {} },
        'PATCH /users/:id': { body: { name: 'Somebody' }, headers: { ...user.headers, ...match } },
        'POST /users/:id/addresses': { body: signed, headers: user.headers },
        'POST /contracts/:address/call': { body: { function: 'function f()', args: [] }, headers: {} },
        'POST /contracts/:address/simulate': { body: { function: 'function f()', args: [] }, headers: {} },
        'PUT /contracts/:address': { body: { name: 'A contract', abi: ['function f()'] }, headers: admin.headers },
        'POST /contracts/:address/watches': { body: { function: 'f', event: 'E' }, headers: admin.headers },
        'POST /contracts/:address/encode': { body: { function: 'function f()' }, headers: {} },
        'POST /contracts/:address/deploy': { body: { bytecode: '0x60' }, headers: {} },
        'POST /deploy': { body: { bytecode: '0x60' }, headers: {} },
        'POST /tx': { body: { raw: '0x02' }, headers: {} },
    };
}

const bodyRoutes = () =>
    Object.entries(bodies).map(([route, { body, headers }]) => {
        const [method, pattern] = route.split(' ');
        const path = pattern.replace(':id', user.user.id).replace(':address', newAccount().address);
        const send = (text, more = {}) =>
            dappd.request({
                method,
                path,
                headers: { 'content-type': 'application/json', ...headers, ...more },
                body: text,
            });
        return { route, method, path, body, headers, send };
    });

const tables = ['users', 'addresses', 'sessions', 'api_keys', 'idempotency_keys', 'audit', 'contracts', 'watches'];
const countAll = () => scene.sql(tables.map((name) => `SELECT count(*) FROM ${name}`).join(';'));

/** What a body is refused with: as a whole, or for one of its members. Short, so nothing long is repeated in it. */
function assertRefused(answer, what) {
    const { code } = answer.json();
    assertProblem(answer, code);
    assert.ok(['invalid_json', 'invalid_parameter'].includes(code), `${what}: ${code}`);
    assert.ok(answer.text.length < 1000, `${what}: a short answer`);
}

/** Every route that takes a body refuses what is made of its own good one, and nothing is written. */
async function refusedByAll(make) {
    const before = await countAll();
    for (const { route, body, send } of bodyRoutes()) {
        for (const text of [make(body)].flat()) assertRefused(await send(text), `${route} ${text.slice(0, 100)}`);
    }
    assert.deepEqual(await countAll(), before);
}

test('every route that takes a body is among those asked here', () => {
    const taking = ROUTES.filter(
        ({ method, pattern }) => ['POST', 'PATCH', 'PUT'].includes(method) && pattern !== '/balances',
    );
    const names = taking
        .map(({ method, pattern }) => `${method} ${pattern}`)
        .filter((name) => name !== 'POST /auth/logout');
    assert.deepEqual(names.sort(), Object.keys(bodies).sort());
});

// --- JSON ---

test('10,000-deep JSON', async () => {
    const [open, close] = ['['.repeat(DEPTH), ']'.repeat(DEPTH)];
    await refusedByAll((body) => [
        open + close,
        open,
        `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`,
        JSON.stringify(body).replace(/\}$/, `,"more":${open}${close}}`),
    ]);
});

test('duplicate keys', async () => {
    await refusedByAll((body) => {
        const [name] = Object.keys(body);
        const member = `"${name}":${JSON.stringify(body[name])}`;
        const escaped = `"\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}":${JSON.stringify(body[name])}`;
        const text = JSON.stringify(body);
        return [
            text.replace('{', `{${member},`),
            text.replace('{', `{${escaped},`),
            text.replace('{', `{"${name}":null,`),
        ];
    });
});

test('numbers beyond 2^53', async () => {
    const numbers = [
        '9007199254740993',
        '-9007199254740993',
        '18446744073709551616',
        '1e400',
        '-1e400',
        '9e99',
        `1${'0'.repeat(5000)}`,
    ];
    await refusedByAll((body) =>
        numbers.map((number) => {
            const [name] = Object.keys(body);
            return JSON.stringify({ ...body, [name]: 'NUMBER' }).replace('"NUMBER"', number);
        }),
    );
    for (const number of [...numbers, '1.5', '0', '-1', '1']) {
        const body = `{"name":"a key","scopes":["read"],"expires_at":${number}}`;
        assertRefused(await dappd.post('/keys', body, user.headers), number);
    }
});

test('members that nobody knows, and names that JavaScript knows too well', async () => {
    for (const name of ['__proto__', 'constructor', 'role ', 'Name', 'is_admin', '']) {
        await refusedByAll((body) => JSON.stringify(body).replace('{', `{${JSON.stringify(name)}:"x",`));
    }
});

test('values of another kind', async () => {
    await refusedByAll((body) => ['null', '[]', '"text"', '7', 'true', '', ' ', `[${JSON.stringify(body)}]`]);
    await refusedByAll((body) => {
        const [name] = Object.keys(body);
        return [{}, true, ['x']].map((value) => JSON.stringify({ ...body, [name]: value }));
    });
});

test('what is almost JSON', async () => {
    await refusedByAll((body) => {
        const text = JSON.stringify(body);
        return [
            `${text}x`,
            `${text}${text}`,
            text.slice(0, -1),
            `${text}\0`,
            `\ufeff${text}`,
            text.replaceAll('"', "'"),
        ];
    });
});

test('a body that does not say that it is JSON', async () => {
    for (const { send, body } of bodyRoutes()) {
        for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
            assertProblem(await send(JSON.stringify(body), { 'content-type': type }), 'unsupported_media_type');
        }
    }
});

// --- names and e-mail addresses ---

/** A PATCH whose name is made of these bytes. */
function renameTo(bytes) {
    const body = Buffer.concat([Buffer.from('{"name":"'), Buffer.from(bytes), Buffer.from('"}')]);
    const headers = { 'content-type': 'application/json', ...user.headers, 'if-match': '*' };
    return dappd.request({ method: 'PATCH', path: `/users/${user.user.id}`, headers, body });
}

const asLatin = (text) => Buffer.from(text, 'latin1');

const noNames = {
    'NUL, escaped': '\\u0000',
    'NUL between letters, escaped': 'a\\u0000b',
    'NUL as it is': asLatin('a\0b'),
    'a line feed, escaped': 'a\\nb',
    'a carriage return and a line feed, escaped': 'a\\r\\nSet-Cookie: x',
    'a line feed as it is': asLatin('a\nb'),
    'a lone high surrogate': '\\ud800',
    'a lone low surrogate': '\\udc00x',
    'surrogates the wrong way round': '\\udc00\\ud800',
    'invalid UTF-8: a lone continuation': asLatin('a\x80b'),
    'invalid UTF-8: cut short': asLatin('a\xe2\x82'),
    'invalid UTF-8: overlong slash': asLatin('\xc0\xaf'),
    'invalid UTF-8: overlong NUL': asLatin('\xc0\x80'),
    'invalid UTF-8: a surrogate': asLatin('\xed\xa0\x80'),
    'invalid UTF-8: beyond the last code point': asLatin('\xf4\x90\x80\x80'),
    'invalid UTF-8: bytes that never occur': asLatin('\xfe\xff'),
    'the delete character': asLatin('a\x7fb'),
    'a control character of the second block': '\\u0085',
    'nothing but blanks': '   ',
    nothing: '',
    '101 characters': 'a'.repeat(101),
};
for (const [what, bytes] of Object.entries(noNames)) {
    test(`a name with ${what}`, async () => {
        assertRefused(await renameTo(bytes), what);
        const key = Buffer.concat([Buffer.from('{"scopes":["read"],"name":"'), Buffer.from(bytes), Buffer.from('"}')]);
        assertRefused(await dappd.post('/keys', key, user.headers), what);
        assert.deepEqual(await scene.sql(`SELECT name FROM users WHERE id = '${user.user.id}'`), [[null]]);
    });
}

test('a name that looks like SQL, HTML or a header is only a name', async () => {
    const one = await signIn(dappd);
    const path = `/users/${one.user.id}`;
    for (const name of [
        "'; DROP TABLE users; --",
        '<script>alert(1)</script>',
        '${jndi:ldap://evil}',
        '%00%0d%0a',
        '\u{1f9c0} \u05d0',
    ]) {
        const answer = await ask(dappd, 'PATCH', path, {
            body: { name },
            headers: { ...one.headers, 'if-match': '*' },
        });
        assert.equal(answer.status, 200, answer.text);
        assert.equal((await dappd.get(path, one.headers)).json().name, name);
    }
});

test('1 MB e-mail', async () => {
    const email = `${'a'.repeat(MILLION)}@example.com`;
    const body = { email };
    const path = `/users/${user.user.id}`;
    const headers = { ...user.headers, 'if-match': '*' };
    assertProblem(await ask(dappd, 'PATCH', path, { body, headers }), 'body_too_large');
    const roomy = await scene.start({ max_body_bytes: 4 * MILLION });
    assertRefused(await ask(roomy, 'PATCH', path, { body, headers }), 'a long one');
    await roomy.stop();
});

test('an e-mail address that is none, or carries a header', async () => {
    for (const email of [
        'a',
        '@',
        'a@',
        '@b',
        'a@b@c',
        'a b@c.example',
        'a@c.example\r\nBcc: x@y.example',
        'a@c.example\0',
        '"a"@c.example',
        'a@c.example,b@c.example',
        '\u00e4@c.example',
        `${'a'.repeat(250)}@b.example`,
        '<a@c.example>',
    ]) {
        const body = { email };
        const headers = { ...user.headers, 'if-match': '*' };
        assertRefused(await ask(dappd, 'PATCH', `/users/${user.user.id}`, { body, headers }), email);
    }
});

// --- headers ---

const INJECTED = 'Set-Cookie: owned=1';

/** Sends a head of one's own writing; no line of the answer is one that the client has written. */
async function inject(lines, { method = 'GET', target = '/chains', body = '' } = {}) {
    const length = body && `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
    const head = `${method} ${target} HTTP/1.1\r\nHost: x\r\n${lines}\r\n${length}Connection: close\r\n\r\n`;
    const answers = await exchangeRaw(dappd.target, head + body);
    for (const { headers } of answers) {
        assert.equal(headers['set-cookie'], undefined, lines);
        assert.doesNotMatch(JSON.stringify(headers), /owned/, lines);
    }
    assert.ok(answers.length <= 1, 'one answer at most');
    return answers[0];
}

const breaks = {
    CRLF: '\r\n ',
    CR: '\r',
    LF: '\n ',
    'escaped CRLF': '%0d%0a',
    NUL: '\0',
    'UTF-8 that truncates to LF': '\u010a',
};
for (const [what, text] of Object.entries(breaks)) {
    test(`header injection: ${what} in X-Request-Id, Idempotency-Key, If-Match, Authorization, Origin`, async () => {
        const token = user.headers.authorization;
        for (const name of ['X-Request-Id', 'Idempotency-Key', 'If-Match', 'If-None-Match', 'Origin', 'traceparent']) {
            await inject(`${name}: a${text}${INJECTED}\r\nAuthorization: ${token}`, {
                target: `/users/${user.user.id}`,
            });
            await inject(`${name}: a${text}${INJECTED}\r\nAuthorization: ${token}`, {
                method: 'PATCH',
                target: `/users/${user.user.id}`,
                body: '{"role":"user"}',
            });
        }
        await inject(`Authorization: Bearer a${text}${INJECTED}`);
    });
}

test('header injection: names that are none', async () => {
    for (const name of ['X-Request-Id ', 'X Request-Id', 'X-Request-Id\t', '\u00e9', '(x)']) {
        await inject(`${name}: ${INJECTED}`);
    }
});

test('header injection: in paths and queries', async () => {
    for (const target of [
        `/users/%0d%0a${encodeURIComponent(INJECTED)}`,
        `/keys?cursor=%0d%0a${encodeURIComponent(INJECTED)}`,
        `/%0d%0a${encodeURIComponent(INJECTED)}`,
        `/chains?%0d%0a${encodeURIComponent(INJECTED)}=1`,
    ]) {
        await inject(`Authorization: ${user.headers.authorization}`, { target });
    }
});

test('an Idempotency-Key that is none: empty, too long, not visible ASCII, two of them', async () => {
    for (const key of [' ', 'k'.repeat(256), 'a\tb', '\u00e9', 'a b', ['a', 'b'], ['a', 'a']]) {
        const answer = await dappd.post(
            '/keys',
            { name: 'a key', scopes: ['read'] },
            { ...user.headers, 'idempotency-key': key },
        );
        assertProblem(answer, 'invalid_parameter');
    }
});

// --- who the client is ---

/** How many of so many requests one client is granted, each of them with its own X-Forwarded-For. */
async function grantedTo(instance, forwardedFor, n = 20) {
    const answers = [];
    for (let i = 0; i < n; i++) answers.push(await instance.get('/chains', forwardedFor(i)));
    return answers.filter(({ status }) => status === 200).length;
}

/** Two requests at once, and then hardly any for a minute. */
const strict = { rate_limit: 'on', rate_limit_cached_per_min: 2, rate_limit_burst_s: 60 };
const claims = (i) => [
    `203.0.113.${i}`,
    `203.0.113.${i}, 127.0.0.1`,
    `2001:db8:${i}::1`,
    '127.0.0.1',
    `unix, 203.0.113.${i}`,
    '',
];

test('forged X-Forwarded-For: nobody has configured a proxy', async () => {
    const instance = await scene.start(strict);
    const granted = await grantedTo(instance, (i) => ({
        'x-forwarded-for': claims(i)[i % claims(i).length],
        'x-real-ip': `203.0.113.${i}`,
        forwarded: `for=203.0.113.${i}`,
    }));
    assert.equal(granted, 2);
    await instance.stop();
});

test('forged X-Forwarded-For: a proxy has added whom it saw', async () => {
    const instance = await scene.start({ ...strict, trusted_proxies: '127.0.0.1' });
    const forged = (i) => ({ 'x-forwarded-for': `203.0.113.${i}, 127.0.0.1, 198.51.100.7` });
    assert.equal(await grantedTo(instance, forged), 2);
    assert.equal(await grantedTo(instance, (i) => ({ 'x-forwarded-for': `10.0.0.${i}` })), 20, 'whom it saw alone');
    await instance.stop();
});

test('forged X-Forwarded-For: a proxy of another network is not believed', async () => {
    const instance = await scene.start({ ...strict, trusted_proxies: '10.0.0.0/8,192.0.2.1' });
    assert.equal(await grantedTo(instance, (i) => ({ 'x-forwarded-for': `203.0.113.${i}` })), 2);
    await instance.stop();
});

test('forged X-Forwarded-For: text that is no address', async () => {
    const instance = await scene.start({ ...strict, trusted_proxies: '127.0.0.1' });
    const nonsense = [
        'x',
        ',',
        ' , , ',
        '1.2.3',
        '999.1.1.1',
        '::g',
        '1.2.3.4:80:90',
        '"[::1]:x"',
        '%00',
        'a'.repeat(5000),
        '-1',
        '0x7f.1',
    ];
    for (const text of nonsense) {
        assert.ok([200, 429].includes((await instance.get('/chains', { 'x-forwarded-for': text })).status), text);
    }
    const granted = await grantedTo(instance, (i) => ({ 'x-forwarded-for': nonsense[i % nonsense.length] + i }));
    assert.ok(granted <= 4, `${granted} granted`);
    await instance.stop();
});
