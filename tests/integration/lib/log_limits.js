// What nodes refuse of eth_getLogs, each in its own words: the limits of hosted nodes and of the clients that anybody
// may run. Faults like those in faults.js, for FaultyNode.on('eth_getLogs', ...). Plain functions.

const hexOf = (number) => `0x${number.toString(16)}`;
const error = (code, message, httpStatus = 200) => ({ code, message, httpStatus });

/**
 * name: { blocks or results, the limit; refusal(what) }.
 * what: { from, to, blocks, results, limit, fits }, where fits is the last block of a range that would do.
 */
export const WORDINGS = {
    Alchemy: {
        blocks: 10,
        refusal: ({ from, fits }) =>
            error(
                -32600,
                'Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range. Based on ' +
                    `your parameters, this block range should work: [${hexOf(from)}, ${hexOf(fits)}].`,
            ),
    },
    'Infura, results': { results: 40, refusal: () => error(-32005, 'query returned more than 10000 results') },
    'Infura, blocks': {
        blocks: 12,
        refusal: ({ blocks, limit }) => error(-32602, `range ${blocks} exceeds limit of ${limit}`),
    },
    QuickNode: {
        blocks: 10,
        refusal: () => error(-32614, 'eth_getLogs is limited to a 10,000 range', 413),
    },
    Ankr: { blocks: 9, refusal: () => error(-32600, 'block range is too wide') },
    dRPC: {
        blocks: 8,
        refusal: ({ limit }) => error(35, `ranges over ${limit} blocks are not supported on free plan`),
    },
    publicnode: {
        blocks: 15,
        refusal: ({ limit }) => error(-32701, `exceed maximum block range: ${limit}`),
    },
    Cloudflare: { blocks: 7, refusal: ({ limit }) => error(-32047, `Max range: ${limit}`) },
    '1rpc': { blocks: 6, refusal: ({ limit }) => error(-32602, `eth_getLogs is limited to 0 - ${limit} blocks range`) },
    geth: { blocks: 11, refusal: ({ limit }) => error(-32602, `exceed maximum block range ${limit}`) },
    'reth, blocks': {
        blocks: 13,
        refusal: ({ limit }) => error(-32602, `query exceeds max block range ${limit}`),
    },
    'reth, results': {
        results: 50,
        refusal: ({ from, fits, limit }) =>
            error(-32602, `query exceeds max results ${limit}, retry with the range ${from}-${fits}`),
    },
    Erigon: {
        blocks: 14,
        refusal: ({ limit }) => error(-32000, `exceeds server limit, narrow your filter: ${limit}`),
    },
    Nethermind: {
        results: 45,
        refusal: () => error(-32005, 'Too many logs requested. Max logs per response is 20000.'),
    },
    Besu: { blocks: 5, refusal: () => error(-32005, 'Requested range exceeds maximum RPC range limit') },
    'somebody else': { blocks: 16, refusal: () => error(-32099, 'no.') },
};

/** Asks for the logs of a range of blocks, not for those of one block by its hash. */
export const isRange = ({ method, params }) => method === 'eth_getLogs' && !params[0].blockHash;
const rangeOf = ({ params: [{ fromBlock, toBlock }] }) => ({ from: Number(fromBlock), to: Number(toBlock) });

/** A node with this limit, in these words. Records the widest range that it has answered in seen.blocks, if given. */
export const limited = ({ blocks: maxBlocks = Infinity, results: maxResults = Infinity, refusal }, seen = {}) =>
    answeringEach(async (exchange, call) => {
        if (!isRange(call)) return exchange.forward(call);
        const { from, to } = rangeOf(call);
        const what = { from, to, blocks: to - from + 1 };
        if (what.blocks > maxBlocks) {
            return refused(call, refusal({ ...what, limit: maxBlocks, fits: from + maxBlocks - 1 }));
        }
        const answer = await exchange.forward(call);
        const results = answer.result?.length ?? 0;
        const fits = fitting(answer.result ?? [], from, maxResults);
        if (results > maxResults) return refused(call, refusal({ ...what, results, limit: maxResults, fits }));
        seen.blocks = Math.max(seen.blocks ?? 0, what.blocks);
        return answer;
    });

/** The last block up to which there are not more logs than this. */
function fitting(logs, from, most) {
    const beyond = logs[most];
    return beyond ? Math.max(from, Number(beyond.blockNumber) - 1) : Infinity;
}

function refused({ id }, { code, message, httpStatus }) {
    return { jsonrpc: '2.0', id, error: { code, message }, httpStatus };
}

/** No more logs than this at once, not of one block either: only who asks for fewer contracts gets them. */
export const maxLogs = (most) =>
    answeringEach(async (exchange, call) => {
        const answer = await exchange.forward(call);
        const isTooMuch = call.method === 'eth_getLogs' && answer.result?.length > most;
        return isTooMuch ? refused(call, error(-32005, `query returned more than ${most} results`)) : answer;
    });

/** Answers eth_getLogs with an empty list where isChosen says so; counts in told.lies how often there was more. */
export const falselyEmpty = (isChosen = () => true, told = {}) =>
    answeringEach(async (exchange, call) => {
        const answer = await exchange.forward(call);
        if (call.method !== 'eth_getLogs' || !answer.result?.length || !isChosen(call)) return answer;
        told.lies = (told.lies ?? 0) + 1;
        return { ...answer, result: [] };
    });

/** Leaves one answer of each batch out, of the calls concerned: the batch is well-formed and one call is forgotten. */
export const droppingOne = () => async (exchange, concerns) => {
    const reply = await exchange.forward(exchange.asked);
    const dropped = exchange.calls.find(concerns)?.id;
    exchange.json(Array.isArray(reply) && reply.length > 1 ? reply.filter(({ id }) => id !== dropped) : reply);
};

/** Each call by itself; an answer with httpStatus decides that of the whole. */
const answeringEach = (answerTo) => async (exchange) => {
    const answers = await Promise.all(exchange.calls.map((call) => answerTo(exchange, call)));
    const status = answers.find(({ httpStatus }) => httpStatus)?.httpStatus ?? 200;
    const plain = answers.map(({ httpStatus, ...answer }) => answer);
    exchange.json(exchange.isBatch ? plain : plain[0], status);
};
