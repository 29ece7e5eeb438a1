// A dev chain with the sample tokens and viem as the oracle on it. Owned by the test file that starts it.

import { createTestClient, getAddress, getContractAddress, http, publicActions, walletActions } from 'viem';
import { compileAll, deployAll, startAnvil } from '../../../dev/chain/index.js';

/** The sender of what tests write; tokens come from another account, whose nonces decide their addresses. */
const WRITER = 8;

/**
 * Starts anvil and deploys the sample tokens.
 * Returns { url, chainId, tokens, holders, blocks } of deployAll with client (viem's public, wallet and test actions in
 * one), and the functions below.
 */
export async function startChain({ args = [] } = {}) {
    const anvil = await startAnvil({ args });
    const deployed = await deployAll(anvil.url);
    const client = connectTo(anvil.url);
    const account = (await client.getAddresses())[WRITER];
    return { ...deployed, anvil, client, account, stop: anvil.stop, ...reads(client), ...writes(client, account) };
}

/** An anvil without tokens: another chain, or one to come later. In: port, 0 for a free one. */
export async function startBareChain({ port, args = [] } = {}) {
    const anvil = await startAnvil({ port, args });
    return { anvil, url: anvil.url, client: connectTo(anvil.url), stop: anvil.stop };
}

function connectTo(url) {
    const transport = http(url, { batch: { batchSize: 200 }, retryCount: 0, timeout: 60_000 });
    return createTestClient({ mode: 'anvil', transport, pollingInterval: 20, cacheTime: 0 })
        .extend(publicActions)
        .extend(walletActions);
}

function reads(client) {
    return {
        /** What the contract answers at a block number. */
        read: (token, functionName, functionArgs = [], blockNumber = undefined) =>
            client.readContract({ ...token, functionName, args: functionArgs, blockNumber }),
        latest: () => client.getBlock(),
    };
}

function writes(client, account) {
    return {
        /** Mines one block with this call in it. */
        async write(token, functionName, functionArgs) {
            const call = { ...token, functionName, args: functionArgs, account, chain: null };
            const hash = await client.writeContract(call);
            return client.waitForTransactionReceipt({ hash });
        },
        mine: (blocks = 1) => client.mine({ blocks }),
        /** Deploys one of the compiled contracts. Returns { address, abi }. */
        async deploy(contract, functionArgs = []) {
            const { abi, bytecode } = (await compileAll())[contract];
            const hash = await client.deployContract({ abi, bytecode, args: functionArgs, account, chain: null });
            const { contractAddress } = await client.waitForTransactionReceipt({ hash });
            return { address: getAddress(contractAddress), abi };
        },
        /** Where deploy() will put its next contract. */
        async nextAddress() {
            const nonce = await client.getTransactionCount({ address: account });
            return getContractAddress({ from: account, nonce: BigInt(nonce) });
        },
    };
}
