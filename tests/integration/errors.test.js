// Every error a client can get, as the problem that errors.def promises. A new row there fails the first test until a
// way to provoke it stands here. Owns its chain, its node and its dappd.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { startChain } from './lib/chain.js';
import { OPENAPI } from './lib/contract.js';
import { chainConfig, startDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { hex, randomAddress } from './lib/random.js';
import { ERRORS } from './lib/tables.js';
import { until } from './lib/wait.js';

const TIMEOUT_MS = 1500;
const SIGNED_FOR_MAINNET = OPENAPI.paths['/tx'].post.requestBody.content['application/json'].example.raw;

let chain, node, dappd, alice, usd;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    alice = chain.holders.alice;
    usd = chain.tokens.usd.address;
    dappd = await startDappd({
        chains: [chainConfig(node.url)],
        threads: 1,
        max_in_flight: 1,
        max_body_bytes: 2048,
        request_timeout_ms: TIMEOUT_MS,
        rpc_attempt_timeout_ms: 10_000,
    });
});
after(() => stopAll(dappd, node, chain));

const mixedCase = () =>
    `${alice.slice(0, -1)}${alice.at(-1) === 'a' ? 'A' : 'a'}`.replace(/[a-f]/, (c) => c.toUpperCase());

/** What a balance may be asked by. */
const READS = ['eth_call', 'eth_getBalance'];

/** code: what brings it about. Each is asked of a node in good health, unless it says otherwise. */
const provoke = {
    invalid_address: () => dappd.get('/balance/0x12'),
    checksum_mismatch: () => dappd.get(`/balance/${mixedCase()}`),
    invalid_parameter: () => dappd.get(`/balance/${alice}?colour=red`),
    invalid_json: () => dappd.post('/balances', '{"items":[}'),
    bad_request: () => dappd.get('/balance/%zz'),
    not_found: () => dappd.get('/nowhere'),
    block_not_found: () => dappd.get(`/balance/${alice}?block=0x${hex(64)}`),
    state_unavailable: () => failing(READS, faults.rpcError(-32000, 'missing trie node d067 (path ) <nil>')),
    transaction_not_found: () => dappd.get(`/tx/0x${hex(64)}`),
    method_not_allowed: () => dappd.request({ method: 'DELETE', path: '/health' }),
    body_too_large: () => dappd.post('/balances', ' '.repeat(2049)),
    uri_too_long: () => dappd.get(`/balance/${'1'.repeat(4097)}`),
    unsupported_media_type: () => dappd.post('/balances', '{}', { 'content-type': 'text/plain' }),
    not_a_token: () => dappd.get(`/balance/${alice}/${alice}`),
    execution_reverted: () => dappd.get(`/balance/${alice}/${chain.tokens.revertReason.address}`),
    not_a_contract: () => called(alice, 'function totalSupply() view returns (uint256)'),
    abi_mismatch: () => called(usd, 'function totalSupply() view returns (string)'),
    invalid_argument: () => called(usd, 'function balanceOf(address) view returns (uint256)', ['nobody']),
    invalid_abi: () => called(usd, 'function balanceOf('),
    insufficient_funds: () =>
        dappd.post(`/contracts/${usd}/call`, {
            function: 'function balanceOf(address) view returns (uint256)',
            args: [alice],
            from: randomAddress(),
            value: '1',
        }),
    invalid_transaction: () => dappd.post('/tx', { raw: '0x' }),
    wrong_chain: () => dappd.post('/tx', { raw: SIGNED_FOR_MAINNET }),
    transactions_unavailable: () => dappd.get(`/transactions/${alice}`),
    contracts_unavailable: () => called(usd, 'balanceOf', [alice]),
    headers_too_large: () => dappd.get('/health', { 'x-long': 'x'.repeat(8192) }),
    index_unavailable: () => dappd.get('/transfers'),
    upstream_error: () => failing(READS, faults.rpcError(-32603, 'internal error')),
    upstream_unavailable: () => failing(['*'], faults.reset()),
    overloaded,
    timeout: () => failing(READS, faults.hang()),
};

const called = (contract, name, args = []) => dappd.post(`/contracts/${contract}/call`, { function: name, args });

/** Asks for a balance that is in no cache while calls of these methods meet the fault. */
async function failing(methods, fault) {
    await recovered();
    for (const method of methods) node.on(method, fault);
    const answer = await dappd.get(`/balance/${randomAddress()}`);
    await recovered();
    return answer;
}

async function recovered() {
    node.reset();
    await until(async () => (await dappd.get(`/balance/${randomAddress()}`)).status === 200, 'recovery');
}

/** Only one request may be worked on: the second one meets the limit. */
async function overloaded() {
    await recovered();
    const { fault, open } = faults.gate();
    node.reset();
    for (const method of READS) node.on(method, fault);
    const first = dappd.get(`/balance/${randomAddress()}`);
    await until(() => READS.some((method) => node.count(method) > 0), 'call');
    const second = await dappd.get(`/balance/${randomAddress()}`);
    open();
    assert.equal((await first).status, 200);
    return second;
}

/** What needs an index or accounts, and the test that has them. */
const ELSEWHERE = {
    invalid_message: 'sign_in.test.js',
    invalid_signature: 'sign_in.test.js',
    unauthenticated: 'sign_in.test.js',
    token_expired: 'sign_in.test.js',
    invalid_refresh_token: 'sign_in.test.js',
    refresh_token_reused: 'sign_in.test.js',
    signature_mismatch: 'sign_in.test.js',
    domain_mismatch: 'sign_in.test.js',
    uri_mismatch: 'sign_in.test.js',
    chain_not_served: 'sign_in.test.js',
    invalid_nonce: 'sign_in.test.js',
    issued_in_future: 'sign_in.test.js',
    message_expired: 'sign_in.test.js',
    message_not_yet_valid: 'sign_in.test.js',
    contract_not_found: 'contract_calls.test.js',
    contract_configured: 'contracts.test.js',
    watch_not_found: 'watches.test.js',
    state_not_kept: 'watches.test.js',
    not_in_abi: 'contract_calls.test.js',
    ambiguous_function: 'contract_calls.test.js',
    nonce_too_low: 'tx_refused.test.js',
    replacement_underpriced: 'tx_refused.test.js',
    fee_too_low: 'tx_refused.test.js',
    gas_too_low: 'tx_refused.test.js',
    gas_too_high: 'tx_refused.test.js',
    transaction_refused: 'tx_refused.test.js',
    rate_limited: 'rate_limit.test.js',
    sign_in_unavailable: 'sign_in.test.js',
    invalid_cursor: 'transfers.test.js',
    not_indexed: 'indexed_balances.test.js',
    balances_drift: 'indexed_balances.test.js',
    cursor_expired: 'transfers.test.js',
    forbidden: 'users.test.js',
    insufficient_scope: 'keys.test.js',
    user_not_found: 'users.test.js',
    key_not_found: 'keys.test.js',
    email_taken: 'users.test.js',
    address_taken: 'user_addresses.test.js',
    limit_reached: 'keys.test.js',
    last_address: 'user_addresses.test.js',
    precondition_failed: 'users.test.js',
    precondition_required: 'users.test.js',
    idempotency_key_reused: 'users.test.js',
    accounts_unavailable: 'users.test.js',
};

/** No request gets these: one needs a bug of ours, the other stands in the reasons of /ready. */
const UNREACHABLE = ['internal', 'shutting_down'];

test('every code of errors.def is provoked here', () => {
    const codes = [provoke, ELSEWHERE].flatMap(Object.keys);
    assert.deepEqual([...codes, ...UNREACHABLE].sort(), Object.keys(ERRORS).sort());
});

test('or in the test that has what it needs', () => {
    for (const [code, file] of Object.entries(ELSEWHERE)) {
        const source = readFileSync(new URL(file, import.meta.url), 'utf8');
        assert.match(source, new RegExp(`assertProblem\\([^;]*'${code}'`), `${file} provokes ${code}`);
    }
});

for (const [code, ask] of Object.entries(provoke)) {
    test(`${code} is a problem with status ${ERRORS[code].status}`, async () => {
        assertProblem(await ask(), code);
    });
}

test('a problem names the request as the client named it', async () => {
    const answer = await dappd.get('/nowhere', { 'x-request-id': 'my.request-1' });
    assert.equal(assertProblem(answer, 'not_found').request_id, 'my.request-1');
});

test('a problem shows what was wrong, without letting control characters or broken UTF-8 through', async () => {
    const { detail } = assertProblem(await dappd.get('/balance/%1b%5b31m%ff%c3%28%0d%0aX-Evil:1'), 'invalid_address');
    assert.doesNotMatch(detail, /[\u0000-\u001f\u007f-\u009f]/);
});

test('HEAD gets the status and headers of the problem, and no body', async () => {
    const answer = await dappd.request({ method: 'HEAD', path: '/nowhere' });
    assert.equal(answer.status, 404);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.equal(answer.text, '');
    assert.ok(Number(answer.headers['content-length']) > 100);
});

// --- the body of POST /balances ---

const post = (content) => dappd.post('/balances', content);

test('a number in a body that no integer holds is called too large, not a mistake of JSON', async () => {
    const answer = await post('{"items":[{"address":"0x0000000000000000000000000000000000000000"}],"block":18446744073709551615}');
    assertProblem(answer, 'invalid_json', /a number that is too large at line 1/);
});

test('a body that is no JSON object is invalid_json', async () => {
    const wrong = [
        '',
        ' ',
        '[]',
        '1',
        'null',
        '"x"',
        '{',
        '{"items":[]',
        '{"items":[]}x',
        '\u0000',
        '{"items":[],"items":[]}',
        "{'items':[]}",
        '{"items":[NaN]}',
        '\ufeff{}',
        '['.repeat(500) + ']'.repeat(500),
        '{"items":"\\ud800"}',
    ];
    for (const body of wrong) assertProblem(await post(body), 'invalid_json', /body/);
    assertProblem(await post(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), 'invalid_json');
});

test('a body of the wrong shape is invalid_parameter and says where', async () => {
    const item = { address: alice };
    const wrong = [
        [{}, /items/],
        [{ items: null }, /items/],
        [{ items: {} }, /items/],
        [{ items: [] }, /items/],
        [{ items: [item], extra: 1 }, /"extra"/],
        [{ items: [1] }, /items\[0\]/],
        [{ items: [item, null] }, /items\[1\]/],
        [{ items: [item, { ...item, tokn: usd }] }, /items\[1\].*"tokn"/],
    ];
    for (const [body, detail] of wrong) assertProblem(await post(body), 'invalid_parameter', detail);
});

test('a malformed address in a body is named by its place', async () => {
    const wrong = [{}, { address: null }, { address: 1 }, { address: '' }, { address: 'alice.eth' }];
    for (const item of wrong) {
        assertProblem(await post({ items: [{ address: alice }, item] }), 'invalid_address', /items\[1\]\.address/);
    }
    assertProblem(await post({ items: [{ address: alice, token: '0x' }] }), 'invalid_address', /items\[0\]\.token/);
    assertProblem(await post({ items: [{ address: mixedCase() }] }), 'checksum_mismatch', /items\[0\]\.address/);
});

test('application/json is taken in any case and with parameters, other types are not', async () => {
    const body = JSON.stringify({ items: [{ address: alice }] });
    const ask = (type) =>
        dappd.request({ method: 'POST', path: '/balances', body, headers: type ? { 'content-type': type } : {} });
    for (const type of [
        'application/json',
        'Application/JSON',
        'application/json; charset=utf-8',
        'application/json;v=1',
    ]) {
        assert.equal((await ask(type)).status, 200, type);
    }
    for (const type of [undefined, 'text/json', 'application/jsonp', 'application/problem+json', 'application', 'x']) {
        assertProblem(await ask(type), 'unsupported_media_type');
    }
});

test('a body that is packed is refused in words', async () => {
    const body = JSON.stringify({ items: [{ address: alice }] });
    for (const encoding of ['gzip', 'br', 'x']) {
        assertProblem(
            await dappd.post('/balances', body, { 'content-encoding': encoding }),
            'unsupported_media_type',
            /Content-Encoding/,
        );
    }
    assert.equal((await dappd.post('/balances', body, { 'content-encoding': 'identity' })).status, 200);
});
