// Contracts: registered with an ABI by admins or by the configuration, listed, changed and forgotten; proxies are
// followed. What is right is asked of viem, of OpenZeppelin's own proxies and of PostgreSQL. Owns its chain, its
// PostgreSQL and its dappds.

import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { getAddress, parseAbi, toEventSelector, toFunctionSelector } from 'viem';
import { compileAll } from '../../dev/chain/index.js';
import { ADMIN, adminOf, ask, makeKey, startScene } from './lib/accounts.js';
import { chainConfig, configFile, runDappd, startDappd } from './lib/dappd.js';
import { assertProblem } from './lib/problem.js';
import { SCRATCH, stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { newAccount, signIn } from './lib/siwe.js';
import { until } from './lib/wait.js';

const CHAIN = 31337;

let scene, dappd, neighbour, admin, compiled;

before(async () => {
    scene = await startScene();
    [dappd, neighbour] = await Promise.all([scene.start({ rate_limit: 'off' }), scene.start({ rate_limit: 'off' })]);
    admin = await adminOf(dappd);
    compiled = await compileAll();
});
after(() => stopAll(scene));

/** Deploys a compiled contract. Returns its address. */
async function deploy(name, args = []) {
    const { client } = scene.chain;
    const [account] = await client.getAddresses();
    const hash = await client.deployContract({ ...compiled[name], args, account, chain: null });
    const { contractAddress, blockNumber } = await client.waitForTransactionReceipt({ hash });
    await Promise.all([dappd, neighbour].map((at) => known(at, blockNumber)));
    return getAddress(contractAddress);
}

/** Waits until the dappd has seen the block. */
const known = (at, number) =>
    until(async () => {
        await at.get(`/balance/${ADMIN.address}`); // whoever asks for nothing has an old head
        return (await at.get('/chains')).json().items[0].head?.number >= number;
    }, 'block');

/** Sends a transaction to a contract. */
async function write(name, address, functionName, args) {
    const { client } = scene.chain;
    const [account] = await client.getAddresses();
    const hash = await client.writeContract({ abi: compiled[name].abi, address, functionName, args, account, chain: null });
    return client.waitForTransactionReceipt({ hash });
}

const put = (address, body, { query = '', headers = {}, as = admin, at = dappd } = {}) =>
    ask(at, 'PUT', `/contracts/${address}${query}`, { body, headers: { ...as.headers, ...headers } });

const remove = (address, { headers = {}, as = admin, at = dappd } = {}) =>
    ask(at, 'DELETE', `/contracts/${address}`, { headers: { ...as.headers, ...headers } });

const get = (address, at = dappd) => at.get(`/contracts/${address}`);

const call = (address, name, at = dappd) => at.post(`/contracts/${address}/call`, { function: name });

/** The contract of an answer that must have this status. */
function shown(answer, status = 200) {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers.etag, `"${answer.json().version}"`);
    return answer.json();
}

const rowOf = async (address) => {
    const columns = 'name, version, proxy, encode(implementation, \'hex\'), events, from_block, configured, abi';
    const where = `address = '\\x${address.slice(2)}'`;
    return (await scene.sql(`SELECT ${columns} FROM contracts WHERE ${where}`))[0];
};

/** Signatures of functions and events lead to the same selectors as the ABI that was registered. */
function assertSignatures({ signatures }, abi) {
    const of = (items, type, selector) => items.filter((item) => item.type === type).map(selector).sort();
    const parsed = parseAbi(Object.values(signatures).flat());
    assert.deepEqual(of(parsed, 'function', toFunctionSelector), of(abi, 'function', toFunctionSelector));
    assert.deepEqual(of(parsed, 'event', toEventSelector), of(abi, 'event', toEventSelector));
    for (const type of ['error', 'constructor']) {
        assert.equal(of(parsed, type, String).length, of(abi, type, String).length, type);
    }
}

// --- registration ---

test('a contract is registered with the ABI that solc wrote', async () => {
    const address = await deploy('FirstLogic');
    const { abi } = compiled.FirstLogic;
    const answer = await put(address, { abi, name: 'Logic', from_block: 2, events: false });
    const made = shown(answer, 201);
    assert.equal(answer.headers.location, `/contracts/${address}?chain=${CHAIN}`);
    const { created_at, updated_at, signatures, ...rest } = made;
    assert.deepEqual(rest, {
        chain_id: CHAIN,
        address,
        name: 'Logic',
        proxy: false,
        implementation: null,
        events: false,
        from_block: 2,
        configured: false,
        version: 1,
        abi,
    });
    assert.ok(created_at === updated_at && Math.abs(created_at - Date.now() / 1000) < 60);
    assertSignatures(made, abi);
    assert.deepEqual(shown(await get(address)), made);
    assert.deepEqual(shown(await dappd.get(answer.headers.location)), made);
    const [name, version, , , events, from_block, configured, kept] = await rowOf(address);
    assert.deepEqual([name, version, events, from_block, configured], ['Logic', '1', 'f', '2', 'f']);
    assert.deepEqual(JSON.parse(kept), abi);
    assert.equal((await call(address, 'number')).json().result, '0');
});

test('an ABI may be human-readable, and have structs', async () => {
    const address = await deploy('Deployable', ['T', { least: 1n, most: 2n }, []]);
    const abi = [
        'struct Limits { uint64 least; uint64 most; }',
        'constructor(string title, Limits limits, address[] members) payable',
        'function title() view returns (string)',
        'function limits() view returns (uint64 least, uint64 most)',
        'event Nothing(Limits limits, address indexed who)',
        'error Upside(uint64 least, uint64 most)',
    ];
    const made = shown(await put(address, { abi }), 201);
    assert.deepEqual(made.abi, abi);
    assertSignatures(made, parseAbi(abi));
    assert.deepEqual((await call(address, 'limits')).json().result, { least: '1', most: '2' });
});

test('what is as it was keeps its version; what changes is logged', async () => {
    const address = await deploy('FirstLogic');
    const body = { abi: ['function number() view returns (uint256)'] };
    shown(await put(address, body, { headers: { 'x-request-id': 'first' } }), 201);
    assert.equal(shown(await put(address, body)).version, 1);
    const named = shown(await put(address, { ...body, name: 'N', from_block: null, events: null }));
    assert.deepEqual([named.version, named.name, named.events], [2, 'N', true]);
    const replaced = shown(await put(address, { abi: [] }));
    assert.deepEqual([replaced.version, replaced.name, replaced.abi], [3, null, []]);
    assertProblem(await call(address, 'number'), 'not_in_abi');
    assert.equal((await remove(address)).status, 204);
    const { items } = (await dappd.get('/audit?limit=4', admin.headers)).json();
    const of = { chain_id: CHAIN, address };
    assert.deepEqual(
        items.map(({ action, contract, members, actor, user_id }) => [action, contract, members, actor, user_id]),
        [
            ['contract.delete', of, []],
            ['contract.update', of, ['abi', 'name']],
            ['contract.update', of, ['name']],
            ['contract.register', of, ['abi', 'events']],
        ].map((row) => [...row, admin.user.id, admin.user.id]),
    );
    assert.equal(items[3].request_id, 'first');
    assertProblem(await get(address), 'contract_not_found');
    assertProblem(await remove(address), 'contract_not_found');
});

test('a bad ABI is refused by the item', async () => {
    const address = await deploy('FirstLogic');
    const rows = [
        [['function f(uint257)'], /uint257/],
        [['function f()', 'function (']],
        [[{ type: 'function', name: 'f', inputs: [{ type: 'tuple' }], outputs: [] }], /component/],
        [[{ type: 'function', name: 'f', inputs: [{ type: 'address[' }], outputs: [] }], /\(f\): a \[ has no \]/],
        [['function f()', 7], /1/],
        [[{ type: 'event' }]],
        [Array.from({ length: 5000 }, (_, i) => `function f${i}()`), /4096/],
        [[`function f(${'('.repeat(200)}uint8 a${')'.repeat(200)} b)`]],
    ];
    for (const [abi, detail] of rows) assertProblem(await put(address, { abi }), 'invalid_abi', detail);
    assertProblem(await get(address), 'contract_not_found');
});

test('a body that is none is refused by the member', async () => {
    const address = await deploy('FirstLogic');
    const abi = ['function f()'];
    const rows = [
        [{}, /abi is missing/],
        [{ abi: null }, /abi is missing/],
        [{ abi: 'function f()' }, /abi/],
        [{ abi: {} }, /abi/],
        [{ abi, name: '' }, /name/],
        [{ abi, name: 'x'.repeat(101) }, /name/],
        [{ abi, name: 7 }, /name/],
        [{ abi, from_block: -1 }, /from_block/],
        [{ abi, from_block: '7' }, /from_block/],
        [{ abi, events: 'yes' }, /events/],
        [{ abi, proxy: true }, /"proxy"; known/],
    ];
    for (const [body, detail] of rows) assertProblem(await put(address, body), 'invalid_parameter', detail);
    assertProblem(await put(address, { abi }, { query: '?proxy=yes' }), 'invalid_parameter', /proxy/);
    assertProblem(await put(address, { abi }, { query: '?colour=red' }), 'invalid_parameter', /colour/);
    assertProblem(await put('0x12', { abi }), 'invalid_address');
    const plain = { ...admin.headers, 'content-type': 'text/plain' };
    const request = { method: 'PUT', path: `/contracts/${address}`, headers: plain, body: '{}' };
    assertProblem(await dappd.request(request), 'unsupported_media_type');
});

test('where there is no code nothing is registered', async () => {
    const address = randomAddress();
    assertProblem(await put(address, { abi: [] }), 'not_a_contract', new RegExp(getAddress(address)));
    assertProblem(await put(newAccount().address, { abi: [] }, { query: '?proxy=auto' }), 'not_a_contract');
});

test('If-Match: nobody overwrites what they have not seen', async () => {
    const address = await deploy('FirstLogic');
    const match = (tag, body = { abi: [] }) => put(address, body, { headers: { 'if-match': tag } });
    for (const tag of ['"1"', '*', '"x"']) assertProblem(await match(tag), 'precondition_failed');
    shown(await put(address, { abi: [] }), 201);
    assertProblem(await match('"2"'), 'precondition_failed', /version is 1/);
    assertProblem(await match('W/"1"'), 'precondition_failed');
    assertProblem(await match('one'), 'invalid_parameter', /If-Match/);
    assert.equal(shown(await match('"7", "1"', { abi: [], name: 'N' })).version, 2);
    assert.equal(shown(await match('*', { abi: [], name: 'M' })).version, 3);
    assertProblem(await remove(address, { headers: { 'if-match': '"2"' } }), 'precondition_failed');
    const cached = await dappd.get(`/contracts/${address}`, { 'if-none-match': '"3"' });
    assert.equal(cached.status, 304);
    assert.equal((await remove(address, { headers: { 'if-match': '"3"' } })).status, 204);
});

test('of many who register at once one makes it', async () => {
    const address = await deploy('FirstLogic');
    const answers = await Promise.all(
        Array.from({ length: 8 }, (_, i) => put(address, { abi: [], name: `N${i}` }, { at: i % 2 ? dappd : neighbour })),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 200, 200, 200, 201]);
    assert.equal(shown(await get(address)).version, 8);
});

// --- who may ---

test('admins register, and their keys with the scope; anybody reads', async () => {
    const address = await deploy('FirstLogic');
    const user = await signIn(dappd);
    const [writer, reader] = await Promise.all([
        makeKey(dappd, admin.headers, ['contracts:write']),
        makeKey(dappd, admin.headers, ['read', 'users:write']),
    ]);
    for (const ask of [put, remove]) {
        const body = ask === put ? [{ abi: [] }] : [];
        assertProblem(await ask(address, ...body, { as: {} }), 'unauthenticated');
        assertProblem(await ask(address, ...body, { as: user }), 'forbidden');
        assertProblem(await ask(address, ...body, { as: reader }), 'insufficient_scope');
    }
    shown(await put(address, { abi: [] }, { as: writer }), 201);
    const [[key]] = await scene.sql("SELECT actor_key FROM audit WHERE action LIKE 'contract%' ORDER BY id DESC LIMIT 1");
    assert.equal(key, writer.id);
    shown(await dappd.get(`/contracts/${address}`));
    shown(await dappd.get(`/contracts/${address}`, reader.headers));
    assert.equal((await remove(address, { as: writer })).status, 204);
    const wish = ['read', 'contracts:write'];
    const refused = await dappd.post('/keys', { name: 'k', scopes: wish }, user.headers);
    assertProblem(refused, 'forbidden', /contracts:write/);
});

// --- lists ---

test('lists have every contract once, by address, without its ABI', async () => {
    for (let i = 0; i < 5; i++) shown(await put(await deploy('FirstLogic'), { abi: ['function f()'] }), 201);
    const known = await scene.sql(`SELECT encode(address, 'hex') FROM contracts WHERE chain_id = ${CHAIN} ORDER BY 1`);
    for (const limit of [1, 2, 1000]) {
        const items = [];
        let cursor = null;
        do {
            const answer = await dappd.get(`/contracts?limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`);
            assert.equal(answer.status, 200, answer.text);
            assert.equal(answer.headers['cache-control'], 'no-store');
            items.push(...answer.json().items);
            cursor = answer.json().next_cursor;
            assert.equal(Boolean(answer.headers.link), cursor !== null);
        } while (cursor);
        assert.deepEqual(items.map(({ address }) => address.slice(2).toLowerCase()), known.flat());
        const { abi, signatures, ...summary } = shown(await get(items[0].address));
        assert.deepEqual(items[0], summary);
    }
    const { next_cursor } = (await dappd.get('/contracts?limit=1')).json();
    assertProblem(await dappd.get(`/tokens?cursor=${next_cursor}`), 'invalid_cursor');
    assertProblem(await dappd.get('/contracts?cursor=AAAA'), 'invalid_cursor');
    assertProblem(await dappd.get('/contracts?limit=0'), 'invalid_parameter');
});

// --- several instances ---

test('what one instance changes another one knows within seconds', async () => {
    const address = await deploy('FirstLogic');
    assertProblem(await call(address, 'number', neighbour), 'contract_not_found');
    shown(await put(address, { abi: ['function number() view returns (uint256)'] }), 201);
    await until(async () => (await call(address, 'number', neighbour)).status === 200, 'registration', 10_000);
    shown(await put(address, { abi: ['function other()'] }));
    assertProblem(await call(address, 'number'), 'not_in_abi');
    const unknown = async () => (await call(address, 'number', neighbour)).status === 422;
    await until(unknown, 'change', 10_000);
    assert.equal((await remove(address, { at: neighbour })).status, 204);
    assertProblem(await get(address, neighbour), 'contract_not_found');
    await until(async () => (await call(address, 'number')).status === 404, 'end', 10_000);
});

// --- proxies ---

const functionsOf = ({ signatures }) => parseAbi(signatures.functions).map(({ name }) => name).sort();
const FIRST = ['keep', 'number'];
const SECOND = ['keep', 'number', 'twice'];

test('a proxy by EIP-1967 is followed, and its upgrade is noticed', async () => {
    const [first, second] = [await deploy('FirstLogic'), await deploy('SecondLogic')];
    const proxy = await deploy('SampleProxy', [first]);
    const auto = { query: '?proxy=auto' };
    assertProblem(await put(proxy, {}, auto), 'invalid_parameter', new RegExp(`${first} is not registered`));
    shown(await put(first, { abi: compiled.FirstLogic.abi }), 201);
    const made = shown(await put(proxy, {}, auto), 201);
    assert.deepEqual([made.proxy, made.implementation, made.abi, functionsOf(made)], [true, first, [], FIRST]);
    assert.equal((await call(proxy, 'number')).json().result, '1');
    shown(await put(second, { abi: compiled.SecondLogic.abi }), 201);
    await write('SampleProxy', proxy, 'upgradeTo', [second]);
    for (const at of [dappd, neighbour]) {
        const upgraded = async () => (await call(proxy, 'twice', at)).status === 200;
        await until(upgraded, 'upgrade', 20_000);
    }
    const now = shown(await get(proxy));
    assert.deepEqual([now.implementation, functionsOf(now)], [second, SECOND]);
    assert.ok(now.version > made.version);
    const [, version, , implementation] = await rowOf(proxy);
    assert.deepEqual([Number(version), getAddress(`0x${implementation}`)], [now.version, second]);

    shown(await put(second, { abi: ['function renamed()'] }));
    assert.deepEqual(functionsOf(shown(await get(proxy))), ['renamed'], 'what its implementation is registered with');
    assert.equal((await remove(second)).status, 204);
    assert.deepEqual(functionsOf(shown(await get(proxy))), []);
});

test('a proxy with an ABI of its own has both; one behind a beacon is followed too', async () => {
    const [first, second] = [await deploy('FirstLogic'), await deploy('SecondLogic')];
    const [owner] = await scene.chain.client.getAddresses();
    const beacon = await deploy('SampleBeacon', [first, owner]);
    const proxy = await deploy('SampleBeaconProxy', [beacon]);
    for (const [name, address] of [['FirstLogic', first], ['SecondLogic', second]]) {
        shown(await put(address, { abi: compiled[name].abi }), 201);
    }
    const own = { abi: ['function own() view returns (uint8)', 'function number() view returns (uint256 own)'] };
    const made = shown(await put(proxy, own, { query: '?proxy=auto' }), 201);
    assert.deepEqual([made.proxy, made.implementation, made.abi], [true, first, own.abi]);
    assert.deepEqual(functionsOf(made), [...FIRST, 'own'].sort(), 'what both have is there once');
    await write('SampleBeacon', beacon, 'upgradeTo', [second]);
    await until(async () => (await call(proxy, 'twice')).status === 200, 'upgrade', 20_000);
    assert.deepEqual(functionsOf(shown(await get(proxy))), [...SECOND, 'own'].sort());
    assert.equal(shown(await put(proxy, own)).proxy, false, 'registered again without');
    assertProblem(await call(proxy, 'twice'), 'not_in_abi');
});

test('what is no proxy is not followed', async () => {
    const address = await deploy('FirstLogic');
    assertProblem(await put(address, {}, { query: '?proxy=auto' }), 'invalid_parameter', /no proxy by EIP-1967/);
    const made = shown(await put(address, { abi: compiled.FirstLogic.abi }, { query: '?proxy=auto' }), 201);
    assert.deepEqual([made.proxy, made.implementation], [false, null]);
});

// --- the configuration ---

const abiFile = (abi) => {
    const file = path.join(mkdtempSync(path.join(SCRATCH, 'abi-')), 'abi.json');
    writeFileSync(file, JSON.stringify(abi));
    return file;
};

/** One more instance, whose chain has these contracts. */
const startWith = (contracts) =>
    startDappd({
        chains: [chainConfig(scene.chain.url, { contracts })],
        database_url: scene.database.url,
        auth_domains: 'app.example.com',
        admins: ADMIN.address,
        rate_limit: 'off',
    });

test('configured contracts are registered at start, by several instances at once, and changed nowhere else', async () => {
    const [address, logic] = [await deploy('FirstLogic'), await deploy('FirstLogic')];
    const proxy = await deploy('SampleProxy', [logic]);
    const abi = abiFile(compiled.FirstLogic.abi);
    const contracts = [
        { address, abi, name: 'Configured', from_block: 3, events: false },
        { address: logic, abi },
        { address: proxy, proxy: 'auto' },
    ];
    const both = await Promise.all([startWith(contracts), startWith(contracts)]);
    try {
        for (const at of both) {
            await until(async () => (await get(proxy, at)).status === 200, 'registration');
            const { name, from_block, events, configured, version } = shown(await get(address, at));
            assert.deepEqual([name, from_block, events, configured, version], ['Configured', 3, false, true, 1]);
            assert.deepEqual(functionsOf(shown(await get(proxy, at))), FIRST);
        }
        const session = await adminOf(both[0]);
        const as = { at: both[0], as: session };
        assertProblem(await put(address, { abi: [] }, as), 'contract_configured');
        assertProblem(await remove(address, as), 'contract_configured');
    } finally {
        await stopAll(...both);
    }
    const later = await startWith(contracts.slice(1)); // what is gone from the configuration is anybody's to change
    try {
        const released = async () => (await rowOf(address))[6] === 'f';
        await until(released, 'release');
        assert.equal(shown(await get(proxy, later)).configured, true);
    } finally {
        await stopAll(later);
    }
    assert.equal((await remove(address)).status, 204);
});

test('a configured contract that is not there yet is registered once it is', async () => {
    const { client } = scene.chain;
    const address = getAddress(randomAddress());
    const late = await startWith([{ address, abi: abiFile(compiled.FirstLogic.abi) }]);
    try {
        const told = ({ msg, contract }) => /not registered yet/.test(msg) && contract === address;
        await until(() => late.logs.find(told), 'line about the contract');
        await client.setCode({ address, bytecode: '0x60' });
        await until(async () => (await get(address, late)).status === 200, 'registration');
    } finally {
        await stopAll(late);
    }
});

test('check-config reads the ABIs of configured contracts', async () => {
    const check = (contracts) => {
        const content = { chains: [chainConfig(scene.chain.url, { contracts })] };
        return runDappd(['check-config', '--config', configFile(content)]);
    };
    const address = randomAddress();
    const good = await check([{ address, abi: abiFile(compiled.FirstLogic.abi) }]);
    assert.equal(good.code, 0, good.stderr);
    const bad = await check([{ address, abi: abiFile(['function f(uint7)']) }]);
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /contract 1 of chain dev: ".*abi\.json": .*uint7/);
});

// --- without a database ---

test('without a database there are no registered contracts', async () => {
    const alone = await scene.start({ database_url: '' });
    for (const target of ['/contracts', `/contracts/${randomAddress()}`]) {
        assertProblem(await alone.get(target), 'contracts_unavailable');
    }
});
