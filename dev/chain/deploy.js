// Puts the sample tokens on a fresh chain, in three blocks that are always the same: tokens, balances, a payment.
// Owns nothing. The accounts are the node's own, so anvil signs.

import { createTestClient, encodeFunctionData, getContractAddress, http, publicActions, walletActions } from 'viem';
import { compileAll } from './compile.js';
import { APPROVAL, BALANCES, DEPLOYER, HOLDERS, ODD_BALANCE, PAYMENT, TOKENS } from './tokens.js';

const DEPLOY_GAS = 2_000_000n;
const CALL_GAS = 200_000n; // given, so that the node need not estimate each

/**
 * In: url of an anvil whose deployer account has sent nothing yet.
 * Returns { url, chainId, tokens, holders, blocks }:
 *   tokens  { key: { address, contract, abi } }, keys as in tokens.js
 *   holders { alice, bob, carol } addresses
 *   blocks  { deployed: 1, funded: 2, paid: 3 } on a fresh chain
 */
export async function deployAll(url) {
    const transport = http(url, { batch: true, retryCount: 0 });
    const client = createTestClient({ mode: 'anvil', transport }).extend(publicActions).extend(walletActions);
    const [contracts, accounts, chainId, automine] = await Promise.all([
        compileAll(), client.getAddresses(), client.getChainId(), client.getAutomine(),
    ]);
    const deployer = accounts[DEPLOYER];
    if (await client.getTransactionCount({ address: deployer }) > 0) {
        throw new Error('the deployer has sent transactions before: its tokens would get other addresses');
    }
    const holders = Object.fromEntries(Object.entries(HOLDERS).map(([name, index]) => [name, accounts[index]]));
    const tokens = plannedTokens(contracts, deployer);
    const blocks = {};
    if (automine) await client.setAutomine(false);
    blocks.deployed = await mineTogether(client, deployments(contracts, deployer));
    blocks.funded = await mineTogether(client, fundings(tokens, holders, deployer));
    blocks.paid = await mineTogether(client, await payments(client, tokens, holders));
    if (automine) await client.setAutomine(true);
    return { url, chainId, tokens, holders, blocks };
}

function plannedTokens(contracts, deployer) {
    return Object.fromEntries(Object.entries(TOKENS).map(([key, [contract]], nonce) => {
        const address = getContractAddress({ from: deployer, nonce: BigInt(nonce) });
        return [key, { address, contract, abi: contracts[contract].abi }];
    }));
}

function deployments(contracts, deployer) {
    return Object.values(TOKENS).map(([contract, args], nonce) => ({
        deploy: { ...contracts[contract], args }, account: deployer, nonce, gas: DEPLOY_GAS,
    }));
}

/** A sample token mints, an odd one writes the balance. */
function fundings(tokens, holders, deployer) {
    const named = new Set(BALANCES.map(([key]) => key));
    const others = Object.keys(TOKENS).filter((key) => !named.has(key)).map((key) => [key, 'alice', ODD_BALANCE]);
    const firstNonce = Object.keys(TOKENS).length;
    return [...BALANCES, ...others].map(([key, holder, amount], i) => {
        const functionName = tokens[key].contract === 'SampleToken' ? 'mint' : 'setBalance';
        return { ...call(tokens[key], functionName, [holders[holder], amount], deployer), nonce: firstNonce + i };
    });
}

async function payments(client, tokens, holders) {
    const { token, from, to, amount } = PAYMENT;
    const pay = call(tokens[token], 'transfer', [holders[to], amount], holders[from]);
    const approve = call(tokens[token], 'approve', [holders[APPROVAL.spender], APPROVAL.amount], holders[from]);
    const nonce = await client.getTransactionCount({ address: holders[from] });
    return [{ ...pay, nonce }, { ...approve, nonce: nonce + 1 }];
}

function call({ address, abi }, functionName, args, account) {
    return { to: address, data: encodeFunctionData({ abi, functionName, args }), account, gas: CALL_GAS };
}

/** Sends all at once, mines one block and returns its number. */
async function mineTogether(client, transactions) {
    const hashes = await Promise.all(transactions.map(({ deploy, ...transaction }) => deploy
        ? client.deployContract({ ...deploy, ...transaction, chain: null })
        : client.sendTransaction({ ...transaction, chain: null })));
    await client.mine({ blocks: 1 });
    const receipts = await Promise.all(hashes.map((hash) => client.getTransactionReceipt({ hash })));
    const failed = receipts.findIndex(({ status }) => status !== 'success');
    if (failed >= 0) throw new Error(`transaction ${failed} of block ${receipts[failed].blockNumber} failed`);
    return Number(receipts[0].blockNumber);
}
