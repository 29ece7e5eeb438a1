// What nodes do wrong. Each function makes a fault for FaultyNode.on(): fault(exchange, concerns), where concerns(call)
// tells the calls that the rule is about from others in the same batch.
// Plain functions.

import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { below } from './random.js';
import { sleep } from './wait.js';

// --- late or not at all ---

export const delay = (ms) => async (exchange) => {
    await sleep(ms);
    await exchange.pass();
};

/** As late as it happens: between so many and so many milliseconds. */
export const jitter = (min_ms, max_ms) => (exchange) => delay(min_ms + below(max_ms - min_ms + 1))(exchange);

/** Nobody gets an answer until open() is called. Returns { fault, open }. */
export function gate() {
    let open;
    const opened = new Promise((resolve) => {
        open = resolve;
    });
    const fault = async (exchange) => {
        await opened;
        await exchange.pass();
    };
    return { fault, open };
}

export const hang = () => () => {};

export const reset = () => (exchange) => exchange.response.socket.resetAndDestroy();

export const resetMidBody = () => async (exchange) => {
    const body = JSON.stringify(await exchange.forward(exchange.asked));
    exchange.response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    exchange.response.write(body.slice(0, body.length / 2), () => exchange.response.socket.resetAndDestroy());
};

/** Sends the head and a first piece, and then never goes on. */
export const stall = () => async (exchange) => {
    exchange.response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
    exchange.response.write('{"jsonrpc":"2.0",');
};

// --- not JSON-RPC ---

export const truncatedJson = () => async (exchange) => {
    const body = JSON.stringify(await exchange.forward(exchange.asked));
    exchange.send(200, { 'content-type': 'application/json' }, body.slice(0, -7));
};

export const garbage = () => (exchange) => exchange.send(200, { 'content-type': 'application/json' }, randomBytes(300));

export const notHttp = () => (exchange) => exchange.response.socket.end('SSH-2.0-OpenSSH_9.2\r\n');

export const empty = () => (exchange) => exchange.send(200, {}, '');

export const text =
    (body, status = 200, headers = {}) =>
    (exchange) =>
        exchange.send(status, headers, body);

export const html = (status) =>
    text('<html><body><h1>upstream-secret-page</h1></body></html>', status, { 'content-type': 'text/html' });

export const deepJson = () => text('['.repeat(100_000) + ']'.repeat(100_000));

/** One valid answer that is longer than anyone wants. */
export const huge = (bytes) => (exchange) => {
    const answers = exchange.calls.map(({ id }) => ({ jsonrpc: '2.0', id, result: `0x${'00'.repeat(bytes / 2)}` }));
    exchange.json(exchange.isBatch ? answers : answers[0]);
};

/** The same without saying how long it will be. */
export const hugeUnannounced =
    (bytes) =>
    ({ response }) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const piece = Buffer.alloc(65_536, ' ');
        const pieces = function* () {
            for (let sent = 0; sent < bytes; sent += piece.length) yield piece;
        };
        Readable.from(pieces())
            .on('error', () => {})
            .pipe(response);
    };

// --- the true answers, altered ---

const alter = (change) => async (exchange) => {
    exchange.json(change(await exchange.forward(exchange.asked)));
};

const alterEach = (change) => alter((reply) => (Array.isArray(reply) ? reply.map(change) : change(reply)));

export const wrongId = () => alterEach((answer) => ({ ...answer, id: answer.id + 1_000_000 }));
export const stringId = () => alterEach((answer) => ({ ...answer, id: String(answer.id) }));
export const missingId = () => alterEach(({ id, ...answer }) => answer);
export const duplicated = () => alter((reply) => (Array.isArray(reply) ? [...reply, ...reply] : [reply, reply]));
export const reordered = () => alter((reply) => (Array.isArray(reply) ? reply.reverse() : reply));
export const truncatedBatch = () => alter((reply) => (Array.isArray(reply) ? reply.slice(0, -1) : reply));
export const neitherResultNorError = () => alterEach(({ jsonrpc, id }) => ({ jsonrpc, id }));

// --- other answers to the calls concerned, true ones to the others ---

const answerInstead = (makeAnswer) => async (exchange, concerns) => {
    const others = exchange.calls.filter((call) => !concerns(call));
    const passed = others.length > 0 ? await exchange.forward(others) : [];
    const made = exchange.calls.filter(concerns).map((call) => ({ jsonrpc: '2.0', id: call.id, ...makeAnswer(call) }));
    const all = [...made, ...passed];
    exchange.json(exchange.isBatch ? all : all[0]);
};

export const rpcError = (code, message, data) => answerInstead(() => ({ error: { code, message, data } }));
export const result = (value) =>
    answerInstead((call) => ({ result: typeof value === 'function' ? value(call) : value }));

/** Only the chosen ones of the calls concerned fail. */
export const errorFor = (isChosen, code, message) => (exchange, concerns) =>
    rpcError(code, message)(exchange, (call) => concerns(call) && isChosen(call));

// --- refusals of the whole request ---

export const status =
    (code, headers = {}, body = '') =>
    (exchange) =>
        exchange.send(code, headers, body);

export const rateLimited = (retryAfter_s) =>
    status(
        429,
        retryAfter_s === undefined ? {} : { 'retry-after': String(retryAfter_s) },
        'upstream-secret: slow down',
    );

export const wholeError =
    (code, message, httpStatus = 200) =>
    (exchange) =>
        exchange.json({ jsonrpc: '2.0', id: null, error: { code, message } }, httpStatus);

/** Refuses batches of more calls than this, as hosted nodes do. */
export const maxBatch = (most) => (exchange) =>
    exchange.calls.length > most
        ? wholeError(-32600, `batch of ${exchange.calls.length} exceeds the limit of ${most}`)(exchange)
        : exchange.pass();

// --- another chain, another time ---

export const otherChain = (id) => result(`0x${id.toString(16)}`);

/** A node that has dropped the state of every block but its newest, or says so. */
export const noState =
    (message = 'missing trie node') =>
    (exchange, concerns) =>
        rpcError(-32000, message)(
            exchange,
            ({ method, params, ...call }) =>
                concerns({ method, ...call }) &&
                ['eth_call', 'eth_getBalance', 'eth_getCode'].includes(method) &&
                params[1] !== 'latest',
        );

/** After all that it has reported, its newest block is so many below; it knows those above, though. */
export const headBack = (blocks) => async (exchange) => {
    const call = { jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] };
    const newest = Number((await exchange.forward(call)).result);
    return staleHead(Math.max(0, newest - blocks))(exchange);
};

/** The newest block this node admits to is this one. */
export const staleHead = (number) => async (exchange) => {
    const asked = exchange.calls.map((call) =>
        call.method === 'eth_getBlockByNumber' && call.params[0] === 'latest'
            ? { ...call, params: [`0x${number.toString(16)}`, ...call.params.slice(1)] }
            : call,
    );
    exchange.json(await exchange.forward(exchange.isBatch ? asked : asked[0]));
};
