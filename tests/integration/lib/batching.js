// How reads of state travel together: Multicall3 on a dev chain, which calls ask about whom, and what nodes do wrong
// with such calls. Plain functions.

import { MULTICALL3, multicall3Code } from '../../../dev/chain/index.js';
import { rpcError } from './faults.js';

export const MULTICALL3_CODE = multicall3Code();

/** Puts this code where Multicall3 lives; a new block is the first that certainly has it. */
export async function putMulticall3({ client, mine }, code = MULTICALL3_CODE) {
    await mine(); // anvil writes code into its newest block, too
    await client.setCode({ address: MULTICALL3, bytecode: code });
    await mine();
}

// --- which calls ---

/** True for calls that name this address: as an argument of the method, or within what contracts are called with. */
export const asksAbout = (address) => {
    const digits = address.slice(2).toLowerCase();
    return (call) => JSON.stringify(call.params ?? []).toLowerCase().includes(digits);
};

const isEthCall = ({ method }) => method === 'eth_call';
const dataBytes = ({ params: [{ data, input }] }) => ((data ?? input ?? '0x').length - 2) / 2;

export const isAggregate = (call) => isEthCall(call) && call.params[0].to?.toLowerCase() === MULTICALL3.toLowerCase();
export const isInitCode = (call) => isEthCall(call) && !call.params[0].to;
export const isLongCall = (bytes) => (call) => isEthCall(call) && dataBytes(call) > bytes;

const STATE_METHODS = new Set(['eth_call', 'eth_getBalance', 'eth_getCode']);
export const isStateRead = ({ method }) => STATE_METHODS.has(method);

/** The calls that a node has got and that are such calls. */
export const callsTo = (node, isMeant = isStateRead) => node.requests.flatMap(({ calls }) => calls.filter(isMeant));

/** The HTTP requests that a node has got with such a call in them. */
export const requestsTo = (node, isMeant = isStateRead) => node.requests.filter(({ calls }) => calls.some(isMeant));

// --- faults ---

export const pass = (exchange) => exchange.pass();

/** The fault for requests with such a call, and for these calls alone; all others meet the other one. */
export const when =
    (isMeant, fault, otherwise = pass) =>
    (exchange, concerns) =>
        exchange.calls.some(isMeant)
            ? fault(exchange, (call) => concerns(call) && isMeant(call))
            : otherwise(exchange, concerns);

/** Runs out of gas on calls with more data than this, as a node with a low gas cap does. */
export const gasCap = (bytes) => when(isLongCall(bytes), rpcError(-32000, 'out of gas: gas required too high'));

/** Knows no eth_call that creates a contract; what else it gets meets the other fault. */
export const refusesInitCode = (otherwise) => when(isInitCode, rpcError(-32602, "missing field 'to'"), otherwise);

/** True answers, held back until open() is called. Returns { fault, open, held() }. */
export function heldAnswers() {
    let open;
    let held = 0;
    const opened = new Promise((resolve) => {
        open = resolve;
    });
    const fault = async (exchange) => {
        const answers = await exchange.forward(exchange.asked);
        held++;
        await opened;
        exchange.json(answers);
    };
    return { fault, open, held: () => held };
}

/** Results of the calls concerned pass through change(hex digits, call). */
export const altered = (change) => async (exchange, concerns) => {
    const calls = new Map(exchange.calls.filter(concerns).map((call) => [call.id, call]));
    const alter = (answer) =>
        calls.has(answer.id) && typeof answer.result === 'string'
            ? { ...answer, result: `0x${change(answer.result.slice(2), calls.get(answer.id))}` }
            : answer;
    const reply = await exchange.forward(exchange.asked);
    exchange.json(Array.isArray(reply) ? reply.map(alter) : alter(reply));
};

/** Answers what is pinned to a block with the state of the block before. */
export const oneBlockBehind = (client) => async (exchange) => {
    const parentOf = async (pin) => {
        if (!pin?.blockHash) return pin;
        const { parentHash } = await client.getBlock({ blockHash: pin.blockHash });
        return { ...pin, blockHash: parentHash };
    };
    const asked = await Promise.all(
        exchange.calls.map(async (call) => ({ ...call, params: await Promise.all((call.params ?? []).map(parentOf)) })),
    );
    exchange.json(await exchange.forward(exchange.isBatch ? asked : asked[0]));
};
