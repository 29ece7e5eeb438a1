// A node that has fallen behind: it reports an old block as its newest, and has never heard of those above.
// A fault like those in faults.js, for FaultyNode.on(). Plain functions.

/** Where a call names its block. */
const POSITION = {
    eth_getBlockByNumber: 0,
    eth_getBlockByHash: 0,
    eth_call: 1,
    eth_getBalance: 1,
    eth_getCode: 1,
    eth_getTransactionCount: 1,
};

const hexOf = (number) => `0x${number.toString(16)}`;

const ask = async (exchange, method, params) =>
    (await exchange.forward({ jsonrpc: '2.0', id: 1, method, params })).result;

/** The node is so many blocks behind. */
export const behind = (blocks) => async (exchange) => {
    const newest = Number(await ask(exchange, 'eth_blockNumber', []));
    const head = Math.max(0, newest - blocks);
    const answers = await Promise.all(exchange.calls.map((call) => answer(exchange, call, head)));
    exchange.json(exchange.isBatch ? answers : answers[0]);
};

async function answer(exchange, call, head) {
    if (call.method === 'eth_blockNumber') return { jsonrpc: '2.0', id: call.id, result: hexOf(head) };
    if (call.method === 'eth_getLogs') return logs(exchange, call, head);
    const position = POSITION[call.method];
    if (call.params[position] === 'latest') {
        const params = call.params.map((value, i) => (i === position ? hexOf(head) : value));
        return exchange.forward({ ...call, params });
    }
    const isKnown = position === undefined || !((await numberOf(exchange, call.params[position])) > head);
    if (isKnown) return exchange.forward(call);
    const none = { jsonrpc: '2.0', id: call.id };
    if (call.method.startsWith('eth_getBlock')) return { ...none, result: null };
    return { ...none, error: { code: -32000, message: 'header not found' } };
}

/** A range is cut off at the head without a word, and above it there is nothing. */
async function logs(exchange, call, head) {
    const [filter] = call.params;
    if (filter.blockHash) {
        const isKnown = !((await numberOf(exchange, filter)) > head);
        const unknown = { jsonrpc: '2.0', id: call.id, error: { code: -32000, message: 'unknown block' } };
        return isKnown ? exchange.forward(call) : unknown;
    }
    if (Number(filter.fromBlock) > head) return { jsonrpc: '2.0', id: call.id, result: [] };
    const toBlock = hexOf(Math.min(Number(filter.toBlock), head));
    return exchange.forward({ ...call, params: [{ ...filter, toBlock }] });
}

/** Of a block in any of the forms in which calls name one; NaN for the other tags. */
async function numberOf(exchange, named) {
    const { blockHash = named, blockNumber = named } = Object(named);
    if (blockHash.length !== 66) return Number(blockNumber);
    return Number((await ask(exchange, 'eth_getBlockByHash', [blockHash, false]))?.number);
}
