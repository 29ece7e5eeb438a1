// Puts Multicall3 where nearly every chain has it, as its authors did: with the one transaction that they signed once
// for all chains. Owns nothing.

import { readFileSync } from 'node:fs';
import { createTestClient, http, keccak256, parseTransaction, publicActions, recoverTransactionAddress, walletActions } from 'viem';

export const MULTICALL3 = '0xcA11bde05977b3631167028862bE2a173976CA11';
export const MULTICALL3_CODE_HASH = '0xd5c15df687b16f2ff992fc8d767b4216323184a2bbc6ee2f9c398c318e770891';
const CONSTRUCTOR_BYTES = 32; // copies what stands behind it

const readTransaction = () => readFileSync(new URL('multicall3.tx', import.meta.url), 'utf8').trim();

/** In: url of an anvil. Mines a block, or none where Multicall3 is there already. Returns its address. */
export async function deployMulticall3(url) {
    const client = createTestClient({ mode: 'anvil', transport: http(url, { retryCount: 0 }) })
        .extend(publicActions).extend(walletActions);
    if (await codeHash(client) === MULTICALL3_CODE_HASH) return MULTICALL3;
    const serialized = readTransaction();
    try {
        await send(client, serialized);
    } catch (error) {
        if (!isRefusal(error)) throw error;
        await client.setCode({ address: MULTICALL3, bytecode: multicall3Code(serialized) });
        await client.mine({ blocks: 1 });
    }
    const hash = await codeHash(client);
    if (hash !== MULTICALL3_CODE_HASH) throw new Error(`Multicall3 has the code hash ${hash} after its deployment`);
    return MULTICALL3;
}

/** The sender's only transaction: it has just the balance for it. */
async function send(client, serialized) {
    const { gas, gasPrice } = parseTransaction(serialized);
    const address = await recoverTransactionAddress({ serializedTransaction: serialized });
    await client.setBalance({ address, value: gas * gasPrice });
    const hash = await client.sendRawTransaction({ serializedTransaction: serialized });
    if (!await client.getAutomine()) await client.mine({ blocks: 1 });
    await client.waitForTransactionReceipt({ hash, pollingInterval: 10 });
}

/** An answer of the node, such as that it takes no transaction which does not name its chain. */
function isRefusal(error) {
    return Boolean(error.walk?.((cause) => typeof cause.code === 'number'));
}

/** The runtime code, for an anvil where it is to be set, whole or spoilt. */
export function multicall3Code(serialized = readTransaction()) {
    return `0x${parseTransaction(serialized).data.slice(2 + 2 * CONSTRUCTOR_BYTES)}`;
}

async function codeHash(client) {
    return keccak256(await client.getCode({ address: MULTICALL3 }) ?? '0x');
}
