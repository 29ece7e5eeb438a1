// What is answered from the index: portfolios, holders, tokens and balances with a source, from rows that the test has
// written, and from the nodes where the rows are not to be believed. viem and BigInt judge. Owns its chain, its
// PostgreSQL and its dappds.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formatUnits, getAddress } from 'viem';
import { startChain } from './lib/chain.js';
import { chainConfig, dappdFor, startDappd } from './lib/dappd.js';
import { migrate, putToken, setTip, walk } from './lib/index_rows.js';
import { startServer } from './lib/postgres.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { until } from './lib/wait.js';

const CHAIN = 31337;
const MAX_UINT256 = 2n ** 256n - 1n;
const ZERO = `0x${'0'.repeat(40)}`;

let chain, server, database, dappd, alice;

before(async () => {
    chain = await startChain();
    alice = chain.holders.alice;
    server = await startServer();
    database = await server.databaseFor();
    await migrate(database, chain.url);
    dappd = await startDappd(settings());
});
after(() => stopAll(dappd, server, chain));

function settings(more = {}) {
    return { chains: [chainConfig(chain.url)], database_url: database.url, index: 'off', ...more };
}

/** Empties the index, and sets its tip to a block of viem's; the newest one where none is given. */
async function emptyIndex(block) {
    const tip = block ?? (await chain.latest());
    await database.sql('TRUNCATE chains, streams, tokens, blocks, balances CASCADE');
    await setTip(database, CHAIN, tip);
    return tip;
}

const shown = (block) => ({ number: Number(block.number), hash: block.hash, timestamp: Number(block.timestamp) });
const lower = (address) => address.toLowerCase();

/** What is checked and right in the index, unless told otherwise. */
const good = (token, more = {}) => ({ address: token, symbol: 'GOOD', decimals: 6, checked: 1, ...more });

// --- GET /balances/:address ---

test('a portfolio has every token with a balance, with what the index knows of it, at the tip', async () => {
    const [known, unknown, others, old] = [randomAddress(), randomAddress(), randomAddress(), randomAddress()];
    const tip = await emptyIndex();
    const holder = randomAddress();
    await putToken(database, CHAIN, good(known, { name: "O'Neill \u{1F984}", symbol: 'ON' }), { [holder]: 1_234_567n });
    await putToken(database, CHAIN, { address: unknown }, { [holder]: MAX_UINT256 });
    await putToken(database, CHAIN, good(others), { [randomAddress()]: 1n });
    await putToken(database, CHAIN, good(old, { live: false }), { [holder]: 5n });
    const portfolio = await dappd.json(`/balances/${holder}`);
    assert.deepEqual(portfolio, {
        chain_id: CHAIN,
        address: getAddress(holder),
        block: shown(tip),
        items: [
            {
                token: getAddress(known),
                name: "O'Neill \u{1F984}",
                symbol: 'ON',
                decimals: 6,
                balance: '1234567',
                formatted: '1.234567',
                source: 'indexed',
                index: { checked: true, drift: null },
            },
            {
                token: getAddress(unknown),
                name: null,
                symbol: null,
                decimals: null,
                balance: String(MAX_UINT256),
                formatted: null,
                source: 'indexed',
                index: { checked: false, drift: null },
            },
        ],
        next_cursor: null,
    });
    assert.deepEqual((await dappd.json(`/balances/${randomAddress()}`)).items, []);
    assertProblem(await dappd.get(`/balances/${ZERO}`), 'not_indexed', /zero address/);
});

test('tokens that drift are read from a node at the tip, and say so', async () => {
    const { rebasing, usd, revertReason } = chain.tokens;
    const [mints, overflows, empty] = [await deployed('MINTS'), await deployed('OVER'), await deployed('NONE')];
    await chain.write(mints, 'setBalance', [alice, 77n]);
    const tip = await emptyIndex();
    await putToken(database, CHAIN, good(rebasing.address, { drift: 'balance_mismatch' }), { [alice]: 1n });
    await putToken(database, CHAIN, good(mints.address), { [alice]: -5n });
    await putToken(database, CHAIN, good(overflows.address), { [alice]: MAX_UINT256 + 1n });
    await putToken(database, CHAIN, good(empty.address, { drift: 'negative_balance' }), { [alice]: 9n });
    await putToken(database, CHAIN, good(revertReason.address, { drift: 'odd_logs' }), { [alice]: 9n });
    await putToken(database, CHAIN, good(usd.address), { [alice]: 5n });
    await chain.write(mints, 'setBalance', [alice, 78n]); // behind the tip
    const { items, block } = await dappd.json(`/balances/${alice}`);
    assert.deepEqual(block, shown(tip));
    const found = Object.fromEntries(items.map((item) => [lower(item.token), item]));
    const said = (token) => {
        const { balance, source, index } = found[lower(token.address)];
        return { balance, source, drift: index.drift };
    };
    const rebased = await chain.read(rebasing, 'balanceOf', [alice], tip.number);
    assert.deepEqual(said(rebasing), { balance: String(rebased), source: 'live', drift: 'balance_mismatch' });
    assert.deepEqual(said(mints), { balance: '77', source: 'live', drift: 'impossible_balance' });
    assert.deepEqual(said(usd), { balance: '5', source: 'indexed', drift: null });
    assert.equal(found[lower(empty.address)], undefined);
    assert.equal(found[lower(overflows.address)], undefined);
    assert.equal(found[lower(revertReason.address)].error.code, 'execution_reverted');
    assert.equal(items.length, 4);
});

const deployed = (symbol) => chain.deploy('SettableToken', [symbol, symbol, 0]);

test('a portfolio of many pages has each token once', async () => {
    await emptyIndex();
    const holder = randomAddress();
    const tokens = Array.from({ length: 23 }, randomAddress);
    for (const [i, token] of tokens.entries()) {
        const elsewhere = i % 5 === 0 ? CHAIN + 1 : CHAIN;
        if (i === 0) await setTip(database, elsewhere, null);
        await putToken(database, elsewhere, good(token), { [holder]: BigInt(i + 1) });
    }
    const here = tokens.filter((_, i) => i % 5 !== 0);
    const pages = await walk(dappd, `/balances/${holder}?limit=7&chain=dev`);
    assert.deepEqual(pages.map(({ items }) => items.length), [7, 7, 4]);
    assert.deepEqual(pages.flatMap(({ items }) => items.map(({ token }) => lower(token))), here.map(lower));
    const [{ next_cursor: cursor }] = pages;
    for (const [path, wanted] of [
        [`/balances/${randomAddress()}?cursor=${cursor}`, /not one that this list gave/],
        [`/tokens?cursor=${cursor}`, /not one that this list gave/],
        [`/balances/${holder}?cursor=${cursor.slice(0, -1)}`, /./],
        [`/balances/${holder}?cursor=`, /./],
    ]) {
        assertProblem(await dappd.get(path), 'invalid_cursor', wanted);
    }
    for (const limit of ['0', '1001', '-1', '1.5', '', '007', 'all']) {
        assertProblem(await dappd.get(`/balances/${holder}?limit=${limit}`), 'invalid_parameter', /limit/);
    }
});

test('a portfolio whose last token was taken back by a reorg does not begin anew in the middle of a walk', async () => {
    const [first, last] = [randomAddress(), randomAddress()];
    const holder = randomAddress();
    await emptyIndex();
    for (const token of [first, last]) await putToken(database, CHAIN, good(token), { [holder]: 1n });
    const { next_cursor: cursor } = await dappd.json(`/balances/${holder}?limit=1`);
    await database.sql(`DELETE FROM balances USING tokens WHERE token_id = id AND address = '\\x${first.slice(2)}'`);
    await database.sql(`DELETE FROM tokens WHERE address = '\\x${first.slice(2)}'`);
    assertProblem(await dappd.get(`/balances/${holder}?limit=1&cursor=${cursor}`), 'cursor_expired', /reorg/);
    const { items } = await dappd.json(`/balances/${holder}`);
    assert.deepEqual(items.map(({ token }) => lower(token)), [lower(last)]);
});

// --- GET /balance/:address/:token?source= ---

test('a balance from the index is the sum of transfers at the tip', async () => {
    const { usd } = chain.tokens;
    const tip = await emptyIndex(await chain.client.getBlock({ blockNumber: 2n }));
    await putToken(database, CHAIN, good(usd.address), { [alice]: 123_456n });
    const answer = await dappd.get(`/balance/${alice}/${usd.address}?source=indexed`);
    assert.deepEqual(answer.json(), {
        chain_id: CHAIN,
        address: getAddress(alice),
        token: getAddress(usd.address),
        symbol: 'GOOD',
        decimals: 6,
        balance: '123456',
        formatted: formatUnits(123_456n, 6),
        block: shown(tip),
        source: 'indexed',
        index: { checked: true, drift: null },
    });
    assert.equal(answer.headers['cache-control'], 'public, max-age=1');
    const none = await dappd.json(`/balance/${randomAddress()}/${usd.address}?source=indexed&block=latest`);
    assert.equal(none.balance, '0');
});

test('what the index cannot answer for is refused with the reason', async () => {
    const [drifts, mints, reads] = [randomAddress(), randomAddress(), randomAddress()];
    await emptyIndex();
    await putToken(database, CHAIN, good(drifts, { drift: 'balance_mismatch' }), { [alice]: 1n });
    await putToken(database, CHAIN, good(mints), { [alice]: -1n });
    await putToken(database, CHAIN, good(reads, { live: false }), { [alice]: 1n });
    const get = (token, query = '') => dappd.get(`/balance/${alice}/${token}?source=indexed${query}`);
    assertProblem(await get(drifts), 'balances_drift', /balance_mismatch/);
    assertProblem(await get(mints), 'balances_drift', /impossible_balance/);
    assertProblem(await get(reads), 'not_indexed', /not complete/);
    assertProblem(await get(randomAddress()), 'not_indexed', /no transfers/);
    assertProblem(await dappd.get(`/balance/${ZERO}/${mints}?source=indexed`), 'not_indexed', /zero address/);
    for (const block of ['1', 'safe', 'finalized', '0x1']) {
        assertProblem(await get(drifts, `&block=${block}`), 'invalid_parameter', /block must be latest/);
    }
    assertProblem(await dappd.get(`/balance/${alice}/${drifts}?source=both`), 'invalid_parameter', /source "both"/);
    await setTip(database, CHAIN, null);
    assertProblem(await get(drifts), 'index_unavailable');
});

/** Asks with source=auto until the head that dappd knows is this block. */
async function autoAt(block, token, of = dappd) {
    let answer;
    await until(async () => {
        await of.json(`/balance/${alice}`);
        const head = (await of.json('/chains')).items[0].head;
        answer = await of.get(`/balance/${alice}/${token}?source=auto`);
        return head?.hash === block.hash;
    }, `head ${block.number}`);
    assert.equal(answer.status, 200, answer.text);
    return answer;
}

test('auto takes the index while it is at the head and right, else a node', async () => {
    const { usd } = chain.tokens;
    await chain.mine();
    const head = await emptyIndex();
    const live = await chain.read(usd, 'balanceOf', [alice]);
    const tell = async () => {
        const { balance, source, index, block } = (await autoAt(head, usd.address)).json();
        assert.deepEqual(block, shown(head));
        return { balance, source, index };
    };
    const put = (more) => putToken(database, CHAIN, good(usd.address, more), { [alice]: 5n });
    const fromNode = { balance: String(live), source: 'live' };
    assert.deepEqual(await tell(), { ...fromNode, index: null });
    await put({ live: false });
    assert.deepEqual(await tell(), { ...fromNode, index: null });
    await put({ checked: null });
    assert.deepEqual(await tell(), { ...fromNode, index: { checked: false, drift: null } });
    await put({ drift: 'odd_logs' });
    assert.deepEqual(await tell(), { ...fromNode, index: { checked: true, drift: 'odd_logs' } });
    await put();
    assert.deepEqual(await tell(), { balance: '5', source: 'indexed', index: { checked: true, drift: null } });
    await setTip(database, CHAIN, await chain.client.getBlock({ blockNumber: head.number - 1n }));
    assert.deepEqual(await tell(), { ...fromNode, index: { checked: true, drift: null } });
    await setTip(database, CHAIN, { ...head, hash: `0x${'ab'.repeat(32)}` }); // the same height on another branch
    assert.deepEqual(await tell(), { ...fromNode, index: { checked: true, drift: null } });
    await setTip(database, CHAIN, null);
    assert.deepEqual(await tell(), { ...fromNode, index: null });
    const { text } = await dappd.get('/metrics');
    for (const choice of ['indexed', 'live_not_indexed', 'live_unchecked', 'live_drift', 'live_behind', 'live_unavailable']) {
        assert.match(text, new RegExp(`dappd_balance_auto_total\\{choice="${choice}"\\} [1-9]`));
    }
});

test('answers of different sources have different tags, and each is confirmed with 304', async () => {
    const { usd } = chain.tokens;
    const head = await emptyIndex();
    const live = await chain.read(usd, 'balanceOf', [alice]);
    await putToken(database, CHAIN, good(usd.address, { symbol: 'SUSD' }), { [alice]: live });
    const indexed = await autoAt(head, usd.address);
    assert.equal(indexed.json().source, 'indexed');
    await putToken(database, CHAIN, good(usd.address, { symbol: 'SUSD', checked: null }), {});
    const read = await autoAt(head, usd.address);
    assert.equal(read.json().source, 'live');
    assert.notEqual(read.headers.etag, indexed.headers.etag);
    for (const path of [`/balance/${alice}/${usd.address}?source=auto`, `/balances/${alice}`, '/tokens']) {
        const first = await dappd.get(path);
        const second = await dappd.get(path, { 'if-none-match': first.headers.etag });
        assert.deepEqual([second.status, second.text], [304, ''], path);
    }
    const stale = await dappd.get(`/balance/${alice}/${usd.address}?source=auto`, {
        'if-none-match': indexed.headers.etag,
    });
    assert.equal(stale.status, 200);
});

// --- GET /tokens/:token/holders ---

test('holders come largest first, with their share of the supply at the tip', async () => {
    const token = await chain.deploy('SampleToken', ['Shares', 'SHR', 18]);
    const holders = Array.from({ length: 40 }, randomAddress);
    const amounts = holders.map((_, i) => (i < 25 ? 100n : BigInt(i) * 7n)); // many hold the same
    const supply = 12_345n;
    await chain.write(token, 'mint', [randomAddress(), supply]);
    const tip = await emptyIndex();
    await chain.write(token, 'mint', [randomAddress(), 1n]); // behind the tip
    const balances = Object.fromEntries(holders.map((holder, i) => [holder, amounts[i]]));
    await putToken(database, CHAIN, good(token.address), { ...balances, [randomAddress()]: -3n });
    const wanted = holders
        .map((holder, i) => ({ holder: lower(holder), amount: amounts[i] }))
        .sort((a, b) => (a.amount === b.amount ? (a.holder < b.holder ? -1 : 1) : a.amount > b.amount ? -1 : 1));
    for (const limit of [1, 9, 1000]) {
        const pages = await walk(dappd, `/tokens/${token.address}/holders?limit=${limit}`);
        assert.equal(pages.length, Math.ceil(holders.length / limit));
        for (const page of pages) assert.deepEqual(page.block, shown(tip));
        const items = pages.flatMap((page) => page.items);
        assert.deepEqual(
            items,
            wanted.map(({ holder, amount }) => ({
                address: getAddress(holder),
                balance: String(amount),
                formatted: formatUnits(amount, 6),
                share: `0.${String((amount * 1_000_000n) / supply).padStart(6, '0')}`,
            })),
        );
        assert.equal(pages[0].total_supply, String(supply));
    }
});

test('holders have no share where the token does not say how much of it there is', async () => {
    const { settable } = chain.tokens; // no totalSupply
    const scarce = await chain.deploy('SampleToken', ['Scarce', 'SCA', 0]);
    await chain.write(scarce, 'mint', [alice, 10n]);
    await emptyIndex();
    await putToken(database, CHAIN, good(settable.address, { decimals: null }), { [alice]: 5n });
    await putToken(database, CHAIN, good(scarce.address), { [alice]: 11n, [chain.holders.bob]: 10n });
    const { items } = await dappd.json(`/tokens/${settable.address}/holders`);
    assert.deepEqual(items, [{ address: getAddress(alice), balance: '5', formatted: null, share: null }]);
    const more = await dappd.json(`/tokens/${scarce.address}/holders`);
    assert.deepEqual(more.items.map(({ share }) => share), [null, '1.000000']);
});

test('a token that drifts has no list of holders', async () => {
    const [drifts, overflows, reads] = [randomAddress(), randomAddress(), randomAddress()];
    await emptyIndex();
    await putToken(database, CHAIN, good(drifts, { drift: 'odd_logs' }), { [alice]: 1n });
    await putToken(database, CHAIN, good(overflows), { [alice]: MAX_UINT256 + 1n });
    await putToken(database, CHAIN, good(reads, { live: false }), { [alice]: 1n });
    const get = (token) => dappd.get(`/tokens/${token}/holders`);
    assertProblem(await get(drifts), 'balances_drift', /odd_logs/);
    assertProblem(await get(overflows), 'balances_drift', /impossible_balance/);
    assertProblem(await get(reads), 'not_indexed');
    assertProblem(await get(randomAddress()), 'not_indexed');
});

// --- GET /tokens ---

test('the tokens of the index come by address, complete ones and others', async () => {
    const tip = await emptyIndex();
    const tokens = Array.from({ length: 12 }, randomAddress).sort((a, b) => (lower(a) < lower(b) ? -1 : 1));
    for (const [i, address] of tokens.entries()) {
        const drift = i === 3 ? 'negative_balance' : null;
        await putToken(database, CHAIN, { address, name: `Token ${i}`, decimals: i, live: i % 2 === 0, drift });
    }
    const pages = await walk(dappd, '/tokens?limit=5');
    for (const page of pages) assert.deepEqual(page.block, shown(tip));
    assert.deepEqual(
        pages.flatMap(({ items }) => items),
        tokens.map((address, i) => ({
            token: getAddress(address),
            name: `Token ${i}`,
            symbol: null,
            decimals: i,
            live: i % 2 === 0,
            index: { checked: false, drift: i === 3 ? 'negative_balance' : null },
        })),
    );
});

// --- Without an index ---

test('an index that is behind, empty or out of reach makes its chain unready', async (t) => {
    const own = await startServer();
    const away = await own.databaseFor(t);
    t.after(() => own.stop());
    await migrate(away, chain.url);
    const ready = { index_tokens: 'every', ready_max_lag_blocks: 2 };
    const served = await dappdFor(t, settings({ database_url: away.url, ...ready }));
    const { number } = await chain.latest();
    const tell = (of = served) => of.get('/ready').then(({ status, json }) => ({ status, ...json() }));
    const seen = (what, status, detail) =>
        until(async () => {
            const { status: given, ready: is, reasons } = await tell();
            const said = status === 200 ? reasons.length === 0 : detail.test(reasons[0]?.detail);
            return given === status && is === (status === 200) && said;
        }, what);
    const setBehind = async (blocks) =>
        setTip(away, CHAIN, await chain.client.getBlock({ blockNumber: number - BigInt(blocks) }));
    await seen('complaint of an empty index', 503, /chain "dev"/);
    await setBehind(2);
    await away.sql(`INSERT INTO streams (chain_id, token, start_block, next_block, live) VALUES (${CHAIN}, '', 0, 1, true)`);
    await seen('readiness', 200);
    await setBehind(3);
    await seen('complaint of the lag', 503, /^the index is 3 blocks behind$/);
    const patient = await dappdFor(t, settings({ database_url: away.url, index_tokens: 'every', ready_max_lag_blocks: 0 }));
    assert.equal((await tell(patient)).status, 200);
    await setBehind(0);
    await seen('readiness', 200);
    await own.stop();
    await seen('complaint of the database', 503, /./);
    const { reasons } = await tell();
    assert.deepEqual([reasons[0].chain, reasons[0].code], ['dev', 'index_unavailable']);
    await own.start();
    await seen('readiness', 200);
});

test('without a database what is indexed is refused and the rest is served', async (t) => {
    const alone = await dappdFor(t, { chains: [chainConfig(chain.url)] });
    const { usd } = chain.tokens;
    for (const path of [
        `/balances/${alice}`,
        '/tokens',
        `/tokens/${usd.address}/holders`,
        `/balance/${alice}/${usd.address}?source=indexed`,
    ]) {
        assertProblem(await alone.get(path), 'index_unavailable', /^no database is configured$/);
    }
    const live = await alone.json(`/balance/${alice}/${usd.address}?source=auto`);
    assert.deepEqual([live.source, live.index], ['live', null]);
    assert.equal((await alone.get('/ready')).status, 200);
});

test('while PostgreSQL is away nodes answer what they can, and the index comes back by itself', async (t) => {
    const own = await startServer();
    const away = await own.databaseFor(t);
    t.after(() => own.stop());
    await migrate(away, chain.url);
    const { usd } = chain.tokens;
    const head = await chain.latest();
    await setTip(away, CHAIN, head);
    await putToken(away, CHAIN, good(usd.address), { [alice]: 5n });
    const lonely = await dappdFor(t, settings({ database_url: away.url }));
    assert.equal((await autoAt(head, usd.address, lonely)).json().source, 'indexed');
    await own.stop();
    const indexed = () => lonely.get(`/balance/${alice}/${usd.address}?source=indexed`);
    for (let i = 0; i < 5; i++) {
        assertProblem(await indexed(), 'index_unavailable');
        assertProblem(await lonely.get(`/balances/${alice}`), 'index_unavailable');
        const { source, balance } = await lonely.json(`/balance/${alice}/${usd.address}?source=auto`);
        assert.deepEqual({ source, balance }, { source: 'live', balance: String(await chain.read(usd, 'balanceOf', [alice])) });
    }
    await own.start();
    await until(async () => (await indexed()).status === 200, 'answer from the index');
    assert.equal((await autoAt(head, usd.address, lonely)).json().source, 'indexed');
});
