// Which block an answer is true at: by number, hash and tag, in the past, below finality, beyond the head.
// Owns its chain and its dappd.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formatUnits } from 'viem';
import { startChain } from './lib/chain.js';
import { chainConfig, startDappd } from './lib/dappd.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { hex } from './lib/random.js';

const MINED = 80; // more than two epochs' worth of slots, so that safe and finalized have left block 0

let chain, dappd, usd, alice;

before(async () => {
    chain = await startChain({ args: ['--slots-in-an-epoch', '8'] });
    ({ usd } = chain.tokens);
    ({ alice } = chain.holders);
    await chain.mine(MINED / 2);
    await chain.write(usd, 'mint', [alice, 7n]);
    await chain.mine(MINED / 2);
    dappd = await startDappd({ chains: [chainConfig(chain.url)] });
});
after(() => stopAll(dappd, chain));

/** Requires that ?block=named answers at the block of this number, with what viem reads there. */
async function assertBalanceAt(named, number) {
    const answer = await dappd.json(`/balance/${alice}/${usd.address}?block=${named}`);
    const { hash, timestamp } = await chain.client.getBlock({ blockNumber: number });
    assert.deepEqual(answer.block, { number: Number(number), hash, timestamp: Number(timestamp) }, named);
    const balance = await chain.read(usd, 'balanceOf', [alice], number);
    assert.equal(answer.balance, balance.toString());
    assert.equal(answer.formatted, formatUnits(balance, 6));
    return answer;
}

test('a block is named by decimal number, hex number and hash', async () => {
    const { deployed, funded, paid } = chain.blocks;
    const { number: head } = await chain.latest();
    for (const number of [deployed, funded, paid, MINED / 2, head - 1n, head].map(BigInt)) {
        const { hash } = await chain.client.getBlock({ blockNumber: number });
        for (const named of [number.toString(), `0x${number.toString(16)}`, hash]) await assertBalanceAt(named, number);
    }
});

test('balances differ from block to block as they did then', async () => {
    const { funded, paid } = chain.blocks;
    const before_ = await assertBalanceAt(String(funded), BigInt(funded));
    const after_ = await assertBalanceAt(String(paid), BigInt(paid));
    assert.equal(BigInt(before_.balance) - BigInt(after_.balance), 250_500_000n);
});

test('latest, safe and finalized are the blocks that the node calls so', async () => {
    for (const blockTag of ['latest', 'safe', 'finalized']) {
        const { number } = await chain.client.getBlock({ blockTag });
        assert.ok(number > 0n, blockTag);
        await assertBalanceAt(blockTag, number);
    }
});

test('block 0 exists, and holds no token yet', async () => {
    const { balance, block } = await dappd.json(`/balance/${alice}?block=0`);
    assert.equal(balance, (await chain.client.getBalance({ address: alice, blockNumber: 0n })).toString());
    assert.equal(block.number, 0);
    assertProblem(await dappd.get(`/balance/${alice}/${usd.address}?block=0`), 'not_a_token', /no contract .* block 0/);
});

test('a block beyond the head, and a hash of no block, are not found', async () => {
    const { number } = await chain.latest();
    for (const named of [number + 1n, number + 1_000_000n, 2n ** 64n - 1n]) {
        assertProblem(await dappd.get(`/balance/${alice}?block=${named}`), 'block_not_found', /not mined yet/);
    }
    assertProblem(await dappd.get(`/balance/${alice}?block=0x${hex(64)}`), 'block_not_found', /hash/);
});

test('a number that was just mined is found at once, however old the known head', async () => {
    for (let i = 0; i < 5; i++) {
        await chain.write(usd, 'mint', [alice, 1n]);
        const { number } = await chain.latest();
        await assertBalanceAt(String(number), number);
    }
});

test('what is no block is refused', async () => {
    const wrong = [
        '',
        'earliest',
        'pending',
        'LATEST',
        '-1',
        '+1',
        '1.0',
        '1e3',
        '1_000',
        ' 1',
        '0x',
        '0xg',
        `0x${'1'.repeat(17)}`,
        `0x${'1'.repeat(63)}`,
        `0x${'1'.repeat(65)}`,
        '18446744073709551616',
        'latest%00',
    ];
    for (const named of wrong) {
        const answer = await dappd.get(
            `/balance/${alice}?block=${named.replaceAll(' ', '%20').replaceAll('+', '%2B')}`,
        );
        assertProblem(answer, named.includes('%00') ? 'bad_request' : 'invalid_parameter');
    }
    const wrongInBody = [true, 1.5, {}, [], '', 'earliest', -1];
    for (const block of wrongInBody) {
        assertProblem(
            await dappd.post('/balances', { items: [{ address: alice }], block }),
            'invalid_parameter',
            /block/,
        );
    }
});

test('metadata is that of the named block', async () => {
    const { upgradeable } = chain.tokens;
    const { number } = await chain.latest();
    await chain.write(upgradeable, 'setMetadata', ['After Upgrade', 'V2', 8]);
    const later = (await chain.latest()).number;
    for (const [block, symbol, decimals] of [
        [number, 'V1', 18],
        [later, 'V2', 8],
        [number, 'V1', 18],
    ]) {
        const answer = await dappd.json(`/balance/${alice}/${upgradeable.address}?block=${block}`);
        assert.deepEqual([answer.symbol, answer.decimals], [symbol, decimals]);
        assert.equal(answer.formatted, formatUnits(BigInt(answer.balance), decimals));
        const token = await dappd.json(`/tokens/${upgradeable.address}?block=${block}`);
        assert.deepEqual([token.symbol, token.decimals], [symbol, decimals]);
    }
});
