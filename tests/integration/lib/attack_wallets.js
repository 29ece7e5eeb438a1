// Contracts that pretend to be wallets, as bytes of the EVM, and signatures that pretend to be good.
// Pure functions.

import { encodeAbiParameters, parseSignature } from 'viem';

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n; // of secp256k1
const MAGIC_SUFFIX = '6492'.repeat(16);

/** Runtime code that answers every call with one word. */
const answering = (word) => `0x7f${word}60005260206000f3`;

/** Answers isValidSignature with its magic value, and so everything else. */
export const AGREES = answering('1626ba7e'.padEnd(64, '0'));

/** Never agrees. */
export const REFUSES = answering('ffffffff'.padEnd(64, '0'));

/** Answers with the magic value where a boolean would have it: at the wrong end of the word. */
export const AGREES_AT_THE_END = answering('1626ba7e'.padStart(64, '0'));

const word = (number) => number.toString(16).padStart(64, '0');
const joined = (r, s, v) => `0x${word(r)}${word(s)}${v.toString(16).padStart(2, '0')}`;

/** Changes { r, s, v } of a signature of 65 bytes. */
export function altered(signature, change) {
    const { r, s, yParity } = parseSignature(signature);
    const { r: newR, s: newS, v } = { r: BigInt(r), s: BigInt(s), v: 27 + yParity, ...change };
    return joined(newR, newS, v);
}

/** The other signature that the same key's owner could have made: the curve's symmetry lets anybody compute it. */
export function withHighS(signature) {
    const { s, yParity } = parseSignature(signature);
    return altered(signature, { s: ORDER - BigInt(s), v: 28 - yParity });
}

export const GROUP_ORDER = ORDER;

/** As ERC-6492 has it: what deploys the wallet, around what the wallet is to judge. */
export function wrapped(factory, factoryData, signature) {
    const parts = encodeAbiParameters(
        [{ type: 'address' }, { type: 'bytes' }, { type: 'bytes' }],
        [factory, factoryData, signature],
    );
    return `${parts}${MAGIC_SUFFIX}`;
}
