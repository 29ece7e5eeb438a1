// Which requests reach which route: paths, queries, methods, and what HTTP says about them.
// Owns its chain, its PostgreSQL and its dappd, which indexes: so every route has something to answer.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN } from './lib/accounts.js';
import { startChain } from './lib/chain.js';
import { connect, exchangeRaw, parseAnswers } from './lib/http.js';
import { startIndexing, untilIndexed } from './lib/index.js';
import { startServer } from './lib/postgres.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { pathOf, requestFor } from './lib/requests.js';
import { SIGN_IN } from './lib/siwe.js';
import { ROUTES } from './lib/tables.js';
import { bounded } from './lib/wait.js';

let chain, server, dappd, alice, usd, hash;

before(async () => {
    chain = await startChain();
    alice = chain.holders.alice;
    usd = chain.tokens.usd.address;
    hash = (await chain.client.getBlock({ blockNumber: 2n })).transactions[0];
    server = await startServer();
    const database = await server.databaseFor();
    const accounts = { ...SIGN_IN, admins: ADMIN.address };
    dappd = await startIndexing({ url: chain.url, database, chain: { id: 31337 }, receive_timeout_ms: 2000, ...accounts });
    await untilIndexed(database, await chain.latest());
});
after(() => stopAll(dappd, server, chain));

/** Values of all parameters; an id is anybody's. */
const values = () => ({
    address: alice,
    owner: alice,
    spender: chain.holders.carol,
    token: usd,
    hash,
    id: '0193a5c2-f4e7-7abb-bf3f-129dfe1fdb01',
});

const anyPathOf = (pattern) => pathOf(pattern, values());

test('every route of the table answers', async () => {
    assert.ok(ROUTES.length >= 12);
    for (const route of ROUTES) {
        const { status, ...request } = await requestFor(dappd, route, values());
        const answer = await dappd.request(request);
        assert.equal(answer.status, status, `${route.method} ${route.pattern}: ${answer.text}`);
    }
});

test('GET / lists exactly the routes of the table', async () => {
    const { name, routes } = await dappd.json('/');
    assert.equal(name, 'dappd');
    assert.deepEqual(
        routes,
        ROUTES.map(({ method, pattern }) => ({ method, path: pattern })),
    );
});

/** What a path answers: the methods of all its rows, and those that come with them. */
function allowedAt(pattern) {
    const methods = ROUTES.filter((route) => route.pattern === pattern).map(({ method }) => method);
    return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort();
}

const PATTERNS = [...new Set(ROUTES.map(({ pattern }) => pattern))];

test('a method that a path does not answer is 405 with Allow, an unknown one too, whoever asks', async () => {
    for (const pattern of PATTERNS) {
        const allowed = allowedAt(pattern);
        for (const other of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'].filter((m) => !allowed.includes(m))) {
            const answer = await dappd.request({ method: other, path: anyPathOf(pattern), body: '' });
            assertProblem(answer, 'method_not_allowed', new RegExp(`^${other} is not`));
            assert.deepEqual(answer.headers.allow.split(', ').sort(), allowed, `${other} ${pattern}`);
        }
    }
});

test('OPTIONS is 204 with Allow', async () => {
    for (const pattern of PATTERNS) {
        const answer = await dappd.request({ method: 'OPTIONS', path: anyPathOf(pattern) });
        assert.equal(answer.status, 204);
        assert.equal(answer.text, '');
        assert.deepEqual(answer.headers.allow.split(', ').sort(), allowedAt(pattern), pattern);
    }
    assertProblem(await dappd.request({ method: 'OPTIONS', path: '/nowhere' }), 'not_found');
});

test('HEAD has the headers of GET and no body', async () => {
    const moving = ['date', 'x-request-id', 'server-timing', 'connection', 'keep-alive'];
    const still = ROUTES.filter(
        ({ method, pattern }) => method === 'GET' && !['/metrics', '/status'].includes(pattern),
    );
    for (const route of still) {
        const { status, ...request } = await requestFor(dappd, route, values());
        const get = await dappd.request(request);
        const head = await dappd.request({ ...request, method: 'HEAD' });
        assert.equal(head.status, get.status);
        assert.equal(head.text, '');
        for (const name of moving) {
            assert.equal(name in head.headers, name in get.headers, name);
            delete head.headers[name];
            delete get.headers[name];
        }
        assert.deepEqual(head.headers, get.headers, route.pattern);
        assert.equal(Number(get.headers['content-length']), get.bytes.length);
    }
});

test('HEAD /status and /metrics are 200 without a body', async () => {
    for (const pattern of ['/status', '/metrics']) {
        const head = await dappd.request({ method: 'HEAD', path: pattern });
        assert.deepEqual([head.status, head.text], [200, '']);
    }
});

test('an unknown query parameter is refused, since a misspelt ?block= must not mean latest', async () => {
    for (const route of ROUTES) {
        const { status, ...request } = await requestFor(dappd, route, values());
        const unknown = ['blok', 'Block', 'block ', '', ...(route.query.length === 0 ? ['block', 'chain'] : [])];
        for (const name of unknown) {
            const path = `${request.path}?${encodeURIComponent(name)}=1`;
            assertProblem(await dappd.request({ ...request, path }), 'invalid_parameter', /unknown query parameter/);
        }
    }
});

test('a query parameter that is given twice is refused', async () => {
    assertProblem(await dappd.get(`/balance/${alice}?block=1&block=1`), 'invalid_parameter', /twice/);
    assertProblem(await dappd.get(`/balance/${alice}?block=1&chain=dev&bl%6fck=2`), 'invalid_parameter', /twice/);
});

test('more query parameters than anyone needs are refused', async () => {
    const path = `/balance/${alice}?${Array.from({ length: 100 }, (_, i) => `a${i}=1`).join('&')}`;
    assertProblem(await dappd.get(path), 'invalid_parameter');
});

test('?chain= takes the name and the id, and nothing else', async () => {
    for (const name of ['dev', '31337', 'd%65v']) {
        assert.equal((await dappd.json(`/balance/${alice}?chain=${name}`)).chain_id, 31337);
        const body = { items: [{ address: alice }] };
        assert.equal((await dappd.post(`/balances?chain=${name}`, body)).status, 200);
    }
    for (const name of ['', 'DEV', '1', '031337', '0x7a69', 'dev2', 'default']) {
        assertProblem(await dappd.get(`/balance/${alice}?chain=${name}`), 'invalid_parameter', /chain/);
    }
});

test('empty segments and a trailing slash are not found: they come from an empty variable', async () => {
    const paths = [
        '//',
        '/health/',
        '//health',
        `/balance//${alice}`,
        `/balance/${alice}/`,
        `/balance/${alice}//${usd}`,
        '/balance/',
        '/balance',
        `/balance/${alice}/${usd}/`,
        '/tokens/',
        '/%2F',
        '/./health',
        '/../health',
    ];
    for (const path of paths) assertProblem(await dappd.get(path), 'not_found');
});

test('letters may be percent-encoded, a slash in a segment is no separator', async () => {
    assert.equal((await dappd.get('/h%65alth')).status, 200);
    assert.equal((await dappd.get(`/balance/%30x${alice.slice(2)}/${usd}`)).status, 200);
    assertProblem(await dappd.get(`/balance/${alice}%2F${usd}`), 'invalid_address');
    assertProblem(await dappd.get('/balance%2f'), 'not_found');
});

test('a NUL and a broken percent-encoding are bad requests, in path and query', async () => {
    const parts = ['%00', '%zz', '%', '%1', '%g0', '%0g', '%%30', `${'a'.repeat(50)}%0`];
    for (const part of parts) {
        assertProblem(await dappd.get(`/balance/${alice}${part}/${usd}`), 'bad_request');
        assertProblem(await dappd.get(`/balance/${alice}?block=${part}`), 'bad_request');
        assertProblem(await dappd.get(`/balance/${alice}?${part}=1`), 'bad_request');
    }
    assertProblem(await dappd.get(`/balance/${alice}%00/${usd}`), 'bad_request', /%00/);
});

test('a target that is no path is a bad request', async () => {
    for (const target of ['*', 'health', 'ftp://example.com/health', '?']) {
        const [answer] = await exchangeRaw(
            dappd.target,
            `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
        );
        assertProblem(answer, 'bad_request', /begin with \//);
    }
});

test('the absolute form of a target, as proxies send it, is the path in it', async () => {
    for (const target of ['http://example.com/health', 'HTTP://example.com:8080/health?', 'https://[::1]/health']) {
        const head = `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
        const [answer] = await exchangeRaw(dappd.target, head);
        assert.equal(answer.status, 200, target);
    }
});

test('a path of many segments and odd bytes is not found, and nothing breaks', async () => {
    assertProblem(await dappd.get('/a'.repeat(1000)), 'not_found');
    assertProblem(await dappd.get(`/${'%ff%fe%01'.repeat(300)}`), 'not_found');
});

test('HTTP/1.0 is answered and the connection closed', async () => {
    const [answer] = await exchangeRaw(dappd.target, 'GET /health HTTP/1.0\r\n\r\n');
    assert.equal(answer.status, 200);
});

test('what is not HTTP is refused and the next connection is fine', async () => {
    const wrong = [
        '\r\n\r\nhello\r\n\r\n',
        'GET\r\n\r\n',
        '\x16\x03\x01\x02\x00\x01\x00',
        'GET /health HTTP/9.9\r\n\r\n',
        'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
        `${'\0'.repeat(3000)}\r\n\r\n`,
    ];
    for (const bytes of wrong) {
        const connection = await connect(dappd.target);
        connection.write(bytes);
        connection.end();
        await bounded(connection.closed, 'end of the connection');
        connection.destroy();
        for (const { status } of parseAnswers(connection.received()))
            assert.ok([400, 505].includes(status), JSON.stringify([bytes, status]));
        assert.equal((await dappd.get('/health')).status, 200);
    }
});

/** From dappd a problem; libmicrohttpd 1 answers some of these by itself, in HTML. */
function assertBadRequest(answer, detail) {
    assert.equal(answer.status, 400);
    if (answer.headers['content-type'] === 'application/problem+json') assertProblem(answer, 'bad_request', detail);
}

test('HTTP/1.1 without Host is a bad request', async () => {
    const [answer] = await exchangeRaw(dappd.target, 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n');
    assertBadRequest(answer, /Host/);
});

test('a head that can be read in two ways is refused, and nothing behind it is read', async () => {
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
    const heads = [
        `Content-Length: 0\r\nContent-Length: ${smuggled.length}`,
        `Content-Length: ${smuggled.length}\r\nContent-Length: 0`,
        `Transfer-Encoding: chunked\r\nContent-Length: ${smuggled.length}`,
        'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
        'Transfer-Encoding: chunked, gzip',
        `Content-Length : ${smuggled.length}`,
        'Content-Length: 0\r\nHost: y',
    ];
    for (const head of heads) {
        const connection = await connect(dappd.target);
        connection.write(
            `POST /balances HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${head}\r\n\r\n${smuggled}`,
        );
        connection.end();
        await bounded(connection.closed, 'end of the connection');
        connection.destroy();
        const [answer, ...others] = parseAnswers(connection.received());
        assertBadRequest(answer);
        assert.equal(answer.headers.connection?.toLowerCase(), 'close', head);
        assert.deepEqual(others, []);
    }
});
