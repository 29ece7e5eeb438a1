// Is every number dappd gives the one that the chain gives, to the digit? viem reads the same at the block that dappd
// names. Owns its chain and its dappd.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formatUnits, getAddress } from 'viem';
import { startChain } from './lib/chain.js';
import { chainConfig, startDappd } from './lib/dappd.js';
import { stopAll } from './lib/process.js';
import { below, pick, randomAddress, randomUint256 } from './lib/random.js';
import { mapAtMost } from './lib/wait.js';

const TOKENS = 20;
const HOLDERS = 60;
const MAX_UINT256 = 2n ** 256n - 1n;

let chain, dappd, tokens, holders, pairs;

before(async () => {
    chain = await startChain();
    tokens = await deployTokens();
    holders = Array.from({ length: HOLDERS }, randomAddress);
    for (const token of tokens) await setBalances(token, holders);
    pairs = tokens.flatMap((token) => holders.map((holder) => ({ token, holder })));
    dappd = await startDappd({ chains: [chainConfig(chain.url)] });
});
after(() => stopAll(dappd, chain));

/** Tokens of all sorts of decimals, the ends of what dappd shows among them. */
async function deployTokens() {
    const decimals = [0, 1, 6, 8, 18, 76, 77, ...Array.from({ length: TOKENS - 7 }, () => below(78))];
    const deployed = [];
    for (const [i, digits] of decimals.entries()) {
        const symbol = `T${i}`;
        const token = await chain.deploy('SettableToken', [`Token ${i}`, symbol, digits]);
        deployed.push({ ...token, symbol, decimals: digits });
    }
    return deployed;
}

/** Random amounts, always with 0 and 2^256-1 among them. */
function setBalances(token, owners) {
    const amounts = owners.map((_, i) => [0n, MAX_UINT256][i] ?? randomUint256());
    return chain.write(token, 'setBalances', [owners, amounts]);
}

/** Requires that an answer about this pair is what viem reads at its block. */
async function assertSame({ token, holder }, item, block) {
    const balance = await chain.read(token, 'balanceOf', [holder], BigInt(block.number));
    assert.deepEqual(
        {
            address: item.address,
            token: item.token,
            symbol: item.symbol,
            decimals: item.decimals,
            balance: item.balance,
            formatted: item.formatted,
        },
        {
            address: getAddress(holder),
            token: getAddress(token.address),
            symbol: token.symbol,
            decimals: token.decimals,
            balance: balance.toString(),
            formatted: formatUnits(balance, token.decimals),
        },
    );
}

async function assertKnownBlock(block) {
    const { hash, timestamp } = await chain.client.getBlock({ blockNumber: BigInt(block.number) });
    assert.deepEqual(block, { number: block.number, hash, timestamp: Number(timestamp) });
}

// Blocks come between the reads and never during one: anvil 1.7.1, asked by hash for its newest block while it mines the
// next one, now and then answers with the state of the next.
test(`GET /balance/:address/:token equals readContract for ${TOKENS * HOLDERS} pairs while the chain goes on`, async () => {
    const blocks = new Map();
    for (let from = 0; from < pairs.length; from += 100) {
        await mapAtMost(16, pairs.slice(from, from + 100), async (pair) => {
            const answer = await dappd.json(`/balance/${pair.holder}/${pair.token.address}`);
            const { chain_id, block, source, ...item } = answer;
            assert.deepEqual({ chain_id, source }, { chain_id: chain.chainId, source: 'live' });
            await assertSame(pair, item, block);
            blocks.set(block.hash, block);
        });
        await setBalances(pick(tokens), holders);
    }
    for (const block of blocks.values()) await assertKnownBlock(block);
});

test(`POST /balances equals readContract for ${TOKENS * HOLDERS} pairs, in order and at one block`, async () => {
    for (let from = 0; from < pairs.length; from += 200) {
        const asked = pairs.slice(from, from + 200);
        const body = { items: asked.map(({ holder, token }) => ({ address: holder, token: token.address })) };
        const answer = (await dappd.post('/balances', body)).json();
        assert.equal(answer.items.length, asked.length);
        await assertKnownBlock(answer.block);
        await Promise.all(asked.map((pair, i) => assertSame(pair, answer.items[i], answer.block)));
        await setBalances(pick(tokens), holders);
    }
});

test('POST /balances at a named block equals readContract there', async () => {
    const { number } = await chain.latest();
    await setBalances(tokens[0], holders);
    const items = holders.map((address) => ({ address, token: tokens[0].address }));
    for (const block of [Number(number), `${number}`, `0x${number.toString(16)}`]) {
        const answer = (await dappd.post('/balances', { items, block })).json();
        assert.equal(answer.block.number, Number(number));
        await Promise.all(
            holders.map((holder, i) => assertSame({ token: tokens[0], holder }, answer.items[i], answer.block)),
        );
    }
});

test('native balances equal getBalance, also zero and 2^256-1', async () => {
    const owners = [randomAddress(), randomAddress(), ...Array.from({ length: 20 }, randomAddress)];
    const amounts = owners.map((_, i) => [0n, MAX_UINT256][i] ?? randomUint256());
    for (const [i, address] of owners.entries()) await chain.client.setBalance({ address, value: amounts[i] });
    await chain.mine();
    const head = await dappd.untilHead(Number((await chain.latest()).number));
    const expected = await Promise.all(
        owners.map(async (address) => {
            const value = await chain.client.getBalance({ address, blockNumber: BigInt(head.number) });
            return {
                address: getAddress(address),
                token: null,
                symbol: 'ETH',
                decimals: 18,
                balance: value.toString(),
                formatted: formatUnits(value, 18),
            };
        }),
    );
    assert.deepEqual(
        expected.map(({ balance }) => BigInt(balance)),
        amounts,
    );
    const single = await Promise.all(owners.map((address) => dappd.json(`/balance/${address}`)));
    assert.deepEqual(
        single.map(({ chain_id, block, source, ...item }) => item),
        expected,
    );
    const many = await dappd.post('/balances', { items: owners.map((address) => ({ address })) });
    assert.deepEqual(many.json().items, expected);
});

test('GET /allowance equals readContract', async () => {
    const { usd } = chain.tokens;
    for (const [owner, spender] of [
        ['alice', 'carol'],
        ['alice', 'bob'],
        ['carol', 'alice'],
    ]) {
        const names = [chain.holders[owner], chain.holders[spender]];
        const answer = await dappd.json(`/allowance/${names[0]}/${names[1]}/${usd.address}`);
        const amount = await chain.read(usd, 'allowance', names, BigInt(answer.block.number));
        assert.deepEqual(answer, {
            chain_id: chain.chainId,
            owner: getAddress(names[0]),
            spender: getAddress(names[1]),
            token: getAddress(usd.address),
            symbol: 'SUSD',
            decimals: 6,
            allowance: amount.toString(),
            formatted: formatUnits(amount, 6),
            block: answer.block,
            source: 'live',
        });
    }
});

test('GET /tokens/:token equals readContract', async () => {
    for (const key of ['usd', 'coin', 'ticket']) {
        const token = chain.tokens[key];
        const answer = await dappd.json(`/tokens/${token.address}`);
        const at = BigInt(answer.block.number);
        const [name, symbol, decimals, supply] = await Promise.all(
            ['name', 'symbol', 'decimals', 'totalSupply'].map((getter) => chain.read(token, getter, [], at)),
        );
        assert.deepEqual(answer, {
            chain_id: chain.chainId,
            token: getAddress(token.address),
            name,
            symbol,
            decimals,
            total_supply: supply.toString(),
            formatted: formatUnits(supply, decimals),
            block: answer.block,
            source: 'live',
        });
    }
});

test('an address is taken in lower case, upper case and checksummed, and given out checksummed', async () => {
    const { alice } = chain.holders;
    const spellings = [
        alice.toLowerCase(),
        `0x${alice.slice(2).toUpperCase()}`,
        `0X${alice.slice(2).toUpperCase()}`,
        getAddress(alice),
    ];
    for (const spelling of spellings) {
        const answer = await dappd.json(`/balance/${spelling}/${chain.tokens.usd.address.toLowerCase()}`);
        assert.equal(answer.address, getAddress(alice));
        assert.equal(answer.token, getAddress(chain.tokens.usd.address));
    }
});
