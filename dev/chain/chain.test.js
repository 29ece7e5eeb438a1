// Does each sample token do what its name says, at the address that the examples give? Each test process owns its anvil.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { createPublicClient, createWalletClient, decodeAbiParameters, http, keccak256, parseAbi, toHex } from 'viem';
import { DEPLOY, deployBody, registered } from './guestbook.js';
import {
    MULTICALL3, MULTICALL3_CODE_HASH, ODD_BALANCE, TOKENS, compileAll, deployAll, deployMulticall3, startAnvil,
} from './index.js';

const EXAMPLES = new URL('../../examples/curl/', import.meta.url);
const MAX_UINT256 = 2n ** 256n - 1n;
const BALANCE_OF = '0x70a08231';
const GET_BLOCK_NUMBER = {
    address: MULTICALL3, abi: parseAbi(['function getBlockNumber() view returns (uint256)']), functionName: 'getBlockNumber',
};
const SELECTOR = { name: '0x06fdde03', symbol: '0x95d89b41', decimals: '0x313ce567' };

let anvil, chain, client, wallet;

before(async () => {
    anvil = await startAnvil();
    chain = await deployAll(anvil.url);
    const transport = http(anvil.url, { retryCount: 0 });
    client = createPublicClient({ transport });
    wallet = createWalletClient({ transport });
});
after(() => anvil.stop());

/** An item of an ABI, whether a compiler or viem wrote it. */
function spelled({ type, name = '', stateMutability = '', indexed = false, inputs = [], outputs = [], components = [] }) {
    const parts = [inputs, outputs, components].map((list) => `(${list.map(spelled)})`);
    return [type, name, stateMutability, indexed, ...parts].join(' ');
}

/** What the chain answers, byte for byte. */
async function raw(key, data) {
    return (await client.call({ to: chain.tokens[key].address, data })).data ?? '0x';
}

const rawBalance = (key, owner = chain.holders.alice) => raw(key, BALANCE_OF + owner.slice(2).padStart(64, '0'));

function read(key, functionName, args = [], at = {}) {
    return client.readContract({ ...chain.tokens[key], functionName, args, ...at });
}

/** Sent by carol, mined at once. */
async function write(key, functionName, args) {
    const call = { ...chain.tokens[key], functionName, args, account: chain.holders.carol, chain: null };
    return client.waitForTransactionReceipt({ hash: await wallet.writeContract(call), pollingInterval: 20 });
}

test('addresses and blocks are the same on every fresh chain', async () => {
    const other = await startAnvil();
    try {
        const again = await deployAll(other.url);
        assert.deepEqual({ ...again, url: chain.url }, chain);
        await assert.rejects(deployAll(other.url), /deployer has sent transactions/);
    } finally {
        await other.stop();
    }
    assert.deepEqual(chain.blocks, { deployed: 1, funded: 2, paid: 3 });
    assert.equal(await client.getBlockNumber(), 3n);
});

test('every address in the curl examples is one of the chain', async () => {
    const known = [...await wallet.getAddresses(), ...Object.values(chain.tokens).map(({ address }) => address)];
    const scripts = readdirSync(EXAMPLES).filter((name) => name.endsWith('.sh') && !name.startsWith('error-'));
    const text = scripts.map((name) => readFileSync(new URL(name, EXAMPLES), 'utf8')).join('');
    const shown = new Set(text.match(/\b0x[0-9a-fA-F]{40}\b/g));
    assert.ok(shown.size > 1);
    for (const address of shown) assert.ok(known.includes(address), address);
});

test("the example's guestbook is what its source compiles to, and is registered with all of its ABI", async () => {
    assert.equal(readFileSync(DEPLOY, 'utf8'), await deployBody(), 'run node dev/chain/guestbook.js');
    const { Guestbook: { abi } } = await compileAll();
    assert.deepEqual(parseAbi(registered().abi).map(spelled).sort(), abi.map(spelled).sort());
});

test('well-behaved tokens have 6, 18 and 0 decimals and a history', async () => {
    const { alice, bob, carol } = chain.holders;
    assert.deepEqual(await Promise.all(['usd', 'coin', 'ticket'].map((key) => read(key, 'decimals'))), [6, 18, 0]);
    assert.equal(await read('usd', 'balanceOf', [alice], { blockNumber: 2n }), 1_234_567_890_000n);
    assert.equal(await read('usd', 'balanceOf', [alice]), 1_234_317_390_000n);
    assert.equal(await read('usd', 'balanceOf', [bob]), 250_500_001n);
    assert.equal(await read('usd', 'allowance', [alice, carol]), 1_000_000_000n);
    assert.equal(await read('coin', 'balanceOf', [alice]), 1_500_000_000_000_000_000n);
    assert.equal(await read('ticket', 'balanceOf', [alice]), 7n);
});

test('a settable token holds any balance, one or many at a time', async () => {
    const { alice, bob, carol } = chain.holders;
    assert.equal(await read('settable', 'balanceOf', [bob]), MAX_UINT256);
    await write('settable', 'setBalances', [[alice, carol], [5n, MAX_UINT256]]);
    assert.equal(await read('settable', 'balanceOf', [alice]), 5n);
    assert.equal(await read('settable', 'balanceOf', [carol]), MAX_UINT256);
    await write('settable', 'setBalance', [alice, 6n]);
    assert.equal(await read('settable', 'balanceOf', [alice]), 6n);
});

test('the upgradeable token changes its metadata', async () => {
    assert.equal(await read('upgradeable', 'symbol'), 'V1');
    await write('upgradeable', 'setMetadata', ['After Upgrade', 'V2', 8]);
    const metadata = await Promise.all(['name', 'symbol', 'decimals'].map((field) => read('upgradeable', field)));
    assert.deepEqual(metadata, ['After Upgrade', 'V2', 8]);
});

test('the rebasing token changes balances without a transfer', async () => {
    const receipt = await write('rebasing', 'rebase', [150n]);
    assert.equal(receipt.logs.length, 0);
    assert.equal(await read('rebasing', 'balanceOf', [chain.holders.alice]), ODD_BALANCE * 150n / 100n);
});

test('metadata is odd where it should be', async () => {
    assert.equal(await raw('bytes32', SELECTOR.symbol), toHex('B32', { size: 32 }));
    assert.equal(await raw('bytes32', SELECTOR.name), toHex('Bytes32 Token', { size: 32 }));
    await assert.rejects(raw('noDecimals', SELECTOR.decimals), /revert/);
    for (const selector of Object.values(SELECTOR)) await assert.rejects(raw('nameless', selector), /revert/);
    const decimals = ['decimals77', 'decimals78', 'decimals255', 'decimalsMax'];
    const answers = await Promise.all(decimals.map((key) => raw(key, SELECTOR.decimals)));
    assert.deepEqual(answers.map(BigInt), [77n, 78n, 255n, MAX_UINT256]);
});

test('the ugly name is huge, has control characters and is no UTF-8', async () => {
    const [name] = decodeAbiParameters([{ type: 'bytes' }], await raw('uglyName', SELECTOR.name));
    const bytes = Buffer.from(name.slice(2), 'hex');
    assert.equal(bytes.length, 10_000);
    assert.ok(bytes.includes(0) && bytes.includes(0x1b) && bytes.includes('Ugh'));
    assert.throws(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes));
});

test('balanceOf fails in each way', async () => {
    await assert.rejects(rawBalance('revertReason'), /balances are paused/);
    await assert.rejects(read('revertCustomError', 'balanceOf', [chain.holders.alice]), /BalancesPaused/);
    await assert.rejects(read('revertPanic', 'balanceOf', [chain.holders.alice]), /underflow or overflow/);
    await assert.rejects(rawBalance('revertSilent'), /revert/);
    await assert.rejects(rawBalance('outOfGas'), /out of gas|OutOfGas/i);
});

test('balanceOf answers too much, too little and nothing', async () => {
    const word = toHex(ODD_BALANCE, { size: 32 });
    assert.equal(await rawBalance('longAnswer'), word + 'ff'.repeat(64));
    assert.equal(await rawBalance('shortAnswer'), word.slice(0, -2));
    assert.equal(await rawBalance('emptyAnswer'), '0x');
});

test('a token in the table is a token on the chain', async () => {
    for (const key of Object.keys(TOKENS)) assert.ok(await client.getCode(chain.tokens[key]), key);
});

// A node that mines by itself, one that waits to be told, and one that will not take the transaction.
for (const args of [[], ['--no-mining'], ['--gas-limit', '500000']]) {
    test(`Multicall3 is where it is everywhere, with the same code: anvil ${args.join(' ') || 'as it is'}`, async () => {
        const other = await startAnvil({ args });
        try {
            const reader = createPublicClient({ transport: http(other.url, { retryCount: 0 }) });
            assert.equal(await reader.getCode({ address: MULTICALL3 }), undefined);
            assert.equal(await deployMulticall3(other.url), MULTICALL3);
            assert.equal(keccak256(await reader.getCode({ address: MULTICALL3 })), MULTICALL3_CODE_HASH);
            const results = await reader.multicall({ contracts: [GET_BLOCK_NUMBER], multicallAddress: MULTICALL3 });
            assert.deepEqual(results, [{ status: 'success', result: 1n }]);
            await deployMulticall3(other.url);
            assert.equal(await reader.getBlockNumber({ cacheTime: 0 }), 1n, 'a second time changes nothing');
        } finally {
            await other.stop();
        }
    });
}

test('anvil dies with a test that is killed', { timeout: 30_000 }, async () => {
    const script = `import { startAnvil } from '${new URL('index.js', import.meta.url)}';
        console.log((await startAnvil()).pid); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = Number(await new Promise((resolve) => child.stdout.once('data', resolve)));
    assert.ok(isAlive(pid));
    child.kill('SIGKILL');
    while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
});

function isAlive(pid) {
    try {
        process.kill(pid, 0);
        return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
        return false;
    }
}

test('a port that is taken is said so', async () => {
    await assert.rejects(startAnvil({ port: anvil.port }), /Address already in use|in use/i);
});

// npm skips an optional package whose engines do not fit, and Debian 12 has Node.js 18. The binary needs no Node.js at all.
test('the lock file lets any Node.js install anvil', () => {
    const { packages } = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'));
    const platforms = Object.entries(packages).filter(([name]) => name.startsWith('node_modules/@foundry-rs/anvil-'));
    assert.ok(platforms.some(([name]) => name.endsWith('-linux-amd64')));
    assert.ok(platforms.some(([name]) => name.endsWith('-linux-arm64')));
    for (const [name, { engines }] of platforms) assert.equal(engines, undefined, name);
});
