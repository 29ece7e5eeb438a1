// Which pages may call from a browser, as the Fetch standard asks. Owns its chain and its dappds.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startChain } from './lib/chain.js';
import { chainConfig, startDappd } from './lib/dappd.js';
import { stopAll } from './lib/process.js';
import { ROUTES } from './lib/tables.js';

const LISTED = 'https://app.example';

/** What pages have to be able to read, and to send. */
const EXPOSED = [
    ...['X-Request-Id', 'ETag', 'Server-Timing', 'Retry-After', 'Link', 'Location', 'WWW-Authenticate'],
    ...['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset', 'Idempotency-Replayed'],
];
const ALLOWED = [
    ...['authorization', 'content-type', 'if-match', 'if-none-match', 'idempotency-key'],
    ...['x-request-id', 'traceparent'],
];

let chain, open, listed, closed, path;

before(async () => {
    chain = await startChain();
    path = `/balance/${chain.holders.alice}/${chain.tokens.usd.address}`;
    const chains = [chainConfig(chain.url)];
    open = await startDappd({ chains });
    listed = await startDappd({ chains, cors_origins: `https://other.example, ${LISTED}`, cors_max_age_s: 60 });
    closed = await startDappd({ chains, args: ['--cors-origins='] });
});
after(() => stopAll(open, listed, closed, chain));

const allowed = (answer) => answer.headers['access-control-allow-origin'];

const preflight = (dappd, target, origin, method = 'GET') =>
    dappd.request({
        method: 'OPTIONS',
        path: target,
        headers: {
            origin,
            'access-control-request-method': method,
            'access-control-request-headers': 'content-type,x-request-id',
        },
    });

test('by default any page may call and read the headers that matter', async () => {
    for (const origin of [LISTED, 'http://localhost:3000', 'null']) {
        const answer = await open.get(path, { origin });
        assert.equal(allowed(answer), '*');
        assert.ok(!/Origin/i.test(answer.headers.vary ?? ''), 'the answer is the same for all');
        for (const name of EXPOSED) {
            assert.ok(answer.headers['access-control-expose-headers'].split(', ').includes(name), name);
        }
        assert.equal(answer.headers['access-control-allow-credentials'], undefined, 'there are no cookies');
    }
});

test('a listed origin is named, another is not, and Vary says that it matters', async () => {
    const yes = await listed.get(path, { origin: LISTED });
    assert.equal(allowed(yes), LISTED);
    const no = [
        undefined,
        'https://evil.example',
        `${LISTED}.evil.example`,
        'http://app.example',
        'https://app.exampl',
        'null',
        '',
        '*',
        'https://other.example, https://app.example',
    ];
    for (const origin of no) {
        const answer = await listed.get(path, origin === undefined ? {} : { origin });
        assert.equal(allowed(answer), undefined, origin);
        assert.equal(answer.status, 200, 'whoever is no browser is served');
        assert.match(answer.headers.vary, /\bOrigin\b/);
    }
    assert.match(yes.headers.vary, /\bOrigin\b/);
});

test('with no origin listed, no page may call', async () => {
    const answer = await closed.get(path, { origin: LISTED });
    assert.deepEqual([answer.status, allowed(answer)], [200, undefined]);
    const refused = await preflight(closed, path, LISTED);
    assert.equal(refused.headers['access-control-allow-methods'], undefined);
});

test('a preflight is answered for every route with its methods, and may be kept', async () => {
    const sample = {
        address: chain.holders.alice,
        owner: chain.holders.alice,
        spender: chain.holders.bob,
        token: chain.tokens.usd.address,
    };
    for (const { method, pattern } of ROUTES) {
        const target = pattern.replace(/:(\w+)/g, (_, name) => sample[name]);
        const answer = await preflight(listed, target, LISTED, method);
        assert.equal(answer.status, 204);
        assert.equal(allowed(answer), LISTED);
        assert.ok(answer.headers['access-control-allow-methods'].split(', ').includes(method));
        assert.equal(answer.headers['access-control-max-age'], '60');
        assert.match(answer.headers.vary, /\bOrigin\b/);
        const headers = answer.headers['access-control-allow-headers'].toLowerCase().split(', ');
        for (const name of ALLOWED) assert.ok(headers.includes(name), name);
    }
    assert.equal((await preflight(open, path, LISTED)).headers['access-control-max-age'], '7200');
});

test('a preflight of a page that is not listed allows nothing', async () => {
    const answer = await preflight(listed, path, 'https://evil.example');
    for (const name of ['origin', 'methods', 'headers'])
        assert.equal(answer.headers[`access-control-allow-${name}`], undefined);
});

test('pages can read errors, too', async () => {
    const failing = ['/nowhere', '/balance/0x', `/balance/%zz`, `${path}?x=1`, `/balance/${'1'.repeat(5000)}`];
    for (const target of failing) {
        const answer = await listed.get(target, { origin: LISTED });
        assert.ok(answer.status >= 400);
        assert.equal(allowed(answer), LISTED, target);
        assert.ok(answer.headers['access-control-expose-headers'].includes('X-Request-Id'));
    }
    assert.equal(allowed(await open.get('/nowhere', { origin: LISTED, 'x-long': 'x'.repeat(9000) })), '*');
});

test('a 304 can be read, too', async () => {
    const { etag } = (await listed.get(`${path}?block=1`)).headers;
    const answer = await listed.get(`${path}?block=1`, { origin: LISTED, 'if-none-match': etag });
    assert.deepEqual([answer.status, allowed(answer)], [304, LISTED]);
    assert.match(answer.headers.vary, /\bOrigin\b/);
});

test('credentials are never allowed', async () => {
    for (const dappd of [open, listed]) {
        assert.equal(
            (await dappd.get(path, { origin: LISTED, cookie: 'a=b' })).headers['access-control-allow-credentials'],
            undefined,
        );
    }
});
