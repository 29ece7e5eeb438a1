// Accounts that sign transactions for POST /tx, and what the database has of those that were sent. Owns nothing.

import { parseEther } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { randomAddress } from './random.js';

const CHAIN_ID = 31337;
const GWEI = 10n ** 9n;

/** What a plain transfer has, whatever its type. */
export const PLAIN = { chainId: CHAIN_ID, gas: 21_000n, value: 1n };
export const PRICE = { gasPrice: 20n * GWEI };
export const FEES = { maxFeePerGas: 20n * GWEI, maxPriorityFeePerGas: GWEI };

/** A new account with this much, which signs what it is told: sign({ nonce, ... }) gives the raw transaction. */
export async function newSigner(chain, ether = '10') {
    const account = privateKeyToAccount(generatePrivateKey());
    await chain.client.setBalance({ address: account.address, value: parseEther(ether) });
    const sign = (fields = {}) => {
        const fees = fields.gasPrice === undefined ? FEES : {};
        const to = 'to' in fields || fields.data ? {} : { to: randomAddress() };
        return account.signTransaction({ nonce: 0, ...PLAIN, ...fees, ...to, ...fields });
    };
    return { account, address: account.address, sign };
}

/** Sends it. Returns the answer. */
export const send = (dappd, raw, query = '') => dappd.post(`/tx${query}`, { raw });

/** The row of a transaction: [state, reason, final], or undefined. */
export async function rowOf(database, hash) {
    const rows = await database.sql(`SELECT state, reason, final FROM transactions WHERE hash = '\\x${hash.slice(2)}'`);
    return rows[0];
}

/** The steps of its life, by SQL. */
export async function stepsOf(database, hash) {
    const rows = await database.sql(
        `SELECT step FROM transaction_steps WHERE hash = '\\x${hash.slice(2)}' ORDER BY id`,
    );
    return rows.map(([step]) => step);
}
