// A list of balances with everything in it that spoils a batch, and what viem reads for each, call by call.
// Owns nothing.

import { AbiDecodingDataSizeTooSmallError, ContractFunctionZeroDataError, erc20Abi } from 'viem';
import { randomAddress } from './random.js';

/** Contracts of a few bytes, put on the chain as they are. */
const SNIPPETS = {
    invalidOpcode: '0xfe', // takes all gas that the call has
    endlessLoop: '0x5b600056', // jumps to itself until the gas is gone
    hugeAnswer: '0x620186a06000f3', // returns 100,000 zeros
    hugeRevert: '0x620186a06000fd', // reverts with 100,000 zeros
};

/** The tokens of tokens.js that are in the list, the worst in the middle of the well-behaved. */
const TOKENS = [
    ...['usd', 'coin', 'bytes32', 'revertReason', 'settable', 'outOfGas', 'noDecimals', 'nameless', 'revertPanic'],
    ...['longAnswer', 'shortAnswer', 'emptyAnswer', 'revertCustomError', 'revertSilent', 'rebasing', 'ticket'],
];

/** Puts the snippets on the chain. Returns the list: [{ what, address, token? }], without token for native balances. */
export async function makeOddTable(chain) {
    const { alice, bob } = chain.holders;
    const snippets = await Promise.all(
        Object.entries(SNIPPETS).map(async ([what, bytecode]) => {
            const token = randomAddress();
            await chain.client.setCode({ address: token, bytecode });
            return { what, address: alice, token };
        }),
    );
    await chain.mine();
    const tokens = TOKENS.map((what) => ({ what, address: alice, token: chain.tokens[what].address }));
    const good = (address) => ({ what: `usd of ${address}`, address, token: chain.tokens.usd.address });
    return [
        ...tokens.slice(0, 8),
        { what: 'native', address: alice },
        ...snippets.flatMap((snippet) => [good(bob), snippet, good(randomAddress())]),
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
