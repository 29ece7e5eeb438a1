// A node that follows a fork of its own: above a block it has blocks under other hashes, and has never heard of the
// chain's. A fault like those in faults.js, for FaultyNode.on(). Plain functions.

const hashOf = (hash) => `0xff${hash.slice(4)}`;

/** In: above, the last block that the node shares with the chain. */
export const forked = (above) => async (exchange) => {
    const answers = await Promise.all(exchange.calls.map((call) => answer(exchange, call, above)));
    exchange.json(exchange.isBatch ? answers : answers[0]);
};

async function answer(exchange, call, above) {
    const { id, method, params } = call;
    if (method === 'eth_getLogs' && params[0].blockHash) {
        return { jsonrpc: '2.0', id, error: { code: -32000, message: 'unknown block' } };
    }
    const reply = await exchange.forward(call);
    const isShared = !(Number(reply.result?.number) > above);
    if (isShared || !method.startsWith('eth_getBlockBy')) return reply;
    return { ...reply, result: method === 'eth_getBlockByHash' ? null : moved(reply.result, above) };
}

function moved({ number, hash, parentHash, ...block }, above) {
    const isFirst = Number(number) === above + 1;
    return { ...block, number, hash: hashOf(hash), parentHash: isFirst ? parentHash : hashOf(parentHash) };
}
