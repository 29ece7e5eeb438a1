// Calls and creations of contracts as transactions to sign: the data as viem encodes it, signed by viem as they are, and
// taken by anvil. Owns its chain, its PostgreSQL and its dappd.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeDeployData, encodeFunctionData, getAddress, getContractAddress, hexToBigInt, parseAbi } from 'viem';
import { compileAll } from '../../dev/chain/index.js';
import { adminOf, ask, startScene } from './lib/accounts.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { newAccount } from './lib/siwe.js';

const CHAIN = 31337;
const ETHER = 10n ** 18n;
const TOO_LARGE = {
    name: 'TooLarge',
    signature: 'TooLarge(uint256,uint256)',
    args: { number: '5000', most: '1000' },
};

let scene, client, dappd, compiled, signer, logic;

before(async () => {
    scene = await startScene();
    client = scene.chain.client;
    dappd = await scene.start({ rate_limit: 'off' });
    compiled = await compileAll();
    signer = newAccount();
    await client.setBalance({ address: signer.address, value: 100n * ETHER });
    logic = await deploy('FirstLogic');
    const { headers } = await adminOf(dappd);
    const body = { abi: compiled.FirstLogic.abi };
    const answer = await ask(dappd, 'PUT', `/contracts/${logic}`, { body, headers });
    assert.equal(answer.status, 201, answer.text);
});
after(() => stopAll(scene));

async function deploy(name, args = []) {
    const [account] = await client.getAddresses();
    const hash = await client.deployContract({ ...compiled[name], args, account, chain: null });
    return getAddress((await client.waitForTransactionReceipt({ hash })).contractAddress);
}

const encode = (body, address = logic) => dappd.post(`/contracts/${address}/encode`, body);
const deployLike = (body, address = logic) => dappd.post(`/contracts/${address}/deploy`, body);
const create = (body) => dappd.post('/deploy', body);

function made(answer) {
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['cache-control'], 'no-store');
    const { data, value, chain_id, transaction } = answer.json();
    assert.equal(chain_id, CHAIN);
    assert.equal(transaction.data, data);
    assert.equal(hexToBigInt(transaction.value), BigInt(value));
    assert.equal(hexToBigInt(transaction.chainId), BigInt(CHAIN));
    return answer.json();
}

/** Signs a transaction as it is, sends it, and returns its receipt. */
async function sign({ type, from, nonce, chainId, gas, to, value, data, maxFeePerGas, maxPriorityFeePerGas }) {
    assert.equal(type, '0x2');
    assert.equal(from, signer.address);
    const number = (quantity) => (quantity === undefined ? undefined : hexToBigInt(quantity));
    const serializedTransaction = await signer.signTransaction({
        type: 'eip1559',
        chainId: Number(chainId),
        nonce: Number(nonce),
        gas: number(gas),
        to,
        value: number(value),
        data,
        maxFeePerGas: number(maxFeePerGas),
        maxPriorityFeePerGas: number(maxPriorityFeePerGas),
    });
    const hash = await client.sendRawTransaction({ serializedTransaction });
    return client.waitForTransactionReceipt({ hash });
}

// --- calls ---

test('a call is encoded as viem does, by name, with types and by its whole signature', async () => {
    const { abi } = compiled.FirstLogic;
    const data = encodeFunctionData({ abi, functionName: 'keep', args: [7n] });
    for (const name of ['keep', 'keep(uint256)', 'function keep(uint256 number) payable']) {
        for (const args of [['7'], [7], { number: '0x7' }]) {
            const answer = made(await encode({ function: name, args }));
            assert.equal(answer.data, data);
            assert.deepEqual([answer.to, answer.function, answer.value], [logic, 'keep(uint256)', '0']);
            const { transaction } = answer;
            assert.deepEqual([transaction.to, transaction.type], [logic, '0x2']);
            for (const name of ['from', 'nonce', 'gas']) assert.ok(!(name in transaction), name);
            assert.ok(hexToBigInt(transaction.maxFeePerGas) >= hexToBigInt(transaction.maxPriorityFeePerGas));
        }
    }
});

test('a transaction is mined as it is, signed by a wallet of ours or of the node', async () => {
    const body = { function: 'keep', args: [41], from: signer.address, value: '5' };
    const { transaction } = made(await encode(body));
    assert.equal(Number(transaction.nonce), await client.getTransactionCount({ address: signer.address }));
    const receipt = await sign(transaction);
    assert.equal(receipt.status, 'success');
    assert.equal(await client.readContract({ ...compiled.FirstLogic, address: logic, functionName: 'number' }), 41n);
    assert.equal(await client.getBalance({ address: logic }), 5n);

    const [from] = await client.getAddresses();
    const own = made(await encode({ function: 'keep', args: [42], from })).transaction;
    const hash = await client.request({ method: 'eth_sendTransaction', params: [own] });
    assert.equal((await client.waitForTransactionReceipt({ hash })).status, 'success');
    assert.equal(await client.readContract({ ...compiled.FirstLogic, address: logic, functionName: 'number' }), 42n);
});

test('what would fail is refused with the reason', async () => {
    const from = signer.address;
    const answer = await encode({ function: 'keep', args: ['5000'], from });
    assert.deepEqual(assertProblem(answer, 'execution_reverted', /TooLarge/).revert, TOO_LARGE);
    assert.ok(made(await encode({ function: 'keep', args: ['5000'] })), 'nobody asked for it to be tried');
    const poor = newAccount().address;
    assertProblem(await encode({ function: 'keep', args: [1], from: poor, value: '1' }), 'insufficient_funds');
});

test('an estimate tells the reason in the words of the contract that is registered', async () => {
    const { data } = made(await encode({ function: 'keep', args: ['5000'] }));
    const answer = await dappd.post('/estimate', { to: logic, data });
    assert.deepEqual(assertProblem(answer, 'execution_reverted', /TooLarge/).revert, TOO_LARGE);
});

test('only payable functions take a value', async () => {
    const answer = await encode({ function: 'function number() view returns (uint256)', value: '1' });
    assertProblem(answer, 'invalid_argument', /number\(\) is not payable/);
    assert.equal(made(await encode({ function: 'number', value: '0' })).value, '0');
    assert.equal(made(await encode({ function: 'keep', args: [1], value: `${ETHER}` })).value, `${ETHER}`);
});

test('what is asked for wrongly is told', async () => {
    assertProblem(await encode({ function: 'nothing' }), 'not_in_abi');
    assertProblem(await encode({ function: 'keep', args: ['x'] }), 'invalid_argument', /number/);
    assertProblem(await encode({ function: 'keep' }), 'invalid_argument');
    assertProblem(await encode({ function: 'function keep(' }), 'invalid_abi');
    assertProblem(await encode({ function: 'keep', args: 'x' }), 'invalid_parameter', /args/);
    assertProblem(await encode({ args: [] }), 'invalid_parameter', /function/);
    assertProblem(await encode({ function: 'number', from: '0x12' }), 'invalid_address');
    assertProblem(await encode({ function: 'number', value: '-1' }), 'invalid_parameter', /value/);
    assertProblem(await encode({ function: 'number', block: 1 }), 'invalid_parameter', /"block"; known/);
    assertProblem(await encode({ function: 'number' }, randomAddress()), 'contract_not_found');
    assertProblem(await encode({ function: 'function f()' }, randomAddress()), 'not_a_contract');
});

// --- creations ---

const deployable = () => {
    const args = ['grüße', { least: 1n, most: 2n }, [randomAddress(), randomAddress()].map((one) => getAddress(one))];
    return { args, data: encodeDeployData({ ...compiled.Deployable, args }) };
};
const json = ([title, { least, most }, members]) => [title, { least: `${least}`, most: `${most}` }, members];

test('a creation is encoded as viem does, mined as it is, and where it was said to be', async () => {
    const { abi, bytecode } = compiled.Deployable;
    const { args, data } = deployable();
    const human = parseAbi([
        'struct Limits { uint64 least; uint64 most; }',
        'constructor(string title_, Limits limits_, address[] members_) payable',
    ]);
    for (const known of [abi, human]) {
        const answer = made(await create({ abi: known, bytecode, args: json(args), value: '9' }));
        assert.deepEqual([answer.data, answer.to, answer.address, answer.value], [data, null, null, '9']);
        assert.match(answer.signature, /^constructor\(string,\(uint64,uint64\),address\[\]\)$/);
        assert.ok(!('to' in answer.transaction));
    }
    const body = { abi, bytecode, args: json(args), value: '9', from: signer.address };
    const { address, transaction } = made(await create(body));
    const nonce = BigInt(await client.getTransactionCount({ address: signer.address }));
    assert.equal(address, getContractAddress({ from: signer.address, nonce }));
    const receipt = await sign(transaction);
    assert.deepEqual([receipt.status, getAddress(receipt.contractAddress)], ['success', address]);
    assert.equal(await client.readContract({ abi, address, functionName: 'title' }), args[0]);
    assert.equal(await client.getBalance({ address }), 9n);
});

test('arguments by name, and another contract like the one that is registered', async () => {
    const { bytecode } = compiled.Deployable;
    const { args, data } = deployable();
    const [title_, limits_, members_] = json(args);
    const { abi } = compiled.Deployable;
    assert.equal(made(await create({ abi, bytecode, args: { title_, limits_, members_ } })).data, data);

    const like = made(await deployLike({ bytecode: compiled.FirstLogic.bytecode, from: signer.address }));
    assert.deepEqual([like.data, like.signature], [compiled.FirstLogic.bytecode, null]);
    const receipt = await sign(like.transaction);
    assert.deepEqual([receipt.status, getAddress(receipt.contractAddress)], ['success', like.address]);
});

test('a creation that would fail is refused with the reason', async () => {
    const { abi, bytecode } = compiled.Deployable;
    const body = { abi, bytecode, args: ['t', { least: 2, most: 1 }, []], from: signer.address };
    const { revert } = assertProblem(await create(body), 'execution_reverted', /Upside/);
    assert.deepEqual(revert, { name: 'Upside', signature: 'Upside(uint64,uint64)', args: { least: '2', most: '1' } });
});

test('a creation that is asked for wrongly is told', async () => {
    const { abi, bytecode } = compiled.Deployable;
    const plain = compiled.FirstLogic.bytecode;
    assertProblem(await create({}), 'invalid_parameter', /bytecode/);
    assertProblem(await create({ bytecode: '0x' }), 'invalid_parameter', /bytecode is empty/);
    assertProblem(await create({ bytecode: 'xyz' }), 'invalid_parameter', /bytecode/);
    assertProblem(await create({ bytecode: '0x60__$aa$__60' }), 'invalid_parameter', /link it first/);
    assertProblem(await create({ bytecode: plain, args: [1] }), 'invalid_parameter', /abi/);
    assertProblem(await create({ bytecode: plain, abi: {} }), 'invalid_parameter', /abi/);
    assertProblem(await create({ bytecode: plain, abi: ['constructor('] }), 'invalid_abi');
    assertProblem(await create({ bytecode: plain, abi: [], args: [1] }), 'invalid_argument');
    assertProblem(await create({ bytecode: plain, value: '1' }), 'invalid_argument', /constructor is not payable/);
    assertProblem(await create({ bytecode, abi, args: ['t', [1, 2], ['x']] }), 'invalid_argument', /args\[2\]\[0\]/);
    assertProblem(await create({ bytecode, abi }), 'invalid_argument');
    assertProblem(await deployLike({ bytecode: plain, abi: [] }), 'invalid_parameter', /"abi"; known/);
    assertProblem(await deployLike({ bytecode: plain }, randomAddress()), 'contract_not_found');
});

test('without a database whole signatures and ABIs of the body do', async () => {
    const alone = await scene.start({ database_url: '', rate_limit: 'off' });
    const named = await alone.post(`/contracts/${logic}/encode`, { function: 'number' });
    assertProblem(named, 'contracts_unavailable');
    const body = { function: 'function keep(uint256) payable', args: [1] };
    assert.equal((await alone.post(`/contracts/${logic}/encode`, body)).status, 200);
    assert.equal((await alone.post('/deploy', { bytecode: compiled.FirstLogic.bytecode })).status, 200);
});
