// What an index must hold of the events of contracts: every log that eth_getLogs has of them, and what viem makes of
// it by their ABI. Of an anonymous event viem knows nothing; what its topics are is read by the types of its inputs.
// Asks anvil itself and shares nothing with the program under test. Plain functions.

import { decodeAbiParameters, decodeEventLog, toEventSelector } from 'viem';
import { eventToJson, isHashed } from './abi_values.js';

const NOTHING = { name: null, signature: null, args: null };

const events = (abi, isAnonymous) =>
    abi.filter(({ type, anonymous = false }) => type === 'event' && anonymous === isAnonymous);

function decodeSigned(abi, log) {
    const item = events(abi, false).find((one) => toEventSelector(one) === log.topics[0]);
    if (!item) return undefined;
    try {
        return eventToJson(item, decodeEventLog({ abi: [item], ...log, strict: true }).args);
    } catch {
        return undefined;
    }
}

/** The one anonymous event that has as many topics. */
function decodeAnonymous(abi, { topics, data }) {
    const [item, other] = events(abi, true).filter(
        ({ inputs }) => inputs.filter(({ indexed }) => indexed).length === topics.length,
    );
    if (!item || other) return undefined;
    const words = [...topics];
    const rest = decodeAbiParameters(item.inputs.filter(({ indexed }) => !indexed), data);
    const valueOf = (input) => {
        if (!input.indexed) return rest.shift();
        const word = words.shift();
        return isHashed(input) ? word : decodeAbiParameters([input], word)[0];
    };
    const args = item.inputs.map((input) => [input.name, valueOf(input)]);
    return eventToJson(item, Object.fromEntries(args));
}

/** { name, signature, args } of a log as viem has it, all null where the ABI does not know it. */
export const meaningOf = (abi, log) => decodeSigned(abi, log) ?? decodeAnonymous(abi, log) ?? NOTHING;

/**
 * All logs of these contracts up to the newest block, in order, each with what it means. In: contracts,
 * [{ address, abi }].
 */
export async function readEvents(client, contracts) {
    const abis = new Map(contracts.map(({ address, abi }) => [address.toLowerCase(), abi]));
    const logs = await client.getLogs({ address: [...abis.keys()], fromBlock: 0n });
    return logs.map((log) => ({ ...log, ...meaningOf(abis.get(log.address.toLowerCase()), log) }));
}

/** An event as an item of GET /contracts/:address/events, but for its block's timestamp. */
export const itemOf = ({ blockNumber, blockHash, logIndex, transactionHash, name, signature, args, topics, data }) => ({
    block: { number: Number(blockNumber), hash: blockHash },
    log_index: logIndex,
    tx_hash: transactionHash,
    name,
    signature,
    args,
    topics,
    data,
});

/** The same as a line of dumpIndex(). */
export const lineOf = ({ blockNumber, logIndex, address, transactionHash, topics, data, name, args }) =>
    [
        blockNumber,
        logIndex,
        address.toLowerCase(),
        transactionHash,
        ...Array.from({ length: 4 }, (_, i) => topics[i] ?? 'null'),
        data,
        name ?? 'null',
        args === null ? 'null' : JSON.stringify(args),
    ].join(' ');
