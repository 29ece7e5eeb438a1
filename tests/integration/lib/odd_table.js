// A list of balances with everything in it that spoils a batch, and what viem reads for each, call by call.
// Owns nothing.

import { AbiDecodingDataSizeTooSmallError, ContractFunctionZeroDataError, encodeFunctionData, erc20Abi } from 'viem';
import { hex, randomAddress } from './random.js';

/** Contracts of a few bytes. */
const SNIPPETS = {
    invalidOpcode: '0xfe', // takes all gas that the call has
    endlessLoop: '0x5b600056', // jumps to itself until the gas is gone
    hugeAnswer: '0x620186a06000f3', // returns 100,000 zeros
    hugeRevert: '0x620186a06000fd', // reverts with 100,000 zeros
};

/** Counts in its storage how often it is asked, and answers that: 1, for each who is asked alone. */
const COUNTER = '0x6000546001018060005560005260206000f3';

/** Answers 7, and meanwhile gives a holder of another token a balance that only those see who are asked after it. */
function poisonFor({ address, abi }, holder) {
    const data = encodeFunctionData({ abi, functionName: 'setBalance', args: [holder, 666n] }).slice(2);
    const copy = (at) => `6044 60${at} 6000 39`;
    const call = `6000 6000 6044 6000 6000 73${address.slice(2)} 5a f1 50`;
    const answer = '6007 6000 52 6020 6000 f3';
    const length = `${copy('00')}${call}${answer}`.replaceAll(' ', '').length / 2;
    return `0x${copy(length.toString(16))}${call}${answer}${data}`.replaceAll(' ', '');
}

/** Puts a contract on the chain and returns a balance to ask it for. */
async function put(chain, what, bytecode, token = randomAddress()) {
    await chain.client.setCode({ address: token, bytecode });
    return { what, address: chain.holders.alice, token };
}

/** The tokens of tokens.js that are in the list, the worst in the middle of the well-behaved. */
const TOKENS = [
    ...['usd', 'coin', 'bytes32', 'revertReason', 'settable', 'outOfGas', 'noDecimals', 'nameless', 'revertPanic'],
    ...['longAnswer', 'shortAnswer', 'emptyAnswer', 'revertCustomError', 'revertSilent', 'rebasing', 'ticket'],
];

/** Balances of a contract that counts how often it is asked: 1, for everybody. */
export async function makeCounted(chain) {
    const counter = await put(chain, 'counter', COUNTER);
    await chain.mine();
    return Array.from({ length: 5 }, () => ({ ...counter, address: randomAddress() }));
}

/** Puts the snippets on the chain. Returns the list: [{ what, address, token? }], without token for native balances. */
export async function makeOddTable(chain) {
    const { alice, bob } = chain.holders;
    const lowAddress = `0x${'00'.repeat(8)}${hex(24)}`; // asked first also by those who sort
    const poison = await put(chain, 'poison', poisonFor(chain.tokens.settable, alice), lowAddress);
    const snippets = await Promise.all(
        Object.entries(SNIPPETS).map(([what, bytecode]) => put(chain, what, bytecode)),
    );
    await chain.mine();
    const tokens = TOKENS.map((what) => ({ what, address: alice, token: chain.tokens[what].address }));
    const good = (address) => ({ what: `usd of ${address}`, address, token: chain.tokens.usd.address });
    return [
        poison,
        { ...poison, address: bob },
        ...tokens.slice(0, 8),
        { what: 'settable of bob', address: bob, token: chain.tokens.settable.address },
        { what: 'native', address: alice },
        ...snippets.flatMap((snippet) => [good(bob), snippet, { ...snippet, address: bob }, good(randomAddress())]),
        { what: 'no code', address: alice, token: randomAddress() },
        { what: 'native of nobody', address: randomAddress() },
        { what: 'an account as token', address: alice, token: bob },
        ...tokens.slice(8),
        good(alice),
    ];
}

/** What viem gives for each at a block: a number in text, or the public code of the error. */
export function readByViem(chain, items, blockNumber) {
    const read = ({ address, token }) =>
        token
            ? chain.read({ address: token, abi: erc20Abi }, 'balanceOf', [address], blockNumber)
            : chain.client.getBalance({ address, blockNumber });
    return Promise.all(items.map((item) => read(item).then(String, codeOf)));
}

const isNoBalance = (cause) =>
    cause instanceof ContractFunctionZeroDataError || cause instanceof AbiDecodingDataSizeTooSmallError;

const codeOf = (error) => (error.walk(isNoBalance) ? 'not_a_token' : 'execution_reverted');

/** The same of an answer of POST /balances. */
export const readByDappd = ({ items }) => items.map(({ balance, error }) => balance ?? error.code);

export const bodyOf = (items, block) => ({ items: items.map(({ address, token }) => ({ address, token })), block });
