// What an index of a chain must hold, computed from the receipts of every canonical block by the rules of the
// standards: ERC-20's Transfer has 3 topics and 32 bytes of data, ERC-721's has 4 and none, WETH9 wraps and unwraps
// with Deposit and Withdrawal. Asks anvil itself and shares nothing with the program under test. Owns what it has read.

import { DEPOSIT, TRANSFER, WITHDRAWAL } from './odd_logs.js';

const ZERO = `0x${'0'.repeat(40)}`;
const KIND = { transfer: 0, deposit: 1, withdrawal: 2 };

const bytesIn = (hex) => (hex.length - 2) / 2;
const isAddress = (topic) => /^0x0{24}/.test(topic);
const addressIn = (topic) => `0x${topic.slice(26)}`;

/** What a log says: { kind, from, to, amount }, 'odd', or undefined for what moves no ERC-20 token. */
function meaningOf({ topics, data }, wraps) {
    const [event, first, second] = topics;
    if (event === TRANSFER) {
        if (topics.length === 4 && data === '0x') return undefined;
        const isWhole = topics.length === 3 && bytesIn(data) === 32 && isAddress(first) && isAddress(second);
        if (!isWhole) return 'odd';
        return { kind: KIND.transfer, from: addressIn(first), to: addressIn(second), amount: BigInt(data) };
    }
    if (!wraps || topics.length !== 2 || bytesIn(data) !== 32) return undefined;
    const holder = addressIn(first);
    if (event === DEPOSIT) return { kind: KIND.deposit, from: ZERO, to: holder, amount: BigInt(data) };
    if (event === WITHDRAWAL) return { kind: KIND.withdrawal, from: holder, to: ZERO, amount: BigInt(data) };
    return undefined;
}

class TransferOracle {
    #client;
    #wraps;
    #known = new Map(); // block hash -> { transfers, odd }

    constructor(client, wraps) {
        this.#client = client;
        this.#wraps = new Set(wraps.map((token) => token.toLowerCase()));
    }

    /**
     * Of the canonical chain as it is now. In: tokens, addresses, undefined for every one.
     * Returns { head, blocks, transfers, odd, balances }: transfers in order of block and log index, balances as
     * token -> holder -> amount, without those of zero and those of the zero address.
     */
    async read({ tokens } = {}) {
        const newest = Number(await this.#client.getBlockNumber());
        const numbers = Array.from({ length: newest + 1 }, (_, number) => number);
        const blocks = await Promise.all(numbers.map((number) => this.#block(number)));
        const wanted = tokens && new Set(tokens.map((token) => token.toLowerCase()));
        const isWanted = ({ token }) => !wanted || wanted.has(token);
        const transfers = blocks.flatMap((block) => block.transfers.filter(isWanted));
        const odd = blocks.flatMap((block) => block.odd.filter(isWanted));
        return { head: blocks.at(-1).block, blocks, transfers, odd, balances: balancesAfter(transfers) };
    }

    async #block(number) {
        const params = [`0x${number.toString(16)}`];
        const header = await this.#client.request({ method: 'eth_getBlockByNumber', params: [...params, false] });
        const known = this.#known.get(header.hash);
        if (known) return known;
        const receipts = await this.#client.request({ method: 'eth_getBlockReceipts', params });
        const block = { number, hash: header.hash, timestamp: Number(header.timestamp) };
        const read = { block, ...this.#readLogs(block, receipts.flatMap(({ logs }) => logs)) };
        this.#known.set(header.hash, read);
        return read;
    }

    #readLogs(block, logs) {
        const transfers = [];
        const odd = [];
        for (const log of logs) {
            const token = log.address.toLowerCase();
            const meaning = meaningOf(log, this.#wraps.has(token));
            const place = { block, logIndex: Number(log.logIndex), token, txHash: log.transactionHash };
            if (meaning === 'odd') odd.push({ ...place, topics: log.topics.length, bytes: bytesIn(log.data) });
            else if (meaning) transfers.push({ ...place, ...meaning });
        }
        return { transfers, odd };
    }
}

export function balancesAfter(transfers) {
    const balances = new Map();
    const add = (token, holder, amount) => {
        if (holder === ZERO) return;
        const holders = balances.get(token) ?? balances.set(token, new Map()).get(token);
        const sum = (holders.get(holder) ?? 0n) + amount;
        if (sum === 0n) holders.delete(holder);
        else holders.set(holder, sum);
    };
    for (const { token, from, to, amount } of transfers) {
        add(token, from, -amount);
        add(token, to, amount);
    }
    return balances;
}

/** In: client, viem's, of anvil itself; wraps, the contracts whose Deposit and Withdrawal move balances. */
export const transferOracle = (client, { wraps = [] } = {}) => new TransferOracle(client, wraps);
