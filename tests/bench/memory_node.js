// A node that keeps a made-up chain of transfers in memory and answers eth_getLogs as fast as a socket takes the bytes:
// what a backfill takes is then the indexer's time and the database's. Run as a process of its own:
//     node memory_node.js BLOCKS LOGS_PER_BLOCK
// It prints its URL once it listens and ends with its parent. Every block is final; the same arguments make the same
// chain.

import { createHash } from 'node:crypto';
import http from 'node:http';

const TRANSFER = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';
const CHAIN_ID = 424242;
const TOKENS = 20;
const HOLDERS = 200_000;
const FIRST_TIMESTAMP = 1_700_000_000;
const BLOCK_SECONDS = 12;
const BLOOM = `0x${'f'.repeat(512)}`; // rules nothing out

const hex = (number) => `0x${number.toString(16)}`;
const word = (number) => number.toString(16).padStart(64, '0');
const hashOf = (kind, number) => `0x${kind}${number.toString(16).padStart(62, '0')}`;
const blockHash = (number) => hashOf('b1', number);
/** An address as random as those of a real chain: how long comparing them takes matters to who sorts them. */
const addressOf = (kind, number) => createHash('sha256').update(`${kind} ${number}`).digest('hex').slice(24);

/** A small generator of its own, so that the chain is the same everywhere. */
function randomNumbers(seed) {
    let state = seed >>> 0;
    return (bound) => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return Math.floor((state / 2 ** 32) * bound);
    };
}

class Chain {
    #text; // all logs, one after the other, each with a comma behind it
    #starts; // where a block's logs begin in the text
    #tokens = [...Array(TOKENS).keys()].map((number) => `0x${addressOf('token', number)}`);
    #holders = [...Array(HOLDERS).keys()].map((number) => `0x${addressOf('holder', number).padStart(64, '0')}`);

    constructor(blocks, logsPerBlock) {
        this.head = blocks;
        this.logs = blocks * logsPerBlock;
        const next = randomNumbers(1);
        const pieces = [];
        this.#starts = [0, 0];
        for (let number = 1, length = 0; number <= blocks; number++) {
            const logs = [...Array(logsPerBlock).keys()].map((index) => `${this.#log(number, index, next)},`).join('');
            pieces.push(Buffer.from(logs));
            this.#starts.push(length += logs.length);
        }
        this.#text = Buffer.concat(pieces);
    }

    #log(number, index, next) {
        const holder = () => this.#holders[Math.floor(next(HOLDERS) ** 2 / HOLDERS)];
        return JSON.stringify({
            address: this.#tokens[next(TOKENS)],
            topics: [TRANSFER, holder(), holder()],
            data: `0x${word(1 + next(2 ** 32) * 10 ** 6)}`,
            blockNumber: hex(number),
            transactionHash: hashOf('7a', number * 1000 + index),
            transactionIndex: hex(index),
            blockHash: blockHash(number),
            blockTimestamp: hex(FIRST_TIMESTAMP + number * BLOCK_SECONDS),
            logIndex: hex(index),
            removed: false,
        });
    }

    block(tag) {
        const number = ['latest', 'safe', 'finalized'].includes(tag) ? this.head : Number(tag);
        if (!(number <= this.head)) return null;
        return {
            number: hex(number),
            hash: blockHash(number),
            parentHash: number > 0 ? blockHash(number - 1) : hashOf('00', 0),
            timestamp: hex(FIRST_TIMESTAMP + number * BLOCK_SECONDS),
            logsBloom: BLOOM,
            transactions: [hashOf('7a', number * 1000)],
        };
    }

    /** The text of an array's content. */
    logsText({ fromBlock, toBlock, blockHash: hash }) {
        const from = hash ? Number(BigInt(hash) & 0xffffffffffffn) : Math.max(Number(fromBlock), 1);
        const to = hash ? from : Math.min(Number(toBlock), this.head);
        const [start, end] = [this.#starts[from] ?? 0, this.#starts[to + 1] ?? 0];
        return this.#text.subarray(start, Math.max(start, end - 1)); // without the last comma
    }
}

const [blocks, logsPerBlock] = process.argv.slice(2).map(Number);
const chain = new Chain(blocks, logsPerBlock);

/** The reply to one call, in pieces. */
function answer({ id, method, params }) {
    const result = (value) => [Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(value)}}`)];
    switch (method) {
        case 'eth_chainId':
            return result(hex(CHAIN_ID));
        case 'eth_getBlockByNumber':
            return result(chain.block(params[0]));
        case 'eth_getBlockByHash':
            return result(chain.block(hex(Number(BigInt(params[0]) & 0xffffffffffffn))));
        case 'eth_getLogs':
            return [Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":[`), chain.logsText(params[0]), Buffer.from(']}')];
        case 'eth_getCode':
            return result('0x6000');
        default: // balances and metadata: every contract answers zero
            return result(`0x${word(0)}`);
    }
}

function respond(calls, response) {
    const pieces = Array.isArray(calls)
        ? calls.flatMap((call, i) => [Buffer.from(i === 0 ? '[' : ','), ...answer(call)]).concat(Buffer.from(']'))
        : answer(calls);
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': length });
    for (const piece of pieces) response.write(piece);
    response.end();
}

const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    respond(JSON.parse(Buffer.concat(chunks)), response);
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
