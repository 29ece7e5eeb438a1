// Tokens as they are found, not as the standard has them: each oddity gives a true answer or an error that says what is
// wrong, and never spoils its neighbours. Owns its chain and its dappd.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formatUnits, getAddress } from 'viem';
import { ODD_BALANCE } from '../../dev/chain/index.js';
import { startChain } from './lib/chain.js';
import { chainConfig, startDappd } from './lib/dappd.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';

let chain, dappd, alice;

before(async () => {
    chain = await startChain();
    ({ alice } = chain.holders);
    dappd = await startDappd({ chains: [chainConfig(chain.url)] });
});
after(() => stopAll(dappd, chain));

const balanceOf = (token, query = '') => dappd.json(`/balance/${alice}/${token.address ?? token}${query}`);
const failing = (token, query = '') => dappd.get(`/balance/${alice}/${token.address ?? token}${query}`);
const tokenInfo = (token, query = '') => dappd.json(`/tokens/${token.address}${query}`);

/** Mines, and waits until dappd answers from that block. */
async function goOn(blocks = 1) {
    await chain.mine(blocks);
    return dappd.untilHead(Number((await chain.latest()).number));
}

// --- metadata ---

test('bytes32 name and symbol are read without their NULs', async () => {
    const token = await tokenInfo(chain.tokens.bytes32);
    assert.deepEqual([token.name, token.symbol, token.decimals], ['Bytes32 Token', 'B32', 18]);
    const { symbol, balance } = await balanceOf(chain.tokens.bytes32);
    assert.deepEqual([symbol, balance], ['B32', String(ODD_BALANCE)]);
});

test('without decimals() decimals and formatted are null, and the balance is there', async () => {
    const { symbol, decimals, balance, formatted } = await balanceOf(chain.tokens.noDecimals);
    assert.deepEqual(
        { symbol, decimals, balance, formatted },
        { symbol: 'NODEC', decimals: null, balance: String(ODD_BALANCE), formatted: null },
    );
    assert.equal((await tokenInfo(chain.tokens.noDecimals)).decimals, null);
});

test('decimals of 77 are shown, more are unknown', async () => {
    const most = await balanceOf(chain.tokens.decimals77);
    assert.deepEqual([most.decimals, most.formatted], [77, formatUnits(ODD_BALANCE, 77)]);
    for (const key of ['decimals78', 'decimals255', 'decimalsMax']) {
        const { decimals, formatted, balance } = await balanceOf(chain.tokens[key]);
        assert.deepEqual([decimals, formatted, balance], [null, null, String(ODD_BALANCE)], key);
    }
});

test('a huge name with control characters and broken UTF-8 comes out clean and short', async () => {
    const { name, symbol, balance } = {
        ...(await tokenInfo(chain.tokens.uglyName)),
        ...(await balanceOf(chain.tokens.uglyName)),
    };
    assert.equal(symbol, 'UG<">\\Y');
    assert.ok(Buffer.byteLength(name) <= 255 && name.length > 200, name);
    assert.match(name, /^Ugh/);
    assert.doesNotMatch(name + symbol, /[\u0000-\u001f\u007f-\u009f\ufffd]/);
    assert.equal(balance, String(ODD_BALANCE));
});

test('precompiled contracts answer anything, and are no tokens', async () => {
    for (const number of [1, 2, 4, 0x100]) {
        const token = `0x${number.toString(16).padStart(40, '0')}`;
        assertProblem(await failing(token), 'not_a_token');
        assertProblem(await dappd.get(`/tokens/${token}`), 'not_a_token');
    }
});

test('a token that answers balanceOf alone has a balance but no name', async () => {
    const { symbol, decimals, formatted, balance } = await balanceOf(chain.tokens.nameless);
    assert.deepEqual(
        { symbol, decimals, formatted, balance },
        { symbol: null, decimals: null, formatted: null, balance: String(ODD_BALANCE) },
    );
    assertProblem(await dappd.get(`/tokens/${chain.tokens.nameless.address}`), 'not_a_token');
});

test('a token without totalSupply() has a null supply', async () => {
    const { total_supply, formatted, symbol } = await tokenInfo(chain.tokens.settable);
    assert.deepEqual({ total_supply, formatted, symbol }, { total_supply: null, formatted: null, symbol: 'SET' });
});

// --- balanceOf ---

test('a revert is an error with its reason, not a balance of 0', async () => {
    assertProblem(await failing(chain.tokens.revertReason), 'execution_reverted', /balances are paused/);
    assertProblem(await failing(chain.tokens.revertCustomError), 'execution_reverted', /custom error 0x[0-9a-f]{8}/);
    assertProblem(await failing(chain.tokens.revertPanic), 'execution_reverted', /panic 0x11/i);
    assertProblem(await failing(chain.tokens.revertSilent), 'execution_reverted');
    assertProblem(await failing(chain.tokens.outOfGas), 'execution_reverted');
});

test('of more than 32 bytes the first word counts, fewer are no balance', async () => {
    assert.equal((await balanceOf(chain.tokens.longAnswer)).balance, String(ODD_BALANCE));
    assertProblem(await failing(chain.tokens.shortAnswer), 'not_a_token', /31 bytes/);
    assertProblem(await failing(chain.tokens.emptyAnswer), 'not_a_token');
});

test('an address without code is not a token, here and in a batch', async () => {
    for (const address of [randomAddress(), chain.holders.bob, `0x${'0'.repeat(40)}`, `0x${'f'.repeat(40)}`]) {
        assertProblem(await failing(address), 'not_a_token', /no contract/);
        assertProblem(await dappd.get(`/tokens/${address}`), 'not_a_token', /no contract/);
        assertProblem(
            await dappd.get(`/allowance/${alice}/${chain.holders.bob}/${address}`),
            'not_a_token',
            /no contract/,
        );
    }
});

test('in a batch every item fails for itself', async () => {
    const expected = {
        usd: null,
        revertReason: 'execution_reverted',
        coin: null,
        revertPanic: 'execution_reverted',
        shortAnswer: 'not_a_token',
        longAnswer: null,
        emptyAnswer: 'not_a_token',
        outOfGas: 'execution_reverted',
        nameless: null,
        noDecimals: null,
        uglyName: null,
    };
    const keys = Object.keys(expected);
    const nobody = randomAddress();
    const items = [
        ...keys.map((key) => ({ address: alice, token: chain.tokens[key].address })),
        { address: alice, token: nobody },
        { address: alice },
        { address: alice, token: null },
    ];
    const answer = (await dappd.post('/balances', { items })).json();
    const codes = answer.items.map((item) => item.error?.code ?? null);
    assert.deepEqual(codes, [...Object.values(expected), 'not_a_token', null, null]);
    for (const [i, { address, token, balance, error }] of answer.items.entries()) {
        assert.equal(address, getAddress(alice));
        assert.equal(token, items[i].token ? getAddress(items[i].token) : null);
        assert.equal(balance === undefined, error !== undefined);
        if (error) assert.deepEqual(Object.keys(error), ['code', 'title', 'detail']);
    }
});

// --- tokens that change ---

test('a rebase shows in the next block', async () => {
    const { rebasing } = chain.tokens;
    const first = await balanceOf(rebasing);
    await chain.write(rebasing, 'rebase', [150n]);
    await goOn();
    const second = await balanceOf(rebasing);
    assert.deepEqual([first.balance, second.balance], [ODD_BALANCE, (ODD_BALANCE * 150n) / 100n].map(String));
});

test('a changed symbol shows when its block is named; at the head it may be as old as the cache allows', async () => {
    const { upgradeable } = chain.tokens;
    const { number } = (await balanceOf(upgradeable)).block;
    await chain.write(upgradeable, 'setMetadata', ['After Upgrade', 'V2', 8]);
    const head = await goOn();
    const pinned = await balanceOf(upgradeable, `?block=${head.hash}`);
    assert.deepEqual([pinned.symbol, pinned.decimals, pinned.formatted], ['V2', 8, formatUnits(ODD_BALANCE, 8)]);
    assert.equal((await balanceOf(upgradeable, `?block=${number}`)).symbol, 'V1');
    const latest = await balanceOf(upgradeable);
    assert.ok(['V1', 'V2'].includes(latest.symbol));
    assert.equal(
        latest.formatted,
        formatUnits(ODD_BALANCE, latest.decimals),
        'one reading of the metadata, not two mixed',
    );
});

test('a destroyed token is none at the head, and still one before', async () => {
    const token = await chain.deploy('SettableToken', ['Mortal', 'MORT', 2]);
    await chain.write(token, 'setBalance', [alice, 1234n]);
    const living = await goOn();
    assert.equal((await balanceOf(token)).formatted, '12.34');
    await chain.mine(); // anvil writes code into its newest block, too
    await chain.client.setCode({ address: token.address, bytecode: '0x' });
    await goOn();
    assertProblem(await failing(token), 'not_a_token', /no contract/);
    const then = await balanceOf(token, `?block=${living.number}`);
    assert.deepEqual([then.balance, then.symbol], ['1234', 'MORT']);
});

test('a token that is deployed after it was first asked for is not nameless', async () => {
    await goOn();
    const address = await chain.nextAddress();
    assertProblem(await failing({ address }), 'not_a_token');
    assertProblem(await dappd.get(`/tokens/${address}`), 'not_a_token');
    const token = await chain.deploy('SettableToken', ['Late', 'LATE', 3]);
    assert.equal(token.address, address);
    await goOn();
    const { symbol, decimals, balance } = await balanceOf(token);
    assert.deepEqual([symbol, decimals, balance], ['LATE', 3, '0']);
    assert.equal((await tokenInfo(token)).name, 'Late');
});
