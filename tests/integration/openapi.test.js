// The description that dappd serves is the one in the checkout, as YAML and as JSON, and it describes this program.
// (Every other test holds each answer against it: lib/contract.js.) Owns its dappd; no chain is needed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { OPENAPI, assertContract } from './lib/contract.js';
import { chainConfig, startDappd } from './lib/dappd.js';
import { CHECKOUT } from './lib/process.js';

let dappd;

before(async () => {
    dappd = await startDappd({ chains: [chainConfig('http://127.0.0.1:9')] });
});
after(() => dappd.stop());

test('GET /openapi.yaml is the file in the checkout', async () => {
    const answer = await dappd.get('/openapi.yaml');
    assert.equal(answer.headers['content-type'], 'application/yaml');
    assert.equal(answer.text, readFileSync(path.join(CHECKOUT, 'openapi.yaml'), 'utf8'));
});

test('GET /openapi.json is what the YAML says, read by another reader', async () => {
    const answer = await dappd.get('/openapi.json');
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.deepEqual(answer.json(), OPENAPI);
});

test("its version is the program's", async () => {
    assert.equal(OPENAPI.info.version, (await dappd.json('/')).version);
});

test('the check of answers finds what is wrong', () => {
    const good = {
        status: 200,
        headers: { 'x-request-id': 'x', 'cache-control': 'no-store', 'content-type': 'application/json' },
        json: () => ({ status: 'ok' }),
    };
    const wrong = [
        { status: 201 },
        { headers: { ...good.headers, 'x-request-id': 'a b' } },
        { headers: { 'x-request-id': 'x' } },
        { headers: { ...good.headers, 'content-type': 'text/html' } },
        { json: () => ({ status: 'fine' }) },
        { json: () => ({}) },
        { json: () => ({ status: 'ok', more: 1 }) },
        { json: () => [] },
    ];
    assertContract('GET', '/health', good);
    for (const change of wrong)
        assert.throws(() => assertContract('GET', '/health', { ...good, ...change }), JSON.stringify(change));
});
