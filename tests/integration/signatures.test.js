// Wallets that are contracts, good and hostile, however the chain's nodes are asked: who may sign in is what the wallet
// says at the newest block, and nothing that a wallet, a factory or a node does passes for its yes.
// Owns its chain, its node and its dappds.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { encodeFunctionData, serializeErc6492Signature, zeroAddress, zeroHash } from 'viem';
import { callsTo, isInitCode, putMulticall3, refusesInitCode, requestsTo } from './lib/batching.js';
import { startChain } from './lib/chain.js';
import { chainConfig, startDappd } from './lib/dappd.js';
import { rpcError } from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { SIGN_IN, grantOf, messageFor, newAccount, signedMessage, verify } from './lib/siwe.js';

const ANSWERS = ['Valid', 'NotPadded', 'Short', 'Long', 'Empty', 'One', 'Reverts', 'BurnsGas', 'Huge', 'Writes'];
const owner = newAccount();

let chain, node, dappd, odd, factory;

/** A dappd that finds out anew how the node is best asked. */
const start = () => startDappd({ chains: [chainConfig(node.url)], ...SIGN_IN });

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    odd = {};
    for (const [n, answer] of ANSWERS.entries()) odd[answer] = (await chain.deploy('OddWallet', [n])).address;
    factory = await chain.deploy('WalletFactory');
    dappd = await start();
});
after(() => stopAll(dappd, node, chain));
beforeEach(() => node.reset());

/** What a wallet signs, as an account of viem; sign: the bytes for a message. */
const walletAt = (address, sign = (what) => owner.signMessage(what)) => ({ address, signMessage: sign });

const wrapping = (to, data, account = owner) => async (what) =>
    serializeErc6492Signature({ address: to, data, signature: await account.signMessage(what) });

const callOf = ({ abi }, functionName, args = []) => encodeFunctionData({ abi, functionName, args });

async function seen(made) {
    await dappd.untilHead(await chain.client.getBlockNumber());
    return made;
}

const trySignIn = async (wallet, at = dappd) => verify(at, await signedMessage(at, wallet));
const assertTaken = async (wallet, at) => grantOf(await trySignIn(wallet, at));
const assertRefused = async (wallet, at, code = 'signature_mismatch') => assertProblem(await trySignIn(wallet, at), code);

/** Each odd wallet, asked at once and so together, is judged by its own answer. In: taken, whose counts. */
async function assertOddWallets(at, taken, sign) {
    const answers = await Promise.all(ANSWERS.map((answer) => trySignIn(walletAt(odd[answer], sign), at)));
    for (const [n, answer] of answers.entries()) {
        if (taken.includes(ANSWERS[n])) grantOf(answer);
        else assertProblem(answer, 'signature_mismatch');
    }
}

/** A wallet that is asked alone may write: it changes nothing, and its yes is its own. */
const ASKED_ALONE = ['Valid', 'Writes'];

test('an account signs in without any node being asked', async () => {
    await seen();
    node.reset();
    await assertTaken(owner);
    assert.equal(callsTo(node).length, 0);
});

test('wallets that answer oddly, asked by init code', async () => {
    await assertOddWallets(dappd, ASKED_ALONE);
});

test('wallets that answer oddly, where nodes take no init code', async (t) => {
    node.on('eth_call', refusesInitCode());
    const own = await start();
    t.after(() => own.stop());
    await assertOddWallets(own, ASKED_ALONE);
});

test('wallets that answer oddly, inside of what ERC-6492 wraps', async () => {
    await assertOddWallets(dappd, ['Valid'], wrapping(zeroAddress, '0x'));
});

test('a wallet that is wrapped, where nodes take no init code: nobody can say', async (t) => {
    node.on('eth_call', refusesInitCode());
    const own = await start();
    t.after(() => own.stop());
    const address = await chain.read(factory, 'addressOf', [owner.address, zeroHash]);
    const sign = wrapping(factory.address, callOf(factory, 'create', [owner.address, zeroHash]));
    await assertRefused(walletAt(address, sign), own, 'upstream_error');
});

test('a wallet that exists is asked as it is: nothing is called to prepare it', async () => {
    const wallet = await seen(await chain.deploy('UnpreparedWallet', [owner.address]));
    const prepare = callOf(wallet, 'prepare');
    await assertRefused(walletAt(wallet.address));
    await assertRefused(walletAt(wallet.address, wrapping(factory.address, prepare)));
    await assertRefused(walletAt(wallet.address, wrapping(wallet.address, prepare, newAccount())));
    await assertRefused(walletAt(wallet.address, wrapping(wallet.address, prepare)));
    await chain.write(wallet, 'prepare', []);
    await seen();
    await assertTaken(walletAt(wallet.address, wrapping(factory.address, '0x')));
});

test('an owner who was replaced does not come back with what made the wallet', async () => {
    const old = (await chain.client.getAddresses())[6];
    const salt = zeroHash.replace(/0$/, '1');
    const sign = { old: (what) => chain.client.signMessage({ account: old, ...what }), new: owner.signMessage };
    const address = await chain.read(factory, 'addressOf', [old, salt]);
    const create = callOf(factory, 'create', [old, salt]);
    const by = (signMessage) => walletAt(address, wrapping(factory.address, create, { signMessage }));
    await chain.write(factory, 'create', [old, salt]);
    await seen();
    await assertTaken(by(sign.old));
    const { abi } = await chain.deploy('Wallet', [old]);
    const change = { address, abi, functionName: 'setOwner', args: [owner.address], account: old, chain: null };
    await chain.client.waitForTransactionReceipt({ hash: await chain.client.writeContract(change) });
    await seen();
    await assertRefused(by(sign.old));
    await assertTaken(by(sign.new));
});

test('no factory makes an account say yes, and none keeps other reads waiting for it', async () => {
    const token = chain.tokens.usd.address;
    const hostile = [...Object.values(odd), token, zeroAddress, factory.address];
    const ask = callOf(factory, 'create', [owner.address, zeroHash]);
    const victims = hostile.map((to) => walletAt(newAccount().address, wrapping(to, ask)));
    const signed = await Promise.all(victims.map((wallet) => signedMessage(dappd, wallet)));
    node.reset();
    const [balance, ...answers] = await Promise.all([
        dappd.get(`/balance/${newAccount().address}/${token}`),
        ...signed.map((each) => verify(dappd, each)),
    ]);
    for (const answer of answers) assertProblem(answer, 'signature_mismatch');
    assert.equal(balance.json().balance, '0');
    const asksFactory = (call) => isInitCode(call) && call.params[0].data.includes(ask.slice(2));
    const requests = requestsTo(node, asksFactory);
    assert.ok(requests.length > 0);
    for (const { calls } of requests) assert.ok(calls.every(asksFactory), 'they travel alone');
});

test('the same sign-in many times at once asks once and succeeds once', async () => {
    const signed = await signedMessage(dappd, walletAt(odd.Valid));
    await seen();
    node.reset();
    const answers = await Promise.all(Array.from({ length: 10 }, () => verify(dappd, signed)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    for (const answer of answers.filter(({ status }) => status !== 200)) assertProblem(answer, 'invalid_nonce');
    assert.ok(callsTo(node).length <= 2, 'once for each thread');
});

test('a node that fails refuses nobody: the same message is good when it is well again', async () => {
    const signed = await signedMessage(dappd, walletAt(odd.Valid));
    node.on('eth_call', rpcError(-32603, 'internal error'));
    assertProblem(await verify(dappd, signed), 'upstream_error');
    node.reset();
    grantOf(await verify(dappd, signed));
});

test('a signature may be long, to an end', async () => {
    const valid = walletAt(odd.Valid, () => `0x${'ab'.repeat(16384)}`);
    await assertTaken(valid);
    await assertTaken(walletAt(odd.Valid, () => '0x'));
    const message = await messageFor(dappd, odd.Valid);
    assertProblem(await verify(dappd, { message, signature: `0x${'ab'.repeat(16385)}` }), 'invalid_signature');
});

test('wallets that answer oddly, asked by Multicall3', async (t) => {
    await putMulticall3(chain);
    node.on('eth_call', refusesInitCode());
    const own = await start();
    t.after(() => own.stop());
    await assertOddWallets(own, ASKED_ALONE);
});
