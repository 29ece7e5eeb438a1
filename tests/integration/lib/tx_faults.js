// What nodes get wrong about transactions. Each function makes a fault for FaultyNode.on('*'). Plain functions.

import { hex } from './random.js';

/** Calls of these methods get another result, out of the true one and the call; all else passes. */
const changing = (methods) => async (exchange) => {
    const answers = await Promise.all(
        exchange.calls.map(async (call) => {
            const reply = await exchange.forward(call);
            const change = methods[call.method];
            return change && !reply.error ? { ...reply, result: change(reply.result, call) } : reply;
        }),
    );
    exchange.json(exchange.isBatch ? answers : answers[0]);
};

/** Takes a transaction and never answers; knows none of it afterwards. Returns { fault, taken }. */
export function takesInSilence() {
    const taken = [];
    const fault = async (exchange) => {
        taken.push((await exchange.forward(exchange.asked)).result);
    };
    return { fault, taken };
}

/** Says that it has a transaction, and has not. In: hashOf(raw). */
export const loses = (hashOf) => async (exchange) => {
    const answers = exchange.calls.map(({ id, method, params }) => ({
        jsonrpc: '2.0',
        id,
        result: method === 'eth_sendRawTransaction' ? hashOf(params[0]) : null,
    }));
    exchange.json(exchange.isBatch ? answers : answers[0]);
};

const NONE = '0x'.padEnd(66, '0');

const madeUp = (hash, address, blockNumber) => ({
    transactionHash: hash,
    transactionIndex: '0x0',
    blockHash: `0x${hex(64)}`,
    blockNumber,
    from: address,
    to: address,
    contractAddress: null,
    cumulativeGasUsed: '0x5208',
    gasUsed: '0x5208',
    effectiveGasPrice: '0x1',
    status: '0x1',
    type: '0x2',
    logs: [],
    logsBloom: NONE,
});

/** Has every transaction of this sender in a block of a fork, and its nonces far ahead. */
export const onFork = (sender, blockNumber) =>
    changing({
        eth_getTransactionCount: () => '0x40',
        eth_getTransactionReceipt: (receipt, { params }) => madeUp(params[0], sender, blockNumber),
    });

/** Has every transaction of this sender in that block, which is there without it. */
export const inBlock = (sender, block) =>
    changing({
        eth_getTransactionCount: () => '0x40',
        eth_getTransactionReceipt: (receipt, { params }) => ({
            ...madeUp(params[0], sender, `0x${block.number.toString(16)}`),
            blockHash: block.hash,
        }),
    });

/** Has never heard of any transaction, and its nonces stand still. */
export const knowsNothing = () =>
    changing({
        eth_getTransactionCount: () => '0x0',
        eth_getTransactionReceipt: () => null,
        eth_getTransactionByHash: () => null,
    });

/** Counts one more than there are, and has no receipts: as if another transaction had used the nonce. */
export const countsTooFar = () =>
    changing({
        eth_getTransactionCount: (count) => `0x${(Number(count) + 1).toString(16)}`,
        eth_getTransactionReceipt: () => null,
    });
